"""Looking at a household, as a whole or at its policies."""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.households import Contact, Household, Member
from enrollment.domain.policies import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A household with its people and how to reach them."""

    household: Household
    contact: Contact
    members: tuple[Member, ...]


async def household_of(uow: UnitOfWork, household: str) -> Household:
    """Return a household; raises `NotFound` where none of this id is registered."""
    found = await uow.records(Household).get(household=household)
    if found is None:
        raise NotFound("there is no such household")
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
    return Found(household=found, contact=contact, members=tuple(await members_of(uow, household)))
