"""A notice never asks for what has been paid, whenever that came (NOT-1, INV-1, INV-3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifications.application import facts
from notifications.domain.money import Account
from notifications.domain.notices import Notice
from services.notifications.tests.builders import (
    EMAIL,
    JUNE,
    activated,
    canceled,
    contact,
    gone,
    in_all_orders,
    invoice,
    moved,
    paid,
    reinstated,
    selected,
    settled,
    terminated,
)
from services.notifications.tests.office import Office

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
    await office.hear(invoice(payments=1), at=office.now + timedelta(hours=1))
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


KAFKA_AWAY = [
    # Two topics say what happened while neither was read: the receivables' and the payments'.
    [invoice(), settled(by={"june-payment": 50000})],
    [paid()],
]


@pytest.mark.parametrize("order", in_all_orders(KAFKA_AWAY))
@pytest.mark.parametrize("language", ["en", "fr", "es", "so"])
@pytest.mark.parametrize("email", [EMAIL, None])
async def test_NOT_1_what_invoicing_heard_after_its_invoice_is_not_asked_for_whatever_is_heard_first(
    order: list[object], language: str, email: str | None
) -> None:
    """It was received the day before the invoice was made. No clock decides: all is heard at one instant."""
    office = Office()
    await office.hear(contact(language=language, email=email), selected())
    for fact in order:
        await office.hear(fact)
    text = await says(office)
    nothing = {"es": "No hay nada que pagar", "fr": "Il n’y a rien à payer"}.get(
        language, "There is nothing to pay"
    )
    assert nothing in text
    assert "The amount to pay" not in text
    assert "Le montant à payer" not in text
    assert "La cantidad a pagar" not in text
    assert office.only(type="invoice").by == ("paper" if email is None else "email")


async def test_NOT_1_of_two_payments_only_the_one_the_invoice_does_not_know_is_taken_off() -> None:
    office = Office()
    await office.hear(contact(), selected(), paid(payment="first", cents=30000))
    await office.hear(paid(payment="second", cents=20000))
    await office.hear(paid(payment="first", cents=30000))  # told again, it is no third one
    await office.hear(invoice(payments=1, total_cents=20000))
    assert "nothing to pay" in await says(office)
    assert office.database.rows(Account)[0].payments == 2


async def test_PAY_5_money_that_went_back_before_the_letter_left_is_asked_for() -> None:
    for told in ([], [settled(by={"june-payment": 50000})]):
        office = await invoiced()
        await office.hear(paid(), *told, gone())
        if told:
            await office.hear(
                facts.PremiumUnsettled(household=JUNE, settlement=told[0].premiums[0].settlement)
            )
        await office.hear(gone())  # told again
        assert ASKS_FOR_ALL in await says(office)
        assert office.mailed() == [(JUNE, "invoice"), (JUNE, "receipt"), (JUNE, "payment-returned")]


@pytest.mark.parametrize(("cents", "asks"), [(20000, "The amount to pay is $200.00"), (50000, ASKS_FOR_ALL)])
async def test_PAY_11_money_that_is_another_households_is_asked_for_and_told(cents: int, asks: str) -> None:
    office = await invoiced()
    await office.hear(paid(), moved(cents=cents))
    assert asks in await says(office)
    assert office.mailed() == [(JUNE, "invoice"), (JUNE, "receipt"), (JUNE, "payment-moved")]


async def test_INV_5_what_a_named_selection_leaves_pays_the_month_before_and_after_invoicing_says_so() -> (
    None
):
    """540.00 names a dental selection of 40.00 that has no invoice yet: 500.00 are the month's."""
    told = [
        settled(by={"june-payment": 4000}, group="binder:dental", policy="june-dental"),
        settled(by={"june-payment": 50000}),
    ]
    for heard in ([], told[:1], told):
        office = await invoiced()
        dental = selected(policy="june-dental", selection="dental", net_cents=4000)
        await office.hear(dental, paid(cents=54000, selection="dental"), *heard)
        assert "nothing to pay" in await says(office)


async def test_ENR_6_money_that_names_a_lapsed_selection_pays_the_month() -> None:
    office = await lapsed_dental()
    await office.hear(paid(selection="dental"))
    await office.send()
    assert "There is nothing to pay" in str(office.only(about="june-invoice").says)


async def test_ENR_6_money_of_just_what_a_lapsed_binder_was_pays_the_month() -> None:
    office = await lapsed_dental()
    await office.hear(paid(payment="one", cents=4000), paid(payment="two", cents=46000))
    await office.send()
    assert "There is nothing to pay" in str(office.only(about="june-invoice").says)


async def lapsed_dental() -> Office:
    """Return an office whose mail server is away from the lapse of a dental binder to the month's invoice."""
    office = Office()
    dental = selected(policy="june-dental", selection="dental", net_cents=4000)
    binder = invoice(
        invoice="binder",
        policy="june-dental",
        kind="initial",
        selection="dental",
        total_cents=4000,
        net_cents=4000,
    )
    await office.hear(contact(), selected(), activated(), dental, binder)
    await office.send()
    office.mailbox.away = True
    await office.hear(facts.BinderLapsed(household=JUNE, selection="dental"), invoice(number=2))
    await office.send()
    office.mailbox.away = False
    return office


@pytest.mark.parametrize("known", ["lapsed", "canceled", "both"])
@pytest.mark.parametrize(
    ("language", "nothing"),
    [
        ("en", "There is nothing to pay: since this invoice was made, coverage on it was canceled or ended."),
        ("fr", "Il n’y a rien à payer : depuis que cette facture a été établie, la couverture qui y figure"),
        ("es", "No hay nada que pagar: desde que se hizo esta factura, la cobertura que estaba en ella"),
    ],
)
async def test_ENR_6_a_letter_that_is_later_than_the_lapse_asks_for_nothing(
    known: str, language: str, nothing: str
) -> None:
    office = Office()
    await office.hear(contact(language=language), selected(), invoice(kind="initial", selection="s"))
    if known != "canceled":
        await office.hear(facts.BinderLapsed(household=JUNE, selection="s"))
    if known != "lapsed":
        await office.hear(canceled())
    text = await says(office)
    assert nothing in text
    for asking in (
        "begins once",
        "commence une fois",
        "comienza cuando",
        "How to pay",
        "Comment payer",
        "Cómo pagar",
    ):
        assert asking not in text


async def test_INV_12_a_letter_that_is_later_than_a_lapse_that_was_undone_says_what_was_received() -> None:
    office = Office()
    await office.hear(contact(), selected(), invoice(kind="initial", selection="s"))
    await office.hear(facts.BinderLapsed(household=JUNE, selection="s"), canceled())
    await office.hear(paid(), settled(by={"june-payment": 50000}, group="binder:s"))
    await office.hear(reinstated())
    text = await says(office)
    assert "We received the first premium of $500.00 in full. There is nothing to pay." in text


async def test_INV_11_a_month_that_is_over_before_its_letter_goes_is_not_asked_for() -> None:
    office = await invoiced()
    await office.hear(activated(), terminated())  # through June 30; the invoice is July's
    assert "There is nothing to pay" in await says(office)


async def test_NOT_1_a_letter_that_is_out_is_kept_no_longer_than_it_can_matter() -> None:
    office = await invoiced(kind="initial", selection="s")
    assert [each.letter for each in office.database.rows(Account)[0].asked] == [True]
    await office.send()
    assert [each.letter for each in office.database.rows(Account)[0].asked] == [False]
    await office.hear(settled(by={"june-payment": 50000}, group="binder:s"))
    assert office.database.rows(Account)[0].asked == ()
