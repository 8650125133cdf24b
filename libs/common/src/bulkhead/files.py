"""Files handed over in folders: drop-boxes, lockbox days, print. A file is there whole or not at all."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import stat
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, TypeVar

from bulkhead.kernel.errors import BulkheadError, InvalidValue, Retryable

T = TypeVar("T")

_UNFINISHED = ".tmp"
_UNFINISHED_NAMES = (_UNFINISHED, ".part", ".filepart")
"""How programs that carry files end the names of what they have not brought whole."""
_OURS = re.compile(r"\.bulkhead-[0-9a-f]{16}\.tmp")

_OLD_SECONDS = 86_400.0
"""What is being written is written within a day: what is older was left by a writer that was killed."""

# What is in them is about people: nobody else on the machine reads it.
_FILE_MODE, _FOLDER_MODE = 0o640, 0o750


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

    async def put_in_pieces(self, path: str, pieces: AsyncIterable[bytes]) -> None:
        """Write a file as `put` does, of pieces that are asked for one after the other. What asking for one raises goes
        up, and nothing is written then.
        """
        ...

    async def get(self, path: str) -> bytes:
        """Return a file's bytes; raises `NoSuchFile`."""
        ...

    def get_in_pieces(self, path: str, *, piece_bytes: int) -> AsyncIterator[bytes]:
        """Yield a file's bytes, so many at a time and only those in memory; raises `NoSuchFile`. All are of the file
        that was there when the first were asked for.
        """
        ...

    async def size(self, path: str) -> int:
        """Return of how many bytes a file is, without reading it; raises `NoSuchFile`."""
        ...

    async def list(self, folder: str = "") -> list[str]:
        """Return the paths of the finished files directly in a folder, in order; none where it is not there.

        Hidden files and those that end in ``.tmp``, ``.part`` or ``.filepart`` are somebody's unfinished work.
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
    """A folder of this machine, or one mounted on it, in which others may write: no link in it is followed, neither a
    file's nor a folder's, and only regular files are files.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._swept: dict[tuple[str, ...], float] = {}

    async def put(self, path: str, data: bytes) -> None:
        """Write a file whole, replacing one that is there; its folders are made."""

        def put() -> None:
            parts = _parts(path)
            self._sweep(parts[:-1], now=_write_whole(self._root, parts, data))

        await self._reached(put)

    async def put_in_pieces(self, path: str, pieces: AsyncIterable[bytes]) -> None:
        """Write a file whole, a piece after the other: only one is in memory."""
        parts = _parts(path)
        file = await self._reached(lambda: UnfinishedFile(self._root, parts))
        try:
            async for piece in pieces:
                await self._reached(partial(file.write, piece))
            now = await self._reached(file.finish)
        except BaseException:
            await asyncio.to_thread(file.discard)
            raise
        await self._reached(lambda: self._sweep(parts[:-1], now=now))

    def _sweep(self, folder: tuple[str, ...], *, now: float) -> None:
        """Remove what writers of ours left unfinished in a folder, once a day. ``now`` is by the folder's own clock."""
        if now - self._swept.get(folder, -_OLD_SECONDS) >= _OLD_SECONDS:
            self._swept[folder] = now
            with suppress(OSError):  # what was put is there, and this comes again
                remove_unfinished(self._root, folder, before=now - _OLD_SECONDS)

    async def get(self, path: str) -> bytes:
        """Return a file's bytes; raises `NoSuchFile`."""
        return await self._reached(lambda: _read(self._root, _parts(path)))

    async def get_in_pieces(self, path: str, *, piece_bytes: int) -> AsyncIterator[bytes]:
        """Yield a file's bytes, so many at a time; raises `NoSuchFile`."""
        file = await self._reached(lambda: _opened(self._root, _parts(path)))
        with file:
            while piece := await self._reached(lambda: file.read(piece_bytes)):
                yield piece

    async def size(self, path: str) -> int:
        """Return of how many bytes a file is; raises `NoSuchFile`."""
        return await self._reached(lambda: _size(self._root, _parts(path)))

    async def list(self, folder: str = "") -> list[str]:
        """Return the paths of the finished files directly in a folder, in order."""
        return await self._reached(lambda: _finished(self._root, _parts(folder) if folder else ()))

    async def make_folder(self, folder: str) -> None:
        """Make a folder and those it lies in."""

        def make() -> None:
            with opened_folder(self._root, _parts(folder), made=True):
                pass

        await self._reached(make)

    async def move(self, path: str, to: str) -> None:
        """Move a file; raises `NoSuchFile` and `PathTaken`."""
        await self._reached(lambda: _move(self._root, _parts(path), _parts(to)))

    async def _reached(self, work: Callable[[], T]) -> T:
        def reach() -> T:
            if not self._root.is_dir():
                raise Retryable("files cannot be reached: their folder is not there")
            return work()

        try:
            return await asyncio.to_thread(reach)
        except OSError as error:
            raise Retryable(f"files cannot be reached: {type(error).__name__}") from error


def _parts(path: str) -> tuple[str, ...]:
    return PurePosixPath(checked_path(path)).parts


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
    return not name.startswith(".") and not name.endswith(_UNFINISHED_NAMES)


