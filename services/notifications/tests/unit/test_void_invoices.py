"""What is told of an invoice that is void, and of one that stands again after all (NOT-1, OPS-5)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bulkhead.kernel.calendar import CoverageMonth, local
from services.notifications.tests.builders import (
    EMAIL,
    JUNE,
    activated,
    autopay_begun,
    canceled,
    contact,
    declined,
    in_all_orders,
    invoice,
    lapsed,
    paid,
    restored,
    selected,
    settled,
    voided,
)
from services.notifications.tests.office import Office


async def office_with(*heard: object, day: date = date(2016, 6, 5)) -> Office:
    office = Office(now=local(day, 2))
    await office.hear(contact(), selected())
    for each in heard:
        await office.hear(each)
    return office


def types(office: Office) -> list[str]:
    return [notice for _, notice in office.mailed()]


async def test_OPS_5_a_letter_that_went_out_is_followed_by_one_that_says_it_is_void() -> None:
    office = await office_with(invoice())
    await office.send()
    await office.hear(voided())
    await office.send()
    assert types(office) == ["invoice", "invoice-voided"]
    told = office.only(type="invoice-voided")
    assert told.subject == "Your invoice of June 5, 2016 is void: do not pay it"
    assert "which asked for $500.00" in str(told.says)
    assert "there is nothing to pay on it" in str(told.says)
    assert f"Invoice number: {JUNE}-invoice" in str(told.says)


@pytest.mark.parametrize("together", [True, False])
async def test_OPS_5_a_letter_that_has_not_left_is_not_sent(together: bool) -> None:
    office = await office_with()
    if together:
        await office.hear(invoice(), voided())
    else:
        await office.hear(invoice())
        await office.hear(voided())
    await office.send()
    assert types(office) == ["invoice-voided"]
    assert office.only(type="invoice").state == "withdrawn"


async def test_OPS_5_a_letter_that_waits_for_a_contact_is_not_sent_and_holds_nothing_back() -> None:
    office = Office()
    await office.hear(selected(), invoice())
    await office.hear(voided())
    await office.hear(contact())
    await office.send()
    assert types(office) == ["invoice-voided"]


async def test_INV_1_of_an_invoice_that_is_not_mailed_nothing_is_told() -> None:
    office = await office_with(invoice(kind="initial", selection="s1", mail=False), voided())
    await office.send()
    assert types(office) == []


async def test_OPS_5_an_invoice_that_stands_again_is_sent_anew_and_says_so() -> None:
    office = await office_with(invoice())
    await office.send()
    await office.hear(voided())
    await office.send()
    await office.hear(restored())
    await office.send()
    assert types(office) == ["invoice", "invoice-voided", "invoice"]
    again = office.notices(type="invoice")[-1]
    assert "We had written to you that this invoice is void" in str(again.says)
    assert "The amount to pay is $500.00" in str(again.says)


async def test_OPS_5_of_what_was_void_and_stands_again_before_a_letter_left_one_is_sent() -> None:
    office = await office_with(invoice(), voided(), restored())
    await office.send()
    assert types(office) == ["invoice"]
    assert "void" not in str(office.notices(type="invoice", state="sent")[0].says)


async def test_OPS_5_a_letter_of_a_void_invoice_that_stands_again_before_it_left_is_not_sent() -> None:
    office = await office_with(invoice())
    await office.send()
    await office.hear(voided(), restored())
    await office.send()
    assert types(office) == ["invoice"]


async def test_OPS_5_what_is_void_again_before_it_was_told_to_stand_is_told_once() -> None:
    office = await office_with(invoice())
    await office.send()
    await office.hear(voided())
    await office.send()
    await office.hear(restored(), voided(correction="c3"))
    await office.send()
    assert types(office) == ["invoice", "invoice-voided"]


async def test_OPS_5_money_that_comes_before_or_after_is_receipted_and_lowers_what_stands_again() -> None:
    for order in in_all_orders(([invoice(), voided(), restored()], [paid(cents=20000)])):
        office = await office_with(*order)
        await office.send()
        text = str(office.notices(type="invoice", state="sent")[0].says)
        assert "The amount to pay is $300.00" in text


async def test_OPS_5_a_letter_on_its_way_when_it_becomes_void_asks_for_nothing_the_next_time() -> None:
    office = await office_with(invoice())

    async def becomes_void(operation: str) -> None:
        # The sender has the letter in hand, and the server does not take it for now.
        if operation == "send":
            office.mailbox.interrupt = None
            office.mailbox.busy.add(EMAIL)
            await office.hear(voided())

    office.mailbox.interrupt = becomes_void
    await office.send()
    assert types(office) == []
    office.mailbox.busy.clear()
    office.now += timedelta(minutes=1)
    await office.send()
    assert types(office) == ["invoice", "invoice-voided"]
    says = str(office.only(type="invoice").says)
    assert "There is nothing to pay: this invoice was wrong, and it is void." in says
    assert "How to pay" not in says


async def test_PAY_8_a_declined_draw_of_a_void_invoice_is_asked_for_no_more() -> None:
    for order in in_all_orders(([invoice(), voided()], [autopay_begun(), declined()])):
        office = await office_with(*order)
        await office.send()
        text = str(office.only(type="autopay-declined").says)
        assert "try again" not in text.lower()
        assert "How to pay" not in text


async def test_INV_3_the_invoice_after_a_void_one_asks_for_what_it_shows() -> None:
    again = invoice(number=2, invoice="second", total_cents=100000, net_cents=100000)
    office = await office_with(invoice(), voided(), again)
    await office.send()
    text = str(office.only(type="invoice", about="second").says)
    assert "The amount to pay is $1,000.00" in text


ASKS = "The amount to pay is $500.00."
HAS_TO_PAY = "Autopay does not take this. Please pay it yourself."


async def told_void(*heard: object, on: date = date(2016, 6, 7), hour: int = 9) -> Office:
    """Return the office with June's invoice told, and told to be void on a day."""
    office = await office_with(*heard, invoice())
    await office.send()
    office.now = local(on, hour)
    await office.hear(voided())
    await office.send()
    return office


