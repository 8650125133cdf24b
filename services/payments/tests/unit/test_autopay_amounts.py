"""How much autopay draws: what of an invoice is still to be paid, as far as that is known by then (PAY-8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bulkhead.kernel.personal import Masked
from payments.application.autopay import AutopayOrder
from payments.application.facts import AmountDueChanged
from payments.application.take_online_payment import OnlineOrder
from payments.domain.autopay import Mandate
from payments.domain.payments import Payment
from services.payments.tests.builders import Staff, World, at
from services.payments.tests.unit.test_autopay import begin, invoice, look, next_cents, received

THE_26TH = date(2016, 1, 26)


@pytest.fixture
async def world() -> World:
    """Autopay is on, and the invoice of 500.00 has been heard of."""
    world = await World(start=at("2016-01-04T10:00")).opened()
    await begin(world)
    world.set("2016-01-05T03:00")
    await world.hear(invoice())
    return world


def due(cents: int, *, payments: int = 0, of: str = "june-2", money: bool = False) -> AmountDueChanged:
    return AmountDueChanged(
        household="june",
        invoice=of,
        due_cents=cents,
        payments=payments,
        because="money" if money else "coverage",
    )


async def test_PAY_8_what_coverage_that_ended_asked_for_is_not_drawn(world: World) -> None:
    await world.hear(due(30_000))
    assert await next_cents(world) == 30_000
    await world.advance("2016-01-26T09:00")
    assert received(world) == [(THE_26TH, 30_000, "june-2")]


async def test_PAY_8_where_nothing_goes_on_nothing_is_drawn_and_it_says_why(world: World) -> None:
    await world.hear(due(0))
    known = await look(world)
    assert known.next_left is not None
    assert (known.next_left.cents, known.next_left.nothing_because) == (0, "not-asked")
    await world.advance("2016-01-27T09:00")
    assert received(world) == []
    done = (await look(world)).last_draw
    assert done is not None
    assert (done.state, done.amount_cents, done.nothing_because) == ("nothing-due", 0, "not-asked")


async def test_PAY_8_of_what_is_paid_it_says_so(world: World) -> None:
    await world.pay(cents=50_000)
    await world.advance("2016-01-27T09:00")
    done = (await look(world)).last_draw
    assert done is not None
    assert (done.state, done.nothing_because) == ("nothing-due", "paid")


async def test_PAY_8_an_end_that_was_reversed_before_the_draw_is_drawn_in_full(world: World) -> None:
    await world.hear(due(0))
    await world.hear(due(50_000))
    await world.advance("2016-01-26T09:00")
    assert received(world) == [(THE_26TH, 50_000, "june-2")]


async def test_PAY_8_what_is_told_with_the_invoice_counts(world: World) -> None:
    later = replace(invoice(3, cents=80_000), invoice="june-3")
    await world.hear(later, due(60_000, of="june-3"))
    assert await next_cents(world) == 60_000


async def test_PAY_8_what_is_told_of_an_earlier_invoice_changes_nothing(world: World) -> None:
    await world.hear(replace(invoice(3, cents=80_000), invoice="june-3"))
    await world.hear(due(0))
    assert await next_cents(world) == 80_000


async def test_PAY_8_what_came_after_what_is_due_was_told_is_not_drawn(world: World) -> None:
    await world.pay(cents=10_000)
    await world.pay(cents=5_000)
    await world.hear(due(25_000, payments=1))  # invoicing has heard of the first
    assert await next_cents(world) == 20_000


async def test_PAY_8_no_more_is_drawn_than_the_invoice_less_what_was_paid_of_it(world: World) -> None:
    await world.pay(cents=10_000)
    await world.hear(due(50_000, payments=1, money=True))  # it went to a binder, which asks for it itself
    assert await next_cents(world) == 40_000


async def test_PAY_8_what_was_paid_for_a_selection_lowers_a_draw_once_it_pays_the_invoice(
    world: World,
) -> None:
    await world.pay(cents=20_000, selection="dental-1")
    assert await next_cents(world) == 50_000
    await world.hear(due(30_000, payments=1, money=True))
    assert await next_cents(world) == 30_000


async def test_PAY_8_what_went_back_after_it_was_taken_into_account_is_drawn_once_that_is_told(
    world: World,
) -> None:
    paid = await world.pay(cents=50_000)
    await world.hear(due(0, payments=1))
    await world.give_back(paid)
    assert await next_cents(world) == 0
    await world.hear(due(50_000, payments=1, money=True))
    assert await next_cents(world) == 50_000


async def test_PAY_8_payments_count_in_the_order_they_are_told_whatever_the_clock_says(world: World) -> None:
    """A clock that was set back makes the second payment the older one; the invoice takes the first into account."""
    world.set("2016-01-06T10:00")
    await world.pay(cents=10_000)
    world.set("2016-01-06T09:00")
    await world.pay(cents=3_000)
    await world.hear(replace(invoice(3, cents=40_000, payments=1), invoice="june-3"))
    assert await next_cents(world) == 37_000
    assert [(each.number, each.amount_cents) for each in world.rows(Payment)] == [(1, 10_000), (2, 3_000)]


async def test_PAY_8_money_that_is_moved_here_counts_as_told_when_it_arrived(world: World) -> None:
    await world.heard_of("june", "avery")
    theirs = await world.pay("avery", cents=20_000)
    world.set("2016-01-07T10:00")
    await world.pay(cents=10_000)
    await Staff(world).move(theirs, ("june", 20_000))
    await world.hear(replace(invoice(3, cents=40_000, payments=1), invoice="june-3"))
    assert await next_cents(world) == 20_000


async def test_PAY_8_what_is_being_drawn_is_shown_once(world: World) -> None:
    world.processor.reachable = False
    await world.advance("2016-01-26T12:00")
    known = await look(world)
    assert known.next_draw is not None
    assert (known.next_draw.state, known.last_draw) == ("drawing", None)


async def test_PAY_8_the_language_of_what_was_agreed_to_is_kept(world: World) -> None:
    assert [(each.consent, each.language) for each in world.rows(Mandate)] == [("v1", "es")]


def test_PAY_1_an_order_shows_no_token() -> None:
    token = Masked("tok_card_ok")
    agreed = AutopayOrder(
        mandate="m-1",
        household="june",
        method="card",
        token=token,
        consent="v1",
        language="en",
        agreed_by="june",
    )
    paid = OnlineOrder(
        payment="p-1",
        fingerprint="f",
        household="june",
        amount_cents=1,
        method="card",
        token=token,
        at_selection=False,
    )
    assert "tok_card" not in repr([agreed, paid])
