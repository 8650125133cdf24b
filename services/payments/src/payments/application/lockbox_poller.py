"""Lockbox files: stored whole, then read, then moved out of the way, each by itself (PAY-1, PAY-3, PAY-10).

A crash between two of the steps leaves a file that the next turn goes on with: it is known by its hash. A file
that cannot be read for a bug of ours is set aside: others go on, and the books stay open for it.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial

from bulkhead.files import NoSuchFile, PathTaken
from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.ports import UnitOfWorkFactory
from payments.application.failures import failure_of
from payments.application.load_lockbox_files import (
    accounts_of,
    load_lockbox_file,
    lock_of,
    set_lockbox_file_aside,
    store_lockbox_file,
)
from payments.application.ports import Alarms, Folder
from payments.domain.lockbox import UNREAD, LockboxContent, LockboxFile
from payments.domain.lockbox_file import LockboxContents, read_lockbox_file
from payments.domain.lockbox_lines import BrokenFrame
from payments.domain.parameters import ParametersOn

MOST_AT_ONCE = 50

SET_ASIDE = "set-aside"


async def waiting_files(folder: Folder) -> list[str]:
    """Return the lockbox files that lie in the folder, in order of their names."""
    return [path for path in await folder.list() if path.lower().endswith(".csv")]


class FileOutOfReach(Retryable):
    """One file, or the folder it is in, cannot be reached now."""


class LockboxPoller:
    """Takes lockbox files out of their folder."""

    name = "lockbox"

    def __init__(
        self, uows: UnitOfWorkFactory, *, folder: Folder, alarms: Alarms, parameters_on: ParametersOn
    ) -> None:
        self._uows = uows
        self._folder = folder
        self._alarms = alarms
        self._parameters_on = parameters_on

    async def turn(self, now: datetime) -> int:
        """Read what was stored and left unread, then store, read and move the files that lie there; return how
        many.

        Raises `Retryable` while the database is away, and after all others when a file cannot be reached.
        """
        left = {each.file: partial(self._read_left, each, now=now) for each in await self._unread(now)}
        paths = (await waiting_files(self._folder))[:MOST_AT_ONCE]
        lying = {path: partial(self._take, path, now=now) for path in paths}
        out_of_reach: FileOutOfReach | None = None
        done = 0
        for item, work in (*left.items(), *lying.items()):
            try:
                done += await work()
            except FileOutOfReach as error:
                out_of_reach = error
            except Retryable:
                raise
            except Exception as error:  # noqa: BLE001 - it stays where it lies, and the books open; others go on
                self._alarms.stuck(poller=self.name, item=item, error=error)
        if out_of_reach is not None:
            raise out_of_reach
        return done

    async def pending(self, now: datetime) -> int:
        """Return how many files lie in the folder or are stored and to be read now."""
        async with self._uows.begin(now=now) as uow:
            stored = await uow.records(LockboxFile).count(state=UNREAD, retry_at__le=now)
        return stored + len(await waiting_files(self._folder))

    async def _take(self, path: str, *, now: datetime) -> bool:
        try:
            with _reaching():
                content = await self._folder.get(path)
        except NoSuchFile:
            return False  # another replica has taken it
        async with self._uows.begin(now=now) as uow:
            file = await store_lockbox_file(uow, name=path, content=content)
        file = await self._read(file, content, now=now)
        await self._move(path, file)
        return True

    async def _unread(self, now: datetime) -> list[LockboxFile]:
        """Return what a process that died left unread, and what was set aside long enough."""
        async with self._uows.begin(now=now) as uow:
            return await uow.records(LockboxFile).select(
                state=UNREAD, retry_at__le=now, order_by=("retry_at", "file"), limit=MOST_AT_ONCE
            )

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
                return await load_lockbox_file(uow, file.file, read, parameters_on=self._parameters_on)
        except Retryable:
            raise
        except Exception as error:  # noqa: BLE001 - a bug with one file keeps no other from being read
            self._alarms.stuck(poller=self.name, item=file.file, error=error)
            async with self._uows.begin(now=now, households=[lock_of(file.file)]) as uow:
                return await set_lockbox_file_aside(uow, file.file, failure=failure_of(error))

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
    try:
        yield
    except Retryable as error:
        raise FileOutOfReach(str(error)) from error


def _read_or_refuse(content: bytes, *, now: datetime) -> LockboxContents | str:
    try:
        return read_lockbox_file(content, today=local_date(now))
    except BrokenFrame as broken:
        return broken.problem
