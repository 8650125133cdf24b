"""An invoice that was wrong as a document is void: what it asked for counts as never asked (OPS-5, INV-7)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.corrections import CorrectionNotOpen, CorrectionWaits, SecondPersonNeeded
from invoicing.application.books import disagreeing_households
from invoicing.application.explain import statement_of
from invoicing.domain import events
from invoicing.domain.corrections import Correction
from invoicing.domain.decisions import Decision
from invoicing.domain.records import Charge, ListDecision, Payment
from invoicing.domain.voiding import ChargesChanged, CoverageEndedForIt, InvoiceIsVoid, NewerInvoice
from services.invoicing.tests.builders import VERMONT_2027, Book, months_of

JANUARY_10, FEBRUARY_3 = date(2016, 1, 10), date(2016, 2, 3)


async def with_february(*, assistance: int = 0) -> Book:
    """A household whose January is paid, and whose February was invoiced on January 5: 500.00, due the 26th."""
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000, assistance=assistance)
    await book.pay("h", 50000)
    await book.advance(JANUARY_10, 10)
    return book


async def in_grace() -> Book:
    """The same, with assistance and February unpaid: in grace since February 1."""
    book = await with_february(assistance=10000)
    await book.advance(FEBRUARY_3, 10)
    assert await book.grace("h") is not None
    return book


def shown(book: Book, place: int = -1) -> tuple[date, date, date, list[tuple[str, int]], int, int]:
    """Return an invoice's dates, its charges, what was unpaid before, and its total."""
    found = book.invoices("h")[place]
    lines = [(str(each.month), each.net_cents) for each in found.charges]
    return found.dated, found.due, found.on_time_until, lines, found.unpaid_before_cents, found.total_cents


def february(book: Book) -> Charge:
    (found,) = [each for each in book.database.rows(Charge) if str(each.month) == "2016-02"]
    return found


async def agrees(book: Book) -> bool:
    async with book.store.begin(now=book.now) as uow:
        return await disagreeing_households(uow, ["h"]) == []


async def test_OPS_5_an_invoice_that_is_void_is_kept_and_the_next_run_asks_with_new_dates() -> None:
    book = await with_february()
    correction = await book.void("h")
    void = book.invoices("h")[-1]
    assert (void.voided_on, void.correction) == (JANUARY_10, correction.correction)
    assert (february(book).invoice, february(book).void_invoice) == (None, void.invoice)
    assert await book.balance("h") == (50000, 0, 0)
    await book.advance(date(2016, 2, 10), 10)
    assert shown(book) == (
        date(2016, 2, 5),
        date(2016, 2, 26),
        date(2016, 2, 29),
        [("2016-02", 50000), ("2016-03", 50000)],
        0,
        100000,
    )
    assert book.invoices("h")[-2] == void
    assert await agrees(book)


async def test_INV_7_what_only_a_void_invoice_asked_for_is_past_due_for_nobody() -> None:
    book = await with_february()
    await book.void("h")
    await book.advance(FEBRUARY_3, 10)
    assert await book.grace("h") is None
    assert book.listed("h") == []
    await book.advance(date(2016, 3, 1), 10)  # the invoice of February 5 asked for both months
    grace = await book.grace("h")
    assert grace is not None and str(grace.first_month) == "2016-03"
    assert book.listed("h")[-1].past_due_cents == 100000


async def test_OPS_5_what_follows_says_by_which_correction() -> None:
    book = await in_grace()
    correction = await book.void("h")
    (voided,) = book.said(events.InvoiceVoided)
    assert (voided.invoice, voided.total_cents, voided.because) == (
        book.invoices("h")[-1].invoice,
        50000,
        "wrong-amount",
    )
    decided = {each.decided: each for each in book.database.rows(Decision)}
    for what in ("invoice-voided", "grace-exited"):
        mark = decided[what].reasons[-1]
        assert (mark.rule, mark.facts["correction"]) == ("OPS-5", correction.correction)


