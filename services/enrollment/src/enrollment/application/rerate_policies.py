"""What a change of a household makes of its policies: new versions, told one by one (ENR-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.book import PolicyBook
from enrollment.domain.changes import premium_changed
from enrollment.domain.events import ChangeKind
from enrollment.domain.households import Household, Member, covered_on, tier_of
from enrollment.domain.months import PolicyVersion
from enrollment.domain.plans import Plan
from enrollment.domain.policies import Policy, rerate
from enrollment.domain.rating import Circumstances, new_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A household whose circumstances changed, since when and why, and those of its policies that changed with it."""

    household: Household
    since: date
    policies: tuple[Policy, ...]
    reasons: tuple[Reason, ...]


async def rerate_policies(
    uow: UnitOfWork,
    book: PolicyBook,
    *,
    household: str,
    members: Sequence[Member],
    since: date,
    changed: ChangeKind,
    reasons: tuple[Reason, ...],
) -> Changed:
    """Give every policy of a household the versions it needs from a day on; return what came of it.

    ``members`` are the household's people as they are known now. The reasons have each premium's arithmetic.
    """
    policies = [
        each for each in book.rows(Policy) if each.household == household and each.coverage_ends >= since
    ]
    before = [each for each in book.versions() if each.household == household]
    plans = await uow.records(Plan).select(plan=sorted({each.plan for each in policies}))
    added = new_versions(
        Circumstances(
            household=book.get(Household, household),
            members=members,
            policies=policies,
            versions=before,
            plans={each.plan: each for each in plans},
        ),
        since=since,
    )
    found: list[Policy] = []
    for policy in policies:
        own = [each for each in added if each.policy == policy.policy]
        if own:
            were = [each for each in before if each.policy == policy.policy]
            found.append(
                _rerate(book, policy, own, were=were, members=members, changed=changed, today=uow.today)
            )
    return Changed(
        household=book.get(Household, household),
        since=since,
        policies=tuple(found),
        reasons=(*reasons, *(policy.reasons[-1] for policy in found)),
    )


async def follow_what_is_known(
    uow: UnitOfWork, book: PolicyBook, household: Household, *, members: Sequence[Member], after: date
) -> None:
    """Let what was stated for later days change coverage that begins on this one, as if it were stated now (ENR-13)."""
    assistance = [each.since for each in household.assistance_changes if each.since > after]
    stated = {each for member in members for each in (member.joined, member.left) if each is not None}
    stated |= {span.off_plans for member in members for span in member.medicaid}
    people = [each for each in stated if each > after]
    if assistance or people:
        await rerate_policies(
            uow,
            book,
            household=household.household,
            members=members,
            since=min(assistance + people),
            changed="members" if people else "assistance",
            reasons=(),
        )


def _rerate(
    book: PolicyBook,
    policy: Policy,
    added: Sequence[PolicyVersion],
    *,
    were: Sequence[PolicyVersion],
    members: Sequence[Member],
    changed: ChangeKind,
    today: date,
) -> Policy:
    covered = covered_on(members, max(each.since for each in added))
    after = rerate(
        policy,
        added,
        tier=tier_of([each.relation for each in covered]),
        reason=premium_changed(policy, added, before=were),
    )
    return book.rerate(after, added, changed=changed, on=today)
