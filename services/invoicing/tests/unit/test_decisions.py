"""A thing is decided once: whose end stands, whose echo is passed over, what undoes what."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import local
from invoicing.domain import events
from services.invoicing.tests.builders import Book, months_of

LAST_DAY = date(2016, 12, 31)


async def ended_for_non_payment(book: Book) -> str:
    """Bring a household's coverage to its end with February 29, March billed, and return the decision."""
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 3, 1))
    assert (await book.policy("h")).last_day == date(2016, 2, 29)
    return book.said(events.GraceExpired)[0].decision


@pytest.mark.parametrize("times", [1, 2])
async def test_OPS_1_the_echo_of_an_end_changes_nothing_though_it_comes_after_its_undoing(times: int) -> None:
    book = Book()
    await ended_for_non_payment(book)
    await book.advance(date(2016, 3, 3), 10)
    await book.pay("h", 100000, method="check", postmarked=date(2016, 2, 29))
    assert await book.balance("h") == (0, 0, 0)
    for _ in range(times):
        await book.end("h", date(2016, 2, 29), decided_by="invoicing")
    assert (await book.policy("h")).in_force(LAST_DAY)
    assert await book.balance("h") == (0, 0, 0)
    await book.advance(date(2016, 3, 5))
    assert [str(each.month) for each in book.invoices("h")[-1].charges] == ["2016-04"]


async def test_INV_7_an_end_asked_for_months_ahead_changes_nothing_of_delinquency() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 20), 10)
    await book.end("h", date(2016, 6, 30))
    await book.advance(date(2016, 3, 1))
    assert [(row.on, row.action) for row in book.listed("h")] == [
        (date(2016, 2, 1), "termination-notice"),
        (date(2016, 3, 1), "terminate"),
    ]
    assert (await book.policy("h")).last_day == date(2016, 2, 29)


@pytest.mark.parametrize("asked", [date(2016, 1, 31), date(2016, 2, 29), date(2016, 6, 30)])
async def test_INV_7_of_two_ends_the_earlier_stands_whichever_comes_first(asked: date) -> None:
    before, after = Book(), Book()
    for book in (before, after):
        await book.advance(date(2015, 12, 3), 10)
        await book.select("h", net=50000)
        await book.pay("h", 50000)
        await book.advance(date(2016, 2, 10), 10)
    await before.end("h", asked)
    await before.advance(date(2016, 3, 1))
    await after.advance(date(2016, 3, 1))
    await after.end("h", asked)
    for book in (before, after):
        assert (await book.policy("h")).last_day == min(asked, date(2016, 2, 29))
    assert await before.balance("h") == await after.balance("h")


async def test_INV_13_what_staff_restored_is_billed_and_listed_again() -> None:
    book = Book()
    decision = await ended_for_non_payment(book)
    await book.advance(date(2016, 3, 4), 10)
    await book.restore("h", undoes=decision)
    assert await book.balance("h") == (100000, 0, 0)
    await book.advance(date(2016, 4, 1))
    assert [str(each.month) for each in book.invoices("h")[-1].charges] == ["2016-04"]
    assert [(row.on, row.action) for row in book.listed("h")][-1] == (date(2016, 4, 1), "termination-notice")


async def test_INV_13_an_end_decided_since_is_not_what_staff_undid() -> None:
    book = Book()
    first = await ended_for_non_payment(book)
    await book.advance(date(2016, 3, 3), 10)
    await book.pay("h", 100000, method="check", postmarked=date(2016, 2, 29))
    # April unpaid: ended again, with April 30
    await book.advance(date(2016, 5, 1))
    assert (await book.policy("h")).last_day == date(2016, 4, 30)
    await book.restore("h", undoes=first)
    assert (await book.policy("h")).last_day == date(2016, 4, 30)
    await book.restore("h", undoes=book.said(events.GraceExpired)[1].decision)
    assert (await book.policy("h")).in_force(LAST_DAY)


async def test_INV_12_the_late_echo_of_an_earlier_end_does_not_touch_a_later_one() -> None:
    book = Book()
    await ended_for_non_payment(book)
    await book.advance(date(2016, 3, 3), 10)
    await book.pay("h", 100000, method="check", postmarked=date(2016, 2, 29))
    await book.advance(date(2016, 5, 1))
    await book.end("h", date(2016, 2, 29), decided_by="invoicing")
    assert (await book.policy("h")).last_day == date(2016, 4, 30)


@pytest.mark.parametrize("late_first", [True, False])
async def test_INV_12_late_money_helps_in_neither_order(late_first: bool) -> None:
    book = Book()
    await ended_for_non_payment(book)
    await book.advance(date(2016, 3, 3), 10)
    arrivals = [(50000, None), (50000, date(2016, 2, 29))]
    for cents, postmarked in arrivals if late_first else reversed(arrivals):
        await book.pay("h", cents, method="check", postmarked=postmarked)
    assert not book.said(events.ReinstatementGranted)
    # February's share that was on time, and another 500 that was: both months are paid by timely money.
    await book.pay("h", 50000, method="check", postmarked=date(2016, 2, 28))
    assert len(book.said(events.ReinstatementGranted)) == 1
    assert (await book.policy("h")).in_force(LAST_DAY)