async def stands_again(office: Office, on: date, hour: int = 9) -> str:
    """Have June's invoice stand again on a day; return what its letter says."""
    office.now = local(on, hour)
    number = len(office.notices(type="invoice")) + 1
    await office.hear(restored(correction=f"r{number}"))
    await office.send()
    return str(office.notices(type="invoice")[-1].says)


@pytest.mark.parametrize(
    ("void_on", "hour", "again_on", "drawn_on"),
    [
        (date(2016, 6, 7), 9, date(2016, 6, 20), "June 26, 2016"),
        (date(2016, 6, 7), 9, date(2016, 6, 25), "June 26, 2016"),
        # payments draws nothing on the day itself: whoever is told can still end it
        (date(2016, 6, 7), 9, date(2016, 6, 26), "June 27, 2016"),
        (date(2016, 6, 7), 9, date(2016, 6, 29), "June 30, 2016"),
        (date(2016, 6, 26), 7, date(2016, 6, 28), "June 29, 2016"),
    ],
)
async def test_PAY_8_one_that_stands_again_is_told_to_be_drawn_on_the_day_payments_does(
    void_on: date, hour: int, again_on: date, drawn_on: str
) -> None:
    office = await told_void(autopay_begun(), on=void_on, hour=hour)
    says = await stands_again(office, again_on)
    assert ASKS in says
    assert f"we take it from your card on {drawn_on}." in says
    assert HAS_TO_PAY not in says


