"""What is told of an invoice that is void, and of one that stands again after all (NOT-1, OPS-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bulkhead.kernel.calendar import local
from notifications.domain.money import Account
from services.notifications.tests.builders import (
    JUNE,
    autopay_begun,
    contact,
    declined,
    in_all_orders,
    invoice,
    paid,
    restored,
    selected,
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
    account = office.database.rows(Account)[0]
    async with office.database.begin(now=office.now, households=[JUNE]) as uow:
        # As between the moment a sender took it and the one it gave it back.
        await uow.records(Account).put([_void(account)])
    await office.send()
    assert "There is nothing to pay: this invoice was wrong, and it is void." in str(
        office.only(type="invoice").says
    )


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


def _void(account: Account) -> Account:
    return replace(account, asked=tuple(replace(each, void=True) for each in account.asked))
