"""Money that goes back opens what it had paid, holds what others paid, and begins grace with the next 1st (INV-14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from invoicing.application import facts
from invoicing.application.payments import UnknownPayment, UnknownRefund
from invoicing.domain import events
from invoicing.domain.records import Charge, Transfer
from services.invoicing.tests.builders import Book


async def with_january_paid(*, assistance: int = 0, net: int | dict[str, int] = 50000) -> tuple[Book, str]:
    """A household whose January is paid, and the payment: 500.00 a month unless given."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=net, assistance=assistance)
    cents = net if isinstance(net, int) else sum(net.values())
    return book, await book.pay("h", cents)


async def test_INV_14_a_return_opens_exactly_the_months_the_money_was_in() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    await book.advance(date(2016, 2, 10), 10)
    march = await book.pay("h", 50000)
    assert await book.balance("h") == (0, 0, 0)
    await book.give_back("h", february)
    assert book.charges("h") == {
        "silver 2016-01": "settled",
        "silver 2016-02": "open",
        "silver 2016-03": "settled",
    }
    assert await book.balance("h") == (50000, 0, 0)
    (unsettled,) = book.said(events.PremiumUnsettled)
    assert (str(unsettled.month), unsettled.cents, unsettled.reason) == ("2016-02", 50000, "returned")
    await book.give_back("h", february)  # told again
    assert len(book.said(events.PremiumUnsettled)) == 1
    assert march in {each.payment for each in book.database.rows(Transfer) if each.kind == "settled"}


async def test_INV_14_a_payment_in_two_months_opens_both_with_all_their_policies() -> None:
    book, _ = await with_january_paid(net={"silver": 50000, "dental": 3000})
    await book.advance(date(2016, 2, 10), 10)  # February and March are invoiced: 530.00 each
    both = await book.pay("h", 106000)
    await book.give_back("h", both, 106000)
    assert {month for month, state in book.charges("h").items() if state == "open"} == {
        "silver 2016-02",
        "dental 2016-02",
        "silver 2016-03",
        "dental 2016-03",
    }
    assert await book.balance("h") == (106000, 0, 0)


async def test_INV_14_what_others_paid_for_the_month_is_held_and_the_rest_pays_it_again() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 10), 10)
    returned = await book.pay("h", 20000)
    await book.pay("h", 30000)
    assert await book.balance("h") == (0, 0, 0)
    await book.give_back("h", returned, 20000)
    assert await book.balance("h") == (50000, 30000, 0)
    await book.advance(date(2016, 1, 15), 10)
    await book.pay("h", 20000)
    assert await book.balance("h") == (0, 0, 0)
    (february,) = [each for each in book.database.rows(Charge) if str(each.month) == "2016-02"]
    assert (february.state, february.settlement) == ("settled", 2)


async def test_INV_14_what_is_held_is_not_taken_for_a_binder_it_would_exactly_pay() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 10), 10)
    await book.select("h", net={"dental": 30000}, effective=date(2016, 3, 1), selection="s2")
    returned = await book.pay("h", 20000)  # February lacks 500.00, the binder 300.00
    await book.pay("h", 30000)  # exactly the binder, and exactly what February lacks: February's
    await book.give_back("h", returned, 20000)
    assert book.charges("h")["silver 2016-02"] == "open"
    assert book.selection("h", "s2").state == "open"
    assert await book.balance("h") == (80000, 30000, 0)


async def test_INV_14_later_money_goes_to_the_oldest_open_month() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    await book.advance(date(2016, 2, 10), 10)
    await book.give_back("h", february)  # February and March are open
    await book.pay("h", 50000)
    assert (book.charges("h")["silver 2016-02"], book.charges("h")["silver 2016-03"]) == ("settled", "open")


async def test_INV_14_credit_pays_the_month_at_once() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    await book.pay("h", 60000)  # 600.00 of credit
    await book.give_back("h", february)
    assert await book.balance("h") == (0, 0, 10000)
    assert book.charges("h")["silver 2016-02"] == "settled"


