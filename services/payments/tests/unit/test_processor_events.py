"""The processor calls back: it is asked what is so, once, and nothing it says is believed (PAY-1, PAY-5, ADR 0042)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.overdue import Overdue
from bulkhead.retries.retries import Retry
from payments.application import facts
from payments.application.find_overdue import overdue_by
from payments.application.ports import Charge, ProcessorSilent
from payments.application.take_online_payment import OnlineOrder, UnderWay
from payments.application.take_processor_events import (
    dismiss_processor_event,
    lock_of,
    locks_of,
    take_processor_event,
)
from payments.domain.attempts import Attempt, PaymentDeclined, ProcessorAway
from payments.domain.events import PaymentReceived, PaymentRefunded
from payments.domain.payments import Payment
from payments.domain.processor_events import (
    ABOUT,
    EventDecided,
    EventType,
    ProcessorEvent,
    Taken,
)
from payments.domain.refunds import RefundPart
from payments.domain.settlements import Share
from services.payments.tests.builders import PARAMETERS, World, at, charge_online

NOON = "2015-12-01T12:00"


def order(token: str, *, payment: str = "payment-1") -> OnlineOrder:
    return OnlineOrder(
        payment=payment,
        fingerprint="asked",
        household="june",
        amount_cents=30_000,
        method="card",
        token=Masked(token),
        at_selection=False,
    )


async def ask(world: World, token: str, *, payment: str = "payment-1") -> None:
    """Ask for a payment whose answer never comes, or is no."""
    with suppress(ProcessorAway, PaymentDeclined):
        await charge_online(
            world.uows,
            order(token, payment=payment),
            processor=world.processor,
            under_way=UnderWay(),
            now=world.now,
        )


async def tell(world: World, kind: EventType, reference: str = "payment-1") -> Taken:
    async with world.uows.begin(now=world.now, households=locks_of(ABOUT[kind], reference)) as uow:
        return await take_processor_event(uow, kind=kind, reference=reference)


async def dismiss(world: World, event: ProcessorEvent) -> ProcessorEvent:
    async with world.uows.begin(now=world.now, households=[lock_of(event.event)]) as uow:
        return await dismiss_processor_event(uow, event.event, operator="ops")


async def overdue(world: World) -> Sequence[Overdue]:
    async with world.uows.begin(now=world.now) as uow:
        return await overdue_by(PARAMETERS)(uow)


def states(world: World) -> list[str]:
    return [each.state for each in world.rows(Attempt)]


def take_late(world: World, reference: str = "payment-1") -> None:
    """Have the processor take the money of a charge of which it said nothing so far."""
    world.processor.behaviour.decide(world.kept.charges[reference])


async def a_day_later_closed_as_not_taken(world: World) -> None:
    """Time out, be asked after twice, and count as not taken."""
    await ask(world, "tok_card_late")
    await world.settle_down()
    world.set("2015-12-02T10:00")
    await world.settle_down()
    assert states(world) == ["not-taken"]
    assert world.rows(Payment) == []


async def test_PAY_1_a_processor_that_times_out_and_calls_back_a_day_later_is_asked_and_its_money_recorded() -> (
    None
):
    world = World(start=at(NOON))
    await a_day_later_closed_as_not_taken(world)
    take_late(world)
    assert await tell(world, "charge.approved") == "asked-after"
    await world.settle_down()
    (payment,) = world.rows(Payment)
    assert (payment.payment, payment.household, payment.amount_cents) == ("payment-1", "june", 30_000)
    assert payment.received_on == date(2015, 12, 2), "the books of the 1st may be closed (PAY-10)"
    assert [each.payment for each in world.said(PaymentReceived)] == ["payment-1"]
    assert states(world) == ["captured"]
    assert world.rows(ProcessorEvent) == []


async def test_PAY_1_one_that_calls_back_before_it_is_asked_after_again_is_asked_at_once() -> None:
    world = World(start=at(NOON))
    await ask(world, "tok_card_late")
    await world.settle_down()
    assert states(world) == ["missing"]
    take_late(world)
    await world.settle_down()
    assert states(world) == ["missing"], "its quarter of an hour is not over"
    assert await tell(world, "charge.approved") == "asked-after"
    await world.settle_down()
    assert [each.received_on for each in world.rows(Payment)] == [date(2015, 12, 1)]
    assert world.rows(Retry) == []


async def test_PAY_1_what_it_says_is_not_believed_whatever_it_says() -> None:
    world = World(start=at(NOON))
    await a_day_later_closed_as_not_taken(world)
    for kind in ("charge.approved", "charge.declined"):
        assert await tell(world, kind) == "asked-after"
        await world.settle_down()
    assert states(world) == ["not-taken"]
    assert world.rows(Payment) == []
    assert world.said(PaymentReceived) == []
    assert world.rows(ProcessorEvent) == []
    take_late(world)
    assert await tell(world, "charge.declined") == "asked-after"
    await world.settle_down()
    assert [each.amount_cents for each in world.rows(Payment)] == [30_000], "it was asked, and had taken it"


@pytest.mark.parametrize("poller", ["attempts", "processor-events"])
async def test_I9_a_turn_asks_the_processor_about_a_bounded_number_and_the_next_one_goes_on(
    poller: str,
) -> None:
    world = World(start=at(NOON))
    asked: list[str] = []
    for number in range(60):
        await ask(world, "tok_card_late", payment=f"payment-{number:02}")
        take_late(world, f"payment-{number:02}")
        if poller == "processor-events":
            await tell(world, "charge.approved", f"payment-{number:02}")
    find = world.processor.find

    async def counted(*, reference: str) -> Charge | None:
        asked.append(reference)
        return await find(reference=reference)

    world.processor.find = counted
    assert await world.pollers[poller].turn(world.now) == 50
    assert len(asked) == 50
    assert await world.pollers[poller].turn(world.now) == 10
    assert len(world.rows(Payment)) == 60


async def test_PAY_1_events_of_a_charge_that_it_does_not_know_close_no_attempt() -> None:
    world = World(start=at(NOON))
    await ask(world, "tok_card_late")
    for _ in range(3):
        await tell(world, "charge.approved")
        await world.settle_down()
    assert states(world) == ["missing"], "one look by the schedule, and the next in a quarter of an hour"


@pytest.mark.parametrize("kind", ["charge.approved", "charge.declined"])
@pytest.mark.parametrize(
    ("token", "state"), [("tok_card_slow", "captured"), ("tok_card_expired", "declined")]
)
async def test_PAY_1_what_is_known_is_changed_by_no_event_and_nobody_is_asked(
    token: str, state: str, kind: EventType
) -> None:
    world = World(start=at(NOON))
    await ask(world, token)
    await world.settle_down()
    assert states(world) == [state]
    before = (world.rows(Attempt), world.rows(Payment), list(world.database.events))
    world.processor.reachable = False
    for _ in range(2):
        assert await tell(world, kind) == "known"
    assert world.rows(ProcessorEvent) == []
    await world.settle_down()
    assert (world.rows(Attempt), world.rows(Payment), list(world.database.events)) == before


async def test_PAY_1_an_event_that_comes_twice_before_it_is_looked_into_is_one_look() -> None:
    world = World(start=at(NOON))
    await a_day_later_closed_as_not_taken(world)
    take_late(world)
    asked: list[str] = []
    find = world.processor.find

    async def counted(*, reference: str) -> Charge | None:
        asked.append(reference)
        return await find(reference=reference)

    world.processor.find = counted
    assert [await tell(world, "charge.approved") for _ in range(3)] == ["asked-after"] * 3
    assert [each.times for each in world.rows(ProcessorEvent)] == [3]
    await world.settle_down()
    assert asked == ["payment-1"]
    assert len(world.said(PaymentReceived)) == 1


async def test_PAY_1_an_event_that_comes_during_the_look_is_looked_into_again() -> None:
    world = World(start=at(NOON))
    await a_day_later_closed_as_not_taken(world)
    await tell(world, "charge.approved")
    find, told = world.processor.find, list[str]()

    async def answers_before_it_takes_it(*, reference: str) -> Charge | None:
        found = await find(reference=reference)
        if not told:
            take_late(world)
            told.append(await tell(world, "charge.approved"))
        return found

    world.processor.find = answers_before_it_takes_it
    await world.settle_down()
    assert told == ["asked-after"]
    assert [each.amount_cents for each in world.rows(Payment)] == [30_000]
    assert world.rows(ProcessorEvent) == []


async def test_PAY_1_while_the_processor_is_away_an_event_waits_and_hinders_nobody() -> None:
    world = World(start=at(NOON))
    await a_day_later_closed_as_not_taken(world)
    take_late(world)
    world.processor.reachable = False
    assert await tell(world, "charge.approved") == "asked-after"
    await world.settle_down()
    assert [each.state for each in world.rows(ProcessorEvent)] == ["waiting"]
    assert await world.pollers["processor-events"].pending(world.now) == 0
    world.processor.reachable = True
    assert await world.pollers["processor-events"].pending(world.now) == 1
    await world.settle_down()
    assert len(world.rows(Payment)) == 1


async def test_I9_a_charge_that_it_is_silent_about_is_asked_after_again_and_shown() -> None:
    world = World(start=at(NOON))
    await a_day_later_closed_as_not_taken(world)
    take_late(world)
    world.odd["payment-1"] = ProcessorSilent("it hangs")
    await tell(world, "charge.approved")
    await world.settle_down()
    (retry,) = world.rows(Retry)
    assert (retry.kind, retry.household, retry.reason) == ("processor-events", "june", "it hangs")
    world.odd.clear()
    world.now = world.clock.shows = retry.retry_at
    await world.settle_down()
    assert len(world.rows(Payment)) == 1
    assert world.rows(Retry) == []


async def test_PAY_1_an_event_about_a_request_that_is_under_way_waits_for_its_end() -> None:
    world = World(start=at(NOON))
    under_way = world.service.dependencies.under_way
    await ask(world, "tok_card_slow")
    with under_way.holding("payment-1"):
        assert await tell(world, "charge.approved") == "asked-after"
        await world.settle_down()
        assert states(world) == ["started"]
    await world.settle_down()
    assert states(world) == ["captured"]
    assert world.rows(ProcessorEvent) == []


@pytest.mark.parametrize("kind", ["charge.approved", "charge.disputed", "refund.paid"])
async def test_I9_money_that_nobody_here_knows_of_stands_in_a_list_until_a_person_has_seen_to_it(
    kind: EventType,
) -> None:
    world = World(start=at(NOON))
    for _ in range(2):
        assert await tell(world, kind, "of-nobody") == "open"
    (event,) = world.rows(ProcessorEvent)
    assert (event.reference, event.household, event.state, event.reason) == (
        "of-nobody",
        None,
        "open",
        "unknown-reference",
    )
    assert world.rows(Payment) == []
    assert not await overdue(world)
    world.set("2015-12-03T00:01")
    assert [(each.kind, each.id, each.deadline) for each in await overdue(world)] == [
        ("processor-event", event.event, date(2015, 12, 2))
    ]
    assert (await dismiss(world, event)).decided_by == "ops"
    assert not await overdue(world)
    with pytest.raises(EventDecided):
        await dismiss(world, event)
    assert await tell(world, kind, "of-nobody") == "known", "a person has seen to it"


async def test_PAY_1_a_payment_that_was_taken_in_again_without_its_attempt_is_known() -> None:
    world = World(start=at(NOON))
    payment = await world.pay_online()
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        await uow.records(Attempt).remove(payment=payment.payment)
    assert await tell(world, "charge.approved", payment.payment) == "known"


async def test_PAY_5_a_payment_that_a_card_s_issuer_takes_back_waits_for_a_person_and_none_that_is_returned() -> (
    None
):
    world = World(start=at(NOON))
    payment = await world.pay_online(method="card")
    assert await tell(world, "charge.disputed", payment.payment) == "open"
    (event,) = world.rows(ProcessorEvent)
    assert (event.household, event.reason, event.about) == ("june", "disputed", "dispute")
    assert [each.returned_on for each in world.rows(Payment)] == [None], "nothing moves because it is said"
    await world.give_back(payment, kind="chargeback")
    await dismiss(world, event)
    other = await world.pay_online(method="card")
    await world.give_back(other, kind="chargeback")
    assert await tell(world, "charge.disputed", other.payment) == "known"


@pytest.mark.parametrize(
    ("told", "returned", "left"),
    [
        (["charge.disputed", "dispute.won"], False, None),
        (["dispute.won"], False, None),
        (["charge.disputed", "dispute.lost"], False, "dispute-lost"),
        (["charge.disputed", "dispute.lost", "dispute.lost", "charge.disputed"], False, "dispute-lost"),
        (["dispute.lost", "dispute.won"], False, None),
        (["charge.disputed", "dispute.lost"], True, None),
        (["dispute.won"], True, "dispute-won"),
        (["charge.failed"], False, "charge-failed"),
        (["charge.failed"], True, None),
        (["charge.failed", "charge.failed"], False, "charge-failed"),
    ],
)
async def test_PAY_5_how_a_dispute_ends_is_seen_to_where_the_books_say_otherwise(
    told: list[EventType], returned: bool, left: str | None
) -> None:
    world = World(start=at(NOON))
    payment = await world.pay_online(method="card")
    if returned:
        await world.give_back(payment, kind="chargeback")
    before = list(world.database.events)
    for kind in told:
        await tell(world, kind, payment.payment)
    found = [(each.about, each.household, each.reason) for each in world.rows(ProcessorEvent)]
    assert found == ([] if left is None else [("dispute", "june", left)])
    assert list(world.database.events) == before, "nothing moves because it is said"


async def test_PAY_5_what_a_person_has_seen_to_waits_again_only_for_another_end() -> None:
    world = World(start=at(NOON))
    payment = await world.pay_online(method="card")
    assert await tell(world, "charge.disputed", payment.payment) == "open"
    await dismiss(world, world.rows(ProcessorEvent)[0])
    assert await tell(world, "charge.disputed", payment.payment) == "known"
    assert await tell(world, "dispute.lost", payment.payment) == "open"
    await dismiss(world, world.rows(ProcessorEvent)[0])
    assert await tell(world, "dispute.lost", payment.payment) == "known"


async def test_PAY_1_a_charge_that_failed_before_it_counted_as_taken_is_asked_after() -> None:
    world = World(start=at(NOON))
    await ask(world, "tok_card_late")
    assert await tell(world, "charge.failed") == "asked-after"
    assert [each.about for each in world.rows(ProcessorEvent)] == ["charge"]


@pytest.mark.parametrize("told", [["charge.failed"], ["charge.failed", "charge.approved"]])
async def test_PAY_5_a_debit_that_fails_while_an_older_answer_is_recorded_waits_for_a_person(
    told: list[EventType],
) -> None:
    world = World(start=at(NOON))
    await ask(world, "tok_card_late")
    take_late(world)
    assert [await tell(world, kind) for kind in told] == ["asked-after"] * len(told)
    await world.pollers["attempts"].turn(world.now)
    assert states(world) == ["captured"]
    await world.settle_down()
    assert [(each.about, each.household, each.state, each.reason) for each in world.rows(ProcessorEvent)] == [
        ("dispute", "june", "open", "charge-failed")
    ]
    assert [each.returned_on for each in world.rows(Payment)] == [None], "nothing moves because it is said"


async def test_PAY_5_that_a_debit_failed_is_said_of_it_whatever_is_told_of_it_after_that() -> None:
    world = World(start=at(NOON))
    payment = await world.pay_online(method="bank")
    assert await tell(world, "charge.disputed", payment.payment) == "open"
    assert [(each.reason, each.failed) for each in world.rows(ProcessorEvent)] == [("disputed", False)]
    told: list[tuple[EventType, str]] = [("charge.failed", "charge-failed"), ("dispute.lost", "dispute-lost")]
    for kind, reason in told:
        assert await tell(world, kind, payment.payment) == "open"
        assert [(each.reason, each.failed) for each in world.rows(ProcessorEvent)] == [(reason, True)]


async def test_PAY_5_a_debit_that_failed_and_is_found_as_taken_waits_for_a_person() -> None:
    world = World(start=at(NOON))
    await ask(world, "tok_card_late")
    take_late(world)
    await tell(world, "charge.failed")
    await world.pollers["processor-events"].turn(world.now)
    assert states(world) == ["captured"]
    assert [(each.about, each.reason) for each in world.rows(ProcessorEvent)] == [
        ("dispute", "charge-failed")
    ]


async def test_PAY_5_that_a_debit_failed_is_kept_for_as_long_as_it_may_come_to_count_as_taken() -> None:
    world = World(start=at(NOON))
    await ask(world, "tok_card_late")
    await tell(world, "charge.failed")
    await world.settle_down()
    assert states(world) == ["missing"]
    assert [(each.about, each.state, each.failed) for each in world.rows(ProcessorEvent)] == [
        ("charge", "waiting", True)
    ]
    take_late(world)
    world.set("2015-12-02T10:00")
    await world.settle_down()
    assert [(each.about, each.reason) for each in world.rows(ProcessorEvent)] == [
        ("dispute", "charge-failed")
    ]


async def test_PAY_1_a_debit_that_failed_before_anybody_knew_that_it_was_taken_counts_as_declined() -> None:
    world = World(start=at(NOON))
    await ask(world, "tok_card_late")

    async def failed(*, reference: str) -> Charge:
        return Charge(charge="ch_1", status="failed", decline="insufficient-funds")

    world.processor.find = failed
    await world.settle_down()
    (attempt,) = world.rows(Attempt)
    assert (attempt.state, attempt.decline) == ("declined", "insufficient-funds")
    assert world.rows(Payment) == []


@pytest.mark.parametrize("state", ["declined", "not-taken"])
async def test_PAY_1_a_debit_that_failed_and_took_nothing_waits_for_nobody(state: str) -> None:
    world = World(start=at(NOON))
    await ask(world, "tok_card_late")
    assert await tell(world, "charge.failed") == "asked-after"
    await world.pollers["processor-events"].turn(world.now)
    if state == "declined":
        kept = world.kept.charges["payment-1"]
        world.kept.charges["payment-1"] = replace(kept, status="declined")
    for text in (NOON, "2015-12-01T13:00", "2015-12-01T14:00", "2015-12-02T14:00"):
        world.set(text)
        await world.settle_down()
    assert states(world) == [state]
    assert world.rows(ProcessorEvent) == []


async def test_PAY_5_a_debit_that_fails_after_it_was_taken_in_again_without_its_attempt_waits_for_a_person() -> (
    None
):
    world = World(start=at(NOON))
    payment = await world.pay_online(method="bank")
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        await uow.records(Attempt).remove(payment=payment.payment)
    for _ in range(2):
        assert await tell(world, "charge.failed", payment.payment) == "open"
    assert [(each.about, each.household, each.reason) for each in world.rows(ProcessorEvent)] == [
        ("dispute", "june", "charge-failed")
    ]


@pytest.mark.parametrize("returned", [False, True])
async def test_PAY_5_a_debit_that_fails_before_its_payment_is_taken_in_again_waits_for_a_person(
    returned: bool,
) -> None:
    world = World(start=at(NOON))
    assert await tell(world, "charge.failed", "online-1") == "open"
    assert [(each.about, each.reason, each.failed) for each in world.rows(ProcessorEvent)] == [
        ("charge", "unknown-reference", True)
    ]
    payment = await world.pay_online(method="bank")
    assert payment.payment == "online-1"
    if returned:
        await world.give_back(payment, kind="nsf")
    await world.settle_down()
    assert [(each.about, each.household, each.reason) for each in world.rows(ProcessorEvent)] == (
        [] if returned else [("dispute", "june", "charge-failed")]
    )


@pytest.mark.parametrize("kind", ["dispute.won", "dispute.lost"])
async def test_PAY_5_the_end_of_a_dispute_of_nobody_waits_once(kind: EventType) -> None:
    world = World(start=at(NOON))
    for _ in range(2):
        assert await tell(world, kind, "of-nobody") == "open"
    assert [(each.reason, each.times) for each in world.rows(ProcessorEvent)] == [("unknown-reference", 2)]


@pytest.mark.parametrize("returned", [False, True])
async def test_PAY_5_a_dispute_that_comes_before_its_payment_is_known_is_that_payments_when_it_is(
    returned: bool,
) -> None:
    world = World(start=at(NOON))
    await ask(world, "tok_card_late")
    assert await tell(world, "charge.disputed") == "open"
    (shown,) = world.rows(ProcessorEvent)
    assert (shown.reason, shown.household) == ("unknown-reference", None)
    assert await world.pollers["processor-events"].pending(world.now) == 0
    take_late(world)
    await world.pollers["attempts"].turn(world.now)
    (payment,) = world.rows(Payment)
    if returned:
        await world.give_back(payment, kind="chargeback")
    assert await world.pollers["processor-events"].pending(world.now) == 1
    await world.settle_down()
    found = [(each.event, each.reason, each.household) for each in world.rows(ProcessorEvent)]
    assert found == ([] if returned else [(shown.event, "disputed", "june")])
    assert await world.pollers["processor-events"].pending(world.now) == 0


async def test_PAY_1_a_charge_that_is_told_before_its_payment_is_taken_in_again_waits_for_nobody_then() -> (
    None
):
    world = World(start=at(NOON))
    assert await tell(world, "charge.approved", "online-1") == "open"
    payment = await world.pay_online(method="card")
    assert payment.payment == "online-1"
    await world.settle_down()
    assert world.rows(ProcessorEvent) == []


async def a_refund(world: World) -> RefundPart:
    """Approve a refund of a payment by card."""
    payment = await world.pay_online(method="card")
    refund = facts.RefundApproved(
        household="june",
        refund="refund-1",
        cents=20_000,
        taken_from=(Share(payment=payment.payment, cents=20_000),),
    )
    await world.hear(refund)
    (part,) = world.rows(RefundPart)
    return part


async def test_INV_6_an_event_about_a_refund_has_it_asked_for_at_once_and_paid_once() -> None:
    world = World(start=at(NOON))
    part = await a_refund(world)
    world.odd[part.reference] = ProcessorSilent("it hangs")
    await world.settle_down()
    world.odd.clear()
    await world.settle_down()
    assert [each.state for each in world.rows(RefundPart)] == ["due"], "it rests"
    assert await tell(world, "refund.paid", part.reference) == "asked-after"
    await world.settle_down()
    assert [each.state for each in world.rows(RefundPart)] == ["paid"]
    assert [each.cents for each in world.said(PaymentRefunded)] == [20_000]
    assert await tell(world, "refund.paid", part.reference) == "known"
    assert world.rows(ProcessorEvent) == []


async def test_INV_6_a_refund_that_counts_as_paid_and_came_back_waits_for_a_person() -> None:
    world = World(start=at(NOON))
    part = await a_refund(world)
    await world.settle_down()
    assert await tell(world, "refund.failed", part.reference) == "open"
    (event,) = world.rows(ProcessorEvent)
    assert (event.household, event.reason, event.reference) == ("june", "refund-failed", part.reference)
    assert [each.state for each in world.rows(RefundPart)] == ["paid"]


async def test_there_is_nothing_to_dismiss_of_what_nobody_said() -> None:
    world = World(start=at(NOON))
    async with world.uows.begin(now=world.now, households=[lock_of("nothing")]) as uow:
        with pytest.raises(NotFound):
            await dismiss_processor_event(uow, "nothing", operator="ops")


async def test_PAY_1_a_crash_at_any_step_of_looking_into_an_event_loses_and_doubles_nothing() -> None:
    step = 0
    while True:
        world = World(start=at(NOON))
        await a_day_later_closed_as_not_taken(world)
        take_late(world)
        await tell(world, "charge.approved")
        there_was = await world.crash_at(step)
        await world.settle_down()
        assert [each.amount_cents for each in world.rows(Payment)] == [30_000]
        assert len(world.said(PaymentReceived)) == 1
        assert world.rows(ProcessorEvent) == []
        if not there_was:
            break
        step += 1
    assert step > 3
    assert world.now - at(NOON) < timedelta(days=1)
