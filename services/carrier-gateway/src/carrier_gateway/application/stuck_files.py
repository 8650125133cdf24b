"""Files in drop-boxes that cannot be dealt with: each waits for itself, longer every time (CAR-4)."""

from __future__ import annotations

from collections.abc import Collection

from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.reach import pause_after
from carrier_gateway.domain.records import InboundFile, StuckFile


async def resting_files(uow: UnitOfWork) -> set[tuple[str, str]]:
    """Return carrier and name of the files that are not to be tried again yet."""
    stuck = await uow.records(StuckFile).select(retry_at__gt=uow.now)
    return {(each.carrier, each.name) for each in stuck}


async def note_stuck(uow: UnitOfWork, *, carrier: str, name: str, problem: str) -> StuckFile:
    """Note why a file could not be dealt with and return when to try again. The caller holds the carrier's
    lock."""
    before = await uow.records(StuckFile).get(carrier=carrier, name=name)
    failures = 1 if before is None else before.failures + 1
    stuck = StuckFile(
        carrier=carrier,
        name=name,
        problem=problem,
        failures=failures,
        since=uow.now if before is None else before.since,
        retry_at=uow.now + pause_after(failures),
    )
    await uow.records(StuckFile).put([stuck])
    return stuck


async def forget_stuck(uow: UnitOfWork, *, carrier: str, name: str) -> None:
    """Forget the failures of a file that was dealt with."""
    await uow.records(StuckFile).remove(carrier=carrier, name=name)


async def forget_gone(uow: UnitOfWork, *, carrier: str, lying: Collection[str]) -> None:
    """Forget those of a carrier's files that lie in its drop-box no more and wait for nothing here."""
    stuck = await uow.records(StuckFile).distinct("name", carrier=carrier)
    if not stuck:
        return
    stored = await uow.records(InboundFile).distinct("name", carrier=carrier, state="stored")
    for name in set(stuck) - set(lying) - set(stored):
        await forget_stuck(uow, carrier=carrier, name=name)
