"""One attempt or refund about which the processor is odd delays itself alone (I9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import Retry
from payments.adapters.processor.sandbox import MemoryStore, SandboxProcessor
from payments.application import pay_refunds
from payments.application.ports import Charge, ProcessorMisunderstood, ProcessorSilent
from payments.domain.attempts import Attempt, ProcessorAway
from payments.domain.events import PaymentRefunded
from payments.domain.payments import Payment
from payments.domain.refunds import RefundPart
from services.payments.tests.builders import OddProcessor, World, at, refund
from services.payments.tests.unit.test_money_facts import paid_online
from services.payments.tests.unit.test_online_payment import order, take

START = at("2016-01-04T10:00")

ODD_ANSWERS = {
    "an odd answer": (ProcessorMisunderstood("the processor answered 401 without a charge"), None),
    "silence about this one": (ProcessorSilent("the processor answered 500"), None),
    "a bug of ours": (ZeroDivisionError("secret"), "ZeroDivisionError"),
}


@pytest.mark.parametrize("answer", ODD_ANSWERS)
async def test_I9_an_attempt_about_which_the_processor_is_odd_delays_itself_alone(answer: str) -> None:
    error, failure = ODD_ANSWERS[answer]
    world = World()
    world.restart()
    world.odd["odd"] = error
    for payment in ("odd", "payment-2", "payment-3"):
        with pytest.raises(ProcessorAway):
            await take(world, replace(order(token="tok_card_slow"), payment=payment))
    with capture_logs() as logs:
        assert await world.pollers["attempts"].turn(world.now) == 2
    assert [(log["event"], log["item"]) for log in logs] == [("tried_again_later", "odd")]
    assert "secret" not in str(logs)
    odd = next(attempt for attempt in world.rows(Attempt) if attempt.payment == "odd")
    assert odd.state == "started"
    (waits,) = world.rows(Retry)
    assert (waits.kind, waits.item, waits.household) == ("attempts", "odd", odd.household)
    assert (waits.failures, waits.reason) == (1, failure or str(error))
    assert waits.retry_at == world.now + timedelta(minutes=1)
    assert await world.pollers["attempts"].pending(world.now) == 0
    del world.odd["odd"]
    world.now = waits.retry_at
    assert await world.pollers["attempts"].turn(world.now) == 1
    found = next(attempt for attempt in world.rows(Attempt) if attempt.payment == "odd")
    assert found.state == "captured"
    assert await world.pollers["attempts"].turn(world.now) == 0
    assert world.rows(Retry) == []
    assert len(world.rows(Payment)) == 3


async def test_I9_an_attempt_that_is_made_anew_is_asked_after_at_once_whatever_was_said_before() -> None:
    class Silent(OddProcessor):
        async def charge(self, **asked: Any) -> Charge:
            await super().charge(**asked)
            raise ProcessorSilent("the processor did not answer")

    world = World()
    world.processor = Silent(MemoryStore())
    world.restart()
    world.odd["odd"] = ProcessorMisunderstood("the processor answered 401 without a charge")
    again = replace(order(), payment="odd")
    with pytest.raises(ProcessorAway):
        await take(world, again)
    await world.pollers["attempts"].turn(world.now)
    assert [each.retry_at for each in world.rows(Retry)] == [world.now + timedelta(minutes=1)]
    del world.odd["odd"]
    with pytest.raises(ProcessorAway):
        await take(world, again)
    assert world.rows(Retry) == []
    assert await world.pollers["attempts"].turn(world.now) == 1
    assert [each.state for each in world.rows(Attempt)] == ["captured"]


async def test_PAY_1_an_odd_answer_to_a_charge_is_told_as_not_known_and_asked_after() -> None:
    class Odd(SandboxProcessor):
        async def charge(self, **asked: Any) -> Charge:
            await super().charge(**asked)
            raise ProcessorMisunderstood("the processor answered 200 without a charge")

    world = World()
    world.processor = Odd()
    world.restart()
    with pytest.raises(ProcessorAway) as refused:
        await take(world, order())
    assert "nothing was taken" not in refused.value.message
    await world.settle_down()
    assert [payment.amount_cents for payment in world.rows(Payment)] == [30_000]


async def test_I9_a_refund_that_cannot_be_begun_delays_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(start=START)
    world.restart()
    payment = await paid_online(world)
    await world.hear(*(refund(payment, cents=1_000, refund=f"r{number}") for number in range(3)))
    parts = {part.refund: part for part in world.rows(RefundPart)}
    begin = pay_refunds._begin  # pyright: ignore[reportPrivateUsage]

    async def begin_but_r1(uow: UnitOfWork, due: Sequence[RefundPart]) -> tuple[list[RefundPart], int]:
        if any(each.refund == "r1" for each in due):
            raise ZeroDivisionError
        return await begin(uow, due)

    with monkeypatch.context() as planted:
        planted.setattr(pay_refunds, "_begin", begin_but_r1)
        assert await world.pollers["refunds"].turn(world.now) == 2
        (waits,) = world.rows(Retry)
        assert (waits.item, waits.failures, waits.reason) == (parts["r1"].reference, 1, "ZeroDivisionError")
        assert await world.pollers["refunds"].turn(world.now) == 0
    world.now = START + timedelta(minutes=1)
    await world.settle_down()
    assert {event.refund for event in world.said(PaymentRefunded)[:2]} == {"r0", "r2"}
    assert [event.refund for event in world.said(PaymentRefunded)[2:]] == ["r1"]
    assert world.rows(Retry) == []


async def test_I9_a_refund_about_which_the_processor_is_odd_delays_itself_alone() -> None:
    world = World(start=START)
    world.restart()
    payment = await paid_online(world)
    await world.hear(*(refund(payment, cents=1_000, refund=f"r{number}") for number in range(3)))
    parts = {part.refund: part for part in world.rows(RefundPart)}
    world.odd[parts["r0"].reference] = ProcessorMisunderstood("the processor answered a refund with 401")
    with capture_logs() as logs:
        assert await world.pollers["refunds"].turn(world.now) == 2
    assert [(log["event"], log["item"]) for log in logs] == [("tried_again_later", parts["r0"].reference)]
    [due] = [part for part in world.rows(RefundPart) if part.state == "due"]
    assert due.refund == "r0"
    (waits,) = world.rows(Retry)
    assert (waits.item, waits.failures, waits.reason, waits.retry_at) == (
        due.reference,
        1,
        "the processor answered a refund with 401",
        START + timedelta(minutes=1),
    )
    assert await world.pollers["refunds"].pending(world.now) == 0
    world.odd.clear()
    world.now = START + timedelta(minutes=1)
    await world.settle_down()
    assert [event.refund for event in world.said(PaymentRefunded)] == ["r1", "r2", "r0"]
    assert {part.state for part in world.rows(RefundPart)} == {"paid"}
    assert world.rows(Retry) == []
    assert (await world.books()).balanced
