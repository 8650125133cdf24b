"""Use case: show what was sent, byte for byte, to whom may see the household's notices (NOT-1)."""

from __future__ import annotations

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.copies import SentCopy, SentCopyHead
from notifications.domain.notices import By, Notice


async def list_copies(uow: UnitOfWork, *, household: str, notice: str) -> list[SentCopyHead]:
    """Return the copies of a household's notice, as they left; none of one that has not. Raises `NotFound`."""
    known = await uow.records(Notice).get(notice=notice)
    if known is None or known.household != household:
        raise NotFound("this household has no such notice")
    copies = await uow.records(SentCopy).select_as(SentCopyHead, notice=notice)
    return sorted(copies, key=lambda each: (each.sent_on, each.by))


async def find_copy(uow: UnitOfWork, *, household: str, notice: str, by: By) -> SentCopy:
    """Return what left of a household's notice that way. Raises `NotFound`, also where it left before the backup
    that the database was restored from.
    """
    copy = await uow.records(SentCopy).get(notice=notice, by=by)
    if copy is None or copy.household != household:
        raise NotFound("nothing of this household's was sent so that is kept here")
    return copy