async def test_INV_7_grace_that_began_for_a_void_invoice_is_left_as_if_it_had_never_been_past_due() -> None:
    book = await in_grace()
    await book.void("h")
    assert await book.grace("h") is None
    (left,) = book.said(events.GraceExited)
    assert (str(left.first_month), left.exited_on) == ("2016-02", FEBRUARY_3)
    await book.advance(date(2016, 3, 2), 10)  # a new grace, of its own first month
    assert [(str(each.first_month), each.months) for each in book.said(events.GraceEntered)] == [
        ("2016-02", 3),
        ("2016-03", 3),
    ]


async def test_INV_9_grace_that_an_older_invoice_began_goes_on() -> None:
    book = await in_grace()
    await book.advance(date(2016, 2, 10), 10)
    await book.void("h")  # March's
    grace = await book.grace("h")
    assert grace is not None and str(grace.first_month) == "2016-02"
    await book.pay("h", 50000)  # February is all that is invoiced
    assert await book.grace("h") is None


async def test_OPS_5_money_that_was_paid_stays_paid_and_is_asked_for_no_more() -> None:
    book = await with_february()
    await book.pay("h", 50000)
    await book.void("h")
    assert february(book).state == "settled"
    assert book.said(events.PremiumUnsettled) == []
    await book.advance(date(2016, 2, 10), 10)
    assert shown(book)[3:] == ([("2016-03", 50000)], 0, 50000)


async def test_INV_7_a_month_that_was_paid_before_its_invoice_was_void_pays_no_other() -> None:
    for voids in (False, True):
        book = await with_february()
        await book.pay("h", 50000)
        await book.advance(date(2016, 1, 20), 10)
        if voids:
            await book.void("h")
        await book.advance(date(2016, 3, 1), 10)  # of the invoice of February 5 nothing was paid
        assert [(row.on, row.past_due_cents) for row in book.listed("h")] == [(date(2016, 3, 1), 50000)]
        grace = await book.grace("h")
        assert grace is not None and str(grace.first_month) == "2016-03"


async def test_INV_7_a_month_that_was_paid_before_the_next_was_asked_for_pays_no_other() -> None:
    book = await with_february()
    await book.void("h")
    await book.advance(date(2016, 1, 20), 10)
    await book.pay("h", 50000)
    await book.advance(date(2016, 3, 1), 10)
    assert [(row.on, row.past_due_cents) for row in book.listed("h")] == [(date(2016, 3, 1), 50000)]


async def test_INV_7_what_pays_a_month_that_nobody_asks_for_could_as_well_pay_what_an_invoice_asks() -> None:
    book = await with_february()
    back = await book.pay("h", 50000)
    await book.advance(date(2016, 1, 20), 10)
    await book.void("h")
    await book.advance(date(2016, 2, 20), 10)
    await book.give_back("h", back)
    await book.advance(date(2016, 2, 25), 10)
    await book.pay("h", 50000)  # all that the invoice of February 5 asked for: March
    assert february(book).state == "settled"
    await book.advance(date(2016, 3, 10), 10)
    assert book.listed("h") == []


async def test_INV_12_one_cent_short_does_not_reinstate_whatever_was_void_before() -> None:
    for short in (0, 1):
        book = await with_february()
        await book.pay("h", 50000)
        await book.advance(date(2016, 1, 20), 10)
        await book.void("h")
        await book.advance(date(2016, 4, 2), 10)
        assert [each.household for each in book.said(events.GraceExpired)] == ["h"]
        await book.pay("h", 100000 - short, method="check", postmarked=date(2016, 3, 31))
        assert len(book.said(events.ReinstatementGranted)) == (not short)


async def test_OPS_5_what_is_paid_after_its_invoice_was_void_pays_its_month() -> None:
    book = await with_february()
    await book.void("h")
    await book.pay("h", 30000, invoice=book.invoices("h")[-1].invoice)
    await book.advance(date(2016, 2, 10), 10)
    assert shown(book)[3:] == ([("2016-02", 50000), ("2016-03", 50000)], 0, 70000)
    assert book.invoices("h")[-1].held_cents == 30000


async def test_INV_14_a_month_of_a_void_invoice_that_is_opened_again_is_asked_for_by_the_run_after() -> None:
    book = await with_february()
    paid = await book.pay("h", 50000)
    await book.void("h")
    await book.advance(date(2016, 2, 10), 10)
    await book.give_back("h", paid)
    await book.advance(date(2016, 3, 10), 10)
    assert shown(book)[3:] == ([("2016-02", 50000), ("2016-04", 50000)], 50000, 150000)


