"""Autopay: each monthly invoice is paid on the day it is due, once, for what is left of it (PAY-8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from payments.application.autopay import (
    Autopay,
    AutopayOrder,
    autopay_of,
    begin_autopay,
    end_autopay,
)
from payments.application.facts import InvoiceIssued
from payments.domain.attempts import Attempt
from payments.domain.autopay import Mandate, NoAutopay
from payments.domain.events import AutopayBegan, AutopayEnded, DrawDeclined, PaymentReceived, ReturnKind
from payments.domain.payments import Payment
from services.payments.tests.builders import PARAMETERS, World, at

START = at("2016-01-04T10:00")


@pytest.fixture
async def world() -> World:
    return await World(start=START).opened()


def invoice(number: int = 2, *, month: int = 1, cents: int = 50_000, payments: int = 0) -> InvoiceIssued:
    """The invoice of the 5th of a month of 2016, due the 26th, on time until the month's end."""
    last = date(2016, month + 1, 1) - timedelta(days=1)
    return InvoiceIssued(
        household="june",
        invoice=f"june-{number}",
        number=number,
        selection=None,
        kind="monthly",
        due=date(2016, month, 26),
        on_time_until=last,
        total_cents=cents,
        payments=payments,
    )


async def begin(world: World, token: str = "tok_card_ok", name: str = "m-1") -> Autopay:
    order = AutopayOrder(
        mandate=name,
        household="june",
        method="card",
        token=Masked(token),
        consent="v1",
        language="es",
        agreed_by="member",
    )
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        return await begin_autopay(uow, order, keys=world.keys, parameters=PARAMETERS)


async def end(world: World) -> Autopay:
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        return await end_autopay(uow, "june")


async def look(world: World) -> Autopay:
    async with world.uows.begin(now=world.now) as uow:
        return await autopay_of(uow, "june")


async def next_cents(world: World) -> int | None:
    left = (await look(world)).next_left
    return left and left.cents


def received(world: World) -> list[tuple[date, int, str | None]]:
    return [(each.received_on, each.cents, each.invoice) for each in world.said(PaymentReceived)]


async def test_PAY_8_what_would_be_drawn_is_known_from_the_5th_and_drawn_on_the_26th(world: World) -> None:
    await begin(world)
    assert (await look(world)).next_draw is None
    world.set("2016-01-05T03:00")
    await world.hear(invoice())
    known = await look(world)
    assert known.next_draw is not None
    assert (known.next_draw.next_on, await next_cents(world)) == (date(2016, 1, 26), 50_000)
    await world.advance("2016-01-26T07:59")
    assert received(world) == []
    await world.advance("2016-01-26T08:00")
    assert received(world) == [(date(2016, 1, 26), 50_000, "june-2")]
    done = await look(world)
    assert done.next_draw is None
    assert done.last_draw is not None
    assert (done.last_draw.state, done.last_draw.amount_cents) == ("drawn", 50_000)


async def test_PAY_8_whoever_agrees_after_the_5th_is_drawn_from_on_the_26th_too(world: World) -> None:
    await world.hear(invoice())
    world.set("2016-01-26T07:00")
    asked = await begin(world)
    assert asked.next_draw is not None
    await world.advance("2016-01-26T09:00")
    assert received(world) == [(date(2016, 1, 26), 50_000, "june-2")]


async def test_PAY_8_whoever_agrees_on_the_26th_after_all_is_drawn_is_drawn_from_the_day_after(
    world: World,
) -> None:
    await world.hear(invoice())
    world.set("2016-01-26T08:00")
    asked = await begin(world)
    assert asked.next_draw is not None
    assert asked.next_draw.next_on == date(2016, 1, 27)
    await world.advance("2016-01-27T09:00")
    assert received(world) == [(date(2016, 1, 27), 50_000, "june-2")]


async def test_PAY_8_whoever_agrees_too_late_to_be_on_time_is_not_drawn_from(world: World) -> None:
    await begin(world, token="tok_card_expired")
    await world.hear(invoice())
    await world.advance("2016-01-31T08:00")
    assert (await begin(world, name="m-2")).next_draw is None


async def test_PAY_8_whoever_agrees_after_the_26th_is_not_drawn_from_before_the_next_one(
    world: World,
) -> None:
    await world.hear(invoice())
    world.set("2016-01-27T07:00")
    assert (await begin(world)).next_draw is None
    await world.hear(invoice(3, month=2, cents=100_000))
    await world.advance("2016-02-26T09:00")
    assert received(world) == [(date(2016, 2, 26), 100_000, "june-3")]


