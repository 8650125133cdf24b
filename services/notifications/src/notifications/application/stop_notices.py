"""Use cases: stop notices at once, let them go on, and show what is stopped (NOT-3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.contacts import Contact
from notifications.domain.notices import NoticeNumbers
from notifications.domain.stops import NoticeStop, checked_stop


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSeen:
    """A stop, and whether anything was heard of the household it names by now: None where it names none."""

    stop: NoticeStop
    household_known: bool | None


async def stop_notices(uow: UnitOfWork, stop: NoticeStop) -> StopSeen:
    """Keep notices from leaving from now on and return the stop: none is sent that a sender has not in hand already.

    Others of the same households go on. It may name a household that nothing was heard of: what is heard later is held
    too. Raises `InvalidValue` for a stop of nothing.
    """
    await uow.records(NoticeStop).add([checked_stop(stop)])
    (seen,) = await _seen(uow, [stop])
    return seen


async def resume_notices(uow: UnitOfWork, stop: str, *, by: str) -> StopSeen:
    """Let the notices of a stop leave again, each written as things are then, and return it. The stop is locked.

    Raises `NotFound` and `StopIsOver`.
    """
    found = await uow.records(NoticeStop).get(stop=stop)
    if found is None:
        raise NotFound("there is no such stop")
    over = found.resumed(by=by, now=uow.now)
    await uow.records(NoticeStop).put([over])
    (seen,) = await _seen(uow, [over])
    return seen


async def standing_stops(uow: UnitOfWork) -> Sequence[NoticeStop]:
    """Return the stops that keep notices from leaving now."""
    return await uow.records(NoticeStop).select(resumed_at=None, order_by=("stopped_at", "stop"))


async def list_stops(uow: UnitOfWork) -> Sequence[StopSeen]:
    """Return all stops there ever were, in order."""
    return await _seen(uow, await uow.records(NoticeStop).select(order_by=("stopped_at", "stop")))


async def _seen(uow: UnitOfWork, stops: Sequence[NoticeStop]) -> list[StopSeen]:
    named = sorted({each.household for each in stops if each.household is not None})
    known: set[str] = set()
    if named:
        known.update(await uow.records(Contact).distinct("household", household=named))
        known.update(await uow.records(NoticeNumbers).distinct("household", household=named))
    return [
        StopSeen(stop=each, household_known=None if each.household is None else each.household in known)
        for each in stops
    ]


def lock_of(stop: str) -> str:
    """Return the name of a stop's lock: no household's id, for it has a colon."""
    return f"notice-stop:{stop}"
