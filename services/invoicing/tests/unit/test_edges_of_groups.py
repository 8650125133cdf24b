"""Where groups, windows and what is at hand meet: each was wrong once."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import local
from invoicing.application.approve_refund import NotThatMuchCredit, RefundKnown
from invoicing.domain import events
from services.invoicing.tests.builders import Book, months_of


@pytest.mark.parametrize("invoiced_first", [True, False])
async def test_ENR_7_a_binder_that_shrinks_to_nothing_is_satisfied_and_free_coverage_does_not_lapse(
    invoiced_first: bool,
) -> None:
    book = Book()
    await book.advance(date(2016, 1, 11), 9)
    await book.select("h", net={"silver": 0, "dental": 2000}, effective=date(2016, 2, 1))
    if invoiced_first:
        await book.advance(date(2016, 1, 20), 9)
    await book.cancel("h", "dental")
    assert [each.policies for each in book.said(events.BinderSatisfied)] == [("h-silver",)]
    await book.advance(date(2016, 3, 2))
    assert not book.said(events.BinderLapsed)
    assert (await book.policy("h")).in_force(date(2016, 3, 2))


async def test_INV_12_a_binder_is_restored_by_when_its_money_was_known_not_when_it_was_heard_of() -> None:
    book = Book()
    await book.advance(date(2015, 12, 14), 9)
    await book.select("h", net=50000)
    await book.advance(date(2016, 2, 28), 9)  # due January 5, lapsed on the 6th
    assert len(book.said(events.BinderLapsed)) == 1
    await book.advance(date(2016, 3, 1), 9)
    await book.pay(
        "h",
        50000,
        method="check",
        received=date(2016, 2, 29),
        postmarked=date(2016, 1, 4),
        known=local(date(2016, 2, 29), 10),
    )
    assert (await book.policy("h")).in_force(date(2016, 3, 1))


@pytest.mark.parametrize(("cents", "restored"), [(50000, 1), (49999, 0)])
async def test_INV_12_a_lapsed_binder_that_costs_nothing_any_more_is_restored_by_all_its_invoice_asked(
    cents: int, restored: int
) -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.advance(date(2015, 12, 29), 10)
    await book.change("h", months_of(0, first=date(2016, 1, 1), last=date(2016, 12, 31), assistance=50000))
    await book.pay("h", cents, method="check", postmarked=date(2015, 12, 25))
    assert len(book.said(events.ReinstatementGranted)) == restored
    assert [each.paid_cents for each in book.said(events.BinderSatisfied)] == [0] * restored
    assert book.selection("h").state == ("satisfied" if restored else "lapsed")
    assert (await book.policy("h")).in_force(date(2016, 1, 1)) == bool(restored)
    assert await book.balance("h") == (0, 0, cents)


@pytest.mark.parametrize(("cents", "restored"), [(50000, 1), (49999, 0)])
async def test_INV_12_a_lapsed_binder_is_restored_when_what_took_its_place_is_called_off(
    cents: int, restored: int
) -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 50000})
    await book.advance(date(2015, 12, 29), 10)  # lapsed on the 26th, and selected anew for February
    await book.select("h", net={"gold": 40000}, effective=date(2016, 2, 1), selection="s2")
    await book.pay("h", 40000)
    payment = await book.pay("h", cents)
    await book.redate("h", payment, date(2015, 12, 29), date(2015, 12, 20))
    assert not book.said(events.ReinstatementGranted)
    await book.cancel("h", "gold")
    assert len(book.said(events.ReinstatementGranted)) == restored
    assert (await book.policy("h")).in_force(date(2016, 1, 1)) == bool(restored)


async def test_INV_12_money_that_becomes_free_reinstates_as_money_that_comes() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 3, 3), 10)  # ended with February 29; February and March were billed
    await book.pay("h", 100000, method="check", postmarked=date(2016, 2, 29), selection="mistyped")
    assert not book.said(events.ReinstatementGranted)
    await book.advance(date(2016, 3, 11), 23)
    assert len(book.said(events.ReinstatementGranted)) == 1
    assert (await book.policy("h")).in_force(date(2016, 12, 31))


async def test_INV_5_a_binder_was_there_from_its_selection_on_whenever_that_is_heard_of() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=10000)
    await book.pay("h", 10000)
    await book.advance(date(2016, 1, 10), 10)  # February's 100.00 is open
    book.up = False
    await book.select("h", net={"dental": 12000}, selection="s2", effective=date(2016, 2, 1))
    await book.advance(date(2016, 1, 10), 11)
    await book.pay("h", 12000)
    await book.advance(date(2016, 1, 12), 9)
    await book.bring_up()
    assert book.selection("h", "s2").state == "satisfied"
    assert await book.balance("h") == (10000, 0, 0)


async def test_INV_3_an_old_policy_that_staff_restored_is_billed_for_its_months() -> None:
    book = Book(starts=date(2015, 1, 1))
    await book.select("h", net=50000, effective=date(2015, 2, 1), binder_required=False)
    await book.advance(date(2015, 1, 20))
    await book.pay("h", 50000)
    for month in range(2, 9):
        await book.advance(date(2015, month, 20))
        await book.pay("h", 50000)
    await book.advance(date(2015, 9, 20))
    await book.pay("h", 50000)  # October is billed, and given back
    await book.end("h", date(2015, 9, 30))
    await book.advance(date(2016, 4, 20), 9)
    await book.restore("h", undoes="none", ends=date(2015, 12, 31))
    await book.advance(date(2016, 5, 5))
    assert [str(line.month) for line in book.invoices("h")[-1].charges][-2:] == ["2015-11", "2015-12"]


async def test_INV_5_an_old_selection_that_is_named_is_not_taken_for_one_nobody_has_heard_of() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2017, 10, 30), 9)
    await book.select(
        "h", net={"gold": 30000}, selection="s2", effective=date(2017, 11, 1), binder_required=False
    )
    await book.advance(date(2017, 11, 6), 9)  # November and December are billed
    await book.pay("h", 50000, selection="s1")
    # what s1 left unpaid in 2016 is the oldest month: the money is free for it at once
    assert await book.balance("h") == (60000, 0, 0)


async def test_INV_6_money_that_waits_for_its_selection_is_no_credit_to_be_given_back() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.pay("h", 20000, selection="s2")
    with pytest.raises(NotThatMuchCredit):
        await book.refund("h", 1)
    await book.select("h", net={"gold": 20000}, selection="s2")
    assert await book.balance("h") == (0, 0, 0)


async def test_PAY_2_a_request_whose_answer_is_forgotten_makes_no_second_refund() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.pay("h", 50000)
    first = await book.refund("h", 20000, request="key")
    await book.advance(date(2016, 4, 1), 9)  # more than the days for which answers are kept
    assert await book.refund("h", 20000, request="key") == first
    with pytest.raises(RefundKnown) as refused:
        await book.refund("h", 10000, request="key")
    assert refused.value.reasons[0].facts == {"asked": "200.00", "asked_on": "2015-12-03"}
    assert await book.balance("h") == (0, 0, 30000)


async def test_INV_17_a_month_that_late_money_helped_to_settle_was_paid_in_none_of_its_parts() -> None:
    on_time, late = Book(), Book()
    for book in (on_time, late):
        await book.advance(date(2015, 12, 3), 10)
        await book.select("h", net={"silver": 30000, "dental": 5000}, assistance=20000)
        await book.pay("h", 35000)
        await book.advance(date(2016, 1, 20), 10)
        await book.pay("h", 32000)
        await book.advance(date(2016, 1, 31), 10)
    late.books_open = False
    await on_time.advance(date(2016, 2, 1))
    await late.advance(date(2016, 2, 2), 10)
    await late.pay("h", 3000)
    late.books_open = True
    await late.advance(date(2016, 2, 3))
    assert [row.past_due_cents for row in on_time.listed("h")] == [3000, 3000]
    assert [row.past_due_cents for row in late.listed("h")] == [3000, 3000]


@pytest.mark.parametrize("decided_late", [True, False])
async def test_I1_money_on_time_before_the_second_list_undoes_it_whenever_that_was_decided(
    decided_late: bool,
) -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=10000, assistance=20000)
    await book.pay("h", 10000)
    await book.advance(date(2016, 2, 28), 10)  # grace of three months began with February; March is billed
    book.books_open = not decided_late
    await book.advance(date(2016, 3, 7), 10)  # April is billed on March 5
    await book.pay("h", 20000, method="check", postmarked=date(2016, 2, 29))
    book.books_open = True
    await book.advance(date(2016, 3, 8), 10)
    assert await book.grace("h") is None
    # April is a month like any other: on time until March 31
    assert await book.balance("h") == (10000, 0, 0)


async def test_INV_5_what_a_payment_left_over_and_is_held_for_a_month_is_not_taken_for_a_binder() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 12), 10)  # February is billed
    await book.select("h", net={"dental": 3000}, selection="s2", effective=date(2016, 2, 1))
    await book.advance(date(2016, 2, 6), 10)  # March is billed; the binder's due date is past
    await book.select("h", net={"dell": 3000}, selection="s3", effective=date(2016, 3, 1))
    await book.pay("h", 53000)  # February, and 30.00 held for March
    assert await book.balance("h") == (53000, 3000, 0)
    await book.pay("h", 100)  # whatever comes next
    assert book.selection("h", "s3").state == "open"
    assert await book.balance("h") == (53000, 3100, 0)
