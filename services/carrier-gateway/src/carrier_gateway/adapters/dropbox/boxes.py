"""The carriers' drop-boxes as one tree of files, each of which may be away by itself (CAR-4)."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime

from bulkhead.files import Files
from bulkhead.kernel.errors import InvalidValue, Retryable
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.ports import UnitOfWorkFactory
from carrier_gateway.application.reach import Side, carrier_lock, failing, note_failure, note_success, resting

_log = get_logger("drop-boxes")

# A carrier of a name that no folder can have delays itself like one whose folder is away.
_AWAY = (Retryable, InvalidValue)


class DropBoxAway(Retryable):
    """A carrier's drop-box cannot be reached. Said by the drop-box alone, never by our own database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropBoxes:
    """One side of all drop-boxes. Every call raises `DropBoxAway` where the box cannot be reached."""

    uows: UnitOfWorkFactory
    files: Files
    side: Side

    async def put(self, path: str, data: bytes) -> None:
        """Write a file whole."""
        try:
            await self.files.put(path, data)
        except _AWAY as error:
            raise DropBoxAway(str(error)) from error

    async def get(self, path: str) -> bytes:
        """Return a file's bytes; raises `NoSuchFile`."""
        try:
            return await self.files.get(path)
        except _AWAY as error:
            raise DropBoxAway(str(error)) from error

    async def names(self, folder: str) -> list[str]:
        """Return the paths of the files in a folder."""
        try:
            return await self.files.list(folder)
        except _AWAY as error:
            raise DropBoxAway(str(error)) from error

    async def make_folder(self, folder: str) -> None:
        """Make a folder."""
        try:
            await self.files.make_folder(folder)
        except _AWAY as error:
            raise DropBoxAway(str(error)) from error

    async def move(self, path: str, to: str) -> None:
        """Move a file; raises `NoSuchFile` and `PathTaken`."""
        try:
            await self.files.move(path, to)
        except _AWAY as error:
            raise DropBoxAway(str(error)) from error

    async def resting(self, now: datetime) -> set[str]:
        """Return the carriers not to be tried again yet."""
        async with self.uows.begin(now=now) as uow:
            return await resting(uow, side=self.side)

    async def failing(self, now: datetime) -> set[str]:
        """Return the carriers whose drop-box could not be reached the last time."""
        async with self.uows.begin(now=now) as uow:
            return await failing(uow, side=self.side)

    async def failed(self, carrier: str, now: datetime) -> None:
        """Note that a carrier's drop-box could not be reached."""
        async with self.uows.begin(now=now, households=[carrier_lock(carrier)]) as uow:
            box = await note_failure(uow, carrier=carrier, side=self.side)
        _log.warning("drop_box_away", carrier=carrier, side=self.side, failures=box.failures)

    async def answered(self, carrier: str, now: datetime) -> None:
        """Note that a carrier's drop-box was reached."""
        async with self.uows.begin(now=now) as uow:
            await note_success(uow, carrier=carrier, side=self.side)


class EachAlone:
    """Does several things of which none may hold another back; a bug is raised once all were tried."""

    def __init__(self) -> None:
        self._done = 0
        self._bug: Exception | None = None

    async def do(self, work: Awaitable[int]) -> None:
        """Do one thing. Raises `Retryable` at once: then our own database is away."""
        try:
            self._done += await work
        except Retryable:
            raise
        except Exception as error:  # noqa: BLE001 - raised in the end
            self._bug = self._bug or error

    def done(self) -> int:
        """Return how much was done; raises the first bug there was."""
        if self._bug is not None:
            raise self._bug
        return self._done
