"""The carriers' drop-boxes as one tree of files, each of which may be away by itself (CAR-4)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TypeVar

from bulkhead.files import Files, NoSuchFile, PathTaken, printable_name
from bulkhead.kernel.errors import InvalidValue, Retryable
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from carrier_gateway.application.waiting import DROP_BOXES, Side, carriers_of, drop_box

Piece = TypeVar("Piece")

LONGEST_NAME_BYTES = 255

# A carrier of a name that no folder can have delays itself like one whose folder is away.
_AWAY = (Retryable, InvalidValue)


class DropBoxAway(Retryable):
    """A carrier's drop-box cannot be reached. Said by the drop-box alone, never by our own database."""


class _Ours:
    """Pieces, and what was ``raised`` by asking for one: it is no drop-box's."""

    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self.raised: BaseException | None = None
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._pieces:
                yield piece
        except Exception as error:
            self.raised = error
            raise


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

    async def put_in_pieces(self, path: str, pieces: AsyncIterable[bytes]) -> None:
        """Write a file whole, a piece after the other. What asking for one raises goes up as it is."""
        ours = _Ours(pieces)
        try:
            await self.files.put_in_pieces(path, ours)
        except _AWAY as error:
            if error is ours.raised:
                raise
            raise DropBoxAway(str(error)) from error

    async def answers(self, path: str) -> bool:
        """Whether the folder of a file can be reached."""
        try:
            await self.files.list(path.rpartition("/")[0])
        except _AWAY:
            return False
        return True

    async def get(self, path: str) -> bytes:
        """Return a file's bytes; raises `NoSuchFile`."""
        try:
            return await self.files.get(path)
        except _AWAY as error:
            raise DropBoxAway(str(error)) from error

    async def pieces(self, path: str, *, piece_bytes: int) -> AsyncIterator[bytes]:
        """Yield a file's bytes, so many at a time; raises `NoSuchFile`."""
        reading = self.files.get_in_pieces(path, piece_bytes=piece_bytes)
        while True:
            try:
                piece = await anext(reading, b"")
            except _AWAY as error:
                raise DropBoxAway(str(error)) from error
            if not piece:
                return
            yield piece

    async def size(self, path: str) -> int:
        """Return of how many bytes a file is; raises `NoSuchFile`."""
        try:
            return await self.files.size(path)
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

    async def put_away(self, path: str, *, folder: str, sha256: str) -> None:
        """Move a file of a hash into a folder, under a name of its own where an earlier one of its name lies there; it
        may be gone.
        """
        name = PurePosixPath(path).name
        try:
            await self.move(path, f"{folder}/{name}")
        except PathTaken:
            # An earlier file of this name said something else: both are kept.
            await self.move(path, f"{folder}/{_other_name(name, sha256)}")
        except NoSuchFile:
            return  # another replica was faster

    async def reached(self, carrier: str, put: Awaitable[None], *, away: set[str], now: datetime) -> bool:
        """Do what writes into a carrier's box; return whether that could be reached, which is noted. One that could not
        joins those that are ``away``.
        """
        try:
            await put
        except DropBoxAway as error:
            await self.failed(carrier, error, now)
            away.add(carrier)
            return False
        await self.answered(carrier, now)
        return True

    async def resting(self, now: datetime) -> set[str]:
        """Return the carriers not to be tried again yet."""
        async with self.uows.begin(now=now) as uow:
            return carriers_of(await DROP_BOXES.resting(uow), self.side)

    async def failing(self, now: datetime) -> set[str]:
        """Return the carriers whose drop-box could not be reached the last time."""
        async with self.uows.begin(now=now) as uow:
            return carriers_of(await DROP_BOXES.waiting(uow), self.side)

    async def failed(self, carrier: str, away: DropBoxAway, now: datetime) -> None:
        """Note that a carrier's drop-box could not be reached."""
        box = drop_box(carrier, self.side)
        async with self.uows.begin(now=now, households=[DROP_BOXES.lock_of(box)]) as uow:
            await DROP_BOXES.put_off(uow, box, because=away)

    async def answered(self, carrier: str, now: datetime) -> None:
        """Note that a carrier's drop-box was reached."""
        async with self.uows.begin(now=now) as uow:
            await DROP_BOXES.forget(uow, [drop_box(carrier, self.side)])


async def pieces_of(
    uows: UnitOfWorkFactory,
    now: datetime,
    *,
    read: Callable[[UnitOfWork, int], Awaitable[Piece | None]],
    content: Callable[[Piece], bytes],
) -> AsyncIterator[bytes]:
    """Yield a kept file's pieces, numbered from 0, each read in a transaction of its own: they change no more, and a
    box may be slow.
    """
    number = 0
    while True:
        async with uows.begin(now=now) as uow:
            piece = await read(uow, number)
        if piece is None:
            return
        yield content(piece)
        number += 1


def may_be(path: str, *, name: str, sha256: str) -> bool:
    """Return whether a file that was put away may be the one of a name, as it is kept, and a hash."""
    found = PurePosixPath(path).name
    return found == sha256 or printable_name(found.removeprefix(f"{sha256[:12]}_")) == name


def _other_name(name: str, sha256: str) -> str:
    other = f"{sha256[:12]}_{name}"
    return other if len(os.fsencode(other)) <= LONGEST_NAME_BYTES else sha256
