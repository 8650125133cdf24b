"""Files that others dropped, as they are kept: one piece of code for lockbox and return files (PAY-3)."""

from __future__ import annotations

from typing import Final, TypeVar

from bulkhead.persistence.ports import UnitOfWork
from payments.domain.files_in import UNREAD, FileIn

BEGINNING: Final = "/"
"""Files of a kind begin one at a time, under the lock of this name: of two that say the same, one is first. No file is
called so.
"""

File = TypeVar("File", bound=FileIn)


async def known_file(uow: UnitOfWork, records: type[File], file: str) -> File:
    """Return a file that is stored."""
    known = await uow.records(records).get(file=file)
    if known is None:
        raise LookupError("a file was stored and is gone")
    return known


async def keep_file(uow: UnitOfWork, file: File) -> File:
    """Keep a file as it is now, and return it."""
    await uow.records(type(file)).put([file])
    return file


async def set_aside(uow: UnitOfWork, records: type[File], file: str) -> File:
    """Note that a stored file could not be read for a bug of ours, and return it; the file is locked (I9)."""
    await uow.records(records).update({"state": "set-aside"}, file=file, state=UNREAD)
    return await known_file(uow, records, file)
