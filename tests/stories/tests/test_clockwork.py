"""How time moves: stop by stop, ten past midnight first, lockbox days declared when they are over."""

from __future__ import annotations

from datetime import date, datetime

from bulkhead.kernel.calendar import local
from stories.clockwork import Clockwork
from stories.driver import Driver
from stories.lookout import Lookout
from stories.runner import Player
from stories.tests.builders import ScriptedExchange, story_of

FIRST = date(2015, 12, 1)


def on(day: int, hour: int, minute: int = 0, *, month: int = 12, year: int = 2015) -> datetime:
    return local(date(year, month, day), hour, minute)


async def test_every_due_time_on_the_way_is_a_stop_and_its_days_ten_past_midnight_before_it() -> None:
    exchange = ScriptedExchange(due=[on(4, 2), on(9, 16)])
    clockwork = Clockwork(exchange, begins=FIRST)
    await clockwork.begin()
    await clockwork.move_to(on(9, 23))
    assert exchange.clock_stops == [
        "12-01 00:00", "12-04 00:10", "12-04 02:00", "12-09 00:10", "12-09 16:00", "12-09 23:00",
    ]  # fmt: skip


async def test_a_stop_before_ten_past_midnight_is_one_by_itself() -> None:
    exchange = ScriptedExchange()
    clockwork = Clockwork(exchange, begins=FIRST)
    await clockwork.begin()
    await clockwork.move_to(on(2, 0, 5))
    await clockwork.move_to(on(2, 9))
    assert exchange.clock_stops == ["12-01 00:00", "12-02 00:05", "12-02 00:10", "12-02 09:00"]


async def test_business_days_that_are_over_are_declared_to_have_no_lockbox_file_before_their_books_close() -> (
    None
):
    exchange = ScriptedExchange()
    clockwork = Clockwork(exchange, begins=FIRST)
    await clockwork.begin()
    await clockwork.move_to(on(4, 9))
    path = "/v1/lockbox-days/absences"
    assert exchange.bodies == [("payments", path, {"first": "2015-12-01", "last": "2015-12-03"})]
    assert exchange.happened == [
        "clock 12-01 00:00", "clock 12-04 00:10", f"POST payments {path}", "clock 12-04 09:00",
    ]  # fmt: skip


async def test_a_weekend_has_no_lockbox_day_to_declare() -> None:
    exchange = ScriptedExchange()
    clockwork = Clockwork(exchange, begins=date(2015, 12, 5))
    await clockwork.begin()
    await clockwork.move_to(on(7, 9))
    assert exchange.bodies == []
    await clockwork.move_to(on(8, 9))
    assert [body for _, _, body in exchange.bodies] == [{"first": "2015-12-07", "last": "2015-12-07"}]


async def test_lockbox_days_that_pass_while_payments_is_down_are_declared_at_once_when_it_is_back() -> None:
    exchange = ScriptedExchange()
    clockwork = Clockwork(exchange, begins=FIRST)
    await clockwork.begin()
    await exchange.take_down("payments")
    await clockwork.move_to(on(9, 9))
    assert exchange.bodies == []
    await exchange.bring_up("payments", clockwork.now)
    await clockwork.catch_up_payments()
    assert [body for _, _, body in exchange.bodies] == [{"first": "2015-12-01", "last": "2015-12-08"}]


async def test_the_hour_that_comes_twice_in_autumn_does_not_stop_the_clock() -> None:
    exchange = ScriptedExchange()
    clockwork = Clockwork(exchange, begins=date(2016, 11, 6))
    await clockwork.begin()
    await clockwork.move_to(local(date(2016, 11, 6), 1, 30))
    await clockwork.move_to(local(date(2016, 11, 6), 3))
    assert exchange.clock_stops == ["11-06 00:00", "11-06 00:10", "11-06 01:30", "11-06 03:00"]


async def test_a_day_whose_lockbox_file_is_late_stays_open_until_a_check_of_it_comes_or_it_is_declared() -> (
    None
):
    exchange = ScriptedExchange()
    clockwork = Clockwork(exchange, begins=FIRST)
    await clockwork.begin()
    clockwork.await_file(date(2015, 12, 2))
    clockwork.await_file(date(2015, 12, 3))
    await clockwork.move_to(on(7, 9))
    assert [body for _, _, body in exchange.bodies] == [
        {"first": "2015-12-01", "last": "2015-12-01"},
        {"first": "2015-12-04", "last": "2015-12-06"},
    ]
    assert clockwork.day_of_file(date(2015, 12, 2)) == date(2015, 12, 2)
    await clockwork.declare_absent(date(2015, 12, 3))
    assert exchange.bodies[-1][2] == {"first": "2015-12-03", "last": "2015-12-03"}
    assert clockwork.awaited == set()
    assert clockwork.day_of_file(date(2015, 12, 2)) == date(2015, 12, 7)


async def test_when_a_day_is_over_whoever_watches_is_told_before_the_next_begins() -> None:
    exchange = ScriptedExchange(due=[on(2, 2), on(2, 16)])

    async def look() -> None:
        exchange.happened.append("look")

    clockwork = Clockwork(exchange, begins=FIRST, when_a_day_is_over=look)
    await clockwork.begin()
    await clockwork.move_to(on(3, 9))
    assert [each for each in exchange.happened if "POST" not in each] == [
        "clock 12-01 00:00", "look", "clock 12-02 00:10", "clock 12-02 02:00", "clock 12-02 16:00",
        "look", "clock 12-03 00:10", "clock 12-03 09:00",
    ]  # fmt: skip


