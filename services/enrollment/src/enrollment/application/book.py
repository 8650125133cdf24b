"""The policies of the households at hand: loaded and written as sets, worked on in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.announcements import announcement
from enrollment.domain.events import PolicyEvent
from enrollment.domain.households import Household
from enrollment.domain.policies import Policy, ReinstatementReason


class UnknownPolicy(Impossible):
    """A fact is about a policy, or the policies of a household, that nobody selected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    event: PolicyEvent
    business_date: date
    reasons: tuple[Reason, ...]


class PolicyBook:
    """All policies of some households, with what has changed and what is to be said about it."""

    def __init__(self, *, households: Collection[Household], policies: Collection[Policy]) -> None:
        self._households = {each.household: each for each in households}
        self._policies = {each.policy: each for each in policies}
        self._changed: set[str] = set()
        self._said: list[_Said] = []

    @classmethod
    async def load(cls, uow: UnitOfWork, households: Collection[str]) -> PolicyBook:
        """Return the book of these households, whose locks are held."""
        wanted = sorted(set(households))
        return cls(
            households=await uow.records(Household).select(household=wanted),
            policies=await uow.records(Policy).select(household=wanted),
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

    def change(
        self, before: Policy, after: Policy, *, on: date, granted: ReinstatementReason = "postmark"
    ) -> Policy:
        """Note what became of a policy, and what others are to be told of it; return it.

        ``on`` is the date it counts for, ``granted`` the ground of a reinstatement.
        """
        if after == before:
            return after
        self._policies[after.policy] = after
        self._changed.add(after.policy)
        version = self._households[after.household].contact_version
        event = announcement(before=before, after=after, contact_version=version, granted=granted)
        if event is not None:
            added = after.reasons[len(before.reasons) :]
            self._said.append(_Said(event=event, business_date=on, reasons=added))
        return after

    async def save(self, uow: UnitOfWork) -> None:
        """Write the policies that changed, as one set, and say what there is to say, in order."""
        if self._changed:
            await uow.records(Policy).put([self._policies[policy] for policy in sorted(self._changed)])
        for said in self._said:
            uow.emit(
                said.event,
                household=said.event.household,
                business_date=said.business_date,
                reasons=said.reasons,
            )
