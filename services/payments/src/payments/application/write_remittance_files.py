"""Remittance files are written after the remittance is issued, as often as it takes, the same bytes each time
(PAY-6).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow
from payments.application.issue_remittances import page_of_lines
from payments.application.ports import Folder
from payments.application.waiting import REMITTANCE_FILES
from payments.domain.remittance_file import render_head, render_lines
from payments.domain.remittances import Remittance, RemittanceLine, written

MOST_AT_ONCE = 20

TO_WRITE = Backlog(Remittance, key="remittance", retries=REMITTANCE_FILES, file_state="to-write")


class RemittanceFilePoller:
    """Writes the files of issued remittances that are not written yet, each carrier's by itself."""

    name = "remittance-files"

    def __init__(self, uows: UnitOfWorkFactory, *, folder: Folder) -> None:
        self._uows = uows
        self._folder = folder

    async def turn(self, now: datetime) -> int:
        """Write each file whole, then note that it is written; return how many."""

        async def write(remittance: Remittance) -> int:
            pieces = _Pieces(self._uows, remittance, now=now)
            try:
                await self._folder.put_in_pieces(remittance.file, pieces)
            except Retryable as error:
                if error is pieces.failed:
                    raise
                raise NotNow(str(error)) from error  # one carrier's folder is no other's
            lock = REMITTANCE_FILES.lock_of(remittance.remittance)
            async with self._uows.begin(now=now, households=[lock]) as uow:
                return await note_written(uow, remittance.remittance)

        return await TO_WRITE.do(await self._due(now), write, uows=self._uows, now=now)

    async def pending(self, now: datetime) -> int:
        """Return how many files can be tried to write now."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[Remittance]:
        return await TO_WRITE.due(self._uows, now=now, limit=MOST_AT_ONCE)


class _Pieces:
    """A remittance's file, some households' lines at a time, each page in a transaction of its own: what is issued
    changes no more, and a folder may be slow. ``failed`` is what the database could not be asked for.
    """

    def __init__(self, uows: UnitOfWorkFactory, remittance: Remittance, *, now: datetime) -> None:
        self.failed: Retryable | None = None
        self._uows = uows
        self._remittance = remittance
        self._now = now

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield render_head(self._remittance)
        after = ""
        while lines := await self._page(after):
            yield render_lines(lines)
            after = lines[-1].household

    async def _page(self, after: str) -> list[RemittanceLine]:
        try:
            async with self._uows.begin(now=self._now) as uow:
                return await page_of_lines(uow, self._remittance.remittance, after=after)
        except Retryable as error:
            self.failed = error
            raise


async def note_written(uow: UnitOfWork, remittance: str) -> bool:
    """Note that a remittance's file is written; return whether it was not before. The remittance is locked."""
    current = await uow.records(Remittance).get(remittance=remittance)
    if current is None or current.file_state == "written":
        return False
    await uow.records(Remittance).put([written(current)])
    return True
