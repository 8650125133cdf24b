"""Nothing is drawn of an invoice that is void, and one that stands again is drawn on its day (PAY-8, OPS-5)."""

from __future__ import annotations

from datetime import date

import pytest

from payments.application.facts import AmountDueChanged, InvoiceRestored, InvoiceVoided
from payments.domain.autopay import NothingBecause
from services.payments.tests.builders import World, at
from services.payments.tests.unit.test_autopay import begin, invoice, look, next_cents, received

VOID = InvoiceVoided(household="june", invoice="june-2")
THE_26TH = date(2016, 1, 26)


@pytest.fixture
async def world() -> World:
    """Autopay is on, and the invoice of 500.00 that is due on January 26 has been heard of."""
    world = await World(start=at("2016-01-04T10:00")).opened()
    await begin(world)
    world.set("2016-01-05T03:00")
    await world.hear(invoice())
    return world


def restored(cents: int = 50_000, *, payments: int = 0) -> InvoiceRestored:
    return InvoiceRestored(household="june", invoice="june-2", due_cents=cents, payments=payments)


async def last(world: World) -> tuple[str, NothingBecause | None] | None:
    done = (await look(world)).last_draw
    return None if done is None else (done.state, done.nothing_because)


async def test_OPS_5_a_draw_of_a_void_invoice_is_called_off(world: World) -> None:
    world.set("2016-01-10T10:00")
    await world.hear(VOID)
    assert (await look(world)).next_draw is None
    await world.advance("2016-01-31T09:00")
    assert received(world) == []
    await world.hear(invoice(3, month=2, cents=100_000))
    await world.advance("2016-02-26T09:00")
    assert received(world) == [(date(2016, 2, 26), 100_000, "june-3")]


async def test_OPS_5_an_invoice_that_stands_again_is_drawn_on_its_day(world: World) -> None:
    await world.hear(VOID)
    world.set("2016-01-10T10:00")
    await world.pay(cents=20_000)
    await world.hear(restored(30_000, payments=1))
    assert await next_cents(world) == 30_000
    await world.advance("2016-01-26T09:00")
    assert received(world)[-1] == (THE_26TH, 30_000, "june-2")


async def test_OPS_5_one_that_stands_again_after_its_day_is_drawn_on_the_next_while_that_is_on_time(
    world: World,
) -> None:
    await world.hear(VOID)
    await world.advance("2016-01-28T10:00")
    await world.hear(restored())
    await world.advance("2016-01-28T23:00")
    assert received(world) == []
    await world.advance("2016-01-29T09:00")
    assert received(world) == [(date(2016, 1, 29), 50_000, "june-2")]


async def test_OPS_5_one_that_stands_again_too_late_to_be_on_time_is_not_drawn(world: World) -> None:
    await world.hear(VOID)
    await world.advance("2016-01-31T10:00")
    await world.hear(restored())
    await world.advance("2016-02-03T09:00")
    assert received(world) == []


async def test_OPS_5_void_and_restored_in_one_batch_is_as_it_was(world: World) -> None:
    changed = AmountDueChanged(
        household="june", invoice="june-2", due_cents=40_000, payments=0, because="coverage"
    )
    await world.hear(VOID, restored(50_000), changed)
    assert await next_cents(world) == 40_000
    await world.hear(VOID, restored(45_000), VOID)
    assert (await look(world)).next_draw is None


async def test_OPS_5_what_is_told_of_a_void_invoice_after_another_was_made_is_over(world: World) -> None:
    await world.hear(invoice(3, month=2, cents=80_000), VOID)
    await world.hear(VOID, restored())
    assert await next_cents(world) == 80_000


async def test_OPS_5_an_invoice_and_that_it_is_void_are_heard_together_after_its_day(world: World) -> None:
    world.set("2016-02-27T10:00")
    late = invoice(3, month=2, cents=80_000)
    await world.hear(late, InvoiceVoided(household="june", invoice="june-3"))
    await world.advance("2016-02-28T10:00")
    assert received(world) == []


async def test_OPS_5_what_was_drawn_before_it_was_void_stays_drawn(world: World) -> None:
    await world.advance("2016-01-26T09:00")
    await world.hear(VOID)
    await world.hear(restored(0, payments=1))
    await world.advance("2016-01-30T09:00")
    assert received(world) == [(THE_26TH, 50_000, "june-2")]
    assert await last(world) == ("drawn", None)


async def test_OPS_5_a_retry_of_what_was_declined_is_called_off_and_made_once_it_stands_again(
    world: World,
) -> None:
    await begin(world, token="tok_card_insufficient-funds", name="m-2")
    await world.advance("2016-01-26T09:00")
    assert (await look(world)).next_draw is not None
    await world.hear(VOID)
    assert (await look(world)).next_draw is None
    await world.hear(restored())
    again = (await look(world)).next_draw
    assert again is not None
    assert (again.next_on, again.tries) == (date(2016, 1, 27), 1)


async def test_OPS_5_whoever_agrees_while_it_is_void_is_drawn_from_once_it_stands_again(world: World) -> None:
    await world.hear(VOID)
    world.set("2016-01-10T10:00")
    await begin(world, name="m-2")
    assert (await look(world)).next_draw is None
    await world.hear(restored())
    await world.advance("2016-01-26T09:00")
    assert received(world) == [(THE_26TH, 50_000, "june-2")]
