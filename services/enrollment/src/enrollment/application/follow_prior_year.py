"""A renewal follows the coverage it renews: it falls with that, and stands again with it (ENR-14)."""

from __future__ import annotations

from datetime import date

from enrollment.application.book import PolicyBook
from enrollment.application.nobody_left import end_where_nobody_is_left
from enrollment.domain.ends import ReinstatementReason, Undoing
from enrollment.domain.households import covered_on
from enrollment.domain.policies import Policy, call_off, fall_with_prior_year, restore
from enrollment.domain.renewals import Renewal, chosen_instead, fallen, gives_way, owed_late, stands_again


def follow_prior_year(
    book: PolicyBook, household: str, *, on: date, ground: ReinstatementReason = "error"
) -> None:
    """Let a household's renewals follow what became of the coverage they renew, the earliest year first. What stands
    covers somebody: no renewal follows coverage that ends before it for want of people, nor does one outlast them.

    ``ground`` is what let that coverage stand again, where it does.
    """
    end_where_nobody_is_left(book, household, today=on)
    for renewal in sorted(book.find_policies(household), key=lambda each: (each.effective, each.policy)):
        prior = None if renewal.renews is None else book.find(Policy, renewal.renews)
        if prior is None:
            continue
        carried = [each for each in renewal.ends if each.follows == prior.policy]
        if prior.end is not None and not carried and renewal.lifecycle != "canceled":
            after = fall_with_prior_year(
                renewal, decision=book.decide(renewal), reason=fallen(renewal, prior)
            )
            book.change(renewal, after, on=on)
        elif prior.end is None and carried and _covers_somebody(book, renewal) and not _taken(book, renewal):
            undone = [each.decision for each in carried]
            undoing = Undoing(
                decided_by="enrollment", decision=book.decide(renewal), undoes=undone[0], ground=ground
            )
            after = restore(renewal, undoes=undone, reason=stands_again(renewal))
            book.change(renewal, after, on=on, undoing=undoing)
            end_where_nobody_is_left(book, household, today=on)


def owe_renewals(book: PolicyBook, household: str, *, today: date) -> None:
    """Note what of a household's is to be renewed late, by the next night's walk (ENR-14)."""
    book.put(*owed_late(book.find_policies(household), known=book.by_key(Renewal), today=today))


def call_off_renewals(book: PolicyBook, chosen: Policy, *, on: date) -> None:
    """Call off the automatic renewal that a household's own choice takes the place of, now that it stands again
    (ENR-14).
    """
    for each in book.of_household(chosen.household):
        if gives_way(each, to=chosen):
            call_off_renewal(book, each, chosen=chosen.plan, on=on)


def call_off_renewal(book: PolicyBook, renewal: Policy, *, chosen: str, on: date) -> None:
    """Call off an automatic renewal in whose place the household chose another plan (ENR-14)."""
    reason = chosen_instead(renewal, chosen=chosen)
    after = call_off(renewal, decision=book.decide(renewal), end_reason="requested", reason=reason)
    book.change(renewal, after, on=on)


def _covers_somebody(book: PolicyBook, renewal: Policy) -> bool:
    """Whether a renewal would cover somebody on its first day."""
    members = book.members_of(renewal.household)
    return bool(covered_on(members, renewal.effective, policy=renewal.policy))


def _taken(book: PolicyBook, renewal: Policy) -> bool:
    """Whether the household has chosen another plan of the kind meanwhile: its own choice stays."""
    return any(
        each.kind == renewal.kind
        and each.policy != renewal.policy
        and each.overlaps(first=renewal.effective, last=renewal.coverage_ends)
        for each in book.of_household(renewal.household)
    )