INVOICE = {"kind": "monthly", "dated": "2016-01-05", "total_cents": 50_000}


async def test_each_invoice_is_paid_on_its_day_at_the_steps_time_among_the_later_steps() -> None:
    exchange = ScriptedExchange()
    exchange.answers["invoicing", "/v1/households/june/invoices"] = {
        "items": [INVOICE, {**INVOICE, "dated": "2016-02-05", "total_cents": 47_500}],
        "next_cursor": None,
    }
    story = story_of(
        "- {at: 2016-01-05T12:30, do: pay-each-invoice, household: june, from: 2016-01, until: 2016-03, day: 31, by: bank}",
        "- {at: 2016-02-10T10:00, do: pay, household: may, amount: 1.00, by: cash}",
        "- {at: 2016-04-01T10:00, do: pay, household: may, amount: 2.00, by: cash}",
    )
    player = Player(story, exchange)
    await player.begin()
    exchange.happened.clear()
    exchange.bodies.clear()
    for step in story.steps:
        await player.take(step)
    paid = [
        (path.split("/")[3], body["amount_cents"])
        for service, path, body in exchange.bodies
        if "payments" in path
    ]
    # January 31, then the step of February 10, then February 29; nothing was invoiced in March
    assert paid == [("june", 50_000), ("may", 100), ("june", 47_500), ("may", 200)]
    assert "01-31 12:30" in exchange.clock_stops
    assert "02-29 12:30" in exchange.clock_stops


def driver_of(exchange: ScriptedExchange, *steps: str) -> tuple[Driver, Clockwork]:
    story = story_of(*steps)
    clockwork = Clockwork(exchange, begins=story.clock)
    return Driver(exchange, story, Lookout(exchange, story, lambda: clockwork.now), clockwork), clockwork


async def test_a_check_is_a_lockbox_file_of_the_day_dropped_whole_with_its_own_dates() -> None:
    exchange = ScriptedExchange()
    steps = (
        "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 500.00, by: check, received: 2015-12-04, postmarked: 2015-12-02}",
        "- {at: 2015-12-07T10:00, do: pay, for: unknown, amount: 1.50, by: check}",
    )
    driver, clockwork = driver_of(exchange, *steps)
    await clockwork.move_to(on(7, 10))
    for step in story_of(*steps).steps:
        assert step.deed is not None
        await driver.do(step.deed)
    assert exchange.dropped == {
        "lockbox/LOCKBOX_2015-12-07_1.csv": (
            b"lockbox,2015-12-07,1\nreceived,postmarked,account,amount,instrument,reference\n"
            b"2015-12-04,2015-12-02,june,500.00,check,1001\ntotal,1,500.00\n"
        ),
        "lockbox/LOCKBOX_2015-12-07_2.csv": (
            b"lockbox,2015-12-07,2\nreceived,postmarked,account,amount,instrument,reference\n"
            b"2015-12-07,,,1.50,check,1002\ntotal,1,1.50\n"
        ),
    }


async def test_who_does_what_is_who_would_at_the_counter_on_the_phone_and_at_home() -> None:
    exchange = ScriptedExchange()
    steps = (
        "- {at: 2015-12-07T10:00, do: select, household: june, plans: [SILVER], pays: {amount: 5.00, by: card}}",
        "- {at: 2015-12-07T10:00, do: select, household: june, plans: [SILVER], via: phone}",
        "- {at: 2015-12-07T10:00, do: select, household: june, plans: [SILVER], via: navigator}",
        "- {at: 2015-12-07T10:00, do: select, household: june, plans: [SILVER], via: paper, received: 2015-12-04}",
        "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: phone}",
        "- {at: 2015-12-07T10:00, do: refund, household: june, amount: 5.00}",
        "- {at: 2015-12-07T10:00, do: end-coverage, household: june, on: 2015-12-31}",
    )
    driver, _ = driver_of(exchange, *steps)
    for step in story_of(*steps).steps:
        assert step.deed is not None
        await driver.do(step.deed)
    assert [(path.rpartition("/")[2], role) for path, role, _ in exchange.callers] == [
        ("selections", "member"),
        ("payments", "member"),
        ("selections", "operator"),
        ("selections", "assister"),
        ("selections", "operator"),
        ("payments", "operator"),
        ("refunds", "operator"),
        ("terminations", "operator"),
    ]
    bodies = [body for _, _, body in exchange.bodies]
    assert bodies[1] == {
        "amount_cents": 500,
        "method": "card",
        "token": "tok_card_ok.june",
        "at_selection": True,
        "selection": "s-1",
    }
    assert bodies[4] == {"plans": ["SILVER"], "via": "paper", "received_on": "2015-12-04"}
    assert bodies[7] == {"on": "2015-12-31", "reason": "requested"}


async def test_what_a_service_knew_is_remembered_before_it_goes_down() -> None:
    exchange = ScriptedExchange()
    exchange.answers["invoicing", "/v1/households/june/balance"] = {"owed_cents": 7}
    exchange.answers["invoicing", "/v1/events"] = {"items": [], "next_cursor": None}
    exchange.answers["invoicing", "/v1/books"] = {"held_cents": 0}
    driver, _ = driver_of(exchange, "- {at: 2015-12-07T10:00, do: down, service: invoicing}")
    step = story_of("- {at: 2015-12-07T10:00, do: down, service: invoicing}").steps[0]
    assert step.deed is not None
    await driver.do(step.deed)
    assert "invoicing" in exchange.down
    assert await driver.lookout.get("invoicing", "/v1/households/june/balance") == {"owed_cents": 7}
    assert await driver.lookout.get("invoicing", "/v1/households/may/balance") is None
