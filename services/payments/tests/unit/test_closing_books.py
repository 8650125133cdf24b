"""When the books of a date close (PAY-10)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import InvalidValue
from payments.application.declare_absences import declare_absences
from payments.application.take_online_payment import UnderWay, take_online_payment
from payments.domain.events import BooksClosed, PaymentCleared
from payments.domain.lockbox import DayNotOver, LockboxDay, unaccounted_days
from payments.domain.payments import Payment
from services.payments.tests.builders import PARAMETERS, PARAMETERS_ON, Row, World, at
from services.payments.tests.unit.test_online_payment import order


def closed(world: World) -> list[str]:
    return [event.through.isoformat() for event in world.said(BooksClosed)]


async def test_PAY_10_the_books_of_yesterday_close_each_night() -> None:
    world = await World().opened()
    await world.advance("2015-12-04T12:00")
    assert closed(world) == ["2015-11-30", "2015-12-01", "2015-12-02", "2015-12-03"]
    broadcasts = world.database.emitted
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
        unaccounted_days(closed_through=None, through=date(2015, 12, 1), accounted=(), parameters=PARAMETERS)
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
    await take_online_payment(
        world.uows, order(), processor=world.processor, under_way=UnderWay(), now=world.now, cause=None
    )
    world.processor.reachable = False
    await world.advance("2015-12-02T12:00")
    assert closed(world) == []
    world.processor.reachable = True
    await world.settle_down()
    assert closed(world) == ["2015-12-01"]
    names = [type(event).__name__ for event in world.database.events]
    assert names == ["PaymentReceived", "BooksClosed"]


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
            parameters_on=PARAMETERS_ON,
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