async def test_INV_1_a_binder_is_invoiced_anew_at_once_with_the_days_the_rule_gives() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.advance(date(2015, 12, 10), 10)
    await book.void("h", because="wrong-selection")
    first, second = book.invoices("h")
    assert first.voided_on == date(2015, 12, 10) and first.invoice != second.invoice
    assert shown(book) == (
        date(2015, 12, 10),
        date(2015, 12, 31),
        date(2015, 12, 31),
        [("2016-01", 50000)],
        0,
        50000,
    )
    await book.advance(date(2015, 12, 27), 10)
    assert book.selection("h").state == "open"
    await book.advance(date(2016, 1, 2), 10)
    assert book.selection("h").state == "lapsed"


async def test_INV_1_a_binder_that_became_dearer_is_asked_for_as_it_is_by_its_new_invoice() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.advance(date(2015, 12, 10), 10)
    await book.change(
        "h", months_of(60000, first=date(2016, 1, 1), last=date(2016, 12, 31), assistance=10000)
    )
    assert await book.balance("h") == (50000, 0, 0)
    await book.void("h")
    assert shown(book)[3:] == ([("2016-01", 60000)], 0, 60000)
    assert await book.balance("h") == (60000, 0, 0)
    await book.pay("h", 60000)
    assert book.selection("h").state == "satisfied"
    assert await agrees(book)


async def test_INV_1_of_a_binder_that_is_paid_the_new_invoice_says_what_is_received() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.pay("h", 50000)
    await book.advance(date(2015, 12, 10), 10)
    await book.void("h")
    assert (shown(book)[-1], book.invoices("h")[-1].received_cents) == (50000, 50000)
    assert len(book.said(events.BinderSatisfied)) == 1


async def test_INV_4_adjustments_of_a_void_invoice_are_shown_by_the_next() -> None:
    book = await with_february(assistance=10000)
    await book.change(
        "h", months_of(45000, first=date(2016, 2, 1), last=date(2016, 12, 31), assistance=10000)
    )
    await book.advance(date(2016, 2, 10), 10)
    assert [each.cents for each in book.invoices("h")[-1].adjustments] == [-5000]
    await book.void("h")
    await book.advance(date(2016, 3, 10), 10)
    assert [each.cents for each in book.invoices("h")[-1].adjustments] == [-5000]
    assert shown(book)[3:] == ([("2016-03", 45000), ("2016-04", 45000)], 50000, 135000)
    assert await agrees(book)


async def test_INV_4_what_changed_since_a_void_invoice_is_in_the_month_and_no_line_of_its_own() -> None:
    book = await with_february()
    await book.change(
        "h", months_of(60000, first=date(2016, 2, 1), last=date(2016, 12, 31), assistance=10000)
    )
    await book.void("h")
    await book.change(
        "h", months_of(55000, first=date(2016, 2, 1), last=date(2016, 12, 31), assistance=10000)
    )
    await book.advance(date(2016, 2, 10), 10)
    assert book.invoices("h")[-1].adjustments == ()
    assert shown(book)[3:] == ([("2016-02", 55000), ("2016-03", 55000)], 0, 110000)
    assert await agrees(book)


async def test_OPS_5_an_invoice_is_made_void_once_and_so_is_the_one_in_its_place() -> None:
    book = await with_february(assistance=10000)
    await book.void("h")
    with pytest.raises(InvoiceIsVoid):
        await book.void("h")
    await book.advance(date(2016, 2, 10), 10)
    await book.approve(await book.void("h"))
    await book.advance(date(2016, 3, 10), 10)
    months = [("2016-02", 50000), ("2016-03", 50000), ("2016-04", 50000)]
    assert shown(book)[3:] == (months, 0, 150000)
    assert len({each.invoice for each in book.invoices("h")}) == 4


async def test_INV_3_an_invoice_of_what_ended_is_made_anew_though_nothing_new_is_billed() -> None:
    book = await with_february()
    await book.end("h", date(2016, 2, 29))
    await book.void("h")
    await book.advance(date(2016, 2, 10), 10)
    void, again = book.invoices("h")[-2:]
    assert void.invoice != again.invoice
    assert shown(book)[3:] == ([("2016-02", 50000)], 0, 50000)