@pytest.mark.parametrize(
    ("on", "listed"), [(date(2016, 1, 31), date(2016, 2, 1)), (date(2016, 2, 3), date(2016, 3, 1))]
)
async def test_INV_14_grace_begins_with_the_next_1st_and_never_in_the_past(on: date, listed: date) -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    await book.advance(on, 10)
    await book.give_back("h", february)
    await book.advance(date(2016, 3, 2), 10)
    assert [each.on for each in book.listed("h") if each.month == 1] == [listed]
    assert {each.first_month.first_day for each in book.said(events.GraceEntered)} == {listed}


async def test_INV_14_a_list_that_is_made_late_does_not_know_of_the_return_after_its_day() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    february = await book.pay("h", 50000)
    book.books_open = False
    await book.advance(date(2016, 2, 3), 10)  # the list of the 1st waits for the books
    await book.give_back("h", february)
    book.books_open = True
    await book.advance(date(2016, 2, 10), 10)
    assert book.listed("h") == []
    await book.advance(date(2016, 3, 1), 10)
    assert [each.on for each in book.listed("h")] == [date(2016, 3, 1)]


async def test_INV_14_money_that_ended_grace_and_went_back_begins_a_new_one() -> None:
    book, _ = await with_january_paid(assistance=10000)
    await book.advance(date(2016, 2, 10), 10)  # February unpaid: grace since February 1, three months
    assert [each.month for each in book.listed("h")] == [1]
    everything = await book.pay("h", 100000)  # with March, which is invoiced
    assert len(book.said(events.GraceExited)) == 1
    await book.advance(date(2016, 2, 20), 10)
    await book.give_back("h", everything, 100000)
    await book.advance(date(2016, 3, 1), 10)
    grace = await book.grace("h")
    assert grace is not None
    assert (str(grace.first_month), grace.months, grace.month) == ("2016-03", 3, 1)


async def test_INV_14_a_return_in_grace_does_not_shorten_what_it_alone_leaves_unpaid() -> None:
    book, january = await with_january_paid()
    await book.advance(
        date(2016, 2, 10), 10
    )  # February unpaid: grace in February, of one month; March is invoiced
    await book.give_back("h", january)  # January is open too: 1,500.00
    await book.advance(date(2016, 2, 25), 10)
    await book.pay("h", 100000)  # what was asked before the return; the oldest months take it
    assert book.charges("h") == {
        "silver 2016-01": "settled",
        "silver 2016-02": "settled",
        "silver 2016-03": "open",
    }
    await book.advance(date(2016, 3, 1), 10)
    assert book.said(events.GraceExpired) == []
    grace = await book.grace("h")
    assert grace is not None
    assert (str(grace.first_month), grace.month, grace.months) == ("2016-03", 1, 1)
    await book.advance(date(2016, 4, 1), 10)  # nothing more came: now it ends
    (expired,) = book.said(events.GraceExpired)
    assert expired.policies[0].through == date(2016, 3, 31)


async def test_INV_9_what_others_paid_beside_a_returned_payment_ends_no_grace_as_if_it_had_been_free() -> (
    None
):
    """499.99 were held towards February; 500.01 pay February and March with them, and go back after the list of April,
    on which April is past due: then the 499.99 were February's, and never April's.
    """
    book, _ = await with_january_paid(assistance=10000)
    await book.advance(date(2016, 2, 10), 10)  # in grace since February 1, for three months
    await book.pay("h", 49999)
    await book.advance(date(2016, 3, 30), 10)
    both = await book.pay("h", 50001)
    assert await book.balance("h") == (50000, 0, 0)  # April
    await book.advance(date(2016, 4, 1), 10)
    assert [each.month for each in book.listed("h")] == [1, 2, 3]
    await book.give_back("h", both, 50001)
    await book.pay("h", 1)
    await book.advance(date(2016, 4, 6), 10)  # the run may end grace
    assert book.said(events.GraceExited) == []