@pytest.mark.parametrize(
    ("void_on", "hour", "again_on"),
    [
        (date(2016, 6, 7), 9, date(2016, 6, 30)),
        (date(2016, 6, 7), 9, date(2016, 7, 2)),
        # it was drawn, or was not, on its day: payments does so once
        (date(2016, 6, 26), 8, date(2016, 6, 27)),
        (date(2016, 6, 27), 9, date(2016, 6, 28)),
    ],
)
async def test_PAY_8_one_that_stands_again_and_is_not_drawn_is_to_be_paid_by_whoever_owes_it(
    void_on: date, hour: int, again_on: date
) -> None:
    office = await told_void(autopay_begun(), on=void_on, hour=hour)
    says = await stands_again(office, again_on)
    assert ASKS in says
    assert HAS_TO_PAY in says
    assert "How to pay" in says
    assert "You do not have to pay it yourself" not in says


async def test_PAY_8_one_that_was_void_twice_is_drawn_after_the_second_time() -> None:
    office = await told_void(autopay_begun())
    await stands_again(office, date(2016, 6, 26))
    await office.hear(voided(correction="c3"))
    await office.send()
    assert "we take it from your card on June 28, 2016." in await stands_again(office, date(2016, 6, 27))


async def test_PAY_8_a_retry_of_what_was_declined_is_called_off_and_told_once_it_stands_again() -> None:
    office = await office_with(autopay_begun(), invoice())
    await office.send()
    office.now = local(date(2016, 6, 26), 9)
    await office.hear(declined(), voided())
    await office.send()
    assert "autopay does not take it" in str(office.only(type="invoice-voided").says)
    assert "from your card on June 28, 2016." in await stands_again(office, date(2016, 6, 27))


async def test_PAY_8_whoever_agrees_while_it_is_void_is_told_of_the_draw_once_it_stands_again() -> None:
    office = await told_void()
    office.now = local(date(2016, 6, 10), 9)
    await office.hear(autopay_begun(begins_on=date(2016, 6, 10)))
    assert "from your card on June 26, 2016." in await stands_again(office, date(2016, 6, 12))


async def test_PAY_8_whoever_agrees_after_the_day_of_a_void_one_pays_it_by_hand() -> None:
    office = await told_void()
    office.now = local(date(2016, 6, 27), 9)
    await office.hear(autopay_begun(begins_on=date(2016, 6, 27)))
    assert HAS_TO_PAY in await stands_again(office, date(2016, 6, 28))


async def test_PAY_8_no_autopay_is_spoken_of_where_none_is_on() -> None:
    office = await told_void()
    assert "utopay" not in str(office.only(type="invoice-voided").says)
    assert "utopay" not in await stands_again(office, date(2016, 6, 30))


@pytest.mark.parametrize(
    ("on", "hour", "called_off"),
    [
        (date(2016, 6, 7), 9, True),
        (date(2016, 6, 26), 7, True),
        (date(2016, 6, 26), 8, False),
        (date(2016, 6, 27), 9, False),
    ],
)
async def test_PAY_8_the_letter_of_a_void_invoice_says_so_where_autopay_was_to_take_it(
    on: date, hour: int, called_off: bool
) -> None:
    office = await told_void(autopay_begun(), on=on, hour=hour)
    says = str(office.only(type="invoice-voided").says)
    assert ("autopay does not take it" in says) is called_off
    assert "there is nothing to pay on it" in says


async def test_OPS_5_the_first_invoice_of_coverage_that_begun_is_void_and_nothing_is_held_from_it() -> None:
    first = invoice(kind="initial", selection="s", invoice="first")
    office = await office_with(first)
    await office.send()
    await office.hear(paid(payment="p1", selection="s"))
    await office.hear(settled(by={"p1": 50000}, group="binder:s"), activated())
    await office.hear(voided(invoice="first", kind="initial"))
    await office.send()
    says = str(office.only(type="invoice-voided").says)
    assert "Nothing changes for your coverage." in says
    assert "Your coverage begins once" not in says


async def test_OPS_5_the_first_invoice_of_coverage_that_waits_for_it_is_void_and_another_follows() -> None:
    office = await office_with(invoice(kind="initial", selection="s", invoice="first"))
    await office.send()
    await office.hear(voided(invoice="first", kind="initial"))
    await office.send()
    assert "you get a new first invoice" in str(office.only(type="invoice-voided").says)


