"""The books (PAY-9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Depends
from fastapi import Query as Parameter
from pydantic import BaseModel

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from bulkhead.web.commands import Query, queries
from bulkhead.web.dates import PlainDate
from payments.application.report_books import report_books
from payments.application.write_journal import carriers_there_are, write_journal
from payments.domain.journal import Entry, as_beancount, as_csv, chart_as_beancount
from payments.domain.payments import EARLIEST_DATE
from payments.entrypoints.api.schemas import BooksView

router = APIRouter(tags=["books"])

WrittenAs: TypeAlias = Literal["csv", "beancount", "beancount-accounts"]
"""What a journal is written as."""

MOST_DAYS = 366
"""So many days are a journal at most: a year."""
LATEST_DATE = date.max - timedelta(days=1)
"""There is a day after it."""


@router.get("/v1/books", operation_id="getBooks", summary="See where every cent is")
async def get_books(query: Annotated[Query, Depends(queries("operator"))]) -> BooksView:
    """Return where every cent is, whether it adds up, and how old the unremitted ones are (PAY-9).

    ``balanced`` is exact when no money is moving at this moment.
    """
    async with query.begin() as uow:
        report = await report_books(uow)
    return BooksView.of(report)


class EntryView(BaseModel):
    """What happened on a day, in sum: ``amount_cents`` are booked from the credited to the debited account."""

    on: date
    says: str
    debit: str
    credit: str
    amount_cents: int

    @classmethod
    def of(cls, entry: Entry) -> EntryView:
        """Return the view of an entry."""
        return cls(
            on=entry.on, says=entry.says, debit=entry.debit, credit=entry.credit, amount_cents=entry.cents
        )


class JournalView(BaseModel):
    """The entries of some days; ``written`` is the same as a file, where one is asked for."""

    entries: list[EntryView]
    written: str | None


@router.get("/v1/books/journal", operation_id="getJournal", summary="Export the books in double entry")
async def get_journal(
    query: Annotated[Query, Depends(queries("operator"))],
    first: Annotated[PlainDate, Parameter(alias="from", description="The first day.")],
    last: Annotated[PlainDate, Parameter(alias="to", description="The last day, a year on at most.")],
    written_as: Annotated[
        WrittenAs | None,
        Parameter(
            alias="format",
            description="As a file too: lines of CSV; transactions for beancount; or, for the one file that a ledger"
            " of many such files opens its accounts in, all accounts there are.",
        ),
    ] = None,
) -> JournalView:
    """Return what was booked on these days: entries that each balance, in sums a day, on the accounts of the trust, of
    what is not applied, of suspense, and of each carrier (PAY-9).

    What is put right later is an entry of that later day. A day is whole once invoicing's events of it are heard.
    """
    _check(first, last)
    async with query.begin() as uow:
        made = await write_journal(uow, first=first, last=last)
        carriers = await carriers_there_are(uow)
    return JournalView(
        entries=[EntryView.of(each) for each in made],
        written=None if written_as is None else _written(made, written_as, carriers=carriers),
    )


def _written(made: Sequence[Entry], written_as: WrittenAs, *, carriers: Sequence[str]) -> str:
    match written_as:
        case "csv":
            return as_csv(made)
        case "beancount":
            return as_beancount(made)
        case "beancount-accounts":
            return chart_as_beancount(carriers, opened=EARLIEST_DATE)


def _check(first: date, last: date) -> None:
    if EARLIEST_DATE <= first <= last <= LATEST_DATE and (last - first).days < MOST_DAYS:
        return
    raise InvalidValue(
        field="query/to",
        problem=f"must be from the first day to {MOST_DAYS - 1} days after it, and that not before {EARLIEST_DATE}",
        reasons=(Reason(rule="PAY-9", says="a journal is of a year at most"),),
    )
