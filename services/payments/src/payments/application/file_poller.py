"""Files that others drop: stored whole, then read, then moved out of the way, each by itself (PAY-3).

A crash between two of the steps leaves a file that the next turn goes on with: it is known by its hash. A file that
cannot be read for a bug of ours is set aside, and others go on.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from bulkhead.files import NoSuchFile, PathTaken, printable_name
from bulkhead.kernel.errors import BulkheadError, Retryable, is_its_own
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow, do_one_by_one
from bulkhead.retries.retries import RetryKind
from payments.application.ports import Folder
from payments.application.stored_files import set_aside
from payments.domain.files_in import UNREAD, FileIn

MOST_AT_ONCE = 50

SET_ASIDE = "set-aside"

THE_FOLDER = "/"
"""The name under which the folder itself waits; no file's name has a slash alone."""

File = TypeVar("File", bound=FileIn)
FileOut = TypeVar("FileOut", bound=FileIn, covariant=True)


class Intake(Protocol[FileOut]):
    """What becomes of one kind of file. ``files`` and ``folder`` are the names under which its work waits."""

    @property
    def records(self) -> type[FileOut]:
        """The kind of record that is kept of a file."""
        ...

    @property
    def files(self) -> RetryKind:
        """Under what stored files wait."""
        ...

    @property
    def folder(self) -> RetryKind:
        """Under what files in the folder, and the folder itself, wait."""
        ...

    @property
    def most_bytes(self) -> int:
        """A larger file is left where it lies, unread."""
        ...

    async def waiting(self, folder: Folder) -> list[str]:
        """Return the paths of the files that lie in the folder to be read, in order of their names."""
        ...

    async def store(self, uow: UnitOfWork, *, name: str, content: bytes) -> FileOut:
        """Keep a file's bytes before anything is read of it; return what is known of these bytes already."""
        ...

    async def content_of(self, uow: UnitOfWork, file: str) -> bytes | None:
        """Return the bytes of a file that was stored."""
        ...

    async def load(self, uows: UnitOfWorkFactory, file: str, content: bytes, *, now: datetime) -> FileOut:
        """Record what a stored file says, and return the file as loaded or refused."""
        ...


class FilePoller(Generic[File]):
    """Takes one kind of files out of their folder."""

    def __init__(self, uows: UnitOfWorkFactory, *, name: str, folder: Folder, intake: Intake[File]) -> None:
        self.name = name
        self._uows = uows
        self._folder = folder
        self._intake = intake
        self._backlog = Backlog(intake.records, key="file", retries=intake.files, state=UNREAD)

    async def turn(self, now: datetime) -> int:
        """Read what was stored and left unread, then store, read and move the files that lie there; return how
        many.

        A folder that is away is tried again later and later. Raises `Retryable` while the database is away.
        """
        unread = await self._backlog.due(self._uows, now=now, limit=MOST_AT_ONCE)
        read = await self._backlog.do(
            unread, lambda file: self._read_left(file, now=now), uows=self._uows, now=now
        )
        taken = await do_one_by_one(
            await self._lying_now(now),
            retries=self._intake.folder,
            uows=self._uows,
            now=now,
            key=printable_name,
            do=lambda path: self._take(path, now=now),
        )
        return read + taken

    async def pending(self, now: datetime) -> int:
        """Return how many files lie in the folder or are stored and to be read now."""
        unread = await self._backlog.due(self._uows, now=now, limit=MOST_AT_ONCE)
        try:
            return len(unread) + len(await self._lying(now))
        except _FolderAway:
            return len(unread)  # the next turn notes it

    async def _lying_now(self, now: datetime) -> list[str]:
        """Return the files that are to be taken now, a turn's worth; none while the folder is away, which is noted."""
        try:
            return (await self._lying(now))[:MOST_AT_ONCE]
        except _FolderAway as away:
            waits = self._intake.folder
            async with self._uows.begin(now=now, households=[waits.lock_of(THE_FOLDER)]) as uow:
                await waits.put_off(uow, THE_FOLDER, because=away)
            return []

    async def _lying(self, now: datetime) -> list[str]:
        """Return the files in the folder that are to be taken now; those gone from it wait for nothing.

        What was set aside and has been read since is among them: all that is left to do is to move it. Raises
        `_FolderAway`.
        """
        async with self._uows.begin(now=now) as uow:
            failed, resting = await self._intake.folder.waiting_and_resting(uow)
        if THE_FOLDER in resting:
            return []
        try:
            paths, aside = await self._intake.waiting(self._folder), await self._folder.list(SET_ASIDE)
        except Retryable as error:
            raise _FolderAway(str(error)) from error
        async with self._uows.begin(now=now) as uow:
            unread = await uow.records(self._intake.records).select(state=UNREAD) if aside else []
            left_there = {name for each in unread for name in (each.name, _other_name(each, each.name))}
            paths += [each for each in aside if printable_name(_name_of(each)) not in left_there]
            await self._intake.folder.forget(uow, failed - {printable_name(path) for path in paths})
        return [path for path in paths if printable_name(path) not in resting]

    async def _take(self, path: str, *, now: datetime) -> bool:
        try:
            with _reaching():
                await self._require_of_a_size(path)
                content = await self._folder.get(path)
        except NoSuchFile:
            return False  # another replica has taken it
        async with self._uows.begin(now=now) as uow:
            file = await self._intake.store(uow, name=printable_name(_name_of(path)), content=content)
        file = await self._read(file, content, now=now)
        await self._move(path, file)
        return True

    async def _require_of_a_size(self, path: str) -> None:
        """Raise `NotNow` for a file that is larger than any of its kind: it waits, with why, and is in no memory."""
        most = self._intake.most_bytes
        if (size := await self._folder.size(path)) > most:
            raise NotNow(f"the file is of {size} bytes: it must be of {most} at most")

    async def _read_left(self, left: File, *, now: datetime) -> bool:
        async with self._uows.begin(now=now) as uow:
            content = await self._intake.content_of(uow, left.file)
        if content is None:
            raise LookupError("the bytes of a file were kept and are gone")
        # Where it lies is found by looking there, as it is with any other file (`_lying`).
        return (await self._read(left, content, now=now)).state not in UNREAD

    async def _read(self, file: File, content: bytes, *, now: datetime) -> File:
        """Return a stored file as read, or as set aside where that fails in a way it must not."""
        if file.state not in UNREAD:
            return file
        try:
            return await self._intake.load(self._uows, file.file, content, now=now)
        except Exception as error:
            if not is_its_own(error):
                raise
            # A bug with one file keeps no other from being read.
            waits = self._intake.files
            async with self._uows.begin(now=now, households=[waits.lock_of(file.file)]) as uow:
                await waits.put_off(uow, file.file, because=error)
                return await set_aside(uow, self._intake.records, file.file)

    async def _move(self, path: str, file: File) -> None:
        folder = file.state if file.state != "stored" else SET_ASIDE
        name = _name_of(path)
        with suppress(NoSuchFile), _reaching():  # another replica has moved it
            try:
                await self._folder.move(path, f"{folder}/{name}")
            except PathTaken:
                await self._folder.move(path, f"{folder}/{_other_name(file, name)}")


class _FolderAway(BulkheadError):
    """The folder itself cannot be reached. Said by the folder alone, never by our own database."""


def _other_name(file: FileIn, name: str) -> str:
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