async def test_INV_11_a_return_in_grace_delays_no_end_that_comes_without_it() -> None:
    book, january = await with_january_paid()
    await book.advance(date(2016, 2, 10), 10)
    await book.give_back("h", january)
    await book.pay("h", 99999)  # one cent less than what was asked before
    await book.advance(date(2016, 3, 1), 10)
    (expired,) = book.said(events.GraceExpired)
    assert expired.policies[0].through == date(2016, 2, 29)


async def test_INV_14_after_an_end_the_debt_stays_and_nobody_is_listed() -> None:
    book, january = await with_january_paid()
    await book.advance(date(2016, 3, 10), 10)  # February unpaid: coverage ended on February 29
    assert len(book.said(events.GraceExpired)) == 1
    before = await book.balance("h")
    await book.give_back("h", january)
    assert await book.balance("h") == (before[0] + 50000, 0, 0)
    listed = book.listed("h")
    await book.advance(date(2016, 5, 2), 10)
    assert book.listed("h") == listed
    assert len(book.said(events.GraceExpired)) == 1


async def test_INV_14_after_an_end_what_had_become_credit_goes_back_and_opens_nothing() -> None:
    book, _ = await with_january_paid(assistance=10000)
    await book.advance(date(2016, 2, 10), 10)
    part = await book.pay("h", 30000)  # held towards February: grace of three months
    await book.advance(date(2016, 5, 1), 10)  # ended back on February 29; February itself stays owed
    assert await book.balance("h") == (50000, 30000, 0)
    await book.give_back("h", part, 30000)
    assert await book.balance("h") == (50000, 0, 0)
    assert book.said(events.PremiumUnsettled) == []


async def test_INV_14_refunded_money_that_is_returned_is_owed_back_and_taken_from_credit_alone() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 3), 10)
    extra = await book.pay("h", 20000)
    await book.refund("h", 20000)
    await book.give_back("h", extra, 20000)
    account = await book.account("h")
    assert (account.position.owed_back_cents, account.position.unapplied_cents) == (20000, -20000)
    assert await book.balance("h") == (0, 0, 0)
    await book.advance(date(2016, 1, 10), 10)
    assert book.invoices("h")[-1].total_cents == 50000  # no premium, so on no invoice
    await book.pay("h", 60000)
    assert book.charges("h")["silver 2016-02"] == "settled"
    assert (await book.account("h")).position.owed_back_cents == 10000
    await book.advance(date(2016, 2, 3), 10)
    assert book.listed("h") == []
    await book.pay("h", 30000)
    assert await book.balance("h") == (0, 0, 20000)
    assert (await book.account("h")).position.owed_back_cents == 0


async def test_INV_14_what_was_not_refunded_after_all_is_not_owed_back() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 3), 10)
    extra = await book.pay("h", 20000)
    await book.pay("h", 10000)
    await book.refund("h", 30000)
    (approved,) = book.said(events.RefundApproved)
    await book.give_back("h", extra, 20000)
    withdrawn = facts.RefundWithdrawn(
        household="h",
        refund=approved.refund,
        payment=extra,
        cents=20000,
        withdrawn_on=date(2016, 1, 3),
    )
    await book.hear("h", withdrawn)
    await book.hear("h", withdrawn)  # told again, it changes nothing
    position = (await book.account("h")).position
    assert (position.owed_back_cents, position.unapplied_cents) == (0, 0)
    assert (book.ledger("unapplied"), book.ledger("refunds")) == (0, -10000)
    paid = facts.PaymentRefunded(
        household="h", refund=approved.refund, cents=10000, refunded_on=date(2016, 1, 4)
    )
    await book.hear("h", paid)
    assert book.ledger("refunds") == 0
    with pytest.raises(UnknownPayment):
        await book.hear("h", replace(withdrawn, payment="another"))
    with pytest.raises(UnknownRefund):
        await book.hear("h", replace(withdrawn, refund="another"))


