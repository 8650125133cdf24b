"""Use cases: stop notices at once, let them go on, and show what is stopped (NOT-3)."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.stops import NoticeStop, checked_stop


async def stop_notices(uow: UnitOfWork, stop: NoticeStop) -> NoticeStop:
    """Keep notices from leaving from now on and return the stop: none is sent that a sender has not in hand already.

    Others of the same households go on. Raises `InvalidValue` for a stop of nothing.
    """
    await uow.records(NoticeStop).add([checked_stop(stop)])
    return stop


async def resume_notices(uow: UnitOfWork, stop: str, *, by: str) -> NoticeStop:
    """Let the notices of a stop leave again, each written as things are then, and return it.

    Raises `NotFound` and `StopIsOver`.
    """
    found = await uow.records(NoticeStop).get(stop=stop)
    if found is None:
        raise NotFound("there is no such stop")
    over = found.resumed(by=by, now=uow.now)
    await uow.records(NoticeStop).put([over])
    return over


async def standing_stops(uow: UnitOfWork) -> Sequence[NoticeStop]:
    """Return the stops that keep notices from leaving now."""
    return await uow.records(NoticeStop).select(resumed_at=None, order_by=("stopped_at", "stop"))


async def list_stops(uow: UnitOfWork) -> Sequence[NoticeStop]:
    """Return all stops there ever were, in order."""
    return await uow.records(NoticeStop).select(order_by=("stopped_at", "stop"))
