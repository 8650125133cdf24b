"""A policy's premium changes: what was billed is adjusted, on the next invoice, and what was paid stays somebody's."""

from __future__ import annotations

from datetime import date

from invoicing.application import facts
from invoicing.domain.events import BinderLapsed, BinderSatisfied, ReinstatementGranted
from invoicing.domain.records import Adjustment, Charge, Invoice
from services.invoicing.tests.builders import Book, months_of

YEAR_ENDS = date(2016, 12, 31)


def since(month: int, net: int) -> tuple[facts.PremiumMonths, ...]:
    return months_of(net, first=date(2016, month, 1), last=YEAR_ENDS)


async def paid_through_may(net: int = 50000) -> Book:
    """Return a book in which a household has paid for January to May of 2016, on May 10."""
    book = Book()
    await book.select("june", net=net)
    for month, day in ((12, 3), (12, 8), (1, 8), (2, 8), (3, 8), (4, 8)):
        await book.advance(date(2015 if month == 12 else 2016, month, day), 10)
        if net and (month, day) != (12, 8):
            await book.pay("june", net)
    await book.advance(date(2016, 5, 10), 10)
    return book


def asked(book: Book) -> dict[str, int]:
    return {str(each.month): each.cents for each in book.database.rows(Charge) if each.month.month >= 4}


async def test_INV_4_months_billed_already_are_adjusted_and_no_issued_invoice_changes() -> None:
    book = await paid_through_may()
    before = book.database.rows(Invoice)
    await book.change("june", since(4, 40000))
    # April's and May's 1000.00 are free, 800.00 pays them again; 200.00 waits beside June, which was invoiced at 500.00
    assert asked(book) == {"2016-04": 40000, "2016-05": 40000, "2016-06": 40000}
    assert await book.balance("june") == (40000, 20000, 0)
    assert book.database.rows(Invoice) == before
    assert [each.cents for each in book.database.rows(Adjustment)] == [-10000] * 3
    await book.advance(date(2016, 6, 6))
    invoice = max(book.database.rows(Invoice), key=lambda each: each.number)
    # June 400.00 + July 400.00 - 200.00
    assert (invoice.total_cents, sum(line.cents for line in invoice.adjustments)) == (60000, -30000)
    assert [(line.reason, line.cents) for line in invoice.adjustments] == [("assistance", -10000)] * 3


async def test_INV_7_a_month_that_costs_more_afterwards_is_not_past_due_before_an_invoice_asks_for_it() -> (
    None
):
    book = await paid_through_may()
    await book.advance(date(2016, 5, 20), 10)
    await book.pay("june", 50000)
    await book.change("june", since(4, 60000))
    await book.advance(date(2016, 6, 2))
    assert await book.grace("june") is None
    await book.advance(date(2016, 7, 2))
    assert await book.grace("june") is not None


async def test_INV_3_a_month_billed_at_nothing_that_costs_something_now_is_charged_by_the_next_run() -> None:
    book = Book()
    await book.select("june", net=0)
    await book.advance(date(2016, 5, 10), 10)
    await book.change("june", since(4, 10000))
    assert book.database.rows(Charge) == []
    await book.advance(date(2016, 6, 6))
    (invoice,) = book.database.rows(Invoice)
    assert [(str(line.month), line.net_cents) for line in invoice.charges] == [
        ("2016-04", 10000),
        ("2016-05", 10000),
        ("2016-06", 10000),
        ("2016-07", 10000),
    ]


async def test_ENR_7_a_premium_that_becomes_nothing_reverses_what_was_billed_and_frees_its_money() -> None:
    book = await paid_through_may()
    await book.change("june", since(5, 0))
    assert asked(book) == {"2016-04": 50000, "2016-05": 0, "2016-06": 0}
    assert await book.balance("june") == (0, 0, 50000)


async def test_INV_9_a_change_that_leaves_nothing_unpaid_ends_a_grace() -> None:
    book = await paid_through_may()
    await book.advance(date(2016, 6, 2))
    assert await book.grace("june") is not None
    await book.change("june", since(5, 0))
    assert await book.grace("june") is None