async def test_PAY_8_what_was_paid_since_is_not_drawn_and_what_the_invoice_knew_of_is_not_counted_again(
    world: World,
) -> None:
    await begin(world)
    await world.pay(cents=30_000)
    await world.hear(invoice(cents=20_000, payments=1))
    assert await next_cents(world) == 20_000
    world.set("2016-01-10T12:00")
    await world.pay(cents=12_345)
    assert await next_cents(world) == 7_655
    await world.advance("2016-01-26T09:00")
    assert received(world)[-1] == (date(2016, 1, 26), 7_655, "june-2")


async def test_PAY_8_what_went_back_is_drawn_again_as_not_paid(world: World) -> None:
    await begin(world)
    await world.hear(invoice())
    paid = await world.pay(cents=50_000)
    assert await next_cents(world) == 0
    world.set("2016-01-20T12:00")
    await world.give_back(paid)
    assert await next_cents(world) == 50_000


async def test_PAY_8_of_an_invoice_that_is_paid_nothing_is_drawn(world: World) -> None:
    await begin(world)
    await world.hear(invoice())
    await world.pay(cents=60_000)
    await world.advance("2016-01-27T09:00")
    assert len(received(world)) == 1
    done = await look(world)
    assert done.last_draw is not None
    assert (done.last_draw.state, done.last_draw.amount_cents) == ("nothing-due", 0)
    assert world.rows(Attempt) == []


async def test_PAY_8_a_later_invoice_asks_for_all_and_takes_the_place_of_the_one_before(world: World) -> None:
    await begin(world)
    await world.hear(invoice())
    await world.hear(replace(invoice(3, cents=80_000), invoice="june-3"))
    await world.hear(invoice())  # told again
    await world.advance("2016-01-27T09:00")
    assert received(world) == [(date(2016, 1, 26), 80_000, "june-3")]


async def test_PAY_8_an_initial_invoice_is_not_drawn(world: World) -> None:
    await begin(world)
    await world.hear(replace(invoice(1), kind="initial"))
    await world.advance("2016-01-27T09:00")
    assert received(world) == []


async def test_PAY_8_what_ended_draws_nothing_more(world: World) -> None:
    await begin(world)
    await world.hear(invoice())
    world.set("2016-01-25T23:59")
    off = await end(world)
    assert (off.mandate, off.next_draw) == (None, None)
    await world.advance("2016-01-31T09:00")
    assert received(world) == []
    assert [each.because for each in world.said(AutopayEnded)] == ["asked"]
    with pytest.raises(NoAutopay):
        await end(world)


async def test_PAY_8_another_card_takes_the_place_of_the_one_before(world: World) -> None:
    await begin(world)
    await world.hear(invoice())
    asked = await begin(world, name="m-2")
    assert asked.mandate is not None
    assert asked.mandate.mandate == "m-2"
    await world.advance("2016-01-27T09:00")
    assert received(world) == [(date(2016, 1, 26), 50_000, "june-2")]
    assert [each.because for each in world.said(AutopayEnded)] == ["replaced"]
    assert [each.mandate for each in world.said(AutopayBegan)] == ["m-1", "m-2"]


async def test_PAY_8_a_soft_decline_is_tried_again_while_that_is_on_time(world: World) -> None:
    await begin(world, token="tok_card_insufficient-funds")
    await world.hear(invoice())
    await world.advance("2016-01-31T23:00")
    assert [
        (each.declined_on, each.again_on, each.tries, each.cents) for each in world.said(DrawDeclined)
    ] == [
        (date(2016, 1, 26), date(2016, 1, 27), 1, 50_000),
        (date(2016, 1, 27), date(2016, 1, 29), 2, 50_000),
        (date(2016, 1, 29), None, 3, 50_000),
    ]
    done = await look(world)
    assert done.mandate is not None
    assert done.last_draw is not None
    assert (done.last_draw.state, done.last_draw.decline) == ("declined", "insufficient-funds")
    assert received(world) == []


async def test_PAY_8_no_try_is_later_than_what_is_on_time(world: World) -> None:
    await begin(world, token="tok_card_insufficient-funds")
    await world.hear(replace(invoice(), on_time_until=date(2016, 1, 27)))
    await world.advance("2016-02-03T23:00")
    assert [each.again_on for each in world.said(DrawDeclined)] == [date(2016, 1, 27), None]


async def test_PAY_8_a_draw_that_was_declined_goes_through_by_another_card(world: World) -> None:
    await begin(world, token="tok_card_insufficient-funds")
    await world.hear(invoice())
    await world.advance("2016-01-26T09:00")
    await begin(world, name="m-2")
    await world.advance("2016-01-29T09:00")
    assert received(world) == [(date(2016, 1, 27), 50_000, "june-2")]


