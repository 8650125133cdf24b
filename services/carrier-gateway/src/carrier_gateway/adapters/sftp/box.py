"""One carrier's drop-box as its own programs see it: a root folder with nothing else in it (CAR-1)."""

from __future__ import annotations

import os
import posixpath
import stat
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from asyncssh import (
    SFTPError,
    SFTPFailure,
    SFTPNoSuchFile,
    SFTPPermissionDenied,
    SFTPQuotaExceeded,
)

from bulkhead.files import UnfinishedFile, is_finished, opened_folder, remove_unfinished, rename_new
from carrier_gateway.domain.books import is_book

INBOUND, OUTBOUND = ("inbound",), ("outbound",)
FOLDERS = ((), INBOUND, (*INBOUND, "processed"), (*INBOUND, "refused"), OUTBOUND)
LONGEST_NAME_BYTES = 200
MOST_FILES = 1_000
"""How many files may lie in an inbound folder. They are taken away within seconds while all is well."""
MOST_OPEN = 64
"""How many files a carrier may have open at once."""
LONGEST_READ_BYTES = 256 * 1024
"""A reader asks for so much as it likes, and gets so much at once."""
_OURS = ".bulkhead-"
_OLD_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a carrier may leave, in bytes: in one file, in one that is its book, and in its inbound folder."""

    file_bytes: int
    book_bytes: int
    box_bytes: int

    def of(self, name: str) -> int:
        """Return how many bytes a file of this name may have."""
        return self.book_bytes if is_book(name) else self.file_bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder as it is shown, with its bytes and when it changed, in seconds since 1970."""

    name: str
    is_folder: bool
    size: int = 0
    changed_at: float = 0


class Fetched:
    """A file that a carrier reads. Any call raises `OSError`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes from an offset on, none at the end."""
        return os.pread(self._descriptor, min(length, LONGEST_READ_BYTES), offset)

    def close(self) -> None:
        """Give it back."""
        os.close(self._descriptor)


class Brought:
    """A file that a carrier writes. It lies in the folder once it is whole."""

    def __init__(self, file: UnfinishedFile, *, most_bytes: int) -> None:
        self.file = file
        self.most_bytes = most_bytes
        self.size = 0
        self.is_broken = False


OpenFile: TypeAlias = Fetched | Brought


