"""What invoicing decides about money, and what it cannot (PAY-9, INV-6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.errors import Impossible
from payments.application.facts import AccountHeardOf
from payments.application.take_online_payment import UnderWay, record_online_payment
from payments.domain.events import PaymentRefunded
from payments.domain.payments import Payment
from payments.domain.refunds import Refund, RefundPart
from payments.domain.settlements import Settlement, Share, WaitingShare
from services.payments.tests.builders import (
    PARAMETERS,
    World,
    at,
    charge_online,
    group_settled,
    premium,
    refund,
    settled,
    unsettled,
)
from services.payments.tests.unit.test_online_payment import order

START = at("2016-01-04T10:00")


async def test_a_fact_heard_again_changes_nothing() -> None:
    world = World(start=START)
    payment = await world.pay()
    fact = settled(payment)
    await world.hear(fact)
    before = (world.rows(Payment), world.rows(Settlement), world.rows(WaitingShare))
    await world.hear(fact, fact)
    assert (world.rows(Payment), world.rows(Settlement), world.rows(WaitingShare)) == before
    await world.hear(unsettled(fact, on="2016-01-05"))
    before = (world.rows(Payment), world.rows(Settlement), world.rows(WaitingShare))
    await world.hear(unsettled(fact, on="2016-01-06"))
    await world.hear(fact)
    await world.hear(fact, unsettled(fact, on="2016-01-05"))
    assert (world.rows(Payment), world.rows(Settlement), world.rows(WaitingShare)) == before
    assert before[2] == []


async def test_settled_and_fallen_and_settled_anew_in_one_batch() -> None:
    world = World(start=START)
    payment = await world.pay()
    first, second = settled(payment), settled(payment, settlement="s1.2")
    await world.hear(first, unsettled(first, on="2016-01-04"), second)
    assert [(each.settlement, each.cents) for each in world.rows(WaitingShare)] == [("s1.2", 50_000)]
    assert [each.unapplied_cents for each in world.rows(Payment)] == [0]
    assert (await world.books()).balanced


async def impossible(world: World, *facts: Any) -> None:
    before = [world.rows(kind) for kind in (Payment, Settlement, WaitingShare, Refund, RefundPart)]
    with pytest.raises(Impossible) as refused:
        await world.hear(*facts)
    assert "june" not in str(refused.value)
    assert [world.rows(kind) for kind in (Payment, Settlement, WaitingShare, Refund, RefundPart)] == before


async def test_what_contradicts_the_payments_is_impossible_and_changes_nothing() -> None:
    world = World(start=START)
    payment, other = await world.pay(), await world.pay("avery")
    fact, good = settled(payment), premium(payment)
    for wrong in (
        replace(good, funded_by=(Share(payment="never-received", cents=50_000),)),
        replace(good, cents=60_000),
        premium([(payment, 60_000)]),
        premium([(payment, 60_000), (payment, -10_000)]),
        replace(good, funded_by=(Share(payment=other.payment, cents=50_000),)),
        replace(good, carrier="../elsewhere"),
    ):
        await impossible(world, group_settled(wrong))
        await impossible(world, group_settled(premium(payment, cents=0, settlement="s0"), wrong))
    await impossible(world, settled(payment), settled(payment, settlement="s2"))
    await impossible(world, unsettled(fact, on="2016-01-05"))


async def test_an_id_stands_for_one_settlement_and_one_refund_only() -> None:
    world = World(start=START)
    payment = await world.pay()
    fact = settled(payment, cents=40_000)
    await world.hear(fact, refund(payment, cents=1_000))
    for about in ({"policy": "p2"}, {"carrier": "DELTA"}, {"month": "2016-02"}, {"on": "2015-12-04"}):
        await impossible(world, settled(payment, cents=40_000, **about))
    await impossible(world, replace(fact, group="month:2016-02"))
    await impossible(world, replace(unsettled(fact, on="2016-01-05"), cents=1))
    await impossible(world, replace(unsettled(fact, on="2016-01-05"), household="avery"))
    await impossible(world, refund(payment, cents=2_000))
    await world.hear(refund(payment, cents=1_000))
    await world.hear(unsettled(fact, on="2016-01-05"))
    await impossible(world, replace(fact, group="month:2016-02"))


async def test_a_fact_nobody_handles_is_a_bug() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Unheard:
        household: str

    with pytest.raises(TypeError):
        await World().hear(Unheard(household="june"))


async def test_INV_6_a_refund_of_cash_goes_by_check_at_once() -> None:
    world = World(start=START)
    payment = await world.pay()
    await world.hear(refund(payment, cents=10_000))
    assert world.said(PaymentRefunded) == [
        PaymentRefunded(household="june", refund="r1", cents=10_000, refunded_on=date(2016, 1, 4))
    ]
    [part] = world.rows(RefundPart)
    assert (part.way, part.state, part.paid_on) == ("check", "paid", date(2016, 1, 4))
    assert [each.unapplied_cents for each in world.rows(Payment)] == [40_000]


async def paid_online(world: World) -> Payment:
    asked = order()
    charge = await charge_online(
        world.uows, asked, processor=world.processor, under_way=UnderWay(), now=world.now
    )
    async with world.uows.begin(now=world.now, households=["avery"]) as uow:
        return await record_online_payment(uow, asked.payment, charge=charge, parameters=PARAMETERS)


async def test_INV_6_a_refund_of_a_card_goes_back_to_it_once_the_processor_can_be_reached() -> None:
    world = World(start=START)
    payment = await paid_online(world)
    await world.hear(refund(payment, cents=10_000))
    assert world.said(PaymentRefunded) == []
    refunds = world.pollers["refunds"]
    world.processor.reachable = False
    assert (await refunds.turn(world.now), await refunds.pending(world.now)) == (0, 0)
    report = await world.books()
    assert (report.places.not_applied_cents, report.places.refunds_due_cents) == (20_000, 10_000)
    assert report.balanced
    world.processor.reachable = True
    assert (await refunds.pending(world.now), await refunds.turn(world.now)) == (1, 1)
    assert [event.cents for event in world.said(PaymentRefunded)] == [10_000]
    assert [each.amount_cents for each in world.kept.refunds.values()] == [10_000]
    assert await refunds.turn(world.now) == 0


async def test_INV_6_a_crash_between_the_processor_and_the_record_refunds_once() -> None:
    world = World(start=START)
    payment = await paid_online(world)
    await world.hear(refund(payment, cents=10_000))

    async def crash(operation: str) -> None:
        if operation == "write":
            raise ConnectionError

    world.database.interrupt = crash
    with pytest.raises(ConnectionError):
        await world.pollers["refunds"].turn(world.now)
    world.database.interrupt = None
    world.restart()
    await world.settle_down()
    assert len(world.kept.refunds) == 1
    assert len(world.said(PaymentRefunded)) == 1


async def test_INV_6_what_the_processor_will_not_take_back_goes_by_check() -> None:
    world = World(start=START)
    payment = await paid_online(world)
    world.kept.charges.clear()
    await world.hear(refund(payment, cents=10_000))
    await world.settle_down()
    [part] = world.rows(RefundPart)
    assert (part.way, part.state) == ("check", "paid")
    assert len(world.said(PaymentRefunded)) == 1


async def test_INV_6_a_refund_of_several_payments_is_told_when_all_of_it_is_paid() -> None:
    world = World(start=START)
    card, cash = await paid_online(world), await world.pay("avery")
    fact = replace(
        refund(card, cents=30_000),
        cents=40_000,
        taken_from=(Share(payment=card.payment, cents=30_000), Share(payment=cash.payment, cents=10_000)),
    )
    await world.hear(fact)
    assert world.said(PaymentRefunded) == []
    await world.settle_down()
    assert [event.cents for event in world.said(PaymentRefunded)] == [40_000]
    assert {part.way for part in world.rows(RefundPart)} == {"processor", "check"}


async def test_a_refund_that_is_not_the_sum_of_its_parts_is_impossible() -> None:
    world = World(start=START)
    payment = await world.pay()
    fact = refund(payment, cents=10_000)
    share = fact.taken_from[0]
    await impossible(world, replace(fact, cents=9_000))
    await impossible(world, replace(fact, cents=20_000, taken_from=(share, share)))
    await impossible(world, refund(payment, cents=50_001))


async def test_an_account_heard_of_by_any_event_is_known() -> None:
    world = World(start=START)
    await world.hear(AccountHeardOf(household="june"), AccountHeardOf(household="june"))
    assert world.database.events == []
