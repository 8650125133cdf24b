"""What would become of a household's account if something were heard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received
from invoicing.application.months import Month, read_months
from invoicing.domain.records import Grace, Position

_MOST_MONTHS = 36
"""So many coverage months are shown, the first that have charges: two years and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a household's account stands: what it owes and has, its months, and the grace it is in."""

    position: Position
    months: tuple[Month, ...]
    grace: Grace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """How an account stands, and how it would stand."""

    before: Standing
    after: Standing


async def suppose(
    uow: UnitOfWork,
    household: str,
    batch: Sequence[Received],
    *,
    handle: Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]],
) -> Supposed:
    """Hear a batch of facts as the service does, and return how the account stands before and after.

    It is for whoever began the unit of work to undo it.
    """
    before = await _standing(uow, household)
    if batch:
        await handle(uow, batch)
    return Supposed(before=before, after=await _standing(uow, household))


async def _standing(uow: UnitOfWork, household: str) -> Standing:
    return Standing(
        position=await uow.records(Position).get(household=household) or Position(household=household),
        months=tuple(await read_months(uow, household, after=None, limit=_MOST_MONTHS)),
        grace=await uow.records(Grace).get(household=household, state="open"),
    )
