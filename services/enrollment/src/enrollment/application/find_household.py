"""Looking at a household, as a whole or at its policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.household_acts import HouseholdAct, forgotten
from enrollment.domain.households import Contact, Household, Member
from enrollment.domain.merges import merged_away
from enrollment.domain.months import CoveredMonth, PolicyVersion
from enrollment.domain.policies import Policy, months_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleDuplicate:
    """A member of a household, and the same person by their number in another (ENR-16). Never merged."""

    member: str
    other_household: str
    other_member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A household with its people and how to reach them; ``survivor`` is the one that it goes on as now, through all
    merges since (OPS-5), itself where it stands.
    """

    household: Household
    contact: Contact
    members: tuple[Member, ...]
    survivor: str


async def household_of(uow: UnitOfWork, household: str) -> Household:
    """Return a household; raises `NotFound` where none of this id is registered."""
    return registered(await uow.records(Household).get(household=household))


def registered(found: Household | None) -> Household:
    """Return the household that was found; raises `NotFound` where none was."""
    if found is None:
        raise NotFound("there is no such household")
    return found


async def goes_on_as(uow: UnitOfWork, household: Household) -> list[Household]:
    """Return as which households one goes on, itself first and last the one that stands (OPS-5)."""
    found = [household]
    while (into := found[-1].merged_into) is not None:
        found.append(await household_of(uow, into))
    return found


async def require_stands(uow: UnitOfWork, household: Household) -> None:
    """Raise `HouseholdMergedAway` for a household that was merged, which names the one that goes on now, and
    `HouseholdForgotten` for one whose people are forgotten.
    """
    await require_not_merged(uow, household)
    if await uow.records(HouseholdAct).count(household=household.household, kind="forgotten"):
        raise forgotten()


async def require_not_merged(uow: UnitOfWork, household: Household) -> None:
    """Raise `HouseholdMergedAway` for a household that was merged: it names the one that goes on now."""
    if household.merged_into is not None:
        raise merged_away((await goes_on_as(uow, household))[-1].household)


async def absorbed_by(uow: UnitOfWork, household: str) -> list[Household]:
    """Return the households that go on as this one, or would if it stood: merged into it, and those into them."""
    found, at = list[Household](), [household]
    while at:
        more = await uow.records(Household).select(merged_into=at, order_by=("household",))
        found += more
        at = [each.household for each in more]
    return found


async def members_of(uow: UnitOfWork, household: str) -> list[Member]:
    """Return a household's members in the order they were named."""
    return await uow.records(Member).select(household=household, order_by=("position",))


async def policies_of(uow: UnitOfWork, household: str) -> list[Policy]:
    """Return a household's policies, by first day of coverage."""
    return await uow.records(Policy).select(household=household, order_by=("effective",))


async def find_household(uow: UnitOfWork, household: str) -> Found:
    """Return a household with all that is known of it; raises `NotFound` where there is none."""
    found = await household_of(uow, household)
    contact = await uow.records(Contact).get(household=household)
    if contact is None:
        raise NotFound("there is no such household")
    return Found(
        household=found,
        contact=contact,
        members=tuple(await members_of(uow, household)),
        survivor=(await goes_on_as(uow, found))[-1].household,
    )


async def possible_duplicates(uow: UnitOfWork, members: Sequence[Member]) -> list[PossibleDuplicate]:
    """Return where else these members are, by social security number: in households other than their own."""
    by_ssn = {member.ssn: member for member in members if member.ssn is not None}
    if not by_ssn:
        return []
    same = await uow.records(Member).select(ssn=list(by_ssn), order_by=("household", "position"))
    return [
        PossibleDuplicate(
            member=by_ssn[other.ssn].member, other_household=other.household, other_member=other.member
        )
        for other in same
        if other.ssn is not None and other.household != by_ssn[other.ssn].household
    ]


async def months_of_policy(uow: UnitOfWork, *, household: str, policy: str) -> tuple[CoveredMonth, ...]:
    """Return the months that a household's policy covers, as they are charged; raises `NotFound`."""
    found = await uow.records(Policy).get(policy=policy)
    if found is None or found.household != household:
        raise NotFound("the household has no such policy")
    return months_of(found, await uow.records(PolicyVersion).select(policy=policy))
