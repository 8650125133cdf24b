"""The policies of the households at hand: loaded and written as sets, worked on in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.announcements import announcements
from enrollment.domain.ends import Undoing
from enrollment.domain.events import PolicyEvent
from enrollment.domain.households import Household
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy


class UnknownPolicy(Impossible):
    """A fact is about a policy, or the policies of a household, that nobody selected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    event: PolicyEvent
    business_date: date
    reasons: tuple[Reason, ...]


class PolicyBook:
    """All policies of some households, with what has changed and what is to be said about it."""

    def __init__(
        self,
        *,
        households: Iterable[Household],
        policies: Iterable[Policy],
        versions: Iterable[PolicyVersion],
    ) -> None:
        self._households = {each.household: each for each in households}
        self._policies = {each.policy: each for each in policies}
        self._versions: dict[str, list[PolicyVersion]] = {}
        for version in versions:
            self._versions.setdefault(version.policy, []).append(version)
        self._changed: set[str] = set()
        self._decided: set[str] = set()
        self._said: list[_Said] = []

    @classmethod
    async def load(cls, uow: UnitOfWork, households: Collection[str]) -> PolicyBook:
        """Return the book of these households, whose locks are held."""
        wanted = sorted(set(households))
        return cls(
            households=await uow.records(Household).select(household=wanted),
            policies=await uow.records(Policy).select(household=wanted),
            versions=await uow.records(PolicyVersion).select(household=wanted),
        )

    def policy(self, policy: str, *, household: str) -> Policy:
        """Return a policy as it is now; raises `UnknownPolicy` where the household has no such one."""
        found = self._policies.get(policy)
        if found is None or found.household != household:
            raise UnknownPolicy(f"policy {policy} was never selected")
        return found

    def of_household(self, household: str) -> list[Policy]:
        """Return a household's policies as they are now; raises `UnknownPolicy` where it has none."""
        found = [each for each in self._policies.values() if each.household == household]
        if not found:
            raise UnknownPolicy(f"household {household} has selected nothing")
        return found

    def next_decision(self, household: str) -> int:
        """Return the number of the next decision that enrollment makes of its own about a household."""
        numbered = replace(self._households[household], decisions=self._households[household].decisions + 1)
        self._households[household] = numbered
        self._decided.add(household)
        return numbered.decisions

    def decide(self, policy: Policy) -> str:
        """Return the id of a new decision of enrollment's own about a policy."""
        return decision_id(policy, number=self.next_decision(policy.household))

    def change(self, before: Policy, after: Policy, *, on: date, undoing: Undoing | None = None) -> Policy:
        """Note what became of a policy, and what others are to be told of it; return it.

        ``on`` is the date it counts for, ``undoing`` the decision that a reinstatement carries out.
        """
        if after == before:
            return after
        self._policies[after.policy] = after
        self._changed.add(after.policy)
        added = after.reasons[len(before.reasons) :]
        self._said += [
            _Said(event=event, business_date=on, reasons=added)
            for event in announcements(
                before=before,
                after=after,
                versions=self._versions.get(after.policy, ()),
                contact_version=self._households[after.household].contact_version,
                undoing=undoing,
            )
        ]
        return after

    async def save(self, uow: UnitOfWork) -> None:
        """Write what changed, as sets, and say what there is to say, in order."""
        if self._decided:
            await uow.records(Household).put([self._households[each] for each in sorted(self._decided)])
        if self._changed:
            await uow.records(Policy).put([self._policies[policy] for policy in sorted(self._changed)])
        for said in self._said:
            uow.emit(
                said.event,
                household=said.event.household,
                business_date=said.business_date,
                reasons=said.reasons,
            )


def decision_id(policy: Policy, *, number: int) -> str:
    """Return the id of enrollment's decision of this number about a policy: of the two, and of no clock."""
    return derived_id("decision", policy.policy, str(number))