async def test_PAY_8_a_draw_that_is_not_tried_any_more_goes_through_by_another_card(world: World) -> None:
    await begin(world, token="tok_card_expired")
    await world.hear(invoice())
    await world.advance("2016-01-30T09:00")
    asked = await begin(world, name="m-2")
    assert asked.next_draw is not None
    assert (asked.next_draw.next_on, await next_cents(world)) == (date(2016, 1, 31), 50_000)
    await world.advance("2016-01-31T09:00")
    assert received(world) == [(date(2016, 1, 31), 50_000, "june-2")]


async def test_PAY_8_what_is_late_already_is_not_drawn_by_another_card(world: World) -> None:
    await begin(world, token="tok_card_expired")
    await world.hear(invoice())
    await world.advance("2016-02-01T07:00")
    assert (await begin(world, name="m-2")).next_draw is None


@pytest.mark.parametrize("why", ["expired", "account-closed", "wrong-details", "not-authorized"])
async def test_PAY_8_a_hard_decline_ends_autopay(world: World, why: str) -> None:
    await begin(world, token=f"tok_card_{why}")
    await world.hear(invoice())
    await world.advance("2016-01-31T23:00")
    assert [(each.decline, each.again_on) for each in world.said(DrawDeclined)] == [(why, None)]
    assert [each.because for each in world.said(AutopayEnded)] == ["declined"]
    assert (await look(world)).mandate is None


async def test_PAY_8_a_processor_that_is_away_is_asked_for_what_is_left_once_it_is_back(world: World) -> None:
    await begin(world)
    await world.hear(invoice())
    world.processor.reachable = False
    await world.advance("2016-01-26T12:00")
    assert received(world) == []
    await world.pay(cents=20_000)
    world.processor.reachable = True
    await world.advance("2016-01-27T09:00")
    assert received(world)[-1][1:] == (30_000, "june-2")
    assert sum(each.cents for each in world.said(PaymentReceived)) == 50_000


async def test_PAY_8_money_that_was_taken_in_silence_is_taken_once(world: World) -> None:
    await begin(world, token="tok_card_slow")
    await world.hear(invoice())
    await world.advance("2016-01-26T09:00")
    await world.advance("2016-01-28T09:00")
    assert received(world) == [(date(2016, 1, 26), 50_000, "june-2")]
    assert [charge.status for charge in world.kept.charges.values()] == ["approved"]


@pytest.mark.parametrize(("kind", "stays"), [("closed-account", False), ("nsf", True)])
async def test_PAY_8_a_return_of_a_closed_account_ends_autopay(
    world: World, kind: ReturnKind, stays: bool
) -> None:
    await begin(world)
    await world.hear(invoice())
    await world.advance("2016-01-28T09:00")
    (paid,) = world.rows(Payment)
    await world.give_back(paid, kind=kind)
    assert ((await look(world)).mandate is not None) is stays
    assert [each.because for each in world.said(AutopayEnded)] == ([] if stays else ["account-closed"])


async def test_PAY_8_it_is_told_when_an_invoice_of_before_is_drawn_and_nothing_where_it_is_paid(
    world: World,
) -> None:
    await begin(world)
    await world.hear(invoice())
    await begin(world, name="m-2")
    await world.pay(cents=50_000)
    await begin(world, name="m-3")
    assert [each.draws_on for each in world.said(AutopayBegan)] == [None, date(2016, 1, 26), None]


@pytest.mark.parametrize(("why", "ended"), [("expired", True), ("insufficient-funds", False)])
async def test_PAY_8_a_decline_says_whether_autopay_has_ended(world: World, why: str, ended: bool) -> None:
    await begin(world, token=f"tok_card_{why}")
    await world.hear(invoice())
    await world.advance("2016-01-26T09:00")
    assert [each.autopay_ended for each in world.said(DrawDeclined)] == [ended]


async def test_PAY_1_a_card_number_is_no_token(world: World) -> None:
    with pytest.raises(InvalidValue):
        await begin(world, token="4111111111111111")
    assert world.rows(Mandate) == []


async def test_PAY_8_a_token_is_shown_nowhere(world: World) -> None:
    await begin(world)
    assert "tok_card" not in repr([*world.rows(Mandate), *world.said(AutopayBegan)])


async def test_PAY_8_a_mandate_whose_token_was_lost_ends_with_the_next_invoice(world: World) -> None:
    await begin(world)
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        (mandate,) = world.rows(Mandate)
        await uow.records(Mandate).put([replace(mandate, token=None)])
    await world.hear(invoice())
    assert [each.because for each in world.said(AutopayEnded)] == ["lost"]
    await world.advance("2016-01-27T09:00")
    assert received(world) == []
