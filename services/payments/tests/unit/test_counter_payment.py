"""Payments that operators record (PAY-1, PAY-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bulkhead.kernel.errors import InvalidValue
from payments.application.take_counter_payment import CounterOrder, take_counter_payment
from payments.domain.events import PaymentReceived
from payments.domain.payments import Payment
from services.payments.tests.builders import PARAMETERS, World, at

ORDER = CounterOrder(
    payment="payment-1",
    household="nobody-has-heard-of",
    amount_cents=50_000,
    method="check",
    received_on=date(2015, 12, 3),
    postmarked_on=date(2015, 11, 30),
    at_selection=False,
    operator="ops",
)


async def take(world: World, order: CounterOrder) -> Payment:
    async with world.uows.begin(now=world.now, households=[order.household]) as uow:
        return await take_counter_payment(uow, order, parameters=PARAMETERS)


async def test_PAY_3_a_payment_for_an_unknown_account_is_accepted_with_its_dates_kept() -> None:
    world = World(start=at("2015-12-04T10:00"))
    await take(world, ORDER)
    assert world.said(PaymentReceived) == [
        PaymentReceived(
            household="nobody-has-heard-of",
            payment="payment-1",
            cents=50_000,
            method="check",
            received_on=date(2015, 12, 3),
            postmarked_on=date(2015, 11, 30),
            known_at=at("2015-12-04T10:00"),
            at_selection=False,
            selection=None,
            invoice=None,
        )
    ]


async def test_a_payment_is_received_today_unless_it_says_otherwise() -> None:
    world = World(start=at("2015-12-04T10:00"))
    payment = await take(world, replace(ORDER, method="cash", received_on=None, postmarked_on=None))
    assert payment.received_on == date(2015, 12, 4)


@pytest.mark.parametrize(
    ("field", "order"),
    [
        ("/amount_cents", replace(ORDER, amount_cents=0)),
        ("/received_on", replace(ORDER, received_on=date(2015, 12, 5))),
        ("/postmarked_on", replace(ORDER, postmarked_on=date(2015, 12, 5))),
        ("/received_on", replace(ORDER, received_on=date(1915, 12, 3))),
        ("/postmarked_on", replace(ORDER, postmarked_on=date(1999, 12, 31))),
        ("/postmarked_on", replace(ORDER, postmarked_on=date(2015, 12, 4))),
        ("/invoice", replace(ORDER, selection="sel-1", invoice="inv-1")),
        ("/selection", replace(ORDER, at_selection=True)),
        ("/selection", replace(ORDER, at_selection=True, invoice="inv-1")),
    ],
)
async def test_PAY_3_what_cannot_be_is_refused_and_nothing_happens(field: str, order: CounterOrder) -> None:
    world = World(start=at("2015-12-04T10:00"))
    with pytest.raises(InvalidValue) as refused:
        await take(world, order)
    assert refused.value.field == field
    assert refused.value.reasons[0].rule in ("PAY-1", "PAY-3", "INV-1", "INV-5")
    assert (world.rows(Payment), world.database.events) == ([], [])


async def test_INV_5_a_payment_may_name_a_selection_or_an_invoice_known_here_or_not() -> None:
    world = World(start=at("2015-12-04T10:00"))
    await world.pay(selection="sel-1")
    await world.pay(invoice="inv-1")
    assert [(event.selection, event.invoice) for event in world.said(PaymentReceived)] == [
        ("sel-1", None),
        (None, "inv-1"),
    ]
