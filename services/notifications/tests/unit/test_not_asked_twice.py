"""A notice never asks for what has been paid, whenever that came (NOT-1, INV-1, INV-3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifications.domain.notices import Notice
from services.notifications.tests.builders import JUNE, Office, contact, invoice, paid, selected

ASKS_FOR_ALL = "The amount to pay is $500.00"


async def invoiced(**options: object) -> Office:
    office = Office()
    await office.hear(contact(), selected(), invoice(**options))  # type: ignore[arg-type]
    return office


async def says(office: Office) -> str:
    await office.send()
    notice: Notice = office.only(type="invoice")
    assert notice.says is not None
    return f"{notice.subject}\n{notice.says}"


async def test_INV_1_a_first_premium_that_was_paid_after_the_selection_is_told_as_received() -> None:
    office = await invoiced(kind="initial", selection="s1", received_cents=50000)
    text = await says(office)
    assert "We received the first premium of $500.00 in full. There is nothing to pay." in text
    assert ASKS_FOR_ALL not in text
    assert "How to pay" not in text


async def test_INV_1_of_a_first_premium_that_was_paid_in_part_the_rest_is_asked_for() -> None:
    text = await says(await invoiced(kind="initial", selection="s1", received_cents=30000))
    assert "The amount to pay is $200.00." in text
    assert "We already had $300.00 from you" in text


@pytest.mark.parametrize("kind", ["initial", "monthly"])
async def test_NOT_1_what_comes_while_the_mail_server_is_away_is_not_asked_for(kind: str) -> None:
    office = await invoiced(kind=kind, selection="s1" if kind == "initial" else None)
    office.mailbox.away = True
    await office.send()
    office.now += timedelta(days=2)
    await office.hear(paid())
    await office.send()
    office.mailbox.away = False
    text = await says(office)
    assert ASKS_FOR_ALL not in text
    assert "nothing to pay" in text
    assert "Received since this invoice was made  -$500.00" in text
    assert office.mailed() == [(JUNE, "invoice"), (JUNE, "receipt")]


async def test_NOT_1_what_comes_in_part_is_taken_off_and_said() -> None:
    office = await invoiced()
    office.now += timedelta(days=2)
    await office.hear(paid(cents=12500))
    text = await says(office)
    assert "The amount to pay is $375.00." in text
    assert "Since this invoice was made, we received $125.00 from you." in text


async def test_NOT_1_a_payment_heard_before_the_invoice_it_came_after_counts() -> None:
    """Two topics: the payment of noon is here before the invoice of the morning."""
    office = Office()
    morning = office.now
    office.now += timedelta(hours=10)
    await office.hear(contact(), selected(), paid())
    await office.hear(invoice(), at=morning)
    assert ASKS_FOR_ALL not in await says(office)


async def test_NOT_1_what_came_before_the_invoice_is_in_it_already() -> None:
    office = Office()
    await office.hear(contact(), selected(), paid())
    await office.hear(invoice(), at=office.now + timedelta(hours=1))
    assert ASKS_FOR_ALL in await says(office)


async def test_INV_5_money_named_for_another_selection_is_not_taken_off() -> None:
    office = await invoiced()
    office.now += timedelta(days=1)
    await office.hear(paid(cents=4000, selection="dental"))
    assert ASKS_FOR_ALL in await says(office)


async def test_INV_5_money_for_the_months_is_not_taken_off_a_binder_as_well() -> None:
    office = Office()
    office.mailbox.away = True
    await office.hear(contact(), selected(), invoice(invoice="monthly"))
    await office.hear(
        invoice(invoice="binder", number=2, kind="initial", selection="dental", total_cents=4000)
    )
    office.now += timedelta(days=1)
    await office.hear(paid())
    office.mailbox.away = False
    await office.send()
    assert "nothing to pay" in str(office.only(about="monthly").says)
    assert "The amount to pay is $40.00." in str(office.only(about="binder").says)


async def test_NOT_1_one_households_money_is_not_taken_off_anothers_invoice() -> None:
    office = await invoiced()
    office.now += timedelta(days=1)
    await office.hear(contact("kim"), paid("kim"))
    await office.send()
    assert ASKS_FOR_ALL in str(office.only(type="invoice").says)


async def test_NOT_1_a_letter_on_paper_asks_no_more_than_a_mail() -> None:
    office = Office()
    await office.hear(contact(email=None), selected(), invoice())
    office.now += timedelta(days=1)
    await office.hear(paid())
    assert ASKS_FOR_ALL not in await says(office)
    assert office.only(type="invoice").by == "paper"