async def test_INV_12_an_hour_old_binder_eats_no_money_of_a_reinstatement() -> None:
    book = Book()
    await ended_for_non_payment(book)
    await book.advance(date(2016, 3, 8), 9)
    await book.select("h", net={"dental": 4000}, selection="s2", effective=date(2016, 4, 1))
    await book.advance(date(2016, 3, 8), 10)
    await book.pay("h", 100000, method="check", postmarked=date(2016, 2, 29))
    assert (await book.policy("h")).in_force(LAST_DAY)
    assert book.selection("h", "s2").state == "open"


async def test_INV_18_a_death_in_mid_month_costs_its_days_and_gives_the_rest_back() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=31000)
    await book.pay("h", 31000)
    await book.advance(date(2016, 2, 20), 10)
    await book.pay("h", 62000)  # February and March are billed
    await book.advance(date(2016, 3, 20), 10)
    await book.pay("h", 31000)  # April too
    share = months_of(31000, first=date(2016, 1, 1), last=date(2016, 3, 15))[-1:]
    await book.end("h", date(2016, 3, 15), months=share)
    # March 1 to 15 are 15 of 31 days: 150.00 of 310.00; April is given back whole
    assert book.charges("h") == {
        "silver 2016-01": "settled",
        "silver 2016-02": "settled",
        "silver 2016-03": "settled",
        "silver 2016-04": "reversed",
    }
    assert await book.balance("h") == (0, 0, 16000 + 31000)
    march = [each for each in book.said(events.PremiumsSettled) if each.group == "month:2016-03"]
    assert [each.premiums[0].cents for each in march] == [31000, 15000]
    assert sorted(
        (str(each.month), each.cents, each.reason) for each in book.said(events.PremiumUnsettled)
    ) == [
        ("2016-03", 31000, "adjusted"),
        ("2016-04", 31000, "reversed"),
    ]


async def test_INV_4_an_initial_invoice_in_between_does_not_swallow_an_adjustment() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 50000, "vision": 2000})
    await book.pay("h", 52000)
    await book.advance(date(2016, 1, 6), 10)
    await book.end("h", date(2016, 1, 31), plan="vision")  # February's 20.00 is taken back
    await book.advance(date(2016, 1, 12), 10)
    await book.select("h", net={"dental": 3000}, selection="s2", effective=date(2016, 2, 1))
    await book.pay("h", 3000, selection="s2")
    await book.advance(date(2016, 1, 20), 10)
    await book.pay("h", 50000)
    await book.advance(date(2016, 2, 5))
    assert [each.kind for each in book.invoices("h")] == ["initial", "monthly", "initial", "monthly"]
    assert [(str(each.month), each.cents) for each in book.invoices("h")[-1].adjustments] == [
        ("2016-02", -2000)
    ]
    await book.advance(date(2016, 2, 20), 10)
    await book.pay("h", 53000)
    await book.advance(date(2016, 3, 5))
    assert len(book.invoices("h")) == 5
    assert book.invoices("h")[-1].adjustments == ()


async def test_INV_5_money_named_for_a_selection_waits_for_it_to_be_heard_of() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 6), 10)  # February is billed
    await book.pay("h", 60000, selection="s2", at_selection=True, method="card")
    assert await book.balance("h") == (50000, 60000, 0)
    await book.select("h", net={"gold": 60000}, selection="s2", effective=date(2016, 2, 1))
    assert [each.selection for each in book.said(events.BinderSatisfied)] == ["h-s1", "h-s2"]
    assert await book.balance("h") == (50000, 0, 0)


async def test_INV_5_money_named_for_a_selection_that_never_comes_is_free_after_a_week() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 6), 10)
    await book.pay("h", 50000, selection="s9")
    await book.advance(date(2016, 1, 13))
    assert await book.balance("h") == (50000, 50000, 0)
    await book.advance(date(2016, 1, 14))
    assert await book.balance("h") == (0, 0, 0)


async def test_INV_17_an_outage_of_the_broker_takes_no_binder_from_money_that_came_in_time() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 12), 10)
    await book.select("h", net={"dental": 4000}, selection="s2", effective=date(2016, 2, 1))
    # Due February 3. On February 1 540.00 come, February's 500.00 and the binder's 40.00; nobody hears of it
    # before the run of February 5 has charged March.
    book.books_open = False
    await book.advance(date(2016, 2, 6), 10)
    await book.pay("h", 54000, received=date(2016, 2, 1), known=local(date(2016, 2, 1), 10))
    book.books_open = True
    await book.advance(date(2016, 2, 7))
    assert book.selection("h", "s2").state == "satisfied"
    assert await book.balance("h") == (50000, 0, 0)  # March; the dental plan's follows with the next run
