"""Drop-boxes that cannot be reached: each waits for itself, longer every time (CAR-4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypeAlias

from bulkhead.kernel.backoff import backoff
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.records import DropBox

Side: TypeAlias = Literal["outbound", "inbound"]

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=30)


def pause_after(failures: int) -> timedelta:
    """Return how long to leave alone what has failed so often in a row: doubled, up to half an hour."""
    return backoff(failures, first=FIRST_RETRY, longest=LONGEST_RETRY)


def carrier_lock(carrier: str) -> str:
    """Return the name under which a carrier's numbers and lists are locked: no household's id has a colon."""
    return f"carrier:{carrier}"


async def resting(uow: UnitOfWork, *, side: Side) -> set[str]:
    """Return the carriers whose drop-box is not to be tried again yet."""
    return set(await uow.records(DropBox).distinct("carrier", side=side, retry_at__gt=uow.now))


async def failing(uow: UnitOfWork, *, side: Side) -> set[str]:
    """Return the carriers whose drop-box could not be reached the last time."""
    return set(await uow.records(DropBox).distinct("carrier", side=side))


async def note_failure(uow: UnitOfWork, *, carrier: str, side: Side) -> DropBox:
    """Note that a drop-box could not be reached, and return when to try again.

    The pause doubles each time, up to half an hour.
    """
    before = await uow.records(DropBox).get(carrier=carrier, side=side)
    failures = 1 if before is None else before.failures + 1
    box = DropBox(
        carrier=carrier,
        side=side,
        failures=failures,
        failed_at=uow.now,
        retry_at=uow.now + pause_after(failures),
    )
    await uow.records(DropBox).put([box])
    return box


async def note_success(uow: UnitOfWork, *, carrier: str, side: Side) -> None:
    """Forget the failures of a drop-box that was reached again."""
    if await uow.records(DropBox).get(carrier=carrier, side=side) is not None:
        await uow.records(DropBox).remove(carrier=carrier, side=side)
