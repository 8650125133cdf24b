"""Policies for which their carrier bills: nobody owes anything for them here (CAR-1)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import NotFound
from invoicing.application.explain import explain_charge_of
from invoicing.domain import events
from services.invoicing.tests.builders import Book, months_of

JUNE = CoverageMonth.of(date(2016, 6, 1))


async def billed_by_carrier(*, assistance: int = 0) -> Book:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select(
        "h",
        net={"silver": 50000},
        binder_required=False,
        assistance=assistance,
        billed_by_carriers=["silver"],
    )
    return book


async def test_CAR_1_what_a_carrier_bills_for_has_no_invoice_no_charge_and_no_grace() -> None:
    book = await billed_by_carrier(assistance=10000)
    await book.advance(date(2016, 7, 2))
    assert (book.invoices("h"), await book.balance("h")) == ([], (0, 0, 0))
    assert book.said(events.BinderSatisfied) == []
    assert book.said(events.GraceEntered) == []
    assert book.said(events.DelinquencyListed) == []


async def test_CAR_1_a_change_of_its_premium_is_no_charge_either() -> None:
    book = await billed_by_carrier()
    await book.advance(date(2016, 3, 10))
    await book.change("h", months_of(60000, first=date(2016, 2, 1), last=date(2016, 12, 31)))
    await book.advance(date(2016, 5, 6))
    assert (book.invoices("h"), await book.balance("h")) == ([], (0, 0, 0))


async def test_CAR_1_money_that_comes_for_it_all_the_same_is_credit_and_is_given_back() -> None:
    book = await billed_by_carrier()
    await book.pay("h", 50000)
    assert await book.balance("h") == (0, 0, 50000)
    await book.advance(date(2016, 2, 6))
    assert await book.balance("h") == (0, 0, 50000)
    refund = await book.refund("h", 50000)
    assert (refund.cents, await book.balance("h")) == (50000, (0, 0, 0))


async def test_CAR_1_beside_it_the_exchange_bills_for_what_is_its_own() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 50000, "dental": 3000}, billed_by_carriers=["dental"])
    await book.pay("h", 50000)
    (satisfied,) = book.said(events.BinderSatisfied)
    assert satisfied.policies == ("h-dental", "h-silver")
    await book.advance(date(2016, 1, 6))
    assert [each.total_cents for each in book.invoices("h")] == [50000, 50000]
    await book.advance(date(2016, 4, 30))
    ended = [each.policy for fact in book.said(events.GraceExpired) for each in fact.policies]
    assert ended == ["h-silver"]


async def test_CAR_1_assistance_of_what_a_carrier_bills_for_makes_no_grace_here_longer() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select(
        "h",
        net={"silver": 50000},
        assistance=10000,
        binder_required=False,
        billed_by_carriers=["silver"],
        selection="s1",
    )
    await book.select("h", net={"dental": 3000}, selection="s2")
    await book.pay("h", 3000)
    await book.advance(date(2016, 3, 2))
    (entered,) = book.said(events.GraceEntered)
    assert (entered.months, entered.past_due_cents) == (1, 3000)


async def test_CAR_1_asked_what_a_month_costs_the_answer_is_who_bills() -> None:
    book = await billed_by_carrier()
    async with book.store.begin(now=book.now) as uow:
        with pytest.raises(NotFound) as refused:
            await explain_charge_of(
                uow, household="h", policy="h-silver", month=JUNE, parameters=book.parameters
            )
    assert [each.rule for each in refused.value.reasons] == ["CAR-1"]


@pytest.mark.parametrize(("begun", "restored"), [(False, 1), (True, 0)])
async def test_INV_12_a_lapsed_plan_is_kept_away_by_one_that_a_carrier_bills_for_once_that_has_begun(
    begun: bool, restored: int
) -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select(
        "h", net={"silver": 50000, "dental": 3000}, billed_by_carriers=["dental"]
    )  # due December 25
    await book.advance(date(2015, 12, 27), 10)
    await book.select(
        "h",
        net={"dental-2": 3000},
        effective=date(2016, 2, 1),
        selection="s2",
        binder_required=False,
        billed_by_carriers=["dental-2"],
    )
    if begun:
        await book.activate("h", "dental-2")
    await book.advance(date(2015, 12, 29), 10)
    await book.pay("h", 50000, method="check", postmarked=date(2015, 12, 23))
    assert len(book.said(events.ReinstatementGranted)) == restored
    assert book.selection("h").state == ("satisfied" if restored else "lapsed")
    assert await book.balance("h") == (0, 0, 0 if restored else 50000)


async def test_INV_12_one_that_a_carrier_never_put_into_force_keeps_nothing_away_with_its_binder_paid() -> (
    None
):
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"dental": 3000})  # due December 25
    await book.advance(date(2015, 12, 27), 10)
    await book.select(
        "h",
        net={"silver": 50000, "dental-2": 3000},
        effective=date(2016, 2, 1),
        selection="s2",
        billed_by_carriers=["dental-2"],
    )
    await book.pay("h", 50000)
    await book.advance(date(2015, 12, 29), 10)
    await book.pay("h", 3000, method="check", postmarked=date(2015, 12, 23))
    assert len(book.said(events.ReinstatementGranted)) == 1


async def unpaid_in_december(book: Book) -> None:
    """Let a household owe December of 2016: grace is December, and 2017 goes on with its carrier."""
    await book.advance(date(2016, 8, 20), 10)
    await book.select("h", net={"silver": 50000}, effective=date(2016, 10, 1))
    await book.pay("h", 50000)
    await book.advance(date(2016, 10, 14), 10)
    await book.renew("h", net=50000, effective=date(2017, 1, 1), billed_by_carrier=True)
    await book.pay("h", 50000)  # November


async def test_ENR_14_a_grace_that_runs_out_with_the_year_cancels_the_renewal_of_whoever_bills_for_it() -> (
    None
):
    book = Book()
    await unpaid_in_december(book)
    await book.advance(date(2017, 1, 2))
    (expired,) = book.said(events.GraceExpired)
    assert [(each.policy, each.through) for each in expired.policies] == [
        ("h-silver-2017", date(2016, 12, 31))
    ]
    assert not (await book.policy("h", "silver-2017")).stands
    # its carrier keeps its own books: it is on no list
    assert [row.policies for row in book.said(events.DelinquencyListed)] == [("h-silver",)]


async def test_INV_12_that_renewal_stands_again_with_money_that_was_on_time() -> None:
    book = Book()
    await unpaid_in_december(book)
    await book.advance(date(2017, 1, 3), 10)
    await book.pay("h", 50000, method="check", postmarked=date(2016, 12, 30))
    (granted,) = book.said(events.ReinstatementGranted)
    assert granted.policies == ("h-silver-2017",)
    assert (await book.policy("h", "silver-2017")).in_force(date(2017, 1, 1))


async def test_ENR_14_a_grace_ends_nothing_of_what_a_carrier_billed_for_before() -> None:
    book = Book()
    await book.advance(date(2016, 8, 20), 10)
    await book.select(
        "h",
        net={"silver": 50000},
        effective=date(2016, 10, 1),
        selection="s1",
        binder_required=False,
        billed_by_carriers=["silver"],
    )
    await book.activate("h", "silver")
    await book.select("h", net={"dental": 3000}, effective=date(2016, 10, 1), selection="s2")
    await book.pay("h", 3000)
    await book.advance(date(2016, 10, 14), 10)
    await book.renew("h", net=50000, effective=date(2017, 1, 1), billed_by_carrier=True)
    await book.pay("h", 3000)
    await book.advance(date(2017, 1, 2))
    (expired,) = book.said(events.GraceExpired)
    assert expired.policies == ()
    assert (await book.policy("h", "silver-2017")).in_force(date(2017, 1, 1))