@pytest.mark.parametrize("called_off", [canceled(), lapsed()])
async def test_OPS_5_of_coverage_that_was_called_off_no_other_first_invoice_is_promised(
    called_off: object,
) -> None:
    office = await office_with(invoice(kind="initial", selection="s", invoice="first"))
    await office.send()
    await office.hear(called_off)
    await office.hear(voided(invoice="first", kind="initial"))
    await office.send()
    assert "first invoice" not in str(office.only(type="invoice-voided").says)


SECOND = invoice(
    number=2,
    invoice="second",
    total_cents=100000,
    unpaid_before_cents=50000,
    month=CoverageMonth(2016, 8),
)
BOTH_VOID = (SECOND, voided(invoice="second"), voided(correction="c2"))


@pytest.mark.parametrize(
    ("came", "due_cents", "payments", "says"),
    [
        ((), 50000, 0, "The amount to pay is $500.00."),
        ((paid(payment="p1", cents=20000),), 30000, 1, "The amount to pay is $300.00."),
        # invoicing had not heard of it then
        ((paid(payment="p1", cents=20000),), 50000, 0, "The amount to pay is $300.00."),
        (
            (paid(payment="p1"),),
            0,
            1,
            "There is nothing to pay: since this invoice was made, we received $500.00",
        ),
        (
            (paid(payment="p1"), settled(by={"p1": 50000})),
            0,
            1,
            "There is nothing to pay: since this invoice was made, we received $500.00",
        ),
    ],
)
@pytest.mark.parametrize("sent_each", [True, False])
async def test_NOT_1_the_older_of_two_void_invoices_stands_again_and_asks_for_nothing_that_came(
    came: tuple[object, ...], due_cents: int, payments: int, says: str, sent_each: bool
) -> None:
    for order in in_all_orders((BOTH_VOID, came)):
        office = await office_with(invoice())
        await office.send()
        for each in order:
            await office.hear(each)
            if sent_each:
                await office.send()
        await office.send()
        await office.hear(restored(correction="c3", due_cents=due_cents, payments=payments))
        await office.send()
        (again,) = office.notices(about=f"{JUNE}-invoice:c3")
        assert says in str(again.says)


async def test_NOT_1_what_comes_after_the_older_one_stands_again_lowers_its_letter() -> None:
    office = await office_with(invoice())
    for each in (*BOTH_VOID, paid(payment="p1", cents=20000)):
        await office.send()
        await office.hear(each)
    await office.hear(restored(correction="c3", due_cents=30000, payments=1), paid(payment="p2", cents=10000))
    await office.send()
    (again,) = office.notices(about=f"{JUNE}-invoice:c3")
    assert "The amount to pay is $200.00." in str(again.says)
    assert "we received $300.00 from you" in str(again.says)


async def test_NOT_1_a_first_invoice_that_stands_again_asks_for_nothing_once_its_binder_is_closed() -> None:
    for over in (
        [paid(payment="p1", selection="s"), settled(by={"p1": 50000}, group="binder:s"), activated()],
        [lapsed(), canceled()],
    ):
        office = await office_with(invoice(kind="initial", selection="s", invoice="first"))
        await office.send()
        for each in (*over, voided(invoice="first", kind="initial")):
            await office.hear(each)
            await office.send()
        await office.hear(restored(invoice="first", due_cents=0, payments=1))
        await office.send()
        says = str(office.notices(type="invoice")[-1].says)
        assert "It stands" in says or "it stands" in says
        assert "here is nothing to pay" in says


async def test_PAY_8_only_the_newest_is_drawn_whatever_stands_again() -> None:
    office = await office_with(autopay_begun(), invoice())
    for each in BOTH_VOID:
        await office.send()
        await office.hear(each)
    await office.send()
    await office.hear(restored(correction="c3"))
    await office.send()
    says = str(office.notices(about=f"{JUNE}-invoice:c3")[0].says)
    assert "The amount to pay is $500.00." in says
    assert "we take it" not in says
    assert HAS_TO_PAY in says