@contextmanager
def opened_folder(root: Path, folders: tuple[str, ...], *, made: bool = False) -> Generator[int]:
    """Yield the descriptor of a folder under a root, reached step by step: no step is a link. Raises `OSError`."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in folders:
            if made:
                with suppress(FileExistsError):
                    os.mkdir(name, _FOLDER_MODE, dir_fd=folder)
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _write_whole(root: Path, path: tuple[str, ...], data: bytes) -> float:
    """Write a file; return when, by the clock of where it is."""
    file = UnfinishedFile(root, path)
    try:
        file.write(data)
        return file.finish()
    except BaseException:
        file.discard()
        raise


class UnfinishedFile:
    """A file that is being written, beside where it will be. Any call raises `OSError`."""

    def __init__(self, root: Path, path: tuple[str, ...]) -> None:
        # Its own name for whoever writes it: two may at once, and neither is to find half of it under the other's.
        self._name, self._finished = f".bulkhead-{secrets.token_hex(8)}{_UNFINISHED}", path[-1]
        with ExitStack() as held:
            self._folder = held.enter_context(opened_folder(root, path[:-1], made=True))
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            descriptor = os.open(self._name, flags, _FILE_MODE, dir_fd=self._folder)
            held.callback(self._unlink)
            self._file = held.enter_context(os.fdopen(descriptor, "wb"))
            self._held = held.pop_all()

    def write(self, data: bytes, *, at: int | None = None) -> None:
        """Write the next bytes, or those at an offset."""
        if at is not None:
            self._file.seek(at)
        self._file.write(data)

    def finish(self, *, replacing: bool = True) -> float:
        """Give the file its name, once it is on disk; return when it was written, by the clock of where it is. Raises
        `FileExistsError` where the name is taken and is not to be replaced.
        """
        with self._held:
            self._file.flush()
            os.fsync(self._file.fileno())
            written_at = os.fstat(self._file.fileno()).st_mtime
            if replacing:
                os.replace(self._name, self._finished, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            else:
                rename_new(self._folder, self._name, self._finished)
            os.fsync(self._folder)
        return written_at

    def discard(self) -> None:
        """Leave nothing of it, but for what is finished; raises nothing."""
        with suppress(OSError):
            self._held.close()

    def _unlink(self) -> None:
        with suppress(OSError):  # where it is finished it is there no more
            os.unlink(self._name, dir_fd=self._folder)


def rename_new(folder: int, name: str, to: str) -> None:
    """Rename a file in a folder; raises `FileExistsError` where the new name is taken, also by somebody who takes it
    just now.
    """
    os.link(name, to, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    os.unlink(name, dir_fd=folder)


def remove_unfinished(root: Path, path: tuple[str, ...], *, before: float) -> None:
    """Remove from a folder what writers of ours left unfinished before a time, by the clock of where it is. Raises
    `OSError`.
    """
    with opened_folder(root, path) as folder, os.scandir(folder) as entries:
        for each in [each for each in entries if _OURS.fullmatch(each.name)]:
            if each.stat(follow_symlinks=False).st_mtime < before:
                os.unlink(each.name, dir_fd=folder)


def _read(root: Path, path: tuple[str, ...]) -> bytes:
    try:
        with opened_folder(root, path[:-1]) as folder:
            return _content(path[-1], folder)
    except FileNotFoundError as error:
        raise NoSuchFile("/".join(path)) from error


def _size(root: Path, path: tuple[str, ...]) -> int:
    try:
        with opened_folder(root, path[:-1]) as folder:
            return os.stat(path[-1], dir_fd=folder, follow_symlinks=False).st_size
    except FileNotFoundError as error:
        raise NoSuchFile("/".join(path)) from error


def _opened(root: Path, path: tuple[str, ...]) -> BinaryIO:
    try:
        with opened_folder(root, path[:-1]) as folder:
            return _regular(path[-1], folder)
    except FileNotFoundError as error:
        raise NoSuchFile("/".join(path)) from error


def _content(name: str, folder: int) -> bytes:
    with _regular(name, folder) as file:
        return file.read()


def _regular(name: str, folder: int) -> BinaryIO:
    # One that is no regular file, such as a pipe, would keep us waiting to be opened.
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise OSError("no regular file")
    return file


def _finished(root: Path, path: tuple[str, ...]) -> list[str]:
    try:
        with opened_folder(root, path) as folder, os.scandir(folder) as entries:
            names = [
                each.name
                for each in entries
                if is_finished(each.name) and each.is_file(follow_symlinks=False)
            ]
    except FileNotFoundError:
        return []
    return sorted("/".join((*path, name)) for name in names)


def _move(root: Path, path: tuple[str, ...], to: tuple[str, ...]) -> None:
    try:
        with opened_folder(root, path[:-1]) as folder, opened_folder(root, to[:-1], made=True) as other:
            _move_between(folder, path[-1], other, to[-1])
    except FileNotFoundError as error:
        # Its folder may be gone since it was moved, or another worker was faster just now.
        if not _is_there(root, to):
            raise NoSuchFile("/".join(path)) from error
    except FileExistsError as error:
        raise PathTaken("/".join(path)) from error


def _move_between(folder: int, name: str, other: int, to: str) -> None:
    """Move a file; raises `FileNotFoundError` where neither is there, and `FileExistsError`."""
    is_there, is_moved = _is_in(folder, name), _is_in(other, to)
    if not is_moved:
        os.replace(name, to, src_dir_fd=folder, dst_dir_fd=other)
        os.fsync(other)
    elif is_there:
        if _content(to, other) != _content(name, folder):
            raise FileExistsError
        os.unlink(name, dir_fd=folder)


def _is_there(root: Path, path: tuple[str, ...]) -> bool:
    try:
        with opened_folder(root, path[:-1]) as folder:
            return _is_in(folder, path[-1])
    except FileNotFoundError:
        return False


def _is_in(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
