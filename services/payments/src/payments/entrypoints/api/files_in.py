"""What the API takes and shows of any file that others drop: a page of them, and what became of what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.web.fields import Body
from bulkhead.web.pagination import PageRequest, foreign_cursor
from payments.domain.files_in import Became, FileIn

File = TypeVar("File", bound=FileIn)

_ORDER = ("stored_at", "file")


class FileDecisionBody(Body):
    """What became of what was refused of a file: another file brought it, a person recorded it, or nothing of it is
    missing.
    """

    became: Became


async def page_of_files(
    uow: UnitOfWork, records: type[File], paging: PageRequest, **asked: Any
) -> list[File]:
    """Return a page of files, and one more, in the order they came: those that are as asked, None for anything.

    Raises `InvalidValue` for a cursor of another list.
    """
    conditions = {name: value for name, value in asked.items() if value is not None}
    files, room = uow.records(records), paging.limit + 1
    if not paging.after:
        return await files.select(order_by=_ORDER, limit=room, **conditions)
    at, file = _after(paging)
    same: dict[str, Any] = {"stored_at": at, "file__gt": file}
    found = await files.select(order_by=_ORDER, limit=room, **same, **conditions)
    if len(found) == room:
        return found
    later: dict[str, Any] = {"stored_at__gt": at}
    return found + await files.select(order_by=_ORDER, limit=room - len(found), **later, **conditions)


def place_of(file: FileIn) -> tuple[str, ...]:
    """Return where a file stands in the order they came, as a cursor has it."""
    return file.stored_at.isoformat(), file.file


def _after(paging: PageRequest) -> tuple[datetime, str]:
    try:
        at, file = paging.after
        stored_at = datetime.fromisoformat(at)
    except ValueError as error:
        raise foreign_cursor() from error
    if stored_at.tzinfo is None:
        raise foreign_cursor()
    return stored_at, file
