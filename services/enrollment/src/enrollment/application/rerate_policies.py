"""What a household's policies cost follows what is known of it: new versions, told one by one (ENR-8, ENR-13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.decisions import Reason
from enrollment.application.book import PolicyBook
from enrollment.domain.changes import premium_changed
from enrollment.domain.events import ChangeKind
from enrollment.domain.households import Household, covered_on, tier_of
from enrollment.domain.months import PolicyVersion, version_on
from enrollment.domain.policies import Policy, rerate, versions_of
from enrollment.domain.rating import Circumstances, new_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A household whose circumstances changed, since when and why, and those of its policies that changed with it."""

    household: Household
    since: date
    policies: tuple[Policy, ...]
    reasons: tuple[Reason, ...]

    def with_policies(self, moved: Sequence[Policy]) -> Changed:
        """Return it with policies as they became after it, those it changed itself among them."""
        as_they_are = {each.policy: each for each in (*self.policies, *moved)}
        return replace(self, policies=tuple(as_they_are.values()))


def rerate_policies(
    book: PolicyBook,
    household: str,
    *,
    since: date,
    reasons: tuple[Reason, ...],
    today: date,
    anew: Collection[str] = (),
) -> Changed:
    """Give every policy of a household the versions it needs from a day on; return what came of it.

    The reasons are kept with each policy, and the arithmetic of its premium after them. The policies ``anew`` cost what
    they do now, not what was said (OPS-5). The book has taken in the household's circumstances.
    """
    known = replace(book.circumstances(household), rated_anew=anew)
    added = new_versions(known, since=since)
    found = tuple(
        _rerate(book, policy, own, known=known, causes=reasons, today=today)
        for policy in known.policies
        if (own := versions_of(policy, added))
    )
    return Changed(
        household=book.get(Household, household),
        since=since,
        policies=found,
        reasons=(*reasons, *(policy.reasons[-1] for policy in found)),
    )


def follow_coverage(book: PolicyBook, household: str, *, today: date) -> None:
    """Let a household's policies cost what they do beside those that stand now: what came to stand takes its part of
    the assistance, and what stands no more leaves its part to the others, from that day on (ENR-8).

    What was stated for later days counts for what is new as if it were stated now (ENR-13).
    """
    since = book.pop_moved(household)
    if since is not None:
        rerate_policies(book, household, since=since, reasons=(), today=today)


def _rerate(
    book: PolicyBook,
    policy: Policy,
    added: Sequence[PolicyVersion],
    *,
    known: Circumstances,
    causes: tuple[Reason, ...],
    today: date,
) -> Policy:
    were = versions_of(policy, known.versions)
    covered = covered_on(known.members, max(each.since for each in added), policy=policy.policy)
    after = rerate(
        policy,
        added,
        tier=tier_of([each.relation for each in covered]),
        reasons=(*causes, premium_changed(policy, added, before=were)),
    )
    return book.rerate(after, added, changed=_what_changed(added, before=were), on=today)


def _what_changed(added: Sequence[PolicyVersion], *, before: Sequence[PolicyVersion]) -> ChangeKind:
    pairs = [(each, version_on(before, each.since)) for each in added]
    if any(each.members != was.members for each, was in pairs):
        return "members"
    if any(each.rating_area != was.rating_area for each, was in pairs):
        return "address"
    return "rates" if any(each.gross_cents != was.gross_cents for each, was in pairs) else "assistance"
