"""Money on time that names a selection nobody has heard of: known is known, so no adverse act for want of it (I1)."""

from __future__ import annotations

from datetime import date

from invoicing.domain import events
from services.invoicing.tests.builders import Book


async def with_february_billed(*, assistance: int = 0) -> Book:
    """A household whose January is paid and whose February is billed: 500.00, on time until January 31."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000, assistance=assistance)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 28), 10)
    return book


async def test_INV_7_nobody_is_listed_while_money_that_would_have_paid_waits_for_its_selection() -> None:
    book = await with_february_billed()
    await book.pay("h", 50000, selection="misread")
    await book.advance(date(2016, 2, 4), 23)
    assert (book.listed("h"), book.said(events.GraceEntered)) == ([], [])
    assert await book.balance("h") == (50000, 50000, 0)
    await book.advance(date(2016, 2, 5), 10)  # nobody has heard of it for a week: the money is February's
    assert book.charges("h")["silver 2016-02"] == "settled"
    assert await book.balance("h") == (50000, 0, 0)  # March
    await book.advance(date(2016, 2, 20), 10)
    assert (book.listed("h"), book.said(events.GraceEntered)) == ([], [])


async def test_INV_11_nor_does_coverage_end() -> None:
    book = await with_february_billed()
    await book.advance(date(2016, 2, 27), 10)  # in grace until February 29; March is billed
    assert len(book.listed("h")) == 1
    await book.pay("h", 100000, selection="misread")
    await book.advance(date(2016, 3, 20), 10)
    assert book.said(events.GraceExpired) == []
    assert len(book.said(events.GraceExited)) == 1
    assert len(book.listed("h")) == 1
    assert await book.balance("h") == (50000, 0, 0)  # April


async def test_ENR_6_nor_does_a_binder_lapse() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)  # invoiced December 4, due December 25
    await book.advance(date(2015, 12, 22), 10)
    await book.pay("h", 50000, selection="misread")
    await book.advance(date(2015, 12, 28), 10)
    assert book.selection("h").state == "open"
    await book.advance(date(2016, 1, 2), 10)
    assert book.selection("h").state == "satisfied"
    assert book.said(events.BinderLapsed) == []


async def test_INV_7_money_that_would_not_have_paid_delays_nothing() -> None:
    book = await with_february_billed()
    await book.pay("h", 49999, selection="misread")
    await book.advance(date(2016, 2, 1), 10)
    assert [each.on for each in book.listed("h")] == [date(2016, 2, 1)]

    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 49999, selection="misread")
    await book.advance(date(2015, 12, 26), 10)
    assert book.selection("h").state == "lapsed"


async def test_INV_7_late_money_that_waits_delays_nothing() -> None:
    book = await with_february_billed()
    await book.advance(date(2016, 2, 1), 0, 30)
    await book.pay("h", 50000, selection="misread")
    await book.advance(date(2016, 2, 1), 10)
    assert [each.on for each in book.listed("h")] == [date(2016, 2, 1)]


async def test_INV_17_who_named_a_selection_that_is_heard_of_later_is_decided_then() -> None:
    book = await with_february_billed()
    selected = book.now
    await book.pay("h", 50000, selection="s2")
    await book.advance(date(2016, 2, 3), 10)
    assert book.listed("h") == []
    await book.select(
        "h", net={"dental": 50000}, selection="s2", effective=date(2016, 3, 1), occurred=selected
    )
    assert book.selection("h", "s2").state == "satisfied"
    await book.advance(date(2016, 2, 4), 10)
    assert [(each.on, each.list_part, each.past_due_cents) for each in book.listed("h")] == [
        (date(2016, 2, 1), 2, 50000)
    ]


async def test_INV_12_what_is_heard_half_a_year_late_counts_as_it_was_known() -> None:
    for heard in (date(2016, 6, 28), date(2016, 7, 3), date(2016, 11, 20)):
        book = await with_february_billed()
        await book.advance(date(2016, 3, 3), 10)  # ended with February 29
        known = book.now
        await book.advance(heard, 10)
        await book.pay(
            "h", 100000, method="check", postmarked=date(2016, 2, 29), received=date(2016, 3, 3), known=known
        )
        assert len(book.said(events.ReinstatementGranted)) == 1, heard


async def test_INV_12_so_does_a_binder_that_lapsed() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.advance(date(2016, 1, 4), 10)
    assert book.selection("h").state == "lapsed"
    known = book.now
    await book.advance(date(2016, 8, 3), 10)
    await book.pay(
        "h", 50000, method="check", postmarked=date(2015, 12, 24), received=date(2016, 1, 4), known=known
    )
    assert book.selection("h").state == "satisfied"


async def test_INV_7_who_was_decided_or_parked_since_they_were_found_is_not_decided_again() -> None:
    book = await with_february_billed()
    await book.advance(date(2016, 2, 1), 10)
    assert len(book.said(events.DelinquencyListed)) == 1
    await book.decide_lists_again(date(2016, 2, 1), ["h"])
    assert len(book.said(events.DelinquencyListed)) == 1
    assert len(book.said(events.GraceEntered)) == 1

    book = await with_february_billed()
    await book.advance(date(2016, 1, 31), 10)
    await book.park("h")
    await book.decide_lists_again(date(2016, 2, 1), ["h"])
    assert book.said(events.DelinquencyListed) == []


async def test_INV_5_money_that_waited_long_enough_is_free_whatever_younger_money_of_its_name_does() -> None:
    book = await with_february_billed()
    await book.pay("h", 50000, selection="misread")
    await book.advance(date(2016, 2, 3), 10)
    await book.pay("h", 100, selection="misread")
    await book.advance(date(2016, 2, 5), 10)
    assert book.charges("h")["silver 2016-02"] == "settled"
    assert await book.balance("h") == (50000, 100, 0)