async def test_INV_14_money_beside_what_is_owed_back_pays_the_month_that_is_billed() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 3), 10)
    extra = await book.pay("h", 60000)
    await book.refund("h", 60000)
    await book.give_back("h", extra, 60000)
    await book.pay("h", 60000)  # together nothing is in credit
    assert await book.balance("h") == (0, 0, 0)
    await book.advance(date(2016, 1, 5), 10)
    assert book.invoices("h")[-1].total_cents == 0
    assert book.charges("h")["silver 2016-02"] == "settled"
    assert (await book.account("h")).position.owed_back_cents == 50000


async def test_INV_14_a_returned_binder_leaves_its_month_open_and_coverage_in_grace() -> None:
    book, binder = await with_january_paid()
    await book.advance(date(2015, 12, 8), 10)
    await book.give_back("h", binder)
    assert book.charges("h") == {"silver 2016-01": "open"}
    assert book.selection("h").state == "satisfied"
    await book.advance(date(2016, 1, 1), 10)  # the initial invoice was due on December 25
    (row,) = book.listed("h")
    assert (row.month, row.of, row.past_due_cents) == (1, 1, 50000)
    await book.advance(date(2016, 2, 1), 10)
    (expired,) = book.said(events.GraceExpired)
    assert expired.policies[0].through == date(2016, 1, 31)


async def test_INV_1_a_binder_returned_before_its_invoice_is_mailed_as_unpaid() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    binder = await book.pay("h", 50000, method="card", at_selection=True, selection="s1")
    await book.give_back("h", binder)
    await book.advance(date(2015, 12, 4), 10)
    (invoice,) = book.invoices("h")
    assert (invoice.total_cents, invoice.received_cents, invoice.mail) == (50000, 0, True)


async def test_INV_14_a_plan_year_later_the_old_month_is_open_again_and_the_rest_is_not() -> None:
    book, january = await with_january_paid()
    for month in range(1, 13):
        await book.advance(date(2016, month, 10), 10)
        if month == 12:
            await book.select(
                "h", net={"gold": 60000}, effective=date(2017, 1, 1), selection="s2", binder_required=False
            )
            await book.advance(date(2017, 1, 6), 10)
            await book.pay("h", 120000)  # January and February 2017
        else:
            await book.pay("h", 50000)
    await book.advance(date(2017, 2, 3), 10)
    assert await book.balance("h") == (0, 0, 0)
    await book.give_back("h", january)
    assert {month for month, state in book.charges("h").items() if state == "open"} == {"silver 2016-01"}
    await book.advance(date(2017, 3, 1), 10)
    grace = await book.grace("h")
    assert grace is not None
    assert str(grace.first_month) == "2017-03"


async def test_INV_14_a_second_presentment_pays_again_and_may_be_returned_too() -> None:
    book, _ = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    first = await book.pay("h", 50000)
    await book.advance(date(2016, 1, 25), 10)
    await book.give_back("h", first)
    second = await book.pay("h", 50000)
    assert await book.balance("h") == (0, 0, 0)
    await book.advance(date(2016, 1, 28), 10)
    await book.give_back("h", second)
    assert await book.balance("h") == (50000, 0, 0)
    (february,) = [each for each in book.database.rows(Charge) if str(each.month) == "2016-02"]
    assert len(february.reopenings) == 2
    await book.advance(date(2016, 2, 1), 10)
    assert [each.past_due_cents for each in book.listed("h")] == [50000]


async def test_INV_14_money_that_was_never_received_cannot_be_returned() -> None:
    book, january = await with_january_paid()
    with pytest.raises(UnknownPayment):
        await book.give_back("h", "no such payment")
    with pytest.raises(UnknownPayment):
        await book.give_back("h", january, 49999)
    assert await book.balance("h") == (0, 0, 0)


async def test_INV_16_the_ledger_adds_up_after_returns() -> None:
    book, january = await with_january_paid()
    await book.advance(date(2016, 1, 20), 10)
    await book.pay("h", 80000)
    await book.refund("h", 10000)
    await book.give_back("h", january)
    account = await book.account("h")
    assert book.ledger("receivable") == account.position.owed_cents
    assert -book.ledger("unapplied") == account.position.unapplied_cents
