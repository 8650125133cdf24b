"""A payment counts by the dates that a correction says it has (PAY-12)."""

from __future__ import annotations

from datetime import date

import pytest

from invoicing.application.books import disagreeing_households
from invoicing.application.payments import UnknownPayment
from invoicing.application.timeline import history_of
from invoicing.domain import events
from invoicing.domain.decisions import Decision
from invoicing.domain.records import MoneyRedated, Payment
from services.invoicing.tests.builders import Book


async def with_january_paid() -> Book:
    """A household of 500.00 a month whose January is paid."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    return book


async def test_INV_12_who_lost_coverage_by_a_wrong_date_is_reinstated_when_it_is_corrected() -> None:
    book = await with_january_paid()
    await book.advance(date(2016, 3, 3), 10)  # grace of February is over, and coverage ended
    late = await book.pay(
        "h", 100000
    )  # everything invoiced by the last day of grace, and three days after it
    assert book.said(events.ReinstatementGranted) == []
    await book.advance(date(2016, 4, 20), 10)
    await book.redate("h", late, date(2016, 3, 3), date(2016, 2, 27))
    (granted,) = book.said(events.ReinstatementGranted)
    assert granted.reason == "postmark"
    (decision,) = [each for each in book.database.rows(Decision) if each.decided == "reinstated"]
    assert [each.rule for each in decision.reasons][-1] == "OPS-5"
    assert decision.reasons[-1].facts == {"correction": "c9"}
    async with book.store.begin(now=book.now) as uow:
        assert await disagreeing_households(uow, ["h"]) == []


async def test_PAY_12_what_was_decided_by_dates_that_were_too_early_stays_decided() -> None:
    book = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    await book.advance(date(2016, 2, 3), 10)
    await book.redate("h", february, date(2016, 2, 2))
    assert book.charges("h")["silver 2016-02"] == "settled"
    await book.advance(date(2016, 2, 28), 10)
    assert book.listed("h") == []


async def test_PAY_12_a_list_that_is_made_late_knows_the_dates_as_they_were_corrected() -> None:
    book = await with_january_paid()
    book.books_open = False
    await book.advance(date(2016, 2, 3), 10)  # the list of the 1st waits for the books
    paid = await book.pay("h", 50000)
    await book.redate("h", paid, date(2016, 2, 3), date(2016, 1, 30))
    book.books_open = True
    await book.advance(date(2016, 2, 10), 10)
    assert book.listed("h") == []


async def test_OPS_5_a_households_history_says_what_its_dates_were() -> None:
    book = await with_january_paid()
    paid = await book.pay("h", 50000)
    await book.redate("h", paid, date(2015, 12, 2))
    async with book.store.begin(now=book.now) as uow:
        *_, last = await history_of(uow, "h")
    assert isinstance(last, MoneyRedated)
    assert (last.cents, last.received_on, last.correction) == (50000, date(2015, 12, 2), "c9")
    dates = {each.payment: each.received_on for each in book.database.rows(Payment)}
    assert dates[paid] == date(2015, 12, 2)
    with pytest.raises(UnknownPayment):
        await book.redate("h", "no-such", date(2015, 12, 2))