async def test_INV_3_an_older_invoice_is_not_void_while_a_newer_one_asks_for_what_it_left() -> None:
    book = await in_grace()
    await book.advance(date(2016, 2, 10), 10)
    with pytest.raises(NewerInvoice) as refused:
        await book.void("h", -2)
    assert refused.value.reasons[0].facts == {
        "newer": book.invoices("h")[-1].invoice,
        "dated": "2016-02-05",
    }
    assert [each for each in book.invoices("h") if each.is_void] == []
    await book.void("h")
    await book.void("h", -2, by="operator:3")
    assert await book.grace("h") is None
    await book.advance(date(2016, 3, 10), 10)
    months = [("2016-02", 50000), ("2016-03", 50000), ("2016-04", 50000)]
    assert shown(book)[3:] == (months, 0, 150000)


async def test_INV_13_where_coverage_ended_for_it_the_refusal_says_to_reinstate_for_error() -> None:
    book = await with_february()
    await book.advance(date(2016, 3, 2), 10)  # one month of grace, without assistance
    assert book.charges("h")["silver 2016-03"] == "reversed"
    for place in (-1, -2):
        with pytest.raises(CoverageEndedForIt) as refused:
            await book.void("h", place)
        assert (refused.value.reasons[0].rule, "reinstate" in str(refused.value)) == ("INV-13", True)
    assert book.said(events.InvoiceVoided) == []


async def test_ENR_6_the_invoice_of_a_binder_that_lapsed_is_not_void() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50000)
    await book.advance(date(2016, 1, 2), 10)
    assert book.selection("h").state == "lapsed"
    with pytest.raises(CoverageEndedForIt):
        await book.void("h")


async def test_OPS_5_above_the_limit_another_approves_and_nothing_is_void_before() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=50001)
    await book.advance(date(2015, 12, 10), 10)
    asked = await book.void("h")
    assert (asked.state, asked.cents, asked.by_two) == ("requested", 50001, True)
    assert not book.invoices("h")[-1].is_void
    with pytest.raises(SecondPersonNeeded):
        await book.approve(asked, by="operator:1")
    await book.approve(asked)
    assert [each.is_void for each in book.invoices("h")] == [True, False]
    (kept,) = book.database.rows(Correction)
    assert (kept.state, kept.decided_by) == ("applied", "operator:2")


async def test_OPS_5_of_one_invoice_one_correction_waits_at_a_time_and_the_refusal_names_it() -> None:
    book = await with_february()
    await book.advance(date(2016, 1, 20), 10)
    await book.select("i", net=50001, effective=date(2016, 3, 1))
    await book.advance(date(2016, 1, 25), 10)
    first = await book.void("i")
    for by in ("operator:1", "operator:3"):
        with pytest.raises(CorrectionWaits) as refused:
            await book.void("i", by=by)
        assert refused.value.reasons[0].facts == {"correction": first.correction}
    assert await book.void("h")  # another's is another thing
    await book.approve(first)
    again = await book.void("i")  # the new one
    await book.approve(again)
    assert [each.is_void for each in book.invoices("i")] == [True, True, False]


async def test_OPS_5_taking_a_correction_back_is_asked_for_once_at_a_time_too() -> None:
    book = await with_february()
    await book.change("h", months_of(60000, first=date(2016, 3, 1), last=date(2016, 12, 31)))
    await book.advance(date(2016, 2, 10), 10)
    first = await book.approve(await book.void("h"))
    waits = await book.reverse(first)
    assert waits.state == "requested"
    with pytest.raises(CorrectionWaits):
        await book.reverse(first, by="operator:3")
    await book.approve(waits)
    assert not book.invoices("h")[-1].is_void


async def test_OPS_5_what_one_person_made_void_of_a_household_within_thirty_days_counts_together() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=30000)
    await book.advance(date(2015, 12, 10), 10)
    await book.void("h")
    assert (await book.void("h", by="operator:3")).by_two is False  # another person's is another's
    second = await book.void("h")
    assert (second.state, second.cents, second.by_two) == ("requested", 30000, True)
    await book.decline(second)
    await book.advance(date(2015, 12, 30), 10)
    await book.decline(await book.void("h"))
    await book.pay("h", 30000)
    await book.advance(date(2016, 1, 10), 10)  # 31 days after the first
    assert (await book.void("h")).state == "applied"