async def test_ENR_7_a_binder_that_costs_nothing_any_more_is_satisfied() -> None:
    book = Book()
    await book.select("june", net=50000)
    await book.change("june", since(1, 0))
    (satisfied,) = book.database.events_of(BinderSatisfied)
    assert satisfied.paid_cents == 0


async def invoiced_binder(net: int | dict[str, int], to: int) -> Book:
    """Return a book whose binder was invoiced on December 2, 2015, and whose medical premium became another since."""
    book = Book()
    await book.select("june", net=net)
    await book.advance(date(2015, 12, 7), 10)
    await book.change("june", since(1, to))
    return book


async def test_INV_4_a_binder_whose_invoice_is_paid_is_paid_whatever_its_premium_has_risen_to_since() -> None:
    for net in ({"silver": 40000}, {"silver": 40000, "dental": 3000}):
        book = await invoiced_binder(net, 40001)
        await book.advance(date(2015, 12, 10), 10)
        await book.pay("june", sum(net.values()))
        (satisfied,) = book.said(BinderSatisfied)
        assert satisfied.paid_cents == sum(net.values())
        # As where the premium rises a day after it was paid: the month is open by what it rose, its money waits for it.
        assert await book.balance("june") == (40001, 40000, 0)
        await book.advance(date(2015, 12, 31))
        assert book.said(BinderLapsed) == []
        await book.advance(date(2016, 1, 6), 10)
        invoice = book.invoices("june")[-1]
        assert [(str(line.month), line.cents) for line in invoice.adjustments] == [("2016-01", 1)]
        assert invoice.total_cents == sum(net.values()) + 2  # a cent of January, and February
        await book.pay("june", invoice.total_cents)
        assert await book.balance("june") == (0, 0, 0)


async def test_INV_4_who_pays_more_than_the_binder_invoice_asks_has_paid_what_it_has_risen_to() -> None:
    book = await invoiced_binder(40000, 45000)
    await book.advance(date(2015, 12, 10), 10)
    await book.pay("june", 45000)
    assert await book.balance("june") == (0, 0, 0)
    await book.advance(date(2016, 1, 6), 10)
    invoice = book.invoices("june")[-1]
    assert (invoice.unpaid_before_cents, invoice.adjustments_cents, invoice.total_cents) == (0, 0, 45000)
    assert [(line.cents, line.as_credit) for line in invoice.adjustments] == [(5000, True)]


async def test_ENR_6_a_binder_that_lapses_after_a_rise_stands_again_by_what_its_invoice_asked() -> None:
    book = await invoiced_binder(40000, 45000)
    await book.advance(date(2015, 12, 29), 10)
    assert len(book.said(BinderLapsed)) == 1
    await book.pay("june", 40000, method="check", postmarked=date(2015, 12, 22))
    assert (book.selection("june").state, len(book.said(ReinstatementGranted))) == ("satisfied", 1)
    assert await book.balance("june") == (45000, 40000, 0)


async def test_ENR_6_a_binder_costs_less_once_its_premium_has_fallen_and_never_more_than_its_invoice_asks() -> (
    None
):
    book = await invoiced_binder(40000, 30000)
    assert await book.balance("june") == (30000, 0, 0)
    await book.change("june", since(1, 45000))
    assert await book.balance("june") == (40000, 0, 0)
    await book.pay("june", 39999)
    assert book.selection("june").state == "open"


async def test_INV_5_money_a_rise_takes_off_its_month_is_not_taken_for_a_binder() -> None:
    book = await paid_through_may()
    await book.select("june", net={"dent": 50000}, selection="s2", effective=date(2016, 7, 1))
    await book.advance(date(2016, 5, 12), 10)
    await book.pay("june", 50000)
    assert (book.selection("june", "s2").state, await book.balance("june")) == ("open", (50000, 0, 0))
    await book.change("june", since(6, 60000))
    # June's 500.00 is just what the binder lacks; June is open at 600.00
    assert (book.selection("june", "s2").state, await book.balance("june")) == ("open", (110000, 50000, 0))


