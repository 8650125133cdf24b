"""Lockbox files: read as soon as they are dropped; the books stay open for one that cannot be (PAY-3, PAY-10)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from itertools import islice
from typing import Final

from bulkhead.kernel.calendar import local_date
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.file_poller import FilePoller
from payments.application.load_lockbox_files import (
    accounts_of,
    begin_lockbox_file,
    end_lockbox_file,
    record_rows,
    store_lockbox_file,
    sums_called_like,
)
from payments.application.load_third_parties import load_third_party
from payments.application.ports import Folder, Parameters
from payments.application.reading import aside
from payments.application.stored_files import BEGINNING
from payments.application.waiting import LOCKBOX_FILES, LOCKBOX_FOLDER
from payments.domain.files_in import UNREAD
from payments.domain.lockbox import LockboxContent, LockboxFile
from payments.domain.lockbox_formats import frame_of, rows_of
from payments.domain.lockbox_frame import MOST_BYTES, LockboxFrame, RowsReport
from payments.domain.lockbox_lines import BrokenFrame

ROWS_AT_ONCE: Final = 500
"""So many rows of a file are read before others go on, and recorded in one transaction, which holds the locks of their
households.
"""

_ENDINGS = (".csv", ".bai", ".lbx")


async def waiting_files(folder: Folder) -> list[str]:
    """Return the lockbox files that lie in the folder, in order of their names."""
    return [path for path in await folder.list() if path.lower().endswith(_ENDINGS)]


class LockboxPoller(FilePoller[LockboxFile]):
    """Takes lockbox files out of their folder."""

    def __init__(
        self,
        uows: UnitOfWorkFactory,
        *,
        folder: Folder,
        parameters: Parameters,
        rows_at_once: int = ROWS_AT_ONCE,
    ) -> None:
        intake = _LockboxIntake(parameters, rows_at_once=rows_at_once)
        super().__init__(uows, name="lockbox", folder=folder, intake=intake)


class _LockboxIntake:
    """What becomes of a lockbox file."""

    def __init__(self, parameters: Parameters, *, rows_at_once: int) -> None:
        self.records = LockboxFile
        self.files = LOCKBOX_FILES
        self.folder = LOCKBOX_FOLDER
        self.most_bytes = MOST_BYTES
        self._parameters = parameters
        self._rows_at_once = rows_at_once

    async def waiting(self, folder: Folder) -> list[str]:
        return await waiting_files(folder)

    async def store(self, uow: UnitOfWork, *, name: str, content: bytes) -> LockboxFile:
        return await store_lockbox_file(uow, name=name, content=content)

    async def content_of(self, uow: UnitOfWork, file: str) -> bytes | None:
        kept = await uow.records(LockboxContent).get(file=file)
        return None if kept is None else kept.content

    async def load(self, uows: UnitOfWorkFactory, file: str, content: bytes, *, now: datetime) -> LockboxFile:
        return await load_stored(
            uows, file, content, parameters=self._parameters, rows_at_once=self._rows_at_once, now=now
        )


async def load_stored(
    uows: UnitOfWorkFactory,
    file: str,
    content: bytes,
    *,
    parameters: Parameters,
    said: Collection[str] = (),
    rows_at_once: int = ROWS_AT_ONCE,
    now: datetime,
) -> LockboxFile:
    """Read a stored file, record what it says, and return it as loaded or refused. ``said`` are payments that were
    recorded when it was loaded before.
    """
    read, lock = await framed(content, now=now), LOCKBOX_FILES.lock_of(file)
    if isinstance(read, LockboxFrame) and read.third_party is not None:
        return await load_third_party(
            uows, file, content, read, read.third_party, parameters=parameters, said=said, now=now
        )
    async with uows.begin(now=now, households=[LOCKBOX_FILES.lock_of(BEGINNING), lock]) as uow:
        begun = await begin_lockbox_file(uow, file, read)
        if begun.state not in UNREAD or begun.loaded_at is None or isinstance(read, str):
            await LOCKBOX_FILES.forget(uow, [file])
            return begun
    report = RowsReport()
    read_rows = rows_of(content, read)
    while several := list(islice(read_rows, rows_at_once)):
        for each in several:
            report.add(each)
        await asyncio.sleep(0)  # rows that are no money take time too
        rows = [each.row for each in several if each.row is not None]
        if not rows:
            continue
        # All of it is known as of one instant: else a day could close over a part of it.
        async with uows.begin(now=begun.loaded_at, households=[*accounts_of(rows), lock]) as uow:
            sums = await sums_called_like(uow, rows)
            await record_rows(uow, begun, rows, parameters=parameters, said=said, sums=sums)
    async with uows.begin(now=now, households=[lock]) as uow:
        await LOCKBOX_FILES.forget(uow, [file])
        return await end_lockbox_file(uow, file, report)


async def framed(content: bytes, *, now: datetime) -> LockboxFrame | str:
    """Return the frame of a file, or why it is not a whole one."""
    try:
        return await aside(lambda: frame_of(content, today=local_date(now)), content)
    except BrokenFrame as broken:
        return broken.problem