async def test_OPS_5_what_was_taken_back_counts_no_more() -> None:
    book = await with_february()
    for _ in range(3):
        first = await book.void("h")
        assert first.state == "applied"
        assert (await book.reverse(first)).state == "applied"


async def test_OPS_5_a_binder_s_void_invoice_does_not_stand_again_and_the_refusal_says_why() -> None:
    book = Book()
    await book.advance(date(2015, 12, 3), 10)
    await book.select("h", net=25000)
    await book.advance(date(2015, 12, 10), 10)
    correction = await book.void("h")
    void, anew = book.invoices("h")
    with pytest.raises(NewerInvoice, match="binder that is void does not stand again") as refused:
        await book.reverse(correction)
    facts = {"invoice": void.invoice, "newer": anew.invoice, "dated": "2015-12-10"}
    assert refused.value.reasons[0].facts == facts
    await book.void("h")  # there is no way round it
    with pytest.raises(NewerInvoice, match="binder that is void does not stand again"):
        await book.reverse(correction)
    assert book.said(events.InvoiceRestored) == []


async def test_OPS_5_an_invoice_whose_charges_a_newer_void_one_has_shown_is_told_that_only_that_one_stands_again() -> (
    None
):
    book = await with_february()
    first = await book.void("h")
    await book.advance(date(2016, 2, 10), 10)
    await book.approve(await book.void("h"))
    with pytest.raises(NewerInvoice, match="is void too: only that one can stand again") as refused:
        await book.reverse(first)
    older, newer = book.invoices("h")[-2:]
    facts = {"invoice": older.invoice, "newer": newer.invoice, "dated": "2016-02-05"}
    assert refused.value.reasons[0].facts == facts


async def test_OPS_5_an_invoice_stands_again_with_its_dates_and_what_is_due_of_it() -> None:
    book = await with_february()
    before = february(book)
    first = await book.void("h")
    await book.pay("h", 20000)
    await book.advance(date(2016, 1, 20), 10)
    second = await book.reverse(first)
    assert (second.kind, second.reverses) == ("restore-invoice", first.correction)
    assert february(book) == before
    assert not book.invoices("h")[-1].is_void
    (restored,) = book.said(events.InvoiceRestored)
    assert (restored.due_cents, restored.payments, restored.reverses) == (30000, 2, first.correction)
    await book.advance(FEBRUARY_3, 10)
    assert await book.grace("h") is not None
    with pytest.raises(CorrectionNotOpen):
        await book.reverse(first)


async def test_OPS_5_of_one_that_stands_again_before_a_void_one_it_is_told_what_is_due_of_it() -> None:
    book = await with_february(assistance=10000)
    await book.advance(date(2016, 2, 6), 10)  # the invoice of February 5 asks for both months
    await book.void("h")
    first = await book.void("h", -2, by="operator:2")
    await book.pay("h", 20000)
    await book.advance(date(2016, 2, 7), 10)
    await book.reverse(first)
    (restored,) = book.said(events.InvoiceRestored)
    assert (restored.invoice, restored.due_cents, restored.payments) == (
        book.invoices("h")[1].invoice,
        30000,
        2,
    )


async def test_OPS_5_what_took_an_invoice_back_is_taken_back_itself() -> None:
    book = await with_february()
    second = await book.reverse(await book.void("h"))
    third = await book.reverse(second)
    assert (third.kind, book.invoices("h")[-1].correction) == ("void-invoice", third.correction)
    await book.reverse(third)
    assert not book.invoices("h")[-1].is_void
    states = [(each.kind, each.state) for each in book.database.rows(Correction)]
    assert states == [
        ("void-invoice", "reversed"),
        ("restore-invoice", "reversed"),
        ("void-invoice", "reversed"),
        ("restore-invoice", "applied"),
    ]


