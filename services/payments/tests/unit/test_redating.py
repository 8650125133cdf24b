"""Dates of payments that were recorded wrong (PAY-12)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.corrections import CorrectionWaits
from bulkhead.kernel.errors import InvalidValue
from bulkhead.service import Received
from payments.domain.corrections import Correction
from payments.domain.events import PaymentReceived, PaymentRedated
from payments.domain.moves import MovedAway, WentBack
from payments.domain.payments import Payment
from payments.domain.redating import ChangedSince
from payments.domain.settlements import WaitingShare
from services.payments.tests.builders import Staff, World, settled


@pytest.fixture
async def world() -> World:
    world = await World().opened()
    world.set("2015-12-09T09:00")
    await world.heard_of("june", "mia")
    return world


@pytest.fixture
def staff(world: World) -> Staff:
    return Staff(world)


async def test_PAY_12_dates_are_corrected_by_two_people_whatever_the_amount(
    world: World, staff: Staff
) -> None:
    paid = await world.pay("june", cents=1, received="2015-12-08")
    correction = await staff.redate(paid, "2015-12-07", "2015-12-04")
    assert (correction.state, correction.by_two, correction.households) == ("requested", True, ("june",))
    assert world.said(PaymentRedated) == []
    await staff.decide(correction, "approve", by="bea")
    [after] = world.rows(Payment)
    assert (after.received_on, after.postmarked_on) == (date(2015, 12, 7), date(2015, 12, 4))
    assert (after.clears_on, after.known_at) == (paid.clears_on, paid.known_at)
    [told] = world.said(PaymentRedated)
    assert (told.payment, told.received_on, told.postmarked_on) == (
        paid.payment,
        date(2015, 12, 7),
        date(2015, 12, 4),
    )
    assert (told.received_before, told.postmarked_before) == (date(2015, 12, 8), None)
    assert told.correction == correction.correction


async def test_OPS_5_the_dates_of_one_payment_are_asked_for_once_at_a_time(
    world: World, staff: Staff
) -> None:
    paid = await world.pay("june", cents=1, received="2015-12-08")
    waits = await staff.redate(paid, "2015-12-07", "2015-12-04")
    with pytest.raises(CorrectionWaits) as refused:
        await staff.redate(paid, "2015-12-06")
    assert refused.value.reasons[0].facts == {"correction": waits.correction}


async def test_PAY_9_what_waits_has_the_age_of_its_corrected_date(world: World, staff: Staff) -> None:
    paid = await world.pay("june", cents=50_000, received="2015-12-08")
    await world.hear(settled(paid, cents=30_000, on="2015-12-09"))
    await staff.decide(await staff.redate(paid, "2015-12-01"), "approve", by="bea")
    assert [each.received_on for each in world.rows(WaitingShare)] == [date(2015, 12, 1)]
    books = await world.books()
    assert books.balanced
    assert [each.cents for each in books.unremitted_by_age] == [0, 0, 50_000, 0, 0]


@pytest.mark.parametrize(
    ("received", "postmarked", "field"),
    [
        ("2015-12-08", None, "/received_on and the postmark are the payment's already"),
        ("2015-12-10", None, "/received_on must be from 2000-01-01 to today"),
        ("1999-12-31", None, "/received_on must be from 2000-01-01 to today"),
        ("2015-12-07", "2015-12-08", "/postmarked_on would have been posted after it was received"),
    ],
)
async def test_PAY_12_dates_it_cannot_have_are_refused(
    world: World, staff: Staff, received: str, postmarked: str | None, field: str
) -> None:
    paid = await world.pay("june", received="2015-12-08")
    with pytest.raises(InvalidValue, match=field):
        await staff.redate(paid, received, postmarked)
    assert world.rows(Correction) == []


async def test_PAY_12_what_is_gone_has_no_dates_to_correct(world: World, staff: Staff) -> None:
    back, moved = await world.pay("june"), await world.pay("june")
    await world.give_back(back)
    with pytest.raises(WentBack):
        await staff.redate(back, "2015-12-01")
    await staff.move(moved, ("mia", 50_000))
    with pytest.raises(MovedAway):
        await staff.redate(moved, "2015-12-01")


async def test_OPS_5_a_correction_of_dates_is_reversed_unless_they_were_corrected_again(
    world: World, staff: Staff
) -> None:
    paid = await world.pay("june", received="2015-12-08")
    first = await staff.decide(await staff.redate(paid, "2015-12-07"), "approve", by="bea")
    back = await staff.decide(await staff.reverse(first), "approve", by="bea")
    assert [each.received_on for each in world.rows(Payment)] == [date(2015, 12, 8)]
    assert (back.reverses, [each.state for each in world.rows(Correction)]) == (
        first.correction,
        ["reversed", "applied"],
    )
    second = await staff.decide(await staff.redate(paid, "2015-12-06"), "approve", by="bea")
    [now] = world.rows(Payment)
    await staff.decide(await staff.redate(now, "2015-12-05"), "approve", by="bea")
    with pytest.raises(ChangedSince):
        await staff.reverse(second)


async def test_PAY_12_moved_money_keeps_its_corrected_dates_also_when_it_is_taken_in_again(
    world: World, staff: Staff
) -> None:
    paid = await world.pay("june", received="2015-12-08")
    await staff.decide(await staff.redate(paid, "2015-12-07", "2015-12-02"), "approve", by="bea")
    await staff.move(paid, ("mia", 20_000))
    await staff.decide(await staff.redate(paid, "2015-12-06"), "approve", by="bea")
    dates = {each.household: (each.received_on, each.postmarked_on) for each in world.rows(Payment)}
    assert dates == {"june": (date(2015, 12, 6), None), "mia": (date(2015, 12, 7), date(2015, 12, 2))}
    restored = await World(start=world.now).opened()
    await restored.heard_of("june", "mia")
    taking_in = restored.service.taking_in
    assert taking_in is not None
    moved = [each.event for each in world.database.emitted if type(each.event).__name__ == "PaymentMoved"]
    said: list[Any] = [*world.said(PaymentReceived), *world.said(PaymentRedated), *moved]
    for _ in range(2):
        heard = [
            Received(event_id="e", household=each.household, occurred_at=world.now, fact=each, partition=0)
            for each in said
        ]
        await taking_in.before(restored.uows, heard, restored.now)
    again = {each.household: (each.received_on, each.postmarked_on) for each in restored.rows(Payment)}
    assert again == dates
    assert [each.kind for each in restored.rows(Correction)].count("redate-payment") == 2


async def test_OPS_5_what_was_asked_for_before_a_backup_and_approved_since_is_done_again(
    world: World, staff: Staff
) -> None:
    paid = await world.pay("june", received="2015-12-08", cents=60_000)
    asked = [await staff.redate(paid, "2015-12-07"), await staff.move(paid, ("mia", 60_000))]
    restored = await World(start=world.now).opened()
    await restored.heard_of("june", "mia")
    async with restored.uows.begin(now=restored.now, households=["june"]) as uow:
        await uow.records(Payment).add(world.rows(Payment))
        await uow.records(Correction).add(asked)
    for each in asked:
        await staff.decide(each, "approve", by="bea")
    facts: list[Any] = [each.event for each in world.database.emitted]
    said = [
        Received(event_id="e", household=each.household, occurred_at=world.now, fact=each, partition=0)
        for each in facts
    ]
    taking_in = restored.service.taking_in
    assert taking_in is not None
    for _ in range(2):
        await taking_in.before(restored.uows, said, restored.now)
    assert {each.household: each.kept_cents for each in restored.rows(Payment)} == {"june": 0, "mia": 60_000}
    assert [(each.state, each.asked_by) for each in restored.rows(Correction)] == [("applied", "ann")] * 2
    assert (await restored.books()).balanced
