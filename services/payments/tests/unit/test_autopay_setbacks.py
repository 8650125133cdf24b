"""Autopay beside payments nobody knows the end of, in outages, after a restored database, and where a process ends in
between: an invoice is paid once, and by nothing that was called off (PAY-8).
"""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.personal import Masked
from bulkhead.service import Received
from payments.application.ports import Charge, ProcessorSilent
from payments.application.take_autopay_again import take_autopay_again
from payments.application.take_online_payment import OnlineOrder, start_attempt
from payments.domain.autopay import Draw
from payments.domain.events import AutopayBegan, AutopayEnded, DrawDeclined
from payments.domain.payments import Payment
from services.payments.tests.builders import PARAMETERS, World, at
from services.payments.tests.unit.test_autopay import begin, end, invoice, received

THE_26TH, THE_27TH = date(2016, 1, 26), date(2016, 1, 27)


@pytest.fixture
async def world() -> World:
    return await World(start=at("2016-01-04T10:00")).opened()


async def with_an_invoice(world: World, *, token: str = "tok_card_ok") -> None:
    await begin(world, token=token)
    await world.hear(invoice())


async def taken_again(world: World, *facts: AutopayBegan | AutopayEnded | DrawDeclined) -> None:
    said = [
        Received(event_id=f"event-{number}", household="june", occurred_at=world.now, fact=fact, partition=0)
        for number, fact in enumerate(facts)
    ]
    await take_autopay_again(world.uows, said, now=world.now)


async def charged_in_silence(world: World, reference: str) -> Charge | None:
    """Have the processor take 500.00 and say nothing of it from then on."""
    try:
        await world.processor.charge(
            token="tok_card_slow",
            amount_cents=50_000,
            method="card",
            reference=reference,
        )
    except ProcessorSilent:
        world.odd[reference] = ProcessorSilent("it does not answer")
    return None


async def test_PAY_8_what_may_have_been_paid_is_not_drawn_before_that_is_known(world: World) -> None:
    await with_an_invoice(world)
    await world.advance("2016-01-26T07:59")
    own = OnlineOrder(
        payment="own-1",
        fingerprint="f",
        household="june",
        amount_cents=50_000,
        method="card",
        token=Masked("tok_card_slow"),
        at_selection=False,
    )
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        await start_attempt(uow, own, parameters=PARAMETERS)
    await charged_in_silence(world, "own-1")
    await world.advance("2016-01-26T12:00")
    assert received(world) == []
    world.odd.clear()
    await world.advance("2016-01-28T09:00")
    assert received(world) == [(THE_26TH, 50_000, None)]


async def test_PAY_8_another_card_waits_for_what_the_one_before_may_have_paid(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_an_invoice(world, token="tok_card_slow")
    charge = world.processor.charge

    async def silent(**asked: object) -> Charge:
        await charge(**asked)  # type: ignore[arg-type]
        raise ProcessorSilent("it does not answer")

    monkeypatch.setattr(world.processor, "charge", silent)
    monkeypatch.setattr(world.processor, "find", silent)
    await world.advance("2016-01-26T12:00")
    await begin(world, name="m-2")
    await world.advance("2016-01-27T12:00")
    assert received(world) == []
    monkeypatch.undo()
    await world.advance("2016-01-29T09:00")
    assert [cents for _, cents, _ in received(world)] == [50_000]
    assert [each.status for each in world.kept.charges.values()] == ["approved"]


@pytest.mark.parametrize("because", ["asked", "replaced"])
async def test_PAY_8_what_ended_while_the_processor_was_away_draws_nothing(
    world: World, because: str
) -> None:
    await with_an_invoice(world)
    world.processor.reachable = False
    await world.advance("2016-01-26T12:00")
    await (end(world) if because == "asked" else begin(world, name="m-2"))
    world.processor.reachable = True
    await world.advance("2016-01-29T12:00")
    assert received(world) == ([] if because == "asked" else [(THE_27TH, 50_000, "june-2")])
    first = next(each for each in world.rows(Draw) if each.mandate == "m-1")
    assert first.state == "withdrawn"


async def test_PAY_8_who_ends_autopay_after_a_decline_and_agrees_anew_is_drawn_from(world: World) -> None:
    await with_an_invoice(world, token="tok_card_insufficient-funds")
    world.set("2016-01-26T08:00")
    await world.settle_down()
    world.set("2016-01-27T07:00")
    await end(world)
    asked = await begin(world, name="m-2")
    assert asked.next_draw is not None
    await world.advance("2016-01-27T09:00")
    assert received(world) == [(THE_27TH, 50_000, "june-2")]


async def test_PAY_8_whoever_is_told_late_is_drawn_from_the_day_after_at_the_earliest(world: World) -> None:
    await begin(world)
    world.set("2016-01-29T07:50")
    await world.hear(invoice())
    await world.advance("2016-01-29T12:00")
    assert received(world) == []
    await world.advance("2016-01-30T09:00")
    assert received(world) == [(date(2016, 1, 30), 50_000, "june-2")]


async def test_PAY_8_what_ended_before_the_database_was_restored_draws_nothing(world: World) -> None:
    await with_an_invoice(world)
    await taken_again(
        world,
        AutopayEnded(
            household="june", mandate="m-1", method="card", ended_on=date(2016, 1, 22), because="asked"
        ),
    )
    await world.advance("2016-01-31T09:00")
    assert received(world) == []


async def test_PAY_8_whose_token_was_lost_with_the_database_is_told_the_next_morning(world: World) -> None:
    await world.hear(invoice())
    began = AutopayBegan(
        household="june",
        mandate="m-1",
        method="card",
        consent="v1",
        language="en",
        begins_on=date(2016, 1, 20),
        draws_on=THE_26TH,
    )
    declined = DrawDeclined(
        household="june",
        draw="d-1",
        mandate="m-1",
        invoice="june-2",
        cents=50_000,
        method="card",
        decline="insufficient-funds",
        tries=1,
        declined_on=THE_26TH,
        again_on=date(2016, 1, 29),
        pay_by=date(2016, 1, 31),
        autopay_ended=False,
    )
    await world.advance("2016-01-26T12:00")
    await taken_again(world, began, declined)
    await world.advance("2016-01-27T09:00")
    assert [(each.because, each.ended_on) for each in world.said(AutopayEnded)] == [("lost", THE_27TH)]
    assert [each.state for each in world.rows(Draw)] == ["withdrawn"]


async def test_PAY_8_a_process_that_ends_anywhere_in_between_draws_once() -> None:
    ended_at = set[tuple[str, int]]()
    calm = await World(start=at("2016-01-04T10:00")).opened()
    await with_an_invoice(calm)
    await calm.advance("2016-01-26T07:59")
    for step in range(2, 400, 3):
        world = calm.copied()
        world.set("2016-01-26T08:00")
        if not await world.crash_at(step):
            break
        (draw,) = world.rows(Draw)
        ended_at.add((draw.state, len(world.kept.charges)))
        world.set("2016-01-27T09:00")
        await world.settle_down()
        assert [(each.amount_cents, each.invoice) for each in world.rows(Payment)] == [(50_000, "june-2")]
        assert [charge.status for charge in world.kept.charges.values()] == ["approved"]
        assert [each.state for each in world.rows(Draw)] == ["drawn"]
    assert ended_at == {("planned", 0), ("drawing", 0), ("drawing", 1), ("drawn", 1)}