async def test_OPS_5_adjustments_stand_again_with_their_invoice() -> None:
    book = await with_february(assistance=10000)
    await book.change(
        "h", months_of(45000, first=date(2016, 2, 1), last=date(2016, 12, 31), assistance=10000)
    )
    await book.advance(date(2016, 2, 10), 10)
    await book.change(
        "h", months_of(40000, first=date(2016, 3, 1), last=date(2016, 12, 31), assistance=10000)
    )
    await book.reverse(await book.void("h"))
    await book.advance(date(2016, 3, 10), 10)
    assert [(str(each.month), each.cents) for each in book.invoices("h")[-1].adjustments] == [
        ("2016-03", -5000)
    ]
    assert shown(book)[3:] == ([("2016-04", 40000)], 90000, 125000)


async def test_OPS_5_an_invoice_does_not_stand_again_once_another_shows_its_charges() -> None:
    book = await with_february()
    correction = await book.void("h")
    await book.advance(date(2016, 2, 10), 10)
    with pytest.raises(NewerInvoice, match="void that one instead") as refused:
        await book.reverse(correction)
    older, newer = book.invoices("h")[-2:]
    facts = {"invoice": older.invoice, "newer": newer.invoice, "dated": "2016-02-05"}
    assert refused.value.reasons[0].facts == facts
    assert book.said(events.InvoiceRestored) == []


async def test_OPS_5_of_two_the_older_invoice_stands_again_first() -> None:
    book = await in_grace()
    await book.advance(date(2016, 2, 10), 10)
    newer, older = await book.void("h"), await book.void("h", -2, by="operator:3")
    with pytest.raises(NewerInvoice):
        await book.reverse(newer)
    await book.reverse(older)
    await book.reverse(newer)
    assert [each.is_void for each in book.invoices("h")] == [False, False, False]


async def test_INV_4_an_invoice_whose_month_costs_something_else_by_now_does_not_stand_again() -> None:
    book = await with_february()
    correction = await book.void("h")
    await book.change(
        "h", months_of(45000, first=date(2016, 2, 1), last=date(2016, 12, 31), assistance=10000)
    )
    with pytest.raises(ChargesChanged):
        await book.reverse(correction)
    await book.change(
        "h", months_of(50000, first=date(2016, 2, 1), last=date(2016, 12, 31), assistance=10000)
    )
    await book.reverse(correction)
    assert not book.invoices("h")[-1].is_void


async def test_OPS_5_the_statement_says_which_void_invoice_showed_what_is_owed() -> None:
    book = await with_february()
    await book.void("h")
    async with book.store.begin(now=book.now) as uow:
        statement = await statement_of(uow, "h", limit=50)
    (owed,) = statement.owed_for
    void = book.invoices("h")[-1].invoice
    assert (owed.invoice, owed.void_invoice, owed.on_time_until) == (None, void, None)


async def test_INV_7_a_list_decided_late_looks_at_what_is_void_as_never_asked() -> None:
    book = await with_february()
    book.books_open = False
    await book.advance(FEBRUARY_3, 10)
    await book.void("h")
    book.books_open = True
    await book.advance(date(2016, 2, 4), 10)
    assert [each.outcome for each in book.database.rows(ListDecision) if each.on == date(2016, 2, 1)] in (
        [],
        ["not-delinquent"],
    )
    assert await book.grace("h") is None


async def test_INV_8_a_month_that_only_a_void_invoice_asked_for_is_no_month_paid() -> None:
    book = Book()
    await book.advance(date(2016, 1, 10), 10)
    await book.select("h", net={"silver": 50000}, effective=date(2016, 2, 1), assistance=10000)
    await book.pay("h", 50000)
    await book.advance(date(2016, 2, 10), 10)
    await book.void("h")
    assert [each.payment for each in book.database.rows(Payment)]
    await book.advance(date(2016, 4, 2), 10)
    assert [each.months for each in book.said(events.GraceEntered)] == [3]


async def test_INV_15_a_rest_of_a_void_invoice_is_asked_for_with_what_was_unpaid() -> None:
    book = Book(starts=date(2026, 12, 1), pack=VERMONT_2027)
    await book.advance(date(2026, 12, 3), 10)
    await book.select("h", net=50000, effective=date(2027, 1, 1))
    await book.pay("h", 50000)
    await book.advance(date(2027, 1, 10), 10)
    await book.pay("h", 48000)
    await book.void("h")
    await book.advance(date(2027, 2, 10), 10)
    assert shown(book)[3:] == ([("2027-03", 50000)], 2000, 52000)
