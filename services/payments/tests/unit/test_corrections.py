"""Payments that were recorded for the wrong household (PAY-11), and who may put that right (OPS-5)."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead.kernel.corrections import STEPS, CorrectionNotOpen, CorrectionWaits, SecondPersonNeeded
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.service import Received
from payments.application.find_overdue import overdue_by
from payments.application.move_payments import Target, move_payment
from payments.domain.corrections import Correction
from payments.domain.events import (
    PaymentCleared,
    PaymentMoved,
    PaymentReceived,
    PaymentReturned,
    RefundWithdrawn,
)
from payments.domain.moves import MovedAway, WentBack
from payments.domain.payments import Payment
from payments.domain.refunds import RefundPart
from payments.domain.remittances import RemittanceLine
from services.payments.tests.builders import PARAMETERS, Staff, World, refund, settled, unsettled


@pytest.fixture
async def world() -> World:
    world = await World().opened()
    world.set("2015-12-03T09:00")
    await world.heard_of("june", "mia", "noa")
    return world


@pytest.fixture
def desk(world: World) -> Staff:
    return Staff(world)


def payments(world: World, household: str) -> list[Payment]:
    return [each for each in world.rows(Payment) if each.household == household]


async def test_PAY_11_a_payment_moves_with_its_dates_and_both_households_are_told(
    world: World, desk: Staff
) -> None:
    paid = await world.pay("june", cents=50_000, received="2015-12-02", selection="s1")
    world.set("2015-12-09T09:00")
    correction = await desk.move(paid, ("mia", 50_000))
    assert (correction.state, correction.by_two, correction.cents) == ("applied", False, 50_000)
    [left], [there] = payments(world, "june"), payments(world, "mia")
    assert (left.moved_cents, left.unapplied_cents, left.status) == (50_000, 0, "moved")
    assert (there.received_on, there.amount_cents, there.unapplied_cents) == (
        paid.received_on,
        50_000,
        50_000,
    )
    assert (there.known_at, there.moved_from, there.selection) == (world.now, paid.payment, None)
    [moved] = world.said(PaymentMoved)
    assert (moved.household, moved.payment, moved.cents) == ("june", paid.payment, 50_000)
    assert (moved.correction, moved.because) == (correction.correction, "keying-error")
    arrived = world.said(PaymentReceived)[-1]
    assert (arrived.household, arrived.payment, arrived.received_on) == (
        "mia",
        there.payment,
        paid.received_on,
    )
    assert (arrived.correction, arrived.moved_from) == (correction.correction, paid.payment)
    books = await world.books()
    assert books.balanced
    assert (books.taken.counter_cents, books.places.not_applied_cents) == (50_000, 50_000)


async def test_OPS_5_two_halves_that_one_person_moves_within_thirty_days_take_a_second_person(
    world: World, desk: Staff
) -> None:
    paid = await world.pay("june", cents=100_000)
    first = await desk.move(paid, ("mia", 25_001))
    assert (first.state, first.by_two) == ("applied", False)
    by_another = await desk.move(paid, ("mia", 1), by="bea")
    await world.heard_of("max", "zoe")
    of_others = await desk.move(await world.pay("max", cents=50_000), ("zoe", 50_000))
    assert (by_another.state, of_others.state) == ("applied", "applied")
    world.set("2016-01-02T08:59")
    second = await desk.move(paid, ("noa", 25_000))
    assert (second.state, second.by_two, second.cents) == ("requested", True, 25_000)
    assert sum(each.amount_cents for each in payments(world, "noa") if each.moved_from == paid.payment) == 0
    await desk.decide(second, "decline", by="ann")
    assert (await desk.move(paid, ("noa", 24_999))).state == "applied"
    world.set("2016-02-02T09:00")  # and thirty days later they count no more
    assert (await desk.move(paid, ("noa", 25_000))).state == "applied"


async def test_OPS_5_what_one_person_moves_to_a_household_from_several_counts_together(
    world: World, desk: Staff
) -> None:
    sources = [await world.pay(each, cents=50_000) for each in ("june", "noa")]
    first = await desk.move(sources[0], ("mia", 50_000))
    assert (first.state, first.by_two) == ("applied", False)
    second = await desk.move(sources[1], ("mia", 1))
    assert (second.state, second.by_two) == ("requested", True)
    assert [each.amount_cents for each in payments(world, "mia")] == [50_000]
    [there] = payments(world, "mia")
    onward = await desk.move(there, ("noa", 1))
    assert (onward.state, onward.by_two) == ("requested", True)


async def test_OPS_5_what_was_taken_back_and_what_takes_it_back_count_for_nothing(
    world: World, desk: Staff
) -> None:
    paid = await world.pay("june", cents=100_000)
    first = await desk.move(paid, ("mia", 50_000))
    back = await desk.reverse(first)
    assert back.state == "applied"
    assert (await desk.move(paid, ("mia", 20_000))).state == "applied"
    anew = await desk.reverse(back)  # which moves it again
    assert (anew.state, anew.by_two) == ("requested", True)
    await desk.decide(anew, "decline", by="ann")


async def test_OPS_5_what_two_people_moved_counts_for_neither(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=100_000)
    both = await desk.decide(await desk.move(paid, ("mia", 50_001)), "approve", by="bea")
    assert both.state == "applied"
    assert (await desk.move(paid, ("mia", 49_999))).state == "applied"


async def test_PAY_11_a_payment_is_split_and_what_is_not_named_stays(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=50_000)
    await desk.move(paid, ("mia", 12_001), ("noa", 7_999))
    assert [each.kept_cents for each in payments(world, "june")] == [30_000]
    assert [each.amount_cents for each in payments(world, "mia")] == [12_001]
    assert [each.amount_cents for each in payments(world, "noa")] == [7_999]
    assert [each.cents for each in world.said(PaymentMoved)] == [20_000]
    assert (await world.books()).balanced


async def test_PAY_11_moved_money_clears_once_as_the_payments_it_became(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=50_000)
    await desk.move(paid, ("mia", 50_000))
    await world.advance("2015-12-09T09:00")
    assert [(each.household, each.cents) for each in world.said(PaymentCleared)] == [("mia", 50_000)]


async def test_PAY_11_what_a_moved_payment_had_settled_is_not_passed_on(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=50_000)
    fact = settled(paid)
    await world.hear(fact)
    await world.advance("2015-12-09T09:00")  # a Wednesday: premiums are remitted at 16:00
    await desk.move(paid, ("mia", 20_000))
    assert payments(world, "june")[0].unapplied_cents == -20_000
    await world.advance("2015-12-10T09:00")
    assert world.rows(RemittanceLine) == []
    await world.hear(unsettled(fact, on="2015-12-10"))
    assert payments(world, "june")[0].unapplied_cents == 30_000
    assert (await world.books()).balanced


async def test_PAY_11_a_refund_not_yet_asked_for_is_withdrawn_where_all_of_its_payment_is_moved(
    world: World, desk: Staff
) -> None:
    paid = await world.pay("june", cents=50_000, method="check")
    await desk.move(paid, ("mia", 50_000))
    await world.hear(refund(paid, cents=10_000))  # approved before invoicing heard of it
    await world.settle_down()
    assert [each.state for each in world.rows(RefundPart)] == ["withdrawn"]
    assert [each.cents for each in world.said(RefundWithdrawn)] == [10_000]
    assert (await world.books()).balanced


async def test_PAY_11_a_return_is_of_the_payments_that_moved_money_became(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=50_000)
    await desk.move(paid, ("mia", 50_000))
    [there] = payments(world, "mia")
    with pytest.raises(MovedAway) as refused:
        await world.give_back(paid)
    assert refused.value.reasons[0].facts == {"payments": there.payment}
    await world.give_back(there)
    assert [each.household for each in world.said(PaymentReturned)] == ["mia"]
    assert (await world.books()).balanced


async def test_PAY_5_what_was_not_moved_of_a_payment_is_returned_by_itself(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=50_000)
    await desk.move(paid, ("mia", 20_000))
    with pytest.raises(InvalidValue):
        await world.give_back(paid)
    await world.give_back(paid, cents=30_000)
    assert [each.cents for each in world.said(PaymentReturned)] == [30_000]
    books = await world.books()
    assert books.balanced
    assert (books.places.returned_cents, books.places.not_applied_cents) == (30_000, 20_000)


@pytest.mark.parametrize(
    ("to", "refused"),
    [
        ([("june", 50_000)], "/to/0/household has the payment"),
        ([("nobody", 50_000)], "/to/0/household is not known here"),
        ([("mia", 0)], "/to/0/amount_cents must be 1 to"),
        ([("mia", 20_000), ("noa", -1)], "/to/1/amount_cents must be 1 to"),
        ([("mia", 30_000), ("noa", 20_001)], "/to is more than there is of the payment"),
    ],
)
async def test_PAY_11_what_cannot_be_meant_moves_nothing(
    world: World, desk: Staff, to: list[tuple[str, int]], refused: str
) -> None:
    paid = await world.pay("june", cents=50_000)
    with pytest.raises(InvalidValue, match=refused):
        await desk.move(paid, *to)
    assert world.said(PaymentMoved) == []
    assert world.rows(Correction) == []


async def test_PAY_11_what_went_back_is_not_moved(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=50_000)
    await world.give_back(paid)
    with pytest.raises(WentBack):
        await desk.move(paid, ("mia", 50_000))
    with pytest.raises(NotFound):
        async with world.uows.begin(now=world.now, households=["june", "mia"]) as uow:
            await move_payment(
                uow, "none", [Target(household="mia", amount_cents=1)], desk.asked(), parameters=PARAMETERS
            )


async def test_OPS_5_a_cent_above_the_limit_waits_for_somebody_else(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=50_001)
    correction = await desk.move(paid, ("mia", 50_001), by="ann")
    assert (correction.state, correction.by_two) == ("requested", True)
    assert world.said(PaymentMoved) == []
    with pytest.raises(SecondPersonNeeded):
        await desk.decide(correction, "approve", by="ann")
    decided = await desk.decide(correction, "approve", by="bea")
    assert (decided.state, decided.asked_by, decided.decided_by) == ("applied", "ann", "bea")
    assert [each.cents for each in world.said(PaymentMoved)] == [50_001]
    with pytest.raises(CorrectionNotOpen):
        await desk.decide(correction, "approve", by="bea")


async def test_OPS_5_what_is_declined_does_nothing_and_who_asked_may_decline(
    world: World, desk: Staff
) -> None:
    paid = await world.pay("june", cents=60_000)
    correction = await desk.move(paid, ("mia", 60_000), by="ann")
    assert (await desk.decide(correction, "decline", by="ann")).state == "declined"
    assert world.said(PaymentMoved) == []
    with pytest.raises(CorrectionNotOpen):
        await desk.reverse(correction)


async def test_OPS_5_what_was_asked_for_is_looked_at_again_when_it_is_approved(
    world: World, desk: Staff
) -> None:
    paid = await world.pay("june", cents=60_000)
    correction = await desk.move(paid, ("mia", 60_000), by="ann")
    await world.give_back(paid)
    with pytest.raises(WentBack):
        await desk.decide(correction, "approve", by="bea")
    assert [each.state for each in world.rows(Correction)] == ["requested"]


async def test_OPS_5_of_one_payment_one_correction_waits_at_a_time_and_the_refusal_names_it(
    world: World, desk: Staff
) -> None:
    paid, other = await world.pay("june", cents=60_000), await world.pay("june", cents=60_000)
    waits = await desk.move(paid, ("mia", 60_000), by="ann")
    for by in ("ann", "bea"):
        with pytest.raises(CorrectionWaits) as refused:
            await desk.move(paid, ("noa", 100), by=by)
        assert refused.value.reasons[0].facts == {"correction": waits.correction}
    assert (await desk.move(other, ("mia", 60_000), by="ann")).state == "requested"
    await desk.decide(waits, "decline", by="ann")
    assert (await desk.move(paid, ("noa", 100), by="ann")).state == "applied"


async def test_OPS_5_a_correction_is_reversed_once_by_another_that_refers_to_it(
    world: World, desk: Staff
) -> None:
    paid = await world.pay("june", cents=50_000, received="2015-12-01", selection="s1")
    first = await desk.move(paid, ("mia", 20_000), ("noa", 10_000))
    back = await desk.reverse(first)
    assert (back.reverses, back.cents) == (first.correction, 30_000)
    [first, _] = sorted(world.rows(Correction), key=lambda each: each.correction)
    assert (first.state, first.reversed_by) == ("reversed", back.correction)
    assert sorted(each.kept_cents for each in payments(world, "june")) == [10_000, 20_000, 20_000]
    assert {each.selection for each in payments(world, "june")} == {"s1"}
    assert {each.received_on for each in payments(world, "june")} == {paid.received_on}
    assert [each.kept_cents for each in (*payments(world, "mia"), *payments(world, "noa"))] == [0, 0]
    with pytest.raises(CorrectionNotOpen):
        await desk.reverse(first)
    assert (await world.books()).balanced


async def test_OPS_5_what_was_moved_on_since_is_not_taken_back(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=50_000)
    first = await desk.move(paid, ("mia", 50_000))
    await desk.move(payments(world, "mia")[0], ("noa", 50_000), by="bea")
    with pytest.raises(MovedAway):
        await desk.reverse(first)


async def test_OPS_5_who_waits_too_long_for_a_second_person_is_told_of(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=60_000)
    correction = await desk.move(paid, ("mia", 60_000))
    for day, overdue in (("2015-12-06", []), ("2015-12-07", [correction.correction])):
        world.set(day)
        async with world.uows.begin(now=world.now) as uow:
            found = await overdue_by(PARAMETERS)(uow)
        assert [each.id for each in found if each.kind == "correction"] == overdue


@pytest.mark.parametrize("state", ["requested", "applied", "declined", "reversed"])
@pytest.mark.parametrize("what", ["approve", "decline", "reverse"])
async def test_OPS_5_every_pair_of_state_and_step_is_decided(state: Any, what: Any) -> None:
    allowed = {("requested", "approve"), ("requested", "decline"), ("applied", "reverse")}
    assert ((state, what) in STEPS) == ((state, what) in allowed)


async def test_OPS_5_corrections_that_were_said_are_taken_in_again_once(world: World, desk: Staff) -> None:
    paid = await world.pay("june", cents=50_000, received="2015-12-01")
    first = await desk.move(paid, ("mia", 20_000))
    await desk.reverse(first)
    restored = await World(start=world.now).opened()
    await restored.heard_of("june", "mia", "noa")
    said = [*reversed(world.said(PaymentMoved)), *reversed(world.said(PaymentReceived))]
    taking_in = restored.service.taking_in
    assert taking_in is not None
    for _ in range(2):
        await taking_in.before(restored.uows, [_heard(restored, each) for each in said], restored.now)
    before = {
        (each.payment, each.household, each.moved_cents, each.unapplied_cents) for each in world.rows(Payment)
    }
    after = {
        (each.payment, each.household, each.moved_cents, each.unapplied_cents)
        for each in restored.rows(Payment)
    }
    assert before == after
    assert {each.correction: each.state for each in restored.rows(Correction)} == {
        "c1": "reversed",
        "c2": "applied",
    }
    assert (await restored.books()).balanced


def _heard(world: World, fact: Any) -> Received:
    return Received(event_id="e", household=fact.household, occurred_at=world.now, fact=fact, partition=0)
