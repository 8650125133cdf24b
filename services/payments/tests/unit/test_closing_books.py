"""When the books of a date close (PAY-10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from payments.application.declare_absences import declare_absences
from payments.application.ports import Charge
from payments.application.take_online_payment import UnderWay, record_online_payment
from payments.domain.attempts import Attempt, ProcessorAway
from payments.domain.events import BooksClosed, PaymentCleared
from payments.domain.lockbox import DayNotOver, LockboxDay, unaccounted_days
from payments.domain.payments import Payment
from services.payments.tests.builders import IN_2016, PARAMETERS, Row, World, at, charge_online
from services.payments.tests.unit.test_online_payment import order


def closed(world: World) -> list[str]:
    return [event.through.isoformat() for event in world.said(BooksClosed)]


async def test_PAY_10_the_books_of_yesterday_close_each_night() -> None:
    world = await World().opened()
    await world.advance("2015-12-04T12:00")
    assert closed(world) == ["2015-11-30", "2015-12-01", "2015-12-02", "2015-12-03"]
    broadcasts = [each.record for each in world.database.emitted]
    assert [each.household for each in broadcasts] == [None] * 4
    assert [each.business_date for each in broadcasts] == [event.through for event in world.said(BooksClosed)]


async def test_PAY_10_books_wait_for_the_lockbox_file_of_each_business_day_and_catch_up_in_order() -> None:
    world = await World().opened()
    await world.advance("2015-12-07T12:00", absent=False)
    assert closed(world) == ["2015-11-30"]
    assert world.runner.waiting() == ["close-books"]
    for day in (3, 1):  # out of order: the 1st is what everything waits for
        await world.declare_absent(date(2015, 12, day))
    await world.settle_down()
    assert closed(world) == ["2015-11-30", "2015-12-01"]
    world.drop(Row(), deposited="2015-12-02")
    await world.settle_down()
    assert closed(world)[1:] == ["2015-12-01", "2015-12-02", "2015-12-03"]
    await world.declare_absent(date(2015, 12, 4))
    await world.settle_down()
    assert closed(world)[-3:] == ["2015-12-04", "2015-12-05", "2015-12-06"]  # the weekend has no file


async def test_PAY_10_what_lies_before_the_first_books_needs_no_lockbox_file() -> None:
    assert (
        unaccounted_days(closed_through=None, through=date(2015, 12, 1), accounted=(), parameters=IN_2016)
        == []
    )


async def test_PAY_10_a_file_that_lies_unread_keeps_the_books_open() -> None:
    world = await World().opened()
    world.set("2015-12-02T12:00")
    await world.declare_absent(date(2015, 12, 1))
    world.drop(Row(), deposited="2015-12-01")
    await world.runner.turn(world.now)
    assert closed(world) == []
    await world.settle_down()
    assert closed(world) == ["2015-11-30", "2015-12-01"]
    assert [(each.day, each.state) for each in world.rows(LockboxDay)] == [(date(2015, 12, 1), "loaded")]


async def test_PAY_10_an_online_payment_nobody_knows_the_end_of_keeps_the_books_open() -> None:
    world = await World(start=at("2015-12-01T23:59")).opened()
    await charge_online(world.uows, order(), processor=world.processor, under_way=UnderWay(), now=world.now)
    world.processor.reachable = False
    await world.advance("2015-12-02T12:00")
    assert closed(world) == []
    world.processor.reachable = True
    await world.settle_down()
    assert closed(world) == ["2015-12-01"]
    names = [type(event).__name__ for event in world.database.events]
    assert names == ["PaymentReceived", "BooksClosed"]


async def begin_online(world: World, **about: Any) -> None:
    """Begin an online payment whose answer is lost, at the processor or on the way."""
    with pytest.raises(ProcessorAway):
        await charge_online(
            world.uows,
            replace(order(), **about),
            processor=world.processor,
            under_way=UnderWay(),
            now=world.now,
        )


async def test_PAY_10_a_payment_the_processor_does_not_know_yet_keeps_them_open_until_it_is_asked_again() -> (
    None
):
    world = await World(start=at("2015-12-01T23:59")).opened()
    await begin_online(world, token=Masked("tok_card_lost"))
    await world.settle_down()
    assert [attempt.state for attempt in world.rows(Attempt)] == ["missing"]
    await world.advance("2015-12-02T00:13")
    assert closed(world) == []
    await world.advance("2015-12-02T00:14")
    assert [attempt.state for attempt in world.rows(Attempt)] == ["not-taken"]
    assert closed(world) == ["2015-12-01"]


async def test_PAY_10_and_when_the_second_look_finds_it_it_is_in_the_books_before_they_close() -> None:
    world = await World(start=at("2015-12-01T23:59")).opened()
    await begin_online(world, token=Masked("tok_card_lost"))
    await world.settle_down()
    await world.processor.charge(
        token="tok_card_ok", amount_cents=30_000, method="card", reference="payment-1"
    )
    await world.advance("2015-12-02T00:20")
    assert [payment.received_on for payment in world.rows(Payment)] == [date(2015, 12, 1)]
    names = [type(event).__name__ for event in world.database.events]
    assert names == ["PaymentReceived", "BooksClosed"]


async def test_PAY_10_so_does_a_payment_that_an_operator_dates_back() -> None:
    world = await World(start=at("2015-12-02T00:05")).opened()
    await begin_online(world, token=Masked("tok_card_slow"), received_on=date(2015, 12, 1))
    world.processor.reachable = False
    await world.advance("2015-12-02T12:00")
    assert closed(world) == []
    world.processor.reachable = True
    await world.settle_down()
    assert closed(world) == ["2015-12-01"]
    names = [type(event).__name__ for event in world.database.events]
    assert names == ["PaymentReceived", "BooksClosed"]


async def test_PAY_10_a_payment_of_today_keeps_yesterdays_books_open_no_longer() -> None:
    world = await World(start=at("2015-12-02T00:05")).opened()
    await begin_online(world, token=Masked("tok_card_slow"))
    world.processor.reachable = False
    await world.advance("2015-12-03T12:00")
    assert closed(world) == ["2015-12-01"]


@pytest.mark.parametrize("state", ["not-taken", "declined", "captured"])
async def test_PAY_10_a_decided_payment_does_not(state: str) -> None:
    world = await World(start=at("2015-12-01T10:00")).opened()
    if state == "not-taken":
        world.processor.reachable = False
        await begin_online(world)
    else:
        token = "tok_card_ok" if state == "captured" else "tok_card_declined"
        await charge_online(
            world.uows, order(token=token), processor=world.processor, under_way=UnderWay(), now=world.now
        )
        await world.settle_down()
    assert [attempt.state for attempt in world.rows(Attempt)] == [state]
    await world.advance("2015-12-02T12:00")
    assert closed(world)[-1] == "2015-12-01"


async def test_PAY_10_money_that_is_found_after_nothing_was_taken_counts_from_the_day_it_is_found() -> None:
    world = await World(start=at("2015-12-01T10:00")).opened()
    world.processor.reachable = False
    await begin_online(world)
    await world.advance("2015-12-03T10:00")
    assert closed(world)[-1] == "2015-12-02"
    charge = Charge(charge="ch_1", status="approved")  # its own request, delayed for two days
    async with world.uows.begin(now=world.now, households=["avery"]) as uow:
        await record_online_payment(uow, "payment-1", charge=charge, parameters=PARAMETERS)
    assert [payment.received_on for payment in world.rows(Payment)] == [date(2015, 12, 3)]


async def test_at_ten_past_midnight_the_books_close_before_money_clears() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    await world.pay()
    await world.advance("2016-01-06T00:10")
    names = [type(event).__name__ for event in world.database.events]
    assert names == ["PaymentReceived", "BooksClosed", "BooksClosed", "PaymentCleared"]
    assert len(world.said(PaymentCleared)) == 1


async def declare(world: World, first: str, last: str):
    async with world.uows.begin(now=world.now) as uow:
        return await declare_absences(
            uow,
            first=date.fromisoformat(first),
            last=date.fromisoformat(last),
            operator="ops",
            parameters=PARAMETERS,
        )


async def test_PAY_10_absence_is_of_business_days_that_have_no_file() -> None:
    world = World(start=at("2015-12-08T09:00"))
    world.drop(Row(), deposited="2015-12-03")
    await world.pollers["lockbox"].turn(world.now)
    absences = await declare(world, "2015-12-03", "2015-12-07")
    assert absences.absent == (date(2015, 12, 4), date(2015, 12, 7))
    assert absences.loaded == (date(2015, 12, 3),)


async def test_PAY_10_a_day_that_is_not_over_cannot_be_absent() -> None:
    world = World(start=at("2015-12-08T09:00"))
    with pytest.raises(DayNotOver) as refused:
        await declare(world, "2015-12-07", "2015-12-08")
    assert refused.value.reasons[0].rule == "PAY-10"
    assert refused.value.reasons[0].facts == {"latest": "2015-12-07"}
    assert world.rows(LockboxDay) == []


@pytest.mark.parametrize(
    ("first", "last"),
    [("2015-12-07", "2015-12-04"), ("2014-11-01", "2015-12-07"), ("2000-01-01", "2000-01-02")],
)
async def test_a_range_that_is_none_is_refused(first: str, last: str) -> None:
    world = World(start=at("2015-12-08T09:00"))
    with pytest.raises(InvalidValue):
        await declare(world, first, last)


async def test_a_file_that_comes_after_its_day_was_declared_absent_is_loaded_all_the_same() -> None:
    world = await World().opened()
    await world.advance("2015-12-03T12:00")
    assert closed(world)[-1] == "2015-12-02"
    await world.heard_of("june")
    world.drop(Row(received="2015-12-02"), deposited="2015-12-02")
    await world.settle_down()
    assert [payment.received_on for payment in world.rows(Payment)] == [date(2015, 12, 2)]
