"""Coverage that ended, or was called off, for non-payment stands again (INV-12, INV-13)."""

from __future__ import annotations

from datetime import timedelta

from bulkhead.kernel.decisions import Reason
from enrollment.application.book import PolicyBook
from enrollment.application.facts import ReinstatementGranted
from enrollment.application.occasion import Occasion
from enrollment.domain.policies import Policy, call_off, end, expire, reinstate, restore_asked_end


def reinstate_coverage(book: PolicyBook, fact: ReinstatementGranted, occasion: Occasion) -> None:
    """Let the policies named stand again without a gap; then what else is known of them counts again.

    That is an end asked for before, another plan of the kind selected since, and the end of the plan year.
    """
    reason = Reason(
        rule="INV-12" if fact.reason == "postmark" else "INV-13",
        says=f"Coverage was reinstated without a gap: {fact.reason}.",
        citation="VHC §3",
        facts={"ground": fact.reason},
    )
    for policy in fact.policies:
        before = book.policy(policy, household=fact.household)
        after = reinstate(before, granted=fact.reason, reason=reason)
        standing = book.change(before, after, on=occasion.happened_on, granted=fact.reason)
        if standing == before:
            continue
        standing = _end_as_asked(book, standing, occasion)
        standing = _make_room(book, standing, occasion)
        book.change(standing, expire(standing, today=occasion.today), on=occasion.today)


def _end_as_asked(book: PolicyBook, policy: Policy, occasion: Occasion) -> Policy:
    reason = Reason(rule="ENR-13", says="The end that was asked for before counts again.")
    return book.change(policy, restore_asked_end(policy, reason=reason), on=occasion.happened_on)


def _make_room(book: PolicyBook, policy: Policy, occasion: Occasion) -> Policy:
    """See that the household has one plan of the kind.

    Another selection that is not paid is called off; one that stands takes over on its first day. Invoicing
    grants no reinstatement where it knows of such a selection; it may not have heard of one yet.
    """
    for other in book.of_household(policy.household):
        same = other.kind == policy.kind and other.policy != policy.policy
        if not same or not other.overlaps(first=policy.effective, last=policy.last_covered_day):
            continue
        facts = {"reinstated": policy.policy, "other": other.policy}
        if other.lifecycle == "selected":
            says = f"Earlier {policy.kind} coverage was reinstated: this selection is not needed."
            reason = Reason(rule="INV-12", says=says, facts=facts)
            book.change(other, call_off(other, end_reason="error", reason=reason), on=occasion.happened_on)
        elif other.lifecycle == "active":
            says = f"The household has other {policy.kind} coverage from {other.effective} on."
            reason = Reason(rule="ENR-13", says=says, facts=facts)
            last = other.effective - timedelta(days=1)
            ended = end(policy, through=last, end_reason="requested", reason=reason)
            policy = book.change(policy, ended, on=occasion.happened_on)
    return policy
