"""What each carrier's list of the 1st says of a household (CAR-3)."""

from __future__ import annotations

from datetime import date

import pytest

from services.invoicing.tests.builders import Book, months_of

NOVEMBER_30, NEW_YEAR = date(2016, 11, 30), date(2017, 1, 1)


async def in_grace_over_the_new_year(*, next_carrier: str) -> Book:
    """Return the book of a household with assistance that pays through October and is renewed at 400.00."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=30000, assistance=20000)
    await book.advance(date(2015, 12, 10))
    await book.pay("h", 30000)
    for month in range(1, 10):
        await book.advance(date(2016, month, 20))
        await book.pay("h", 30000)
    await book.advance(date(2016, 10, 14))
    await book.renew("h", net=40000, effective=NEW_YEAR, carrier=next_carrier)
    await book.advance(date(2017, 2, 1))
    return book


async def test_CAR_3_a_renewal_with_another_carrier_that_grace_takes_along_is_to_be_called_off() -> None:
    book = await in_grace_over_the_new_year(next_carrier="DELTA")
    assert [(row.on, row.carrier, row.action, row.past_due_cents) for row in book.listed("h")] == [
        (date(2016, 11, 1), "MVP", "dunning", 30000),
        (date(2016, 12, 1), "MVP", "pend-claims", 60000),
        (NEW_YEAR, "DELTA", "termination-notice", 100000),
        (NEW_YEAR, "MVP", "termination-notice", 100000),
        (date(2017, 2, 1), "DELTA", "cancel", 140000),
        (date(2017, 2, 1), "MVP", "terminate", 140000),
    ]
    *_, called_off, ended = book.listed("h")
    assert (called_off.policies, called_off.effective) == (("h-silver-2017",), NEW_YEAR)
    assert (ended.policies, ended.effective) == (("h-silver",), NOVEMBER_30)
    assert (called_off.pay_by, ended.pay_by) == (None, None)


async def test_CAR_3_a_renewal_with_the_same_carrier_falls_with_what_it_renews_in_one_row() -> None:
    book = await in_grace_over_the_new_year(next_carrier="MVP")
    *_, ended = book.listed("h")
    assert (ended.action, ended.effective, ended.past_due_cents) == ("terminate", NOVEMBER_30, 140000)
    assert ended.policies == ("h-silver", "h-silver-2017")


@pytest.mark.parametrize(("held", "past_due"), [(0, 53001), (20000, 33001), (53000, 1)])
async def test_CAR_3_each_carrier_is_told_what_must_be_paid_to_keep_coverage(
    held: int, past_due: int
) -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 50000, "dental": 3001})
    await book.pay("h", 53001)
    await book.advance(date(2016, 1, 20))
    if held:
        await book.pay("h", held)
    await book.advance(date(2016, 2, 1))
    assert {row.carrier: row.past_due_cents for row in book.listed("h")} == {
        "MVP": past_due,
        "DELTA": past_due,
    }


async def test_INV_7_what_a_month_paid_long_ago_has_risen_by_is_not_past_due_before_an_invoice_says_so() -> (
    None
):
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 20))
    await book.pay("h", 50000)
    await book.advance(date(2016, 2, 9), 10)
    await book.end("h", date(2016, 2, 29))
    await book.advance(date(2016, 2, 26), 10)
    await book.pay("h", 50000)
    await book.advance(date(2016, 3, 21), 10)
    await book.change("h", months_of(60000, first=date(2016, 1, 1), last=date(2016, 1, 31)))
    await book.advance(date(2016, 8, 5), 10)
    await book.restore("h", undoes="requested")
    await book.advance(date(2016, 9, 1))
    assert (await book.balance("h"), book.listed("h")) == ((50000, 40000, 0), [])
