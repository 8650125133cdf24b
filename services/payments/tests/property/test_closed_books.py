"""Once the books of a day are closed, no online payment of that day is recorded by itself (PAY-10)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulkhead.kernel.calendar import local_date
from payments.application.take_online_payment import UnderWay, record_online_payment
from payments.domain.attempts import PaymentDeclined, ProcessorAway
from payments.domain.events import BooksClosed, PaymentReceived
from payments.domain.payments import Payment
from services.payments.tests.builders import PARAMETERS, World, at, charge_online
from services.payments.tests.unit.test_online_payment import order

KEYS = ("one", "two", "three")
TOKENS = ("tok_card_ok", "tok_card_declined", "tok_card_slow", "tok_card_lost")

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(KEYS), st.sampled_from(TOKENS), st.booleans()),
        st.tuples(st.just("processor"), st.booleans()),
        st.tuples(st.just("arrives late"), st.sampled_from(KEYS)),
        st.tuples(st.just("look")),
        st.tuples(st.just("minutes"), st.sampled_from((1, 4, 10, 14, 15, 600, 1_440))),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
@example(
    [
        ("minutes", 4),
        ("pay", "one", "tok_card_lost", False),
        ("look",),
        ("minutes", 14),  # ten past midnight, a minute before it is asked again
        ("arrives late", "one"),
        ("minutes", 1),
    ]
)
def test_PAY_10_no_online_payment_is_recorded_for_a_day_whose_books_are_closed(
    steps: list[tuple[Any, ...]],
) -> None:
    asyncio.run(play(steps))


async def play(steps: list[tuple[Any, ...]]) -> None:
    world = await World(start=at("2015-12-01T23:52")).opened()
    for step in steps:
        await ACTS[step[0]](world, *step[1:])
    world.processor.reachable = True
    later = local_date(world.now) + timedelta(days=3)
    await world.advance(f"{later}T10:00")
    closed = date(2015, 11, 1)
    for event in world.database.events:
        if isinstance(event, BooksClosed):
            closed = event.through
        if isinstance(event, PaymentReceived):
            assert event.received_on > closed
    assert closed == later - timedelta(days=1)
    taken = [charge for charge in world.kept.charges.values() if charge.status == "approved"]
    recorded = {payment.payment for payment in world.rows(Payment)}
    late = {step[1] for step in steps if step[0] == "arrives late"}
    assert recorded <= {charge.reference for charge in taken}
    assert recorded - late == {charge.reference for charge in taken} - late


async def pay(world: World, key: str, token: str, crash: bool) -> None:
    asked = replace(order(token=token), payment=key)
    with suppress(ProcessorAway, PaymentDeclined):
        charge = await charge_online(
            world.uows, asked, processor=world.processor, under_way=UnderWay(), now=world.now
        )
        if not crash:
            async with world.uows.begin(now=world.now, households=["avery"]) as uow:
                await record_online_payment(uow, key, charge=charge, parameters=PARAMETERS)


async def switch(world: World, reachable: bool) -> None:
    world.processor.reachable = reachable


async def arrive_late(world: World, key: str) -> None:
    """A request that seemed lost reaches the processor after all."""
    if world.processor.reachable:
        await world.processor.charge(token="tok_card_ok", amount_cents=30_000, method="card", reference=key)


async def look(world: World) -> None:
    await world.settle_down()


async def pass_minutes(world: World, minutes: int) -> None:
    await world.advance((world.now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M"))


ACTS = {"pay": pay, "processor": switch, "arrives late": arrive_late, "look": look, "minutes": pass_minutes}
