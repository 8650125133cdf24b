"""A policy's premium changes: what was billed is adjusted, on the next invoice, and what was paid stays somebody's."""

from __future__ import annotations

from datetime import date

from invoicing.application import facts
from invoicing.domain.events import BinderSatisfied
from invoicing.domain.records import Adjustment, Charge, Invoice
from services.invoicing.tests.builders import Book, months_of

YEAR_ENDS = date(2016, 12, 31)


def since(month: int, net: int) -> tuple[facts.PremiumMonths, ...]:
    return months_of(net, first=date(2016, month, 1), last=YEAR_ENDS)


async def paid_through_may(net: int = 50000) -> Book:
    """Return a book in which a household has paid for January to May of 2016, on May 10."""
    book = Book()
    await book.select("june", net=net)
    for month, day in ((12, 3), (12, 8), (1, 8), (2, 8), (3, 8), (4, 8)):
        await book.advance(date(2015 if month == 12 else 2016, month, day), 10)
        if net and (month, day) != (12, 8):
            await book.pay("june", net)
    await book.advance(date(2016, 5, 10), 10)
    return book


def asked(book: Book) -> dict[str, int]:
    return {str(each.month): each.cents for each in book.database.rows(Charge) if each.month.month >= 4}


async def test_INV_4_months_billed_already_are_adjusted_and_no_issued_invoice_changes() -> None:
    book = await paid_through_may()
    before = book.database.rows(Invoice)
    await book.change("june", since(4, 40000))
    # April's and May's 1000.00 are free, 800.00 pays them again; 200.00 waits beside June, which was invoiced at 500.00
    assert asked(book) == {"2016-04": 40000, "2016-05": 40000, "2016-06": 40000}
    assert await book.balance("june") == (40000, 20000, 0)
    assert book.database.rows(Invoice) == before
    assert [each.cents for each in book.database.rows(Adjustment)] == [-10000] * 3
    await book.advance(date(2016, 6, 6))
    invoice = max(book.database.rows(Invoice), key=lambda each: each.number)
    # June 400.00 + July 400.00 - 200.00
    assert (invoice.total_cents, sum(line.cents for line in invoice.adjustments)) == (60000, -30000)
    assert [(line.reason, line.cents) for line in invoice.adjustments] == [("assistance", -10000)] * 3


async def test_INV_7_a_month_that_costs_more_afterwards_is_not_past_due_before_an_invoice_asks_for_it() -> (
    None
):
    book = await paid_through_may()
    await book.advance(date(2016, 5, 20), 10)
    await book.pay("june", 50000)
    await book.change("june", since(4, 60000))
    await book.advance(date(2016, 6, 2))
    assert await book.grace("june") is None
    await book.advance(date(2016, 7, 2))
    assert await book.grace("june") is not None


async def test_INV_3_a_month_billed_at_nothing_that_costs_something_now_is_charged_by_the_next_run() -> None:
    book = Book()
    await book.select("june", net=0)
    await book.advance(date(2016, 5, 10), 10)
    await book.change("june", since(4, 10000))
    assert book.database.rows(Charge) == []
    await book.advance(date(2016, 6, 6))
    (invoice,) = book.database.rows(Invoice)
    assert [(str(line.month), line.net_cents) for line in invoice.charges] == [
        ("2016-04", 10000),
        ("2016-05", 10000),
        ("2016-06", 10000),
        ("2016-07", 10000),
    ]


async def test_ENR_7_a_premium_that_becomes_nothing_reverses_what_was_billed_and_frees_its_money() -> None:
    book = await paid_through_may()
    await book.change("june", since(5, 0))
    assert asked(book) == {"2016-04": 50000, "2016-05": 0, "2016-06": 0}
    assert await book.balance("june") == (0, 0, 50000)


async def test_INV_9_a_change_that_leaves_nothing_unpaid_ends_a_grace() -> None:
    book = await paid_through_may()
    await book.advance(date(2016, 6, 2))
    assert await book.grace("june") is not None
    await book.change("june", since(5, 0))
    assert await book.grace("june") is None


async def test_ENR_7_a_binder_that_costs_nothing_any_more_is_satisfied() -> None:
    book = Book()
    await book.select("june", net=50000)
    await book.change("june", since(1, 0))
    (satisfied,) = book.database.events_of(BinderSatisfied)
    assert satisfied.paid_cents == 0