class Box:
    """What a carrier may do in its drop-box: bring files, fetch ours, remove what it has fetched, and look.

    No link is followed or made, no folder is made, and nothing is written but whole new files into ``inbound``. Calls
    take paths as the carrier says them, block, and raise `SFTPError` or `OSError`. It is one for all connections of a
    carrier, which call it one after the other.
    """

    def __init__(self, root: Path, carrier: str, *, limits: Limits) -> None:
        self._root = root
        self._carrier = carrier
        self._limits = limits
        self._lying_bytes = 0
        self._open: set[OpenFile] = set()
        self._swept = False

    def make(self) -> None:
        """Make the folders that a carrier looks for, where the gateway has not yet. What a door that was killed left
        unfinished there a day ago goes.
        """
        if not self._root.is_dir():
            raise SFTPFailure("the drop-boxes are away: try again later")
        for folder in (INBOUND, OUTBOUND):
            with opened_folder(self._root, (self._carrier, *folder), made=True):
                pass
        if not self._swept:
            remove_unfinished(self._root, (self._carrier, *INBOUND), before=time.time() - _OLD_SECONDS)
            self._swept = True

    def look(self, path: bytes) -> Entry:
        """Return what is at a path."""
        parts = parts_of(path)
        if parts in FOLDERS:
            return Entry(parts[-1] if parts else "/", is_folder=True)
        with self._folder(parts[:-1]) as folder:
            return _required(folder, parts[-1])

    def entries(self, path: bytes) -> list[Entry]:
        """Return what is in a folder: its folders, then its files, in order."""
        parts = parts_of(path)
        shown = [Entry(each[-1], is_folder=True) for each in FOLDERS if each and each[:-1] == parts]
        if parts:
            with suppress(SFTPNoSuchFile), self._folder(parts) as folder:
                shown += [each for each in _files(folder) if not each.name.startswith(_OURS)]
        return shown

    def fetch(self, path: bytes) -> Fetched:
        """Open a file to be read."""
        parts = parts_of(path)
        with self._folder(parts[:-1]) as folder:
            _required(folder, parts[-1])
            self._require_another()
            file = Fetched(os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder))
        self._open.add(file)
        return file

    def bring(self, path: bytes) -> Brought:
        """Begin a new file in ``inbound``."""
        name = _new_name(path)
        with self._folder(INBOUND) as folder:
            lying = [each for each in _files(folder) if not each.name.startswith(_OURS)]
        if any(each.name == name for each in lying):
            raise _taken()
        brought = sum(isinstance(each, Brought) for each in self._open)
        if len(lying) + brought >= MOST_FILES:
            raise SFTPQuotaExceeded(f"{MOST_FILES} files lie in inbound: send more once they are taken in")
        self._require_another()
        self._lying_bytes = sum(each.size for each in lying)
        most = self._limits.of(name)
        file = Brought(UnfinishedFile(self._root, (self._carrier, *INBOUND, name)), most_bytes=most)
        self._open.add(file)
        return file

    def write(self, file: Brought, offset: int, data: bytes) -> None:
        """Write a part of a file. One of which a part was not taken is never whole."""
        try:
            self._write(file, offset, data)
        except (SFTPError, OSError):
            file.is_broken = True
            raise

    def _write(self, file: Brought, offset: int, data: bytes) -> None:
        size = max(file.size, offset + len(data))
        if size > file.most_bytes:
            raise SFTPQuotaExceeded(f"a file may have {file.most_bytes} bytes, not more")
        others = sum(each.size for each in self._open if isinstance(each, Brought) and each is not file)
        if self._lying_bytes + others + size > self._limits.box_bytes:
            raise SFTPQuotaExceeded(f"what lies in inbound may have {self._limits.box_bytes} bytes, not more")
        file.file.write(data, at=offset)
        file.size = size

    def close(self, file: OpenFile, *, whole: bool) -> None:
        """Give a file back; one that was brought is in the folder then if it is ``whole``, and gone if not."""
        self._open.discard(file)
        if isinstance(file, Fetched):
            file.close()
        elif whole and file.is_broken:
            file.file.discard()
            raise SFTPFailure("a part of the file was not taken: send all of it again")
        elif whole:
            try:
                file.file.finish(replacing=False)
            except FileExistsError:
                raise _taken() from None
            self._lying_bytes += file.size
        else:
            file.file.discard()

    def close_all(self) -> None:
        """Give back all that is open, and leave nothing that was not whole."""
        for file in tuple(self._open):
            with suppress(OSError):
                self.close(file, whole=False)

    def rename(self, path: bytes, to: bytes) -> None:
        """Give what was brought under an unfinished name its own."""
        parts, name = parts_of(path), _new_name(to)
        if not _is_unfinished(parts):
            raise SFTPPermissionDenied("only what is unfinished by its name, in inbound, is renamed")
        with self._folder(INBOUND) as folder:
            _required(folder, parts[-1])
            try:
                rename_new(folder, parts[-1], name)
            except FileExistsError:
                raise _taken() from None

    def remove(self, path: bytes) -> None:
        """Remove a file of ours, or what was brought under an unfinished name."""
        parts = parts_of(path)
        if parts[:-1] != OUTBOUND and not _is_unfinished(parts):
            raise SFTPPermissionDenied(
                "only files in outbound are removed, and what is unfinished by its name, in inbound"
            )
        with self._folder(parts[:-1]) as folder:
            _required(folder, parts[-1])
            os.unlink(parts[-1], dir_fd=folder)

    @contextmanager
    def _folder(self, parts: tuple[str, ...]) -> Generator[int]:
        if parts not in FOLDERS:
            raise SFTPNoSuchFile("there is no such folder: there are inbound and outbound")
        try:
            with opened_folder(self._root, (self._carrier, *parts)) as folder:
                yield folder
        except FileNotFoundError as error:
            raise SFTPNoSuchFile("there is no such file") from error

    def _require_another(self) -> None:
        if len(self._open) >= MOST_OPEN:
            raise SFTPFailure(f"{MOST_OPEN} files are open: close some")


def parts_of(path: bytes) -> tuple[str, ...]:
    """Return the steps of a path, seen from the box's root. Raises `SFTPError` where it is no text."""
    try:
        text = posixpath.normpath(posixpath.join("/", path.decode()))
    except UnicodeDecodeError:
        raise SFTPNoSuchFile("a path is text in UTF-8") from None
    if "\0" in text:
        raise SFTPNoSuchFile("a path has no NUL in it")
    return tuple(each for each in text.split("/") if each)


def _new_name(path: bytes) -> str:
    """Return the name of a file that a carrier brings; raises `SFTPError` where it cannot be one."""
    parts = parts_of(path)
    if parts[:-1] != INBOUND or parts in FOLDERS:
        raise SFTPPermissionDenied("files are brought into inbound, and nowhere else")
    name = parts[-1]
    if not name.isprintable() or len(name.encode()) > LONGEST_NAME_BYTES or name.startswith(_OURS):
        raise SFTPFailure(f"a file's name can be printed and has {LONGEST_NAME_BYTES} bytes at most")
    return name


def _is_unfinished(parts: tuple[str, ...]) -> bool:
    return parts[:-1] == INBOUND and not is_finished(parts[-1]) and not parts[-1].startswith(_OURS)


def _taken() -> SFTPError:
    return SFTPFailure("a file of this name lies in inbound and is not taken in yet: give another name")


def _required(folder: int, name: str) -> Entry:
    """Return a regular file; raises `SFTPNoSuchFile` where there is none."""
    found = None if name.startswith(_OURS) else _file(folder, name)
    if found is None:
        raise SFTPNoSuchFile("there is no such file")
    return found


def _files(folder: int) -> list[Entry]:
    return [each for name in sorted(os.listdir(folder)) if (each := _file(folder, name)) is not None]


def _file(folder: int, name: str) -> Entry | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:  # gone since, or a name that can be none
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return Entry(name, is_folder=False, size=found.st_size, changed_at=found.st_mtime)
