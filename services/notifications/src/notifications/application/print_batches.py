"""Use cases: close each day's batch of letters, write its manifest for the printer, and keep when letters were mailed
(NOT-1).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from bulkhead.duties.ports import Duty
from bulkhead.files import Files
from bulkhead.kernel.calendar import business_day_on_or_after
from bulkhead.kernel.errors import InvalidValue, NotFound, Retryable
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow
from notifications.application.waiting import MANIFESTS
from notifications.domain.print_batches import (
    BatchStanding,
    PrintBatch,
    PrintedLetter,
    checked_postal_date,
    is_printing_day,
    manifest_head,
    manifest_rows,
    new_batch,
    written,
)

_PAGE: Final = 1_000
MOST_AT_ONCE: Final = 10

TO_WRITE = Backlog(PrintBatch, key="file", retries=MANIFESTS, state="to-write")


async def close_batch(uow: UnitOfWork, on: date, _households: list[str]) -> None:
    """Put the letters that went to print by then and are in none yet in the batch of a day; where there are none, there
    is no batch.
    """
    letters = await uow.records(PrintedLetter).update({"batch": on}, batch=None, printed_on__le=on)
    if letters:
        await uow.records(PrintBatch).add([new_batch(on, letters=letters, now=uow.now)])


async def _next_batch(uow: UnitOfWork, _today: date) -> date | None:
    first = await uow.records(PrintedLetter).select(batch=None, order_by=("printed_on", "notice"), limit=1)
    return business_day_on_or_after(first[0].printed_on) if first else None


PRINT_BATCH: Final = Duty(
    name="print-batch", at=time(18), runs_on=is_printing_day, run=close_batch, next_work=_next_batch
)
"""The duty that closes a batch, at the end of each business day."""


class ManifestPoller:
    """Writes the manifests of closed batches into the print folder, each whole and after its letters. A `Poller`."""

    name = "print-manifests"

    def __init__(self, uows: UnitOfWorkFactory, *, files: Files) -> None:
        self._uows = uows
        self._files = files

    async def turn(self, now: datetime) -> int:
        """Write what is to be written; return how many manifests. One that cannot be waits by itself."""

        async def write(batch: PrintBatch) -> int:
            try:
                await self._files.put_in_pieces(batch.file, self._pieces(batch, now))
            except Retryable as error:
                raise NotNow(str(error)) from error
            async with self._uows.begin(now=now, households=[lock_of(batch.batch)]) as uow:
                await uow.records(PrintBatch).put([written(batch)])
            return 1

        return await TO_WRITE.do(await self._due(now), write, uows=self._uows, now=now)

    async def pending(self, now: datetime) -> int:
        """Return how many manifests can be tried to write now."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[PrintBatch]:
        return await TO_WRITE.due(self._uows, now=now, limit=MOST_AT_ONCE)

    async def _pieces(self, batch: PrintBatch, now: datetime) -> AsyncGenerator[bytes]:
        yield manifest_head()
        after = ""
        while True:
            async with self._uows.begin(now=now) as uow:
                page = await list_letters(uow, batch=batch.batch, after=after, limit=_PAGE)
            if not page:
                return
            yield manifest_rows(page)
            after = page[-1].notice


async def list_letters(uow: UnitOfWork, *, batch: date, after: str, limit: int) -> list[PrintedLetter]:
    """Return at most ``limit`` letters of a batch, by their notices' ids after ``after``."""
    return await uow.records(PrintedLetter).select(
        batch=batch, notice__gt=after, order_by=("notice",), limit=limit
    )


async def list_batches(uow: UnitOfWork, *, after: date | None, limit: int) -> list[BatchStanding]:
    """Return at most ``limit`` batches, those of days after ``after`` or the first ones, and how far each has come."""
    later = {} if after is None else {"batch__gt": after}
    batches = await uow.records(PrintBatch).select(**later, order_by=("batch",), limit=limit)
    return [await _standing(uow, each) for each in batches]


async def note_mailed(
    uow: UnitOfWork, *, batch: date, mailed_on: date, notices: Collection[str]
) -> BatchStanding:
    """Keep that the printer mailed letters of a batch on a day, which is their postal date from then on: those of these
    ``notices``, or all that were not mailed yet where none is named. The batch is locked.

    Said again it is so already; a letter that is named is corrected. Raises `NotFound` and `InvalidValue`.
    """
    known = await uow.records(PrintBatch).get(batch=batch)
    if known is None:
        raise NotFound("there is no batch of letters of that day")
    checked_postal_date(mailed_on, batch=batch, today=uow.today)
    letters = uow.records(PrintedLetter)
    which: dict[str, Any] = {"notice": sorted(set(notices))} if notices else {"mailed_on": None}
    if notices and await letters.count(batch=batch, **which) < len(set(notices)):
        raise InvalidValue(field="/notices", problem="names a letter that is not in this batch")
    await letters.update({"mailed_on": mailed_on}, batch=batch, **which)
    return await _standing(uow, known)


async def _standing(uow: UnitOfWork, batch: PrintBatch) -> BatchStanding:
    letters = uow.records(PrintedLetter)
    left = await letters.count(batch=batch.batch, mailed_on=None)
    late = await letters.count(batch=batch.batch, mailed_on=None, mail_by__lt=uow.today)
    return BatchStanding(batch=batch, mailed=batch.letters - left, late=late)


async def find_unmailed(uow: UnitOfWork, *, limit: int) -> Sequence[PrintedLetter]:
    """Return letters that were to be mailed before today and that nobody says were, the oldest first."""
    return await uow.records(PrintedLetter).select(
        mailed_on=None, mail_by__lt=uow.today, order_by=("mail_by", "notice"), limit=limit
    )


def lock_of(batch: date) -> str:
    """Return the name of a batch's lock: no household's id, for it has a colon."""
    return f"print-batch:{batch}"
