"""What is to be paid of a monthly invoice is told where it is not its total less the payments since (PAY-8)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from invoicing.domain.events import AmountDueChanged
from services.invoicing.tests.builders import Book, months_of

Told = tuple[str, int, int, Literal["coverage", "money"]]


async def billed(*, dental: bool = False) -> Book:
    """A household whose January is paid by one payment, and whose February is billed: 500.00, and dental's 200.00."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    if dental:
        await book.select("h", net={"dental": 20000}, selection="s2")
        await book.pay("h", 20000, selection="s2")
    await book.advance(date(2016, 1, 10), 10)
    assert told(book) == []
    return book


def told(book: Book) -> list[Told]:
    latest = book.invoices("h")[-1].invoice
    return [
        ("latest" if each.invoice == latest else each.invoice, each.due_cents, each.payments, each.because)
        for each in book.said(AmountDueChanged)
    ]


async def test_PAY_8_of_a_month_that_coverage_does_not_reach_any_more_nothing_is_due() -> None:
    book = await billed()
    await book.end("h", date(2016, 1, 31))
    assert told(book) == [("latest", 0, 1, "coverage")]


async def test_PAY_8_what_goes_on_is_due_still() -> None:
    book = await billed(dental=True)
    await book.end("h", date(2016, 1, 31), plan="dental")
    assert told(book) == [("latest", 50000, 2, "coverage")]


async def test_PAY_8_what_stands_again_is_due_again() -> None:
    book = await billed(dental=True)
    await book.end("h", date(2016, 1, 31), plan="dental")
    await book.restore("h", undoes="none", plan="dental")
    assert told(book) == [("latest", 50000, 2, "coverage"), ("latest", 70000, 2, "coverage")]


async def test_PAY_8_of_what_ended_before_the_invoice_nothing_more_is_told() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.end("h", date(2016, 2, 29))
    await book.advance(date(2016, 1, 10), 10)
    assert [each.total_cents for each in book.invoices("h")] == [50000, 50000]
    assert told(book) == []


async def test_PAY_8_what_was_paid_for_what_ended_pays_what_goes_on() -> None:
    book = await billed(dental=True)
    await book.pay("h", 70000)
    assert told(book) == []
    await book.advance(date(2016, 2, 10), 10)  # March: 700.00
    await book.end(
        "h", date(2016, 1, 31), plan="dental"
    )  # February's 200.00 is credit, March's is not asked for
    assert told(book) == [("latest", 30000, 3, "coverage")]


async def test_PAY_8_a_payment_tells_nothing_that_payments_does_not_know() -> None:
    book = await billed()
    await book.pay("h", 30000)
    await book.pay("h", 40000)
    assert told(book) == []


async def test_INV_5_money_for_a_selection_that_is_paid_pays_the_invoice() -> None:
    book = await billed()
    await book.pay("h", 20000, selection="s1")
    assert told(book) == [("latest", 30000, 2, "money")]


async def test_INV_5_money_that_waits_for_its_selection_leaves_what_is_due() -> None:
    book = await billed()
    await book.select("h", net={"dental": 20000}, effective=date(2016, 2, 1), selection="s2")
    await book.pay("h", 15000, selection="s2")
    assert told(book) == []


async def test_INV_14_what_went_back_is_due_again() -> None:
    book = await billed()
    paid = await book.pay("h", 50000)
    await book.give_back("h", paid)
    assert told(book) == [("latest", 50000, 2, "money")]


async def test_INV_4_what_has_become_dearer_is_asked_for_by_the_next_invoice() -> None:
    book = await billed()
    await book.change("h", months_of(60000, first=date(2016, 2, 1), last=date(2016, 12, 31)))
    assert told(book) == []
    await book.change("h", months_of(45000, first=date(2016, 2, 1), last=date(2016, 12, 31)))
    assert told(book) == [("latest", 45000, 1, "coverage")]
