"""The bank's return files: read as soon as they are dropped, each by itself (PAY-3, PAY-5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bulkhead.kernel.calendar import local_date
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.file_poller import FilePoller
from payments.application.load_return_files import (
    begin_return_file,
    end_return_file,
    payments_named,
    record_entries,
    store_return_file,
)
from payments.application.ports import Folder
from payments.application.reading import aside
from payments.application.stored_files import BEGINNING
from payments.application.waiting import RETURN_FILES, RETURN_FOLDER
from payments.domain.files_in import UNREAD, NotWhole, RowProblem
from payments.domain.nacha_file import MOST_BYTES, ReturnContents, read_return_file
from payments.domain.return_files import ReturnFile, ReturnFileContent

ENTRIES_AT_ONCE: Final = 200
"""So many entries of a file are recorded in one transaction, which holds the locks of their households."""

_ENDINGS = (".ach", ".txt", ".nacha")


async def waiting_return_files(folder: Folder) -> list[str]:
    """Return the return files that lie in the folder, in order of their names."""
    return [path for path in await folder.list() if path.lower().endswith(_ENDINGS)]


class ReturnFilePoller(FilePoller[ReturnFile]):
    """Takes return files out of their folder."""

    def __init__(self, uows: UnitOfWorkFactory, *, folder: Folder) -> None:
        super().__init__(uows, name="return-files", folder=folder, intake=_ReturnIntake())


class _ReturnIntake:
    """What becomes of a return file."""

    def __init__(self) -> None:
        self.records = ReturnFile
        self.files = RETURN_FILES
        self.folder = RETURN_FOLDER
        self.most_bytes = MOST_BYTES

    async def waiting(self, folder: Folder) -> list[str]:
        return await waiting_return_files(folder)

    async def store(self, uow: UnitOfWork, *, name: str, content: bytes) -> ReturnFile:
        return await store_return_file(uow, name=name, content=content)

    async def content_of(self, uow: UnitOfWork, file: str) -> bytes | None:
        kept = await uow.records(ReturnFileContent).get(file=file)
        return None if kept is None else kept.content

    async def load(self, uows: UnitOfWorkFactory, file: str, content: bytes, *, now: datetime) -> ReturnFile:
        return await load_stored(uows, file, content, now=now)


async def load_stored(uows: UnitOfWorkFactory, file: str, content: bytes, *, now: datetime) -> ReturnFile:
    """Read a stored file, record what it says, and return it as loaded or refused."""
    read = await aside(lambda: read_or_refuse(content, now=now), content)
    lock = RETURN_FILES.lock_of(file)
    async with uows.begin(now=now, households=[RETURN_FILES.lock_of(BEGINNING), lock]) as uow:
        begun = await begin_return_file(uow, file, read)
        if begun.state not in UNREAD or not isinstance(read, ReturnContents):
            await RETURN_FILES.forget(uow, [file])
            return begun
    for start in range(0, len(read.entries), ENTRIES_AT_ONCE):
        entries = read.entries[start : start + ENTRIES_AT_ONCE]
        async with uows.begin(now=now) as uow:
            households = {each.household for each in (await payments_named(uow, entries)).values()}
        async with uows.begin(now=now, households=[*sorted(households), lock]) as uow:
            await record_entries(uow, file, entries, locked=households)
    async with uows.begin(now=now, households=[lock]) as uow:
        await RETURN_FILES.forget(uow, [file])
        return await end_return_file(uow, file, read)


def read_or_refuse(content: bytes, *, now: datetime) -> ReturnContents | Sequence[RowProblem]:
    """Return what a file says, or why it is not a whole one."""
    try:
        return read_return_file(content, today=local_date(now))
    except NotWhole as broken:
        return broken.problems
