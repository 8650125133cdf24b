"""Files handed over in folders: drop-boxes, lockbox days, print. A file is there whole or not at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar

from bulkhead.kernel.errors import BulkheadError, InvalidValue, Retryable

T = TypeVar("T")

_UNFINISHED = ".tmp"


class NoSuchFile(BulkheadError):
    """There is no file at a path."""


class PathTaken(BulkheadError):
    """A file would have to replace another one with other content."""


class Files(Protocol):
    """A tree of files. Paths are relative, with ``/``. Any call raises `Retryable` while the tree is away.

    Whoever runs the service makes the folder that the tree is in: one that is gone, as where nothing is mounted, is
    away, and is never made.
    """

    async def put(self, path: str, data: bytes) -> None:
        """Write a file whole, replacing one that is there; its folders are made."""
        ...

    async def get(self, path: str) -> bytes:
        """Return a file's bytes; raises `NoSuchFile`."""
        ...

    async def list(self, folder: str = "") -> list[str]:
        """Return the paths of the finished files directly in a folder, in order; none where it is not there.

        Hidden files and those that end in ``.tmp`` are somebody's unfinished work.
        """
        ...

    async def make_folder(self, folder: str) -> None:
        """Make a folder and those it lies in; one that is there already is left alone."""
        ...

    async def move(self, path: str, to: str) -> None:
        """Move a file. Moving it again is already so; a copy of what is there is dropped.

        Raises `NoSuchFile` where neither is there and `PathTaken` where another file is at ``to``.
        """
        ...


class LocalFiles:
    """A folder of this machine, or one mounted on it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, path: str, data: bytes) -> None:
        """Write a file whole, replacing one that is there; its folders are made."""
        await self._reached(lambda: _write_whole(self._at(path), data))

    async def get(self, path: str) -> bytes:
        """Return a file's bytes; raises `NoSuchFile`."""
        return await self._reached(lambda: _read(self._at(path), path))

    async def list(self, folder: str = "") -> list[str]:
        """Return the paths of the finished files directly in a folder, in order."""
        return await self._reached(lambda: _finished(self._at(folder) if folder else self._root, self._root))

    async def make_folder(self, folder: str) -> None:
        """Make a folder and those it lies in."""
        await self._reached(lambda: self._at(folder).mkdir(parents=True, exist_ok=True))

    async def move(self, path: str, to: str) -> None:
        """Move a file; raises `NoSuchFile` and `PathTaken`."""
        await self._reached(lambda: _move(self._at(path), self._at(to), path))

    def _at(self, path: str) -> Path:
        return self._root / checked_path(path)

    async def _reached(self, work: Callable[[], T]) -> T:
        def reach() -> T:
            if not self._root.is_dir():
                raise Retryable("files cannot be reached: their folder is not there")
            return work()

        try:
            return await asyncio.to_thread(reach)
        except OSError as error:
            raise Retryable(f"files cannot be reached: {type(error).__name__}") from error


def checked_path(path: str) -> str:
    """Return the path if it stays inside its tree, in its shortest form; raises `InvalidValue` otherwise."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\0" in path:
        raise InvalidValue(field="path", problem="must be relative and stay inside its folder")
    return str(pure)


def printable_name(name: str) -> str:
    """Return a file's name as it can be kept, shown and asked for: what cannot be printed is written out (``\\n``,
    ``\\udce9`` for a byte that is no text), and so is a backslash, so that two names stay two.
    """
    return "".join(
        each if each.isprintable() and each != "\\" else each.encode("unicode_escape").decode()
        for each in name
    )


def is_finished(name: str) -> bool:
    """Whether a file of this name is whole: neither hidden nor still being written."""
    return not name.startswith(".") and not name.endswith(_UNFINISHED)


def _write_whole(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}{_UNFINISHED}")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(target)


def _read(source: Path, path: str) -> bytes:
    try:
        return source.read_bytes()
    except FileNotFoundError as error:
        raise NoSuchFile(path) from error


def _finished(folder: Path, root: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if is_finished(entry.name) and entry.is_file()]
    except FileNotFoundError:
        return []
    return sorted((folder / name).relative_to(root).as_posix() for name in names)


def _move(source: Path, target: Path, path: str) -> None:
    if not source.exists():
        if target.exists():
            return
        raise NoSuchFile(path)
    if target.exists():
        if target.read_bytes() != source.read_bytes():
            raise PathTaken(path)
        source.unlink()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
