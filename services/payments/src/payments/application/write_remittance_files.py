"""Remittance files are written after the remittance is issued, as often as it takes, the same bytes each time
(PAY-6).
"""

from __future__ import annotations

from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.failures import failure_of
from payments.application.ports import Alarms, Folder
from payments.domain.remittance_file import render_remittance
from payments.domain.remittances import Remittance, RemittanceLine, written
from payments.domain.retries import put_off

MOST_AT_ONCE = 20


class RemittanceFilePoller:
    """Writes the files of issued remittances that are not written yet, each carrier's by itself."""

    name = "remittance-files"

    def __init__(self, uows: UnitOfWorkFactory, *, folder: Folder, alarms: Alarms) -> None:
        self._uows = uows
        self._folder = folder
        self._alarms = alarms

    async def turn(self, now: datetime) -> int:
        """Write each file whole, then note that it is written; return how many."""
        return sum([await self._write(remittance, now=now) for remittance in await self._due(now)])

    async def pending(self, now: datetime) -> int:
        """Return how many files can be tried to write now."""
        async with self._uows.begin(now=now) as uow:
            return await uow.records(Remittance).count(file_state="to-write", retry_at__le=now)

    async def _due(self, now: datetime) -> list[Remittance]:
        async with self._uows.begin(now=now) as uow:
            return await uow.records(Remittance).select(
                file_state="to-write", retry_at__le=now, order_by=("retry_at", "file"), limit=MOST_AT_ONCE
            )

    async def _write(self, remittance: Remittance, *, now: datetime) -> int:
        async with self._uows.begin(now=now) as uow:
            lines = await uow.records(RemittanceLine).select(remittance=remittance.remittance)
        failure = None
        try:
            await self._folder.put(remittance.file, render_remittance(remittance, lines))
        except Exception as error:  # noqa: BLE001 - one carrier's folder is no other's
            self._alarms.stuck(poller=self.name, item=remittance.remittance, error=error)
            failure = failure_of(error)
        async with self._uows.begin(now=now, households=[_lock_of(remittance)]) as uow:
            return await note_file(uow, remittance.remittance, failure=failure)


async def note_file(uow: UnitOfWork, remittance: str, *, failure: str | None) -> bool:
    """Note that a remittance's file is written or why it could not be; return whether it is written by this.

    The remittance is locked. One that another process has written meanwhile stays so.
    """
    current = await uow.records(Remittance).get(remittance=remittance)
    if current is None or current.file_state == "written":
        return False
    after = written(current) if failure is None else put_off(current, failure=failure, now=uow.now)
    await uow.records(Remittance).put([after])
    return failure is None


def _lock_of(remittance: Remittance) -> str:
    return f"remittance:{remittance.remittance}"  # no household's id has a colon
