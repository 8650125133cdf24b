"""Lockbox files: stored whole, then read, then moved out of the way, each by itself (PAY-1, PAY-3, PAY-10).

A crash between two of the steps leaves a file that the next turn goes on with: it is known by its hash. A file
that cannot be read for a bug of ours is set aside: others go on, and the books stay open for it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime

from bulkhead.files import NoSuchFile, PathTaken, printable_name
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import BulkheadError, Retryable
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow, do_one_by_one
from payments.application.load_lockbox_files import (
    accounts_of,
    load_lockbox_file,
    set_lockbox_file_aside,
    store_lockbox_file,
)
from payments.application.ports import Folder, Parameters
from payments.application.waiting import LOCKBOX_FILES, LOCKBOX_FOLDER
from payments.domain.lockbox import UNREAD, LockboxContent, LockboxFile
from payments.domain.lockbox_file import LockboxContents, read_lockbox_file
from payments.domain.lockbox_lines import BrokenFrame

MOST_AT_ONCE = 50

SET_ASIDE = "set-aside"

THE_FOLDER = "/"
"""The name under which the folder itself waits; no file's name has a slash alone."""

UNREAD_FILES = Backlog(LockboxFile, key="file", retries=LOCKBOX_FILES, state=UNREAD)


async def waiting_files(folder: Folder) -> list[str]:
    """Return the lockbox files that lie in the folder, in order of their names."""
    return [path for path in await folder.list() if path.lower().endswith(".csv")]


class LockboxPoller:
    """Takes lockbox files out of their folder."""

    name = "lockbox"

    def __init__(self, uows: UnitOfWorkFactory, *, folder: Folder, parameters: Parameters) -> None:
        self._uows = uows
        self._folder = folder
        self._parameters = parameters

    async def turn(self, now: datetime) -> int:
        """Read what was stored and left unread, then store, read and move the files that lie there; return how
        many.

        A folder that is away is tried again later and later. Raises `Retryable` while the database is away.
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
            await self._lying_now(now),
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
        try:
            return len(unread) + len(await self._lying(now))
        except _FolderAway:
            return len(unread)  # the next turn notes it

    async def _lying_now(self, now: datetime) -> list[str]:
        """Return the files that are to be taken now, a turn's worth; none while the folder is away, which is noted."""
        try:
            return (await self._lying(now))[:MOST_AT_ONCE]
        except _FolderAway as away:
            async with self._uows.begin(now=now, households=[LOCKBOX_FOLDER.lock_of(THE_FOLDER)]) as uow:
                await LOCKBOX_FOLDER.put_off(uow, THE_FOLDER, because=away)
            return []

    async def _lying(self, now: datetime) -> list[str]:
        """Return the files in the folder that are to be taken now; those gone from it wait for nothing.

        What was set aside and has been read since is among them: all that is left to do is to move it. Raises
        `_FolderAway`.
        """
        async with self._uows.begin(now=now) as uow:
            failed, resting = await LOCKBOX_FOLDER.waiting_and_resting(uow)
        if THE_FOLDER in resting:
            return []
        try:
            paths, aside = await waiting_files(self._folder), await self._folder.list(SET_ASIDE)
        except Retryable as error:
            raise _FolderAway(str(error)) from error
        async with self._uows.begin(now=now) as uow:
            unread = await uow.records(LockboxFile).select(state=UNREAD) if aside else []
            left_there = {name for each in unread for name in (each.name, other_name(each, each.name))}
            paths += [each for each in aside if printable_name(_name_of(each)) not in left_there]
            await LOCKBOX_FOLDER.forget(uow, failed - {printable_name(path) for path in paths})
        return [path for path in paths if printable_name(path) not in resting]

    async def _take(self, path: str, *, now: datetime) -> bool:
        try:
            with _reaching():
                content = await self._folder.get(path)
        except NoSuchFile:
            return False  # another replica has taken it
        async with self._uows.begin(now=now) as uow:
            file = await store_lockbox_file(uow, name=printable_name(_name_of(path)), content=content)
        file = await self._read(file, content, now=now)
        await self._move(path, file)
        return True

    async def _read_left(self, left: LockboxFile, *, now: datetime) -> bool:
        async with self._uows.begin(now=now) as uow:
            kept = await uow.records(LockboxContent).get(file=left.file)
        if kept is None:
            raise LookupError("the bytes of a lockbox file were kept and are gone")
        # Where it lies is found by looking there, as it is with any other file (`_lying`).
        return (await self._read(left, kept.content, now=now)).state not in UNREAD

    async def _read(self, file: LockboxFile, content: bytes, *, now: datetime) -> LockboxFile:
        """Return a stored file as read, or as set aside where that fails in a way it must not."""
        if file.state not in UNREAD:
            return file
        try:
            read = read_or_refuse(content, now=now)
            accounts = [] if isinstance(read, str) else accounts_of(read.rows)
            async with self._uows.begin(
                now=now, households=[*accounts, LOCKBOX_FILES.lock_of(file.file)]
            ) as uow:
                await LOCKBOX_FILES.forget(uow, [file.file])
                return await load_lockbox_file(uow, file.file, read, parameters=self._parameters)
        except Retryable:
            raise
        except Exception as error:  # noqa: BLE001 - a bug with one file keeps no other from being read
            async with self._uows.begin(now=now, households=[LOCKBOX_FILES.lock_of(file.file)]) as uow:
                await LOCKBOX_FILES.put_off(uow, file.file, because=error)
                return await set_lockbox_file_aside(uow, file.file)

    async def _move(self, path: str, file: LockboxFile) -> None:
        folder = file.state if file.state != "stored" else SET_ASIDE
        name = _name_of(path)
        with suppress(NoSuchFile), _reaching():  # another replica has moved it
            try:
                await self._folder.move(path, f"{folder}/{name}")
            except PathTaken:
                await self._folder.move(path, f"{folder}/{other_name(file, name)}")


class _FolderAway(BulkheadError):
    """The folder itself cannot be reached. Said by the folder alone, never by our own database."""


def other_name(file: LockboxFile, name: str) -> str:
    """Return the name of a file beside another of its name."""
    return f"{file.file[:12]}-{name}"


def _name_of(path: str) -> str:
    return path.rpartition("/")[2]


@contextmanager
def _reaching() -> Generator[None]:
    """Reach for one file, in a folder that answers: what is away then is this file alone."""
    try:
        yield
    except Retryable as error:
        raise NotNow(str(error)) from error


def read_or_refuse(content: bytes, *, now: datetime) -> LockboxContents | str:
    """Return what a file says, or why it is not a whole one."""
    try:
        return read_lockbox_file(content, today=local_date(now))
    except BrokenFrame as broken:
        return broken.problem
