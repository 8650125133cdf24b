"""When money clears (PAY-4, CAL-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from payments.domain.events import PaymentCleared
from payments.domain.payments import Payment, clearing_date
from services.payments.tests.builders import IN_2016, World, at

MONDAY = at("2016-01-04T10:00")


@pytest.mark.parametrize(
    ("received", "clears"),
    [
        ("2016-01-04", "2016-01-06"),  # Monday: Wednesday
        ("2016-01-09", "2016-01-12"),  # Saturday: Tuesday
        ("2016-01-10", "2016-01-12"),  # Sunday: Tuesday
        ("2016-01-07", "2016-01-11"),  # Thursday: over the weekend
        ("2016-01-15", "2016-01-20"),  # Friday before Martin Luther King Day
        ("2015-12-23", "2015-12-28"),  # over Christmas Day, a Friday, and the weekend
        ("2015-12-31", "2016-01-05"),  # over New Year's Day and the weekend
    ],
)
def test_PAY_4_money_clears_on_the_second_business_day_after_receipt(received: str, clears: str) -> None:
    day = clearing_date(received_on=date.fromisoformat(received), parameters=IN_2016)
    assert day == date.fromisoformat(clears)


def test_CAL_2_a_state_holiday_of_the_pack_is_no_business_day() -> None:
    town_meeting_day = replace(IN_2016, state_holidays=(date(2016, 3, 1),))
    assert clearing_date(received_on=date(2016, 2, 29), parameters=town_meeting_day) == date(2016, 3, 3)


async def test_PAY_4_the_night_duty_clears_what_was_to_clear() -> None:
    world = await World(start=MONDAY).opened()
    payment = await world.pay()
    await world.advance("2016-01-05T23:00")
    assert world.said(PaymentCleared) == []
    await world.advance("2016-01-06T00:10")
    assert world.said(PaymentCleared) == [
        PaymentCleared(household="june", payment=payment.payment, cents=50_000, cleared_on=date(2016, 1, 6))
    ]
    assert [each.status for each in world.rows(Payment)] == ["cleared"]


async def test_PAY_4_money_learned_of_after_its_clearing_date_has_cleared_at_once() -> None:
    world = await World(start=MONDAY).opened()
    world.set("2016-01-08T10:00")
    payment = await world.pay(received="2016-01-04")
    assert (payment.clears_on, payment.cleared_on) == (date(2016, 1, 6), date(2016, 1, 8))
    assert [event.cleared_on for event in world.said(PaymentCleared)] == [date(2016, 1, 8)]
    await world.advance("2016-01-12T12:00")
    assert len(world.said(PaymentCleared)) == 1


async def test_PAY_4_a_missed_night_is_caught_up_as_of_the_date_it_was_to_clear() -> None:
    world = await World(start=MONDAY).opened()
    await world.pay()
    world.set("2016-01-14T10:00")
    await world.runner.turn(world.now)
    assert [event.cleared_on for event in world.said(PaymentCleared)] == [date(2016, 1, 6)]


async def test_the_clock_is_told_when_money_clears_next() -> None:
    world = await World(start=MONDAY).opened()
    clearing = next(duty for duty in world.service.duties if duty.name == "money-clears")
    assert clearing.next_work is not None
    async with world.uows.begin(now=world.now) as uow:
        assert await clearing.next_work(uow, date(2016, 1, 4)) is None
    await world.pay()
    async with world.uows.begin(now=world.now) as uow:
        assert await clearing.next_work(uow, date(2016, 1, 4)) == date(2016, 1, 6)
        assert await clearing.next_work(uow, date(2016, 1, 9)) == date(2016, 1, 9)
