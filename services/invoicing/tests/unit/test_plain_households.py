"""Which households the run bills as a slice, and which are for the whole rule."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.calendar import CoverageMonth, local
from invoicing.application.bill_plainly import bill_plainly
from invoicing.domain.billing import MonthlyRun
from invoicing.domain.records import Charge, Invoice, Policy
from services.invoicing.tests.builders import VERMONT_2016, Book, months_of

MARCH_5 = date(2016, 3, 5)
RUN = MonthlyRun.of(CoverageMonth(2016, 4), now=local(MARCH_5, 2), parameters=VERMONT_2016)


async def paid_through(month: CoverageMonth, *, books_open: bool = True) -> Book:
    """A household with two policies that paid what was invoiced, January first; it is March 4.

    Where it did not pay for March it is in grace since March 1, if payments closed its books.
    """
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 30000, "dental": 3000})
    await book.pay("h", 33000)
    for paid in CoverageMonth(2016, 2).until(month):
        await book.advance(paid.plus(-1).first_day.replace(day=20))
        await book.pay("h", 33000)
    book.books_open = books_open
    await book.advance(date(2016, 3, 4))
    return book


async def others_of(book: Book) -> list[str]:
    """Return whom the run of March 5 leaves to the whole rule."""
    async with book.database.begin(now=RUN.now, households=["h"]) as uow:
        return list(await bill_plainly(uow, ["h"], RUN))


async def test_INV_2_who_has_paid_is_plain() -> None:
    book = await paid_through(CoverageMonth(2016, 3))
    assert await others_of(book) == []
    assert [(each.total_cents, each.unpaid_before_cents) for each in book.invoices("h")[-1:]] == [(33000, 0)]
    assert [each.bill_next for each in book.database.rows(Policy)] == [CoverageMonth(2016, 5)] * 2


async def test_INV_3_who_merely_owes_is_plain_and_sees_it_on_the_invoice() -> None:
    book = await paid_through(CoverageMonth(2016, 2), books_open=False)
    assert await others_of(book) == []
    invoice = book.invoices("h")[-1]
    assert (invoice.total_cents, invoice.unpaid_before_cents, invoice.held_cents) == (66000, 33000, 0)
    assert await book.balance("h") == (66000, 0, 0)


async def test_INV_6_whose_money_is_free_is_not_plain() -> None:
    book = await paid_through(CoverageMonth(2016, 3))
    await book.pay("h", 1)
    assert await others_of(book) == ["h"]


async def test_INV_9_who_is_in_grace_is_not_plain() -> None:
    book = await paid_through(CoverageMonth(2016, 2))
    assert await book.grace("h") is not None
    assert await others_of(book) == ["h"]


async def test_INV_1_whose_binder_is_open_is_not_plain() -> None:
    book = await paid_through(CoverageMonth(2016, 3))
    await book.select("h", net={"gold": 40000}, selection="s2", effective=date(2016, 4, 1))
    assert await others_of(book) == ["h"]


async def test_INV_4_who_has_a_change_to_be_shown_is_not_plain() -> None:
    book = await paid_through(CoverageMonth(2016, 2), books_open=False)
    ends = date(2016, 12, 31)
    await book.end("h", ends, months=months_of(30500, first=date(2016, 3, 1), last=ends))
    assert await others_of(book) == ["h"]


async def test_INV_3_whose_month_was_charged_before_is_not_plain() -> None:
    book = await paid_through(CoverageMonth(2016, 3))
    march = CoverageMonth(2016, 3)
    async with book.database.begin(now=book.now) as uow:
        await uow.records(Policy).update(
            {"billed_through": march.plus(-1), "bill_next": march}, policy="h-silver"
        )
    assert await others_of(book) == ["h"]


async def test_INV_2_who_is_not_plain_is_left_as_it_was() -> None:
    book = await paid_through(CoverageMonth(2016, 3))
    await book.pay("h", 1)
    before = [book.database.rows(kind) for kind in (Charge, Invoice, Policy)]
    assert await others_of(book) == ["h"]
    assert [book.database.rows(kind) for kind in (Charge, Invoice, Policy)] == before
