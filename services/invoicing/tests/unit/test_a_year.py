"""The rules of invoicing, told as stories of one household: exact dates, exact cents."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from invoicing.application.approve_refund import NotThatMuchCredit
from invoicing.domain import events
from services.invoicing.tests.builders import Book, months_of


async def paid_through_may(book: Book, *, net: int = 50000, assisted: bool = False) -> None:
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=net, assistance=20000 if assisted else 0)
    await book.advance(date(2015, 12, 10))
    await book.pay("h", net)
    for month in range(1, 5):
        await book.advance(date(2016, month, 20))
        await book.pay("h", net)


async def test_INV_1_the_binder_is_invoiced_on_the_next_business_day_and_due_21_days_later() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.advance(date(2015, 12, 4))
    (invoice,) = book.invoices("h")
    assert (invoice.kind, invoice.dated, invoice.due) == ("initial", date(2015, 12, 4), date(2015, 12, 25))
    assert (invoice.total_cents, invoice.mail) == (50000, True)
    assert not book.said(events.BinderSatisfied)


async def test_INV_1_nothing_is_mailed_when_all_was_paid_at_selection() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=30000)
    await book.pay("h", 30000, method="card", at_selection=True, selection="s1")
    await book.advance(date(2015, 12, 4))
    (invoice,) = book.invoices("h")
    assert (invoice.total_cents, invoice.mail) == (30000, False)
    assert len(book.said(events.BinderSatisfied)) == 1


async def test_INV_1_a_check_handed_in_at_selection_is_still_followed_by_an_invoice() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=30000)
    await book.pay("h", 30000, method="check", at_selection=True)
    await book.advance(date(2015, 12, 4))
    assert [each.mail for each in book.invoices("h")] == [True]


async def test_INV_8_exhibit_3_without_assistance_grace_is_one_month() -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(date(2016, 6, 1))
    grace = await book.grace("h")
    assert grace is not None
    assert (grace.first_month, grace.months, grace.last_day) == (CoverageMonth(2016, 6), 1, date(2016, 6, 30))
    (row,) = book.listed("h")
    assert (row.month, row.of, row.past_due_cents, row.pay_by) == (1, 1, 50000, date(2016, 6, 30))
    assert (row.claims, row.action) == ("pay", "termination-notice")
    await book.advance(date(2016, 6, 5))
    assert book.invoices("h")[-1].total_cents == 100000
    await book.advance(date(2016, 7, 1))
    row = book.listed("h")[-1]
    assert (row.action, row.effective, row.past_due_cents, row.pay_by) == (
        "terminate",
        date(2016, 6, 30),
        100000,
        None,
    )
    assert (await book.policy("h")).last_day == date(2016, 6, 30)
    assert await book.balance("h") == (50000, 0, 0)


async def test_INV_11_exhibit_4_with_assistance_coverage_ends_on_the_last_day_of_the_first_month() -> None:
    book = Book()
    await paid_through_may(book, net=30000, assisted=True)
    await book.advance(date(2016, 9, 1))
    assert [(row.on, row.action, row.past_due_cents, row.claims) for row in book.listed("h")] == [
        (date(2016, 6, 1), "dunning", 30000, "pay"),
        (date(2016, 7, 1), "pend-claims", 60000, "pend"),
        (date(2016, 8, 1), "termination-notice", 90000, "pend"),
        (date(2016, 9, 1), "terminate", 120000, "pend"),
    ]
    assert (await book.policy("h")).last_day == date(2016, 6, 30)
    assert await book.balance("h") == (30000, 0, 0)


async def test_INV_9_paying_june_alone_after_the_run_of_the_5th_does_not_end_grace() -> None:
    book = Book()
    await paid_through_may(book, net=30000, assisted=True)
    await book.advance(date(2016, 7, 10))
    await book.pay("h", 30000)
    assert await book.grace("h") is not None
    await book.pay("h", 59999)
    assert await book.grace("h") is not None
    await book.pay("h", 1)
    assert await book.grace("h") is None


async def test_INV_9_before_the_run_of_the_5th_june_alone_is_everything() -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(date(2016, 6, 4))
    await book.pay("h", 50000)
    assert await book.grace("h") is None
    await book.advance(date(2016, 7, 1), 0, 30)
    assert len(book.listed("h")) == 1


async def test_INV_5_a_month_is_settled_only_when_all_policies_are_paid() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net={"silver": 50000, "dental": 3000})
    await book.pay("h", 52999)
    assert await book.balance("h") == (53000, 52999, 0)
    assert not book.said(events.PremiumsSettled)
    await book.pay("h", 1)
    assert await book.balance("h") == (0, 0, 0)
    (settled,) = book.said(events.PremiumsSettled)
    assert sorted(each.cents for each in settled.premiums) == [3000, 50000]
    assert len(book.said(events.BinderSatisfied)) == 1


async def test_ENR_6_an_unpaid_binder_lapses_the_day_after_its_due_date() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 49999)
    await book.advance(date(2015, 12, 26), 1, 15)
    assert not book.said(events.BinderLapsed)
    await book.advance(date(2015, 12, 26), 1, 45)
    assert len(book.said(events.BinderLapsed)) == 1
    assert (await book.policy("h")).lapsed
    assert await book.balance("h") == (0, 0, 49999)


async def test_INV_17_the_lapse_waits_for_the_books_and_late_money_does_not_buy_the_binder() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.advance(date(2015, 12, 24))
    book.books_open = False
    await book.advance(date(2015, 12, 27), 10)
    assert not book.said(events.BinderLapsed)
    await book.pay("h", 50000)
    assert not book.said(events.BinderSatisfied)
    assert await book.balance("h") == (50000, 50000, 0)
    book.books_open = True
    await book.advance(date(2015, 12, 28), 1)
    assert len(book.said(events.BinderLapsed)) == 1
    assert await book.balance("h") == (0, 0, 50000)


async def test_INV_17_money_postmarked_in_time_and_known_while_the_books_are_open_saves_the_binder() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.advance(date(2015, 12, 24))
    book.books_open = False
    await book.advance(date(2015, 12, 28), 10)
    await book.pay("h", 50000, method="check", postmarked=date(2015, 12, 25))
    book.books_open = True
    await book.advance(date(2015, 12, 29), 10)
    assert not book.said(events.BinderLapsed)
    assert len(book.said(events.BinderSatisfied)) == 1


async def test_INV_12_a_binder_postmarked_by_its_due_date_is_restored_when_it_arrives() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.advance(date(2015, 12, 29), 10)
    assert len(book.said(events.BinderLapsed)) == 1
    await book.pay("h", 49999, method="check", postmarked=date(2015, 12, 25))
    assert not book.said(events.ReinstatementGranted)
    await book.pay("h", 1, method="check", postmarked=date(2015, 12, 24))
    (granted,) = book.said(events.ReinstatementGranted)
    assert granted.binder
    assert len(book.said(events.BinderSatisfied)) == 1
    assert (await book.policy("h")).in_force(date(2016, 1, 1))
    assert await book.balance("h") == (0, 0, 0)


async def test_INV_12_money_postmarked_by_the_last_day_of_grace_reinstates_without_a_gap() -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(date(2016, 7, 6))
    await book.pay("h", 100000, method="check", postmarked=date(2016, 6, 30))
    (granted,) = book.said(events.ReinstatementGranted)
    assert (granted.reason, granted.binder) == ("postmark", False)
    assert (await book.policy("h")).last_day == date(2016, 12, 31)
    assert await book.balance("h") == (0, 0, 0)
    await book.advance(date(2016, 8, 5))
    assert [str(line.month) for line in book.invoices("h")[-1].charges] == ["2016-08", "2016-09"]


@pytest.mark.parametrize(
    ("cents", "postmarked", "arrives"),
    [
        pytest.param(99999, date(2016, 6, 30), date(2016, 7, 6), id="one cent short"),
        pytest.param(100000, date(2016, 7, 1), date(2016, 7, 6), id="postmarked a day late"),
        pytest.param(100000, date(2016, 6, 30), date(2016, 8, 1), id="arrived after the month"),
    ],
)
async def test_INV_12_otherwise_it_does_not(cents: int, postmarked: date, arrives: date) -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(arrives)
    await book.pay("h", cents, method="check", postmarked=postmarked)
    assert not book.said(events.ReinstatementGranted)
    assert (await book.policy("h")).last_day == date(2016, 6, 30)


@pytest.mark.parametrize("end_first", [True, False])
@pytest.mark.parametrize(("cents", "stands"), [(50000 + 16129, True), (50000 + 16128, False)])
async def test_INV_12_nothing_is_paid_for_days_after_an_end_whichever_is_known_first(
    end_first: bool, cents: int, stands: bool
) -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(date(2016, 7, 6), 10)  # ended with June 30; July was invoiced on June 5
    july = months_of(50000, first=date(2016, 7, 1), last=date(2016, 7, 10))
    if end_first:
        await book.ask_end("h", date(2016, 7, 10), months=july)
    await book.pay("h", cents, method="check", postmarked=date(2016, 6, 30))
    if not end_first:
        assert book.said(events.ReinstatementGranted) == []
        await book.ask_end("h", date(2016, 7, 10), months=july)
    assert len(book.said(events.ReinstatementGranted)) == stands
    assert (await book.policy("h")).last_day == (date(2016, 7, 10) if stands else date(2016, 6, 30))
    assert await book.balance("h") == (0, 0, 0 if stands else 16128)


@pytest.mark.parametrize("asked", [date(2016, 2, 29), date(2016, 2, 10)])
async def test_INV_11_what_somebody_asked_to_end_in_a_grace_ends_with_it_where_nobody_did(
    asked: date,
) -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 2, 5))  # February is not paid, and March is invoiced
    await book.end("h", asked, months=months_of(50000, first=date(2016, 2, 1), last=asked))
    await book.advance(date(2016, 3, 1))
    (expired,) = book.said(events.GraceExpired)
    assert expired.policies == (events.PolicyEnd(policy="h-silver", through=date(2016, 2, 29)),)
    assert [each.action for each in book.listed("h")] == ["termination-notice"]
    assert (await book.policy("h")).last_day == asked
    whole = months_of(50000, first=date(2016, 2, 1), last=date(2016, 12, 31))
    await book.ask_end("h", date(2016, 12, 31), months=whole)
    assert (await book.policy("h")).last_day == date(2016, 2, 29)
    assert await book.balance("h") == (50000, 0, 0)
    await book.advance(date(2016, 3, 8), 10)
    await book.pay("h", 100000, method="check", postmarked=date(2016, 2, 27))
    assert (await book.policy("h")).last_day == date(2016, 12, 31)


async def test_INV_3_a_household_whose_binder_is_paid_after_the_run_is_caught_up_by_the_next() -> None:
    book = Book()
    await book.advance(date(2015, 12, 14), 10)
    await book.select("h", net=50000)
    await book.advance(date(2016, 1, 5), 10)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 31))
    assert len(book.invoices("h")) == 1
    await book.advance(date(2016, 2, 5))
    invoice = book.invoices("h")[-1]
    assert (invoice.dated, invoice.due, invoice.total_cents) == (date(2016, 2, 5), date(2016, 2, 26), 100000)
    assert [str(line.month) for line in invoice.charges] == ["2016-02", "2016-03"]


async def test_INV_3_a_run_made_late_is_dated_that_day_and_after_the_26th_joins_the_next() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 1, 4))
    book.up = False
    await book.advance(date(2016, 1, 12), 10)
    await book.bring_up()
    assert (book.invoices("h")[-1].dated, book.invoices("h")[-1].due) == (
        date(2016, 1, 12),
        date(2016, 1, 26),
    )
    await book.pay("h", 50000)
    await book.advance(date(2016, 2, 4))
    book.up = False
    await book.advance(date(2016, 2, 27), 10)
    await book.bring_up()
    assert len(book.invoices("h")) == 2
    await book.advance(date(2016, 3, 5))
    assert [str(line.month) for line in book.invoices("h")[-1].charges] == ["2016-03", "2016-04"]


async def test_INV_17_a_first_listing_that_cannot_be_made_by_the_5th_is_not_made() -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(date(2016, 5, 30))
    book.books_open = False
    await book.advance(date(2016, 6, 6))
    book.books_open = True
    await book.advance(date(2016, 6, 30))
    assert await book.grace("h") is None
    await book.advance(date(2016, 7, 1))
    grace = await book.grace("h")
    assert grace is not None
    assert grace.first_month == CoverageMonth(2016, 7)
    assert [row.on for row in book.listed("h")] == [date(2016, 7, 1)]


async def test_INV_17_a_first_listing_made_on_the_4th_keeps_its_business_date() -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(date(2016, 5, 30))
    book.books_open = False
    await book.advance(date(2016, 6, 3))
    await book.pay("h", 50000)
    book.books_open = True
    await book.advance(date(2016, 6, 4))
    assert [(row.on, row.month) for row in book.listed("h")] == [(date(2016, 6, 1), 1)]
    assert await book.grace("h") is None
    assert len(book.said(events.GraceEntered)) == len(book.said(events.GraceExited)) == 1


async def test_I1_a_check_postmarked_before_the_list_undoes_it_the_day_it_is_known() -> None:
    book = Book()
    await paid_through_may(book)
    await book.advance(date(2016, 6, 10))
    assert await book.grace("h") is not None
    await book.pay("h", 50000, method="check", postmarked=date(2016, 5, 31))
    assert await book.grace("h") is None


async def test_INV_6_overpayment_is_credit_and_pays_the_next_charge() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 70000)
    assert await book.balance("h") == (0, 0, 20000)
    await book.advance(date(2016, 1, 5))
    assert (book.invoices("h")[-1].credit_cents, book.invoices("h")[-1].total_cents) == (20000, 30000)
    assert await book.balance("h") == (50000, 20000, 0)
    with pytest.raises(NotThatMuchCredit):
        await book.refund("h", 20000)


async def test_INV_6_credit_is_refunded_on_request_and_no_cent_more() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 70000)
    with pytest.raises(NotThatMuchCredit):
        await book.refund("h", 20001)
    await book.refund("h", 20000)
    assert await book.balance("h") == (0, 0, 0)
    (approved,) = book.said(events.RefundApproved)
    assert approved.cents == sum(each.cents for each in approved.taken_from) == 20000


async def test_INV_11_money_of_reversed_months_becomes_credit_and_is_unsettled() -> None:
    book = Book()
    await paid_through_may(book, net=30000, assisted=True)
    await book.advance(date(2016, 7, 10))
    await book.pay("h", 60000)  # June and July, but August is invoiced: grace goes on
    await book.advance(date(2016, 9, 1))
    assert [(str(each.month), each.reason) for each in book.said(events.PremiumUnsettled)] == [
        ("2016-07", "reversed")
    ]
    assert await book.balance("h") == (0, 0, 30000)
    assert book.ledger("receivable") == 0
    assert book.ledger("unapplied") == -30000


@pytest.mark.parametrize(("january_paid", "months"), [(True, 3), (False, 1)])
async def test_INV_8_three_months_need_one_full_month_paid_in_the_benefit_year(
    january_paid: bool, months: int
) -> None:
    book = Book(starts=date(2016, 1, 1))
    # A renewal: coverage from January 1 that was never held for a binder.
    await book.select("h", net=30000, assistance=20000, binder_required=False)
    await book.advance(date(2016, 1, 20))
    if january_paid:
        await book.pay("h", 30000)
    await book.advance(date(2016, 3, 1))
    grace = book.said(events.GraceEntered)[0]
    assert (grace.months, str(grace.first_month)) == (months, "2016-02")


@pytest.mark.parametrize(("rise", "months"), [(0, 3), (1000, 1)])
async def test_INV_8_a_full_month_is_paid_of_all_policies_or_not_at_all(rise: int, months: int) -> None:
    book = Book(starts=date(2016, 5, 1))
    first, last = date(2016, 6, 1), date(2016, 12, 31)
    await book.advance(date(2016, 5, 10), 10)
    await book.select("h", net={"silver": 30000, "dental": 4000}, assistance=20000, effective=first)
    await book.pay("h", 34000)
    await book.advance(date(2016, 5, 20), 10)
    # June of the dental plan is open from here on, and asked for on June 5; of the medical one it is settled
    await book.change("h", months_of(4000 + rise, first=first, last=last, assistance=20000), plan="dental")
    await book.advance(date(2016, 7, 1))
    grace = book.said(events.GraceEntered)[0]
    assert (grace.months, str(grace.first_month)) == (months, "2016-07")


async def test_ENR_7_a_net_premium_of_nothing_is_never_charged_nor_listed() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=0, assistance=20000)
    await book.advance(date(2016, 4, 2))
    assert not book.charges("h")
    assert not book.invoices("h")
    assert not book.listed("h")
    assert (await book.policy("h")).in_force(date(2016, 4, 2))


async def test_ENR_14_a_renewal_has_no_binder_and_its_january_is_in_the_run_of_december() -> None:
    book = Book()
    await book.advance(date(2015, 10, 14), 10)
    await book.renew("h", net=54000)
    await book.advance(date(2015, 12, 4))
    assert not book.charges("h")
    await book.advance(date(2015, 12, 5))
    (invoice,) = book.invoices("h")
    assert (invoice.kind, invoice.dated, invoice.due, invoice.total_cents) == (
        "monthly",
        date(2015, 12, 5),
        date(2015, 12, 26),
        54000,
    )
    assert list(book.charges("h")) == ["silver-2016 2016-01"]
    assert not book.said(events.BinderSatisfied)