async def test_NOT_1_what_was_paid_before_an_invoice_asked_for_it_is_not_unpaid_and_not_less_than_nothing() -> (
    None
):
    rises, falls = await paid_through_may(), await paid_through_may()
    await rises.change("june", since(4, 60000))
    await rises.pay("june", 50000 + 3 * 10000)  # June, and what April, May and June rose
    await rises.advance(date(2016, 6, 6))
    invoice = rises.invoices("june")[-1]
    assert (invoice.unpaid_before_cents, invoice.adjustments_cents, invoice.total_cents) == (0, 0, 60000)
    assert [(line.cents, line.as_credit) for line in invoice.adjustments] == [(10000, True)] * 3
    # May 500.00 is paid; it rises to 600.00, then costs 400.00: 100.00 is credit, and nothing of before is unpaid
    await falls.pay("june", 50000)
    for net in (60000, 40000):
        await falls.change("june", months_of(net, first=date(2016, 5, 1), last=date(2016, 5, 31)))
    await falls.advance(date(2016, 6, 6))
    invoice = falls.invoices("june")[-1]
    assert (invoice.unpaid_before_cents, invoice.adjustments_cents, invoice.credit_cents) == (0, 0, 10000)
    assert invoice.total_cents == 40000


async def test_NOT_1_what_an_earlier_invoice_asked_for_and_costs_less_now_is_explained_by_its_adjustment() -> (
    None
):
    book = await paid_through_may()
    await book.change("june", since(6, 40000))  # June was invoiced at 500.00 and is not paid
    await book.advance(date(2016, 6, 6))
    invoice = book.invoices("june")[-1]
    assert (invoice.unpaid_before_cents, invoice.adjustments_cents, invoice.total_cents) == (
        50000,
        -10000,
        80000,
    )


async def test_INV_1_a_premium_that_rose_before_its_invoice_is_asked_for_by_it_less_what_was_paid() -> None:
    book = Book()
    await book.select("june", net=40000)
    await book.pay("june", 40000, method="card", at_selection=True, selection="s1")
    await book.change("june", since(1, 40001))
    await book.advance(date(2015, 12, 3), 10)
    (invoice,) = book.invoices("june")
    assert (invoice.total_cents, invoice.received_cents, invoice.mail) == (40001, 40000, True)


async def test_INV_4_what_cost_nothing_when_its_binder_was_invoiced_is_asked_for_once_that_is_paid() -> None:
    book = Book()
    await book.select("june", net={"silver": 40000, "dental": 3000})
    await book.change("june", since(1, 0))
    await book.advance(date(2015, 12, 7), 10)
    await book.change("june", since(1, 40000))
    assert await book.balance("june") == (3000, 0, 0)
    await book.pay("june", 3000)
    assert (book.selection("june").state, await book.balance("june")) == ("satisfied", (40000, 0, 0))
    await book.advance(date(2016, 1, 6), 10)
    invoice = book.invoices("june")[-1]
    # January 400.00, February 430.00
    assert (invoice.unpaid_before_cents, invoice.adjustments_cents, invoice.total_cents) == (0, 40000, 83000)


async def test_ENR_6_what_a_month_rose_by_that_no_invoice_asks_for_yet_takes_nothing_from_a_binder() -> None:
    for cents, state in ((53000, "satisfied"), (52999, "lapsed")):
        book = await paid_through_may()  # June is invoiced at 500.00
        await book.select("june", net={"dental": 3000}, selection="s2", effective=date(2016, 7, 1))
        await book.advance(date(2016, 5, 20), 10)
        await book.change("june", since(6, 60000))
        await book.pay("june", cents)  # just what the two invoices ask
        assert book.selection("june", "s2").state == "open"
        await book.advance(date(2016, 6, 2))  # the binder was due on June 1
        assert book.selection("june", "s2").state == state
        assert await book.balance("june") == (60000, 50000 if state == "satisfied" else 52999, 0)
