"""Money that a correction moves from one household to another: what it opens there and settles here (PAY-11, OPS-5)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bulkhead.kernel.calendar import local
from invoicing.application.books import disagreeing_households
from invoicing.application.payments import UnknownPayment
from invoicing.application.timeline import history_of
from invoicing.domain import events
from invoicing.domain.decisions import Decision
from invoicing.domain.records import MoneyMoved, Payment
from services.invoicing.tests.builders import Book


async def with_january_paid() -> tuple[Book, str]:
    """A household of 500.00 a month whose January is paid, and the payment."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    return book, await book.pay("h", 50000)


async def agrees(book: Book) -> bool:
    async with book.store.begin(now=book.now) as uow:
        return await disagreeing_households(uow, ["h", "i"]) == []


async def test_PAY_11_what_moved_money_had_paid_is_open_again_and_says_by_which_correction() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    await book.move_away("h", february, correction="c7")
    assert book.charges("h") == {"silver 2016-01": "settled", "silver 2016-02": "open"}
    assert await book.balance("h") == (50000, 0, 0)
    (unsettled,) = book.said(events.PremiumUnsettled)
    assert (str(unsettled.month), unsettled.cents, unsettled.reason) == ("2016-02", 50000, "moved")
    (decision,) = [each for each in book.database.rows(Decision) if each.decided == "premium-unsettled"]
    assert [each.rule for each in decision.reasons] == ["PAY-11", "OPS-5"]
    assert decision.reasons[1].facts == {"correction": "c7"}
    assert await agrees(book)


async def test_PAY_11_what_settles_nothing_is_moved_first_and_opens_nothing() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    more = await book.pay("h", 70000)  # 200.00 of it are credit
    await book.move_away("h", more, 20000)
    assert await book.balance("h") == (0, 0, 0)
    assert book.said(events.PremiumUnsettled) == []
    assert await agrees(book)


async def test_PAY_11_what_is_left_of_a_split_payment_pays_anew_or_is_held() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 2, 10), 10)  # February and March are invoiced
    both = await book.pay("h", 100000)
    await book.move_away("h", both, 40000)
    assert (book.charges("h")["silver 2016-02"], book.charges("h")["silver 2016-03"]) == ("settled", "open")
    assert await book.balance("h") == (50000, 10000, 0)
    await book.give_back("h", both, 60000)  # the rest of it bounces
    assert await book.balance("h") == (100000, 0, 0)
    assert await agrees(book)


async def test_PAY_11_credit_pays_what_moved_money_had_paid_at_once() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    await book.pay("h", 60000)  # 600.00 of credit
    await book.move_away("h", february)
    assert await book.balance("h") == (0, 0, 10000)


async def test_PAY_11_what_was_refunded_of_moved_money_is_owed_back() -> None:
    book, _ = await with_january_paid()
    more = await book.pay("h", 30000)
    await book.refund("h", 30000)
    await book.move_away("h", more, 30000)
    (payment,) = [each for each in book.database.rows(Payment) if each.payment == more]
    assert (payment.unapplied_cents, payment.free_cents) == (-30000, 0)
    assert await agrees(book)


@pytest.mark.parametrize(
    ("on", "listed"), [(date(2016, 1, 31), date(2016, 2, 1)), (date(2016, 2, 3), date(2016, 3, 1))]
)
async def test_PAY_11_grace_of_who_loses_money_begins_with_the_next_1st(on: date, listed: date) -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    await book.advance(on, 10)
    await book.move_away("h", february)
    await book.advance(date(2016, 3, 2), 10)
    assert [each.on for each in book.listed("h") if each.month == 1] == [listed]


async def test_PAY_11_money_that_arrives_here_counts_by_the_dates_it_came_with() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 2, 10), 10)  # February unpaid: listed on February 1
    assert [each.month for each in book.listed("h")] == [1]
    await book.pay("h", 100000, received=date(2016, 1, 25), correction="c7")
    assert [each.exited_on for each in book.said(events.GraceExited)] == [date(2016, 2, 10)]
    (exited,) = [each for each in book.database.rows(Decision) if each.decided == "grace-exited"]
    assert exited.reasons[-1].facts == {"correction": "c7"}


async def test_INV_12_who_lost_coverage_because_their_money_stood_elsewhere_is_reinstated() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 3, 10), 10)  # one month of grace, February, is over: coverage ended
    assert [each.decided_for for each in book.said(events.GraceExpired)] == [date(2016, 3, 1)]
    await book.advance(date(2016, 4, 20), 10)  # found out after the month in which a postmark counts
    await book.pay("h", 100000, received=date(2016, 1, 28), correction="c7")
    (granted,) = book.said(events.ReinstatementGranted)
    assert granted.reason == "postmark"
    (decision,) = [each for each in book.database.rows(Decision) if each.decided == "reinstated"]
    assert decision.reasons[-1].facts == {"correction": "c7"}


async def test_PAY_11_nobody_is_told_to_have_lost_what_they_never_had() -> None:
    book, january = await with_january_paid()
    with pytest.raises(UnknownPayment):
        await book.move_away("h", "no-such")
    with pytest.raises(UnknownPayment):
        await book.move_away("h", january, 50001)
    assert book.database.rows(MoneyMoved) == []


async def test_OPS_5_a_households_history_has_what_was_moved_in_its_place() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    await book.move_away("h", february, correction="c7")
    await book.pay("h", 50000, correction="c8")
    async with book.store.begin(now=book.now) as uow:
        history = await history_of(uow, "h")
    kinds = [type(each).__name__ for each in history]
    assert kinds[-4:] == ["Payment", "MoneyMoved", "Decision", "Payment"]
    moved = history[-3]
    assert isinstance(moved, MoneyMoved)
    assert (moved.cents, moved.correction, moved.at) == (50000, "c7", _at(date(2016, 1, 20)))


def _at(day: date) -> datetime:
    return local(day, 10)
