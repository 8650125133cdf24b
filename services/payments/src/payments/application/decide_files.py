"""A person says what became of what was refused of a file that others dropped (PAY-3, I9)."""

from __future__ import annotations

from typing import TypeVar

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from payments.domain.files_in import Became, FileIn, nothing_waits

File = TypeVar("File", bound=FileIn)


async def decide_file(
    uow: UnitOfWork, records: type[File], file: str, *, became: Became, operator: str
) -> File:
    """Note what became of what was refused of a file, and return the file: it waits for nobody any more.

    Raises `NotFound`, and `NothingWaits` where nothing of it was refused or somebody has said so.
    """
    decided = await uow.records(records).update(
        {"waits": False, "became": became, "decided_at": uow.now, "decided_by": operator},
        file=file,
        waits=True,
    )
    found = await uow.records(records).get(file=file)
    if found is None:
        raise NotFound("there is no such file")
    if not decided:
        raise nothing_waits(found)
    return found
