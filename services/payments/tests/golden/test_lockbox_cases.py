"""Lockbox files that came out wrong once, byte by byte, and what is right (PAY-3).

The files are those of the shared collection of cases; a file that no test reads fails here.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from payments.domain.events import BooksClosed
from payments.domain.lockbox import LockboxFile
from payments.domain.payments import Payment
from payments.domain.suspense import SuspenseItem
from services.payments.tests.builders import Row, World, at

FILES = Path(__file__).parent / "lockbox"


async def drop(*names: str) -> World:
    """Drop the files one after the other on December 3, then one that is in order."""
    world = await World(start=at("2015-12-03T15:00")).opened()
    await world.heard_of("june", "amy", "next")
    for name in names:
        world.lockbox.content[name] = (FILES / name).read_bytes()
        await world.settle_down()
    world.drop(Row(account="next", amount="1.00", reference="9"), name="next.csv", sequence=2)
    await world.settle_down()
    assert [file.state for file in world.rows(LockboxFile)] == ["loaded"] * (len(names) + 1)
    assert [payment.amount_cents for payment in world.rows(Payment) if payment.household == "next"] == [100]
    assert (await world.books()).balanced
    return world


def credited(world: World) -> list[tuple[str, int, str, str | None]]:
    return sorted(
        (payment.household, payment.amount_cents, str(payment.received_on), payment.reference)
        for payment in world.rows(Payment)
        if payment.household != "next"
    )


def waiting(world: World) -> list[tuple[str, int, str | None, date | None]]:
    return [
        (item.reason, item.amount_cents, item.account, item.received_on) for item in world.rows(SuspenseItem)
    ]


async def day_closes(world: World) -> bool:
    await world.advance("2015-12-04T12:00")
    return date(2015, 12, 3) in [event.through for event in world.said(BooksClosed)]


JUNE = ("june", 50_000, "2015-12-03", "1001")


async def test_one_byte_that_is_not_utf_8_puts_its_row_into_suspense_and_no_other() -> None:
    world = await drop("windows-1252-in-one-reference.csv")
    assert credited(world) == [JUNE]
    assert waiting(world) == [("unreadable", 1_234, "june", date(2015, 12, 3))]
    assert world.rows(SuspenseItem)[0].problems == ("row has bytes that are not UTF-8",)
    assert not await day_closes(world)  # nobody is listed or ended while it is undecided


async def test_the_same_check_in_the_next_days_file_is_a_possible_double() -> None:
    world = await drop("same-check-next-day-1.csv", "same-check-next-day-2.csv")
    assert credited(world) == [("june", 50_000, "2015-12-02", "1001")]
    assert waiting(world) == [("possible-double", 50_000, "june", date(2015, 12, 2))]
    assert await day_closes(world)


async def test_an_amount_of_5000_digits_is_refused_and_nothing_else_is() -> None:
    world = await drop("amount-of-5000-digits.csv")
    assert credited(world) == [JUNE]
    assert waiting(world) == []
    [refused] = [row for file in world.rows(LockboxFile) for row in file.refused_rows]
    assert (refused.line, refused.field, refused.rule) == (4, "amount", "PAY-3")
    assert await day_closes(world)


async def test_money_by_an_instrument_nobody_knows_is_credited_with_its_dates() -> None:
    world = await drop("instrument-unknown-day-closes.csv")
    assert credited(world) == [("amy", 50_000, "2015-12-03", "77"), JUNE]
    [amy] = [payment for payment in world.rows(Payment) if payment.household == "amy"]
    assert (amy.method, amy.postmarked_on) == ("check", date(2015, 11, 30))
    [noted] = [row for file in world.rows(LockboxFile) for row in file.noted_rows]
    assert (noted.line, noted.field) == (4, "instrument")
    assert await day_closes(world)


async def test_a_date_of_the_week_is_no_date_and_never_on_time() -> None:
    world = await drop("week-date.csv")
    assert credited(world) == [JUNE]
    assert waiting(world) == [("unreadable", 1_234, "june", None)]
    assert await day_closes(world)


def test_every_case_is_read_by_a_test() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in FILES.iterdir() if path.name not in source] == []
