"""Remittance files are written after the remittance is issued, as often as it takes, the same bytes each time
(PAY-6).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bulkhead.persistence.ports import UnitOfWorkFactory
from payments.application.ports import Folder
from payments.domain.remittance_file import render_remittance
from payments.domain.remittances import Remittance, RemittanceLine

MOST_AT_ONCE = 20


class RemittanceFilePoller:
    """Writes the files of issued remittances that are not written yet."""

    name = "remittance-files"

    def __init__(self, uows: UnitOfWorkFactory, *, folder: Folder) -> None:
        self._uows = uows
        self._folder = folder

    async def turn(self, now: datetime) -> int:
        """Write each file whole, then note that it is written; return how many."""
        async with self._uows.begin(now=now) as uow:
            waiting = await uow.records(Remittance).select(file_state="to-write", limit=MOST_AT_ONCE)
        for remittance in waiting:
            async with self._uows.begin(now=now) as uow:
                lines = await uow.records(RemittanceLine).select(remittance=remittance.remittance)
            await self._folder.put(remittance.file, render_remittance(remittance, lines))
            async with self._uows.begin(now=now) as uow:
                await uow.records(Remittance).put([replace(remittance, file_state="written")])
        return len(waiting)

    async def pending(self, now: datetime) -> int:
        """Return how many files are not written yet."""
        async with self._uows.begin(now=now) as uow:
            return await uow.records(Remittance).count(file_state="to-write")
