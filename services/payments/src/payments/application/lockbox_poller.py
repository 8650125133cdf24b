"""Lockbox files: stored whole, then read, then moved out of the way, each by itself (PAY-1, PAY-3, PAY-10).

A crash between two of the steps leaves a file that the next turn goes on with: it is known by its hash. A file
that cannot be read for a bug of ours is set aside: others go on, and the books stay open for it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime

from bulkhead.files import NoSuchFile, PathTaken
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow, do_one_by_one
from payments.application.load_lockbox_files import (
    accounts_of,
    load_lockbox_file,
    lock_of,
    set_lockbox_file_aside,
    store_lockbox_file,
)
from payments.application.ports import Folder
from payments.application.waiting import LOCKBOX_FILES, LOCKBOX_FOLDER
from payments.domain.lockbox import UNREAD, LockboxContent, LockboxFile
from payments.domain.lockbox_file import LockboxContents, read_lockbox_file
from payments.domain.lockbox_lines import BrokenFrame
from payments.domain.parameters import ParametersOn

MOST_AT_ONCE = 50

SET_ASIDE = "set-aside"

UNREAD_FILES = Backlog(LockboxFile, key="file", retries=LOCKBOX_FILES, state=UNREAD)


async def waiting_files(folder: Folder) -> list[str]:
    """Return the lockbox files that lie in the folder, in order of their names."""
    return [path for path in await folder.list() if path.lower().endswith(".csv")]


class LockboxPoller:
    """Takes lockbox files out of their folder."""

    name = "lockbox"

    def __init__(self, uows: UnitOfWorkFactory, *, folder: Folder, parameters_on: ParametersOn) -> None:
        self._uows = uows
        self._folder = folder
        self._parameters_on = parameters_on

    async def turn(self, now: datetime) -> int:
        """Read what was stored and left unread, then store, read and move the files that lie there; return how
        many.

        Raises `Retryable` while the database or the folder is away.
        """
        async with self._uows.begin(now=now) as uow:
            unread = await UNREAD_FILES.next(uow, limit=MOST_AT_ONCE)
        read = await do_one_by_one(
            unread,
            retries=LOCKBOX_FILES,
            uows=self._uows,
            now=now,
            key=UNREAD_FILES.key_of,
            do=lambda file: self._read_left(file, now=now),
        )
        taken = await do_one_by_one(
            (await self._lying(now))[:MOST_AT_ONCE],
            retries=LOCKBOX_FOLDER,
            uows=self._uows,
            now=now,
            key=printable_name,
            do=lambda path: self._take(path, now=now),
        )
        return read + taken

    async def pending(self, now: datetime) -> int:
        """Return how many files lie in the folder or are stored and to be read now."""
        async with self._uows.begin(now=now) as uow:
            unread = await UNREAD_FILES.next(uow, limit=MOST_AT_ONCE)
        return len(unread) + len(await self._lying(now))

    async def _lying(self, now: datetime) -> list[str]:
        """Return the files in the folder that are to be taken now; those gone from it wait for nothing."""
        paths = await waiting_files(self._folder)
        async with self._uows.begin(now=now) as uow:
            failed, resting = await LOCKBOX_FOLDER.waiting_and_resting(uow)
            await LOCKBOX_FOLDER.forget(uow, failed - {printable_name(path) for path in paths})
        return [path for path in paths if printable_name(path) not in resting]

    async def _take(self, path: str, *, now: datetime) -> bool:
        try:
            with _reaching():
                content = await self._folder.get(path)
        except NoSuchFile:
            return False  # another replica has taken it
        async with self._uows.begin(now=now) as uow:
            file = await store_lockbox_file(uow, name=printable_name(path), content=content)
        file = await self._read(file, content, now=now)
        await self._move(path, file)
        return True

    async def _read_left(self, left: LockboxFile, *, now: datetime) -> bool:
        async with self._uows.begin(now=now) as uow:
            kept = await uow.records(LockboxContent).get(file=left.file)
        if kept is None:
            raise LookupError("the bytes of a lockbox file were kept and are gone")
        file = await self._read(left, kept.content, now=now)
        if file.state in UNREAD:
            return False
        await self._move(f"{SET_ASIDE}/{file.name}", file)
        return True

    async def _read(self, file: LockboxFile, content: bytes, *, now: datetime) -> LockboxFile:
        """Return a stored file as read, or as set aside where that fails in a way it must not."""
        if file.state not in UNREAD:
            return file
        try:
            read = _read_or_refuse(content, now=now)
            accounts = [] if isinstance(read, str) else accounts_of(read.rows)
            async with self._uows.begin(now=now, households=[*accounts, lock_of(file.file)]) as uow:
                await LOCKBOX_FILES.forget(uow, [file.file])
                return await load_lockbox_file(uow, file.file, read, parameters_on=self._parameters_on)
        except Retryable:
            raise
        except Exception as error:  # noqa: BLE001 - a bug with one file keeps no other from being read
            async with self._uows.begin(now=now, households=[lock_of(file.file)]) as uow:
                await LOCKBOX_FILES.put_off(uow, file.file, because=error)
                return await set_lockbox_file_aside(uow, file.file)

    async def _move(self, path: str, file: LockboxFile) -> None:
        folder = file.state if file.state != "stored" else SET_ASIDE
        name = path.removeprefix(f"{SET_ASIDE}/")
        with suppress(NoSuchFile), _reaching():  # another replica has moved it
            try:
                await self._folder.move(path, f"{folder}/{name}")
            except PathTaken:
                await self._folder.move(path, f"{folder}/{file.file[:12]}-{name}")


@contextmanager
def _reaching() -> Generator[None]:
    """Reach for one file, in a folder that answers: what is away then is this file alone."""
    try:
        yield
    except Retryable as error:
        raise NotNow(str(error)) from error


def printable_name(path: str) -> str:
    """Return a file's name as it can be kept and shown: it may have any bytes."""
    return path.encode(errors="backslashreplace").decode()


def _read_or_refuse(content: bytes, *, now: datetime) -> LockboxContents | str:
    try:
        return read_lockbox_file(content, today=local_date(now))
    except BrokenFrame as broken:
        return broken.problem
