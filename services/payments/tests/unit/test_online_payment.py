"""Online payment: nothing captured is lost, nothing is taken twice (PAY-1, PAY-2)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import count, product
from typing import Any, get_args

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from payments.adapters.processor.sandbox import DECLINED_TOKEN, SandboxProcessor
from payments.application.ports import Charge, ProcessorSilent
from payments.application.take_counter_payment import CounterOrder, take_counter_payment
from payments.application.take_online_payment import (
    KeyUsedForAnotherPayment,
    OnlineOrder,
    UnderWay,
    record_online_payment,
)
from payments.domain.attempts import (
    Attempt,
    AttemptEvent,
    AttemptState,
    ImpossibleAttempt,
    PaymentDeclined,
    ProcessorAway,
    captured,
    never_sent,
    next_state,
    not_found,
    tried,
)
from payments.domain.events import PaymentReceived
from payments.domain.payments import Payment
from services.payments.tests.builders import PARAMETERS, Crash, World, at, charge_online

POSSIBLE = {
    ("started", "tried"): "started",
    ("started", "captured"): "captured",
    ("started", "declined"): "declined",
    ("started", "none-sent"): "not-taken",
    ("started", "not-found"): "missing",
    ("missing", "tried"): "started",
    ("missing", "captured"): "captured",
    ("missing", "declined"): "declined",
    ("missing", "none-sent"): "not-taken",
    ("missing", "not-found"): "not-taken",
    ("not-taken", "tried"): "started",
    ("not-taken", "captured"): "captured",
    ("not-taken", "declined"): "declined",
    ("not-taken", "none-sent"): "not-taken",
    ("not-taken", "not-found"): "not-taken",
    ("captured", "tried"): "captured",
    ("captured", "captured"): "captured",
    ("captured", "none-sent"): "captured",
    ("declined", "tried"): "declined",
    ("declined", "declined"): "declined",
    ("declined", "none-sent"): "declined",
}


@pytest.mark.parametrize(("state", "event"), list(product(get_args(AttemptState), get_args(AttemptEvent))))
def test_an_attempt_goes_only_where_it_may(state: AttemptState, event: AttemptEvent) -> None:
    if (state, event) in POSSIBLE:
        assert next_state(state, event) == POSSIBLE[state, event]
    else:
        with pytest.raises(ImpossibleAttempt):
            next_state(state, event)


class LosingProcessor(SandboxProcessor):
    """Decides as the sandbox does, and loses the answer ``losses`` times."""

    def __init__(self, *, losses: int) -> None:
        super().__init__()
        self.losses = losses

    async def charge(self, **asked: Any) -> Charge:
        charge = await super().charge(**asked)
        if self.losses:
            self.losses -= 1
            raise ProcessorSilent("the answer is lost")
        return charge


def order(*, token: str = "tok_card_ok", fingerprint: str = "f1", cents: int = 30_000) -> OnlineOrder:
    return OnlineOrder(
        payment="payment-1",
        fingerprint=fingerprint,
        household="avery",
        amount_cents=cents,
        method="card",
        token=Masked(token),
        at_selection=True,
        selection="s-1",
    )


async def take(world: World, asked: OnlineOrder) -> Payment:
    charge = await charge_online(
        world.uows, asked, processor=world.processor, under_way=UnderWay(), now=world.now
    )
    async with world.uows.begin(now=world.now, households=["avery"]) as uow:
        return await record_online_payment(uow, asked.payment, charge=charge, parameters=PARAMETERS)


def states(world: World) -> list[str]:
    return [attempt.state for attempt in world.rows(Attempt)]


async def test_PAY_1_an_approved_payment_is_recorded_and_told_once() -> None:
    world = World()
    payment = await take(world, order())
    again = await take(world, order())
    assert payment == again
    assert (payment.amount_cents, payment.method, payment.source) == (30_000, "card", "online")
    assert payment.received_on == date(2015, 12, 1)
    assert [event.payment for event in world.said(PaymentReceived)] == ["payment-1"]
    assert world.said(PaymentReceived)[0].at_selection is True
    assert states(world) == ["captured"]
    assert len(world.kept.charges) == 1


async def test_PAY_1_a_declined_payment_takes_and_records_nothing_whenever_it_is_repeated() -> None:
    world = World()
    for _ in range(2):
        with pytest.raises(PaymentDeclined) as refused:
            await take(world, order(token=DECLINED_TOKEN))
        assert refused.value.reasons[0].rule == "PAY-1"
    assert states(world) == ["declined"]
    assert world.rows(Payment) == []
    assert world.database.events == []


async def test_PAY_1_while_the_processor_cannot_be_reached_nothing_is_taken_and_a_retry_does_it() -> None:
    world = World()
    world.processor.reachable = False
    with pytest.raises(ProcessorAway) as refused:
        await take(world, order())
    assert "nothing was taken" in refused.value.message
    assert states(world) == ["not-taken"]
    assert world.database.events == []
    world.processor.reachable = True
    world.set("2015-12-02T09:00")
    payment = await take(world, order())
    assert payment.received_on == date(2015, 12, 2)
    assert states(world) == ["captured"]


async def test_PAY_1_money_taken_before_a_crash_is_found_and_recorded_as_of_the_day_it_was_taken() -> None:
    world = World()
    await charge_online(world.uows, order(), processor=world.processor, under_way=UnderWay(), now=world.now)
    assert (states(world), world.rows(Payment)) == (["started"], [])
    world.restart()
    world.set("2015-12-02T00:05")
    assert await world.pollers["attempts"].pending(world.now) == 1
    assert await world.pollers["attempts"].turn(world.now) == 1
    [payment] = world.rows(Payment)
    assert (payment.payment, payment.received_on) == ("payment-1", date(2015, 12, 1))
    assert payment.known_at == at("2015-12-02T00:05")
    assert await world.pollers["attempts"].turn(world.now) == 0
    assert await take(world, order()) == payment
    assert len(world.said(PaymentReceived)) == 1


async def test_PAY_1_a_lost_answer_is_asked_after_and_never_charged_twice() -> None:
    world = World()
    world.processor = LosingProcessor(losses=1)
    world.restart()
    with pytest.raises(ProcessorAway) as refused:
        await take(world, order())
    assert "nothing was taken" not in refused.value.message
    payment = await take(world, order())
    assert payment.amount_cents == 30_000
    assert len(world.kept.charges) == 1
    assert await world.pollers["attempts"].turn(world.now) == 0
    assert len(world.said(PaymentReceived)) == 1


async def test_PAY_1_a_charge_the_processor_does_not_know_is_asked_after_once_more_and_then_closed() -> None:
    world = World()
    with pytest.raises(ZeroDivisionError):
        await charge_online(
            world.uows, order(), processor=CrashingProcessor(), under_way=UnderWay(), now=world.now
        )
    attempts = world.pollers["attempts"]
    assert (await attempts.turn(world.now), states(world)) == (1, ["missing"])
    assert (await attempts.turn(world.now), await attempts.pending(world.now)) == (0, 0)
    world.set("2015-12-01T00:15")
    assert (await attempts.turn(world.now), states(world)) == (1, ["not-taken"])
    assert world.database.events == []


class CrashingProcessor(SandboxProcessor):
    """The process dies before anything is sent."""

    async def charge(self, **asked: Any) -> Charge:
        raise ZeroDivisionError


async def test_PAY_1_a_charge_that_arrives_after_the_first_look_is_found_by_the_second() -> None:
    world = World()
    with pytest.raises(ZeroDivisionError):
        await charge_online(
            world.uows, order(), processor=CrashingProcessor(), under_way=UnderWay(), now=world.now
        )
    await world.pollers["attempts"].turn(world.now)
    await world.processor.charge(
        token="tok_card_ok", amount_cents=30_000, method="card", reference="payment-1"
    )
    world.set("2015-12-01T00:30")
    await world.pollers["attempts"].turn(world.now)
    assert [payment.payment for payment in world.rows(Payment)] == ["payment-1"]


async def test_an_attempt_under_way_in_this_process_is_not_asked_after() -> None:
    world = World()
    under_way = world.service.dependencies.under_way
    with pytest.raises(ZeroDivisionError):
        await charge_online(
            world.uows, order(), processor=CrashingProcessor(), under_way=under_way, now=world.now
        )
    with under_way.holding("payment-1"):
        assert await world.pollers["attempts"].turn(world.now) == 0
    assert await world.pollers["attempts"].turn(world.now) == 1


async def test_attempts_wait_while_the_processor_is_away_and_do_not_count_as_work() -> None:
    world = World()
    world.processor = LosingProcessor(losses=1)
    world.restart()
    with pytest.raises(ProcessorAway):
        await take(world, order())
    world.processor.reachable = False
    attempts = world.pollers["attempts"]
    assert (await attempts.turn(world.now), await attempts.pending(world.now)) == (0, 0)
    world.processor.reachable = True
    assert (await attempts.pending(world.now), await attempts.turn(world.now)) == (1, 1)
    assert states(world) == ["captured"]


async def test_PAY_2_a_key_that_began_one_payment_cannot_begin_another() -> None:
    world = World()
    await take(world, order())
    with pytest.raises(KeyUsedForAnotherPayment):
        await take(world, order(fingerprint="f2", cents=99_900))
    assert len(world.rows(Payment)) == 1
    assert len(world.kept.charges) == 1


async def test_PAY_2_a_key_that_recorded_cash_cannot_begin_an_online_payment() -> None:
    world = World()
    cash = CounterOrder(
        payment="payment-1",
        household="avery",
        amount_cents=100,
        method="cash",
        received_on=None,
        postmarked_on=None,
        at_selection=False,
        operator="ops",
    )
    async with world.uows.begin(now=world.now, households=["avery"]) as uow:
        await take_counter_payment(uow, cash, parameters=PARAMETERS)
    with pytest.raises(KeyUsedForAnotherPayment):
        await take(world, order())
    assert (world.rows(Attempt), len(world.kept.charges)) == ([], 0)


async def test_PAY_1_a_crash_at_any_step_charges_once_and_records_once() -> None:
    for step in count():
        world = World()
        left = step

        async def interrupt(_operation: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Crash

        world.database.interrupt = interrupt
        with suppress(Crash):
            await take(world, order())
        world.database.interrupt = None
        world.restart()
        await world.settle_down()
        assert len(world.rows(Payment)) == len(world.kept.charges)
        payment = await take(world, order())
        assert world.rows(Payment) == [payment]
        assert len(world.kept.charges) == len(world.said(PaymentReceived)) == 1
        assert states(world) == ["captured"]
        assert (await world.books()).balanced
        if left >= 0:
            break


def test_PAY_1_one_unsent_try_closes_an_attempt_only_when_no_other_try_is_open() -> None:
    first = Attempt(
        payment="payment-1",
        household="avery",
        amount_cents=30_000,
        method="card",
        at_selection=False,
        selection=None,
        invoice=None,
        received_on=None,
        postmarked_on=None,
        fingerprint="f1",
        started_at=at("2015-12-01"),
        counts_on=date(2015, 12, 1),
        state="started",
        open_tries=1,
        charge=None,
    )
    assert never_sent(first).state == "not-taken"
    second = tried(first, now=at("2015-12-02"), today=date(2015, 12, 2))
    assert (second.open_tries, second.counts_on) == (2, date(2015, 12, 1))
    unsent = never_sent(second)
    assert (unsent.state, unsent.open_tries) == ("started", 1)
    missing = not_found(unsent)
    assert missing.state == "missing"
    found = captured(missing, charge="ch_1", today=date(2015, 12, 3))
    assert (found.state, found.counts_on) == ("captured", date(2015, 12, 1))
    assert not_found(missing).state == "not-taken"


@pytest.mark.parametrize("cents", [0, -1, 100_000_000])
async def test_PAY_1_an_amount_that_is_none_is_refused_before_anything_happens(cents: int) -> None:
    world = World()
    with pytest.raises(InvalidValue) as refused:
        await take(world, order(cents=cents))
    assert refused.value.field == "/amount_cents"
    assert (world.rows(Attempt), len(world.kept.charges)) == ([], 0)


@pytest.mark.parametrize("token", ["4111111111111111", "4111 1111 1111 1111", "card 4111-1111-1111-1111"])
async def test_PAY_1_no_card_number_ever_enters_the_system(token: str) -> None:
    world = World()
    with pytest.raises(InvalidValue) as refused:
        await take(world, order(token=token))
    assert "4111" not in str(refused.value)
    assert world.rows(Attempt) == []


async def test_INV_5_what_an_online_payment_names_survives_a_crash_before_it_is_recorded() -> None:
    for named in ({"selection": "sel-1"}, {"invoice": "inv-1"}):
        world = World()
        await charge_online(
            world.uows,
            replace(order(), **{"at_selection": False, "selection": None, **named}),
            processor=world.processor,
            under_way=UnderWay(),
            now=world.now,
        )
        world.restart()
        await world.settle_down()
        [event] = world.said(PaymentReceived)
        assert {"selection": event.selection, "invoice": event.invoice} == {
            "selection": None,
            "invoice": None,
        } | named


async def test_INV_5_money_is_for_a_selection_or_an_invoice_and_not_for_both() -> None:
    world = World()
    with pytest.raises(InvalidValue) as refused:
        await take(world, replace(order(), selection="sel-1", invoice="inv-1"))
    assert (refused.value.field, refused.value.reasons[0].rule) == ("/invoice", "INV-5")
    assert (world.rows(Attempt), len(world.kept.charges)) == ([], 0)


async def test_PAY_1_a_slow_processor_has_taken_the_money_and_a_lost_request_has_not() -> None:
    for token, state, cents in (("tok_card_slow", "captured", [30_000]), ("tok_card_lost", "not-taken", [])):
        world = World()
        with pytest.raises(ProcessorAway) as refused:
            await take(world, order(token=token))
        assert "nothing was taken" not in refused.value.message
        assert states(world) == ["started"]
        await world.settle_down()
        await world.advance("2015-12-01T01:00")
        assert states(world) == [state]
        assert [payment.amount_cents for payment in world.rows(Payment)] == cents
