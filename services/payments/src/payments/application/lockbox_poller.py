"""Lockbox files: read as soon as they are dropped; the books stay open for one that cannot be (PAY-3, PAY-10)."""

from __future__ import annotations

from datetime import datetime

from bulkhead.kernel.calendar import local_date
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.file_poller import FilePoller
from payments.application.load_lockbox_files import (
    accounts_of,
    load_lockbox_file,
    store_lockbox_file,
)
from payments.application.ports import Folder, Parameters
from payments.application.waiting import LOCKBOX_FILES, LOCKBOX_FOLDER
from payments.domain.lockbox import LockboxContent, LockboxFile
from payments.domain.lockbox_file import LockboxContents, read_lockbox_file
from payments.domain.lockbox_lines import BrokenFrame


async def waiting_files(folder: Folder) -> list[str]:
    """Return the lockbox files that lie in the folder, in order of their names."""
    return [path for path in await folder.list() if path.lower().endswith(".csv")]


class LockboxPoller(FilePoller[LockboxFile]):
    """Takes lockbox files out of their folder."""

    def __init__(self, uows: UnitOfWorkFactory, *, folder: Folder, parameters: Parameters) -> None:
        super().__init__(uows, name="lockbox", folder=folder, intake=_LockboxIntake(parameters))


class _LockboxIntake:
    """What becomes of a lockbox file."""

    def __init__(self, parameters: Parameters) -> None:
        self.records = LockboxFile
        self.files = LOCKBOX_FILES
        self.folder = LOCKBOX_FOLDER
        self.most_bytes = None
        self._parameters = parameters

    async def waiting(self, folder: Folder) -> list[str]:
        return await waiting_files(folder)

    async def store(self, uow: UnitOfWork, *, name: str, content: bytes) -> LockboxFile:
        return await store_lockbox_file(uow, name=name, content=content)

    async def content_of(self, uow: UnitOfWork, file: str) -> bytes | None:
        kept = await uow.records(LockboxContent).get(file=file)
        return None if kept is None else kept.content

    async def load(self, uows: UnitOfWorkFactory, file: str, content: bytes, *, now: datetime) -> LockboxFile:
        read = read_or_refuse(content, now=now)
        accounts = [] if isinstance(read, str) else accounts_of(read.rows)
        async with uows.begin(now=now, households=[*accounts, LOCKBOX_FILES.lock_of(file)]) as uow:
            await LOCKBOX_FILES.forget(uow, [file])
            return await load_lockbox_file(uow, file, read, parameters=self._parameters)


def read_or_refuse(content: bytes, *, now: datetime) -> LockboxContents | str:
    """Return what a file says, or why it is not a whole one."""
    try:
        return read_lockbox_file(content, today=local_date(now))
    except BrokenFrame as broken:
        return broken.problem
