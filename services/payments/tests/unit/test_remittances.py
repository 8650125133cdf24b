"""Paying carriers (PAY-6, PAY-7)."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable
from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from structlog.testing import capture_logs

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Retryable
from bulkhead.retries.retries import Retry
from bulkhead_testing.files import MemoryFiles
from payments.application import issue_remittances
from payments.application.clear_payments import clear_payments
from payments.application.issue_remittances import HOUSEHOLDS_A_PAGE
from payments.application.remit_premiums import households_to_remit, next_remittance, remit_premiums
from payments.domain.events import RemittanceIssued
from payments.domain.payments import Payment
from payments.domain.remittances import (
    LINES_PER_EVENT,
    CarrierBalance,
    Remittance,
    RemittanceLine,
    RemittanceToTell,
    is_remittance_day,
    remittance_id,
)
from payments.domain.settlements import Settlement
from services.payments.tests.builders import (
    IN_2016,
    PARAMETERS,
    World,
    at,
    settled,
    unsettled,
)


def days(first: str, last: str) -> list[str]:
    start, end = date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal()
    every = (date.fromordinal(each) for each in range(start, end + 1))
    return [day.isoformat() for day in every if is_remittance_day(day, parameters=IN_2016)]


def test_PAY_6_carriers_are_paid_every_wednesday_and_on_the_last_business_day_of_the_month() -> None:
    assert days("2016-01-01", "2016-01-31") == [
        "2016-01-06", "2016-01-13", "2016-01-20", "2016-01-27", "2016-01-29",
    ]  # fmt: skip


def test_PAY_6_one_remittance_when_both_are_the_same_day() -> None:
    assert days("2016-08-25", "2016-08-31") == ["2016-08-31"]  # a Wednesday and the month's last day


def test_PAY_6_a_wednesday_that_is_no_business_day_moves_to_the_next_one() -> None:
    assert days("2019-12-23", "2019-12-31") == ["2019-12-26", "2019-12-31"]  # Christmas Day was a Wednesday
    assert days("2015-11-09", "2015-11-13") == ["2015-11-12"]  # Veterans Day


def test_PAY_6_what_a_pack_may_change() -> None:
    fridays = replace(IN_2016, remittance_weekday="friday", remit_on_last_business_day=False)
    assert is_remittance_day(date(2016, 1, 8), parameters=fridays)
    assert not is_remittance_day(date(2016, 1, 6), parameters=fridays)
    assert not is_remittance_day(date(2016, 5, 31), parameters=fridays)


async def paid_and_settled(world: World, **about: str) -> Payment:
    payment = await world.pay()
    await world.hear(settled(payment, on=world.now.date(), **about))
    return payment


def totals(world: World) -> list[tuple[str, str, int, int, int]]:
    return [
        (e.carrier, e.business_date.isoformat(), e.total_cents, e.brought_forward_cents, e.carried_cents)
        for e in world.said(RemittanceIssued)
    ]


async def test_PAY_6_mondays_money_is_in_wednesdays_remittance() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    await paid_and_settled(world)
    await world.advance("2016-01-06T15:59")
    assert totals(world) == []
    await world.advance("2016-01-06T16:00")
    [event] = world.said(RemittanceIssued)
    assert (event.carrier, event.total_cents, event.issued_on) == ("BCBSVT", 50_000, date(2016, 1, 6))
    assert [(line.household, line.policy, str(line.month), line.cents) for line in event.lines] == [
        ("june", "p1", "2016-01", 50_000)
    ]
    assert world.remittances.content["BCBSVT/REMIT_2016-01-06_1.csv"].decode() == (
        "carrier,BCBSVT\n"
        "business date,2016-01-06\n"
        "issued on,2016-01-06\n"
        "brought forward,0.00\n"
        "total,500.00\n"
        "carried,0.00\n"
        "household,policy,month,amount\n"
        "june,p1,2016-01,500.00\n"
    )


async def test_PAY_6_tuesdays_money_is_not() -> None:
    world = await World(start=at("2016-01-05T10:00")).opened()
    await paid_and_settled(world)
    await world.advance("2016-01-06T23:00")
    assert totals(world) == []
    await world.advance("2016-01-13T23:00")
    assert totals(world) == [("BCBSVT", "2016-01-13", 50_000, 0, 0)]


async def test_PAY_6_a_premium_paid_by_several_payments_waits_for_the_last_to_clear() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    first = await world.pay(cents=20_000)
    world.set("2016-01-06T09:00")
    second = await world.pay(cents=30_000)
    await world.hear(settled([(first, 20_000), (second, 30_000)], on="2016-01-06"))
    await world.advance("2016-01-06T23:00")
    assert totals(world) == []
    await world.advance("2016-01-13T23:00")
    assert totals(world) == [("BCBSVT", "2016-01-13", 50_000, 0, 0)]


async def test_PAY_6_each_settlement_is_remitted_exactly_once() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    await paid_and_settled(world)
    await world.advance("2016-02-29T23:00")
    assert totals(world) == [("BCBSVT", "2016-01-06", 50_000, 0, 0)]
    assert len(world.rows(RemittanceLine)) == 1


async def test_PAY_6_each_carrier_gets_its_own() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    payment = await world.pay(cents=60_000)
    await world.hear(
        settled(payment, cents=50_000, settlement="s1", on="2016-01-04"),
        settled(payment, cents=10_000, settlement="s2", on="2016-01-04", carrier="DELTA", policy="p2"),
    )
    await world.advance("2016-01-06T23:00")
    assert totals(world) == [("BCBSVT", "2016-01-06", 50_000, 0, 0), ("DELTA", "2016-01-06", 10_000, 0, 0)]


async def test_PAY_6_done_late_it_has_the_contents_of_its_day_and_the_date_it_is_done() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    first = await world.pay(cents=20_000)
    await world.hear(settled(first, settlement="s1", on="2016-01-04"))
    later = await world.pay("avery", cents=10_000)
    await world.hear(settled(later, settlement="s2", on="2016-01-08"))
    world.set("2016-01-14T10:00")  # nobody looked for ten days
    await world.runner.turn(world.now)
    found = [
        (e.business_date.isoformat(), e.issued_on.isoformat(), [line.settlement for line in e.lines])
        for e in world.said(RemittanceIssued)
    ]
    assert found == [("2016-01-06", "2016-01-14", ["s1"]), ("2016-01-13", "2016-01-14", ["s2"])]


async def test_PAY_7_a_premium_that_falls_before_it_is_remitted_is_never_remitted() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    payment = await world.pay()
    fact = settled(payment, on="2016-01-04")
    await world.hear(fact)
    await world.hear(unsettled(fact, on="2016-01-05"))
    await world.advance("2016-01-31T23:00")
    assert totals(world) == []
    assert [each.unapplied_cents for each in world.rows(Payment)] == [50_000]


async def test_PAY_7_also_when_another_premium_of_the_household_is_remitted() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    payment = await world.pay(cents=60_000)
    fallen = settled(payment, cents=50_000, settlement="s1", on="2016-01-04")
    await world.hear(fallen, settled(payment, cents=10_000, settlement="s2", policy="p2", on="2016-01-04"))
    await world.hear(unsettled(fallen, on="2016-01-05"))
    await world.advance("2016-01-31T23:00")
    assert [line.settlement for line in world.rows(RemittanceLine)] == ["s2"]


async def test_PAY_6_what_was_to_clear_and_has_not_is_not_remitted() -> None:
    world = World(start=at("2016-01-04T10:00"))
    await paid_and_settled(world)
    world.set("2016-01-06T16:00")
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        assert await households_to_remit(uow, date(2016, 1, 6), "", 10) == ["june"]
        await remit_premiums(uow, date(2016, 1, 6), ["june"])
    assert world.rows(RemittanceLine) == []
    async with world.uows.begin(now=world.now, households=["june"]) as uow:
        await clear_payments(uow, date(2016, 1, 6), ["june"])
        await remit_premiums(uow, date(2016, 1, 6), ["june"])
    assert [line.cents for line in world.rows(RemittanceLine)] == [50_000]


async def test_PAY_7_a_balance_carried_forward_is_told_each_time_until_it_is_made_good() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    payment = await world.pay()
    fact = settled(payment, on="2016-01-04")
    await world.hear(fact)
    await world.advance("2016-01-07T10:00")
    await world.hear(unsettled(fact, on="2016-01-07"))
    await world.advance("2016-01-20T23:00")
    assert totals(world)[1:] == [
        ("BCBSVT", "2016-01-13", 0, 0, 50_000),
        ("BCBSVT", "2016-01-20", 0, 50_000, 50_000),
    ]
    [last] = world.database.emitted[-1:]
    assert [reason.rule for reason in last.reasons] == ["PAY-6", "PAY-7"]


async def test_PAY_7_a_premium_that_falls_later_is_taken_back_in_full_and_carried_forward() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    payment = await world.pay()
    fact = settled(payment, on="2016-01-04")
    await world.hear(fact)
    await world.advance("2016-01-07T10:00")
    await world.hear(unsettled(fact, on="2016-01-07"))
    await world.advance("2016-01-13T23:00")
    assert totals(world)[1:] == [("BCBSVT", "2016-01-13", 0, 0, 50_000)]
    assert [line.cents for line in world.said(RemittanceIssued)[1].lines] == [-50_000]
    world.set("2016-01-15T09:00")
    more = await world.pay("avery", cents=70_000)
    await world.hear(settled(more, settlement="s2", on="2016-01-15"))
    await world.advance("2016-01-20T23:00")
    assert totals(world)[2:] == [("BCBSVT", "2016-01-20", 20_000, 50_000, 0)]
    await world.advance("2016-02-29T23:00")
    assert len(totals(world)) == 3
    assert "brought forward,500.00\ntotal,200.00\n" in (
        world.remittances.content["BCBSVT/REMIT_2016-01-20_3.csv"].decode()
    )


async def test_PAY_7_a_month_that_changes_is_taken_back_in_full_and_then_paid_anew() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    payment = await world.pay()
    fact = settled(payment, on="2016-01-04")
    await world.hear(fact)
    await world.advance("2016-01-07T10:00")
    await world.hear(
        unsettled(fact, on="2016-01-07"), settled(payment, cents=40_000, settlement="s1.2", on="2016-01-07")
    )
    await world.advance("2016-01-13T23:00")
    assert totals(world)[1:] == [("BCBSVT", "2016-01-13", 0, 0, 10_000)]
    assert sorted(line.cents for line in world.said(RemittanceIssued)[1].lines) == [-50_000, 40_000]


async def test_PAY_6_a_premium_of_nothing_has_nothing_to_remit() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    payment = await world.pay()
    await world.hear(settled([(payment, 0)], on="2016-01-04"))
    await world.advance("2016-01-31T23:00")
    assert totals(world) == []


async def test_the_clock_is_told_of_the_next_day_with_something_to_remit() -> None:
    world = await World(start=at("2016-01-07T10:00")).opened()

    async def upcoming(day: str) -> date | None:
        async with world.uows.begin(now=world.now) as uow:
            return await next_remittance(uow, date.fromisoformat(day), parameters=PARAMETERS)

    assert await upcoming("2016-01-07") is None
    payment = await world.pay()
    fact = settled(payment, on="2016-01-07")
    await world.hear(fact)
    assert await upcoming("2016-01-07") == date(2016, 1, 13)
    assert await upcoming("2016-01-14") == date(2016, 1, 20)
    await world.advance("2016-01-13T23:00")
    assert await upcoming("2016-01-14") is None
    await world.hear(unsettled(fact, on="2016-01-14"))
    assert await upcoming("2016-01-14") == date(2016, 1, 20)
    await world.advance("2016-01-20T23:00")
    assert await upcoming("2016-01-21") == date(2016, 1, 27)  # the carrier owes: it is told each time


async def test_a_file_that_could_not_be_written_is_written_later_with_the_same_bytes() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    await paid_and_settled(world)
    await world.advance("2016-01-06T15:00")
    world.set("2016-01-06T16:00")
    await world.runner.turn(world.now)
    files = world.pollers["remittance-files"]
    assert (await files.pending(world.now), world.remittances.content) == (1, {})

    async def crash(operation: str) -> None:
        if operation == "write":
            raise ConnectionError

    world.database.interrupt = crash
    with pytest.raises(ConnectionError):
        await files.turn(world.now)
    world.database.interrupt = None
    first = dict(world.remittances.content)
    world.restart()
    assert await world.pollers["remittance-files"].turn(world.now) == 1
    assert world.remittances.content == first
    assert await world.pollers["remittance-files"].pending(world.now) == 0


async def test_PAY_6_a_crash_at_any_step_of_remitting_pays_nobody_twice() -> None:
    calm = await World(start=at("2016-01-04T10:00")).opened()
    for number, household in enumerate(("avery", "june", "kim")):
        payment = await calm.pay(household)
        await calm.hear(settled(payment, settlement=f"s{number}", on="2016-01-04"))
    await calm.advance("2016-01-06T15:00")
    for step in count():
        world = calm.copied()
        world.set("2016-01-06T16:00")
        crashed = await world.crash_at(step)
        await world.settle_down()
        assert totals(world) == [("BCBSVT", "2016-01-06", 150_000, 0, 0)]
        assert list(world.remittances.content) == ["BCBSVT/REMIT_2016-01-06_1.csv"]
        assert (await world.books()).balanced
        if not crashed:
            break


class Piecemeal(MemoryFiles):
    """Notes how large the pieces are that files come in, and lets something happen between two."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[int] = []
        self.between: Callable[[], Awaitable[None]] | None = None

    async def put_in_pieces(self, path: str, pieces: AsyncIterable[bytes]) -> None:
        whole = b""
        async for piece in pieces:
            self.pieces.append(piece.count(b"\n"))
            whole += piece
            if self.between is not None:
                await self.between()
        await self.put(path, whole)


async def written_in_pieces(files: Piecemeal) -> World:
    """Return January 6 at four, 23 premiums of seven households issued, and no file written."""
    world = World(start=at("2016-01-04T10:00"))
    world.remittances = files
    world.restart()
    await world.opened()
    await with_lines(world, "BCBSVT", 23, households=7)
    world.set("2016-01-06T16:00")
    await world.runner.turn(world.now)
    return world


async def test_PAY_6_a_file_is_written_some_households_at_a_time_in_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = Piecemeal()
    world = await written_in_pieces(whole)
    await world.pollers["remittance-files"].turn(world.now)
    assert whole.pieces == [7, 23]
    monkeypatch.setattr(issue_remittances, "HOUSEHOLDS_A_PAGE", 2)
    some = Piecemeal()
    world = await written_in_pieces(some)
    await world.pollers["remittance-files"].turn(world.now)
    assert some.pieces == [7, 8, 6, 6, 3]
    assert some.content == whole.content


async def test_PAY_6_while_the_database_is_away_in_the_middle_of_a_file_none_is_written_and_none_is_put_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(issue_remittances, "HOUSEHOLDS_A_PAGE", 2)
    files = Piecemeal()
    world = await written_in_pieces(files)

    async def away() -> None:
        world.database.away = len(files.pieces) == 2

    files.between = away
    with pytest.raises(Retryable):
        await world.pollers["remittance-files"].turn(world.now)
    world.database.away = False
    assert (files.pieces, files.content, world.rows(Retry)) == ([7, 8], {}, [])
    files.between = None
    assert await world.pollers["remittance-files"].turn(world.now) == 1
    assert [each.count(b"\n") for each in files.content.values()] == [30]


async def with_lines(world: World, carrier: str, lines: int, *, households: int = 1) -> None:
    """Let so many premiums of a cent be in a carrier's remittance of January 6, in turn of so many households."""
    async with world.uows.begin(now=world.now) as uow:
        await uow.records(RemittanceLine).add(
            RemittanceLine(
                settlement=f"{carrier}{number:05d}",
                direction="paid",
                remittance=remittance_id(carrier=carrier, business_date=date(2016, 1, 6)),
                carrier=carrier,
                business_date=date(2016, 1, 6),
                household=f"h{number % households:05d}",
                policy="p1",
                month=CoverageMonth(2016, 1),
                cents=1,
            )
            for number in range(lines)
        )


async def test_a_long_remittance_is_told_in_parts_that_fit_into_a_message() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    lines, households = LINES_PER_EVENT + 1, 2 * HOUSEHOLDS_A_PAGE + 1
    await with_lines(world, "BCBSVT", lines, households=households)
    await world.advance("2016-01-06T16:00")
    parts = world.said(RemittanceIssued)
    assert [(each.part, each.parts, len(each.lines)) for each in parts] == [
        (1, 2, LINES_PER_EVENT),
        (2, 2, 1),
    ]
    told = [(line.household, line.settlement) for each in parts for line in each.lines]
    assert told == sorted((f"h{each % households:05d}", f"BCBSVT{each:05d}") for each in range(lines))
    assert totals(world) == 2 * [("BCBSVT", "2016-01-06", lines, 0, 0)]
    written = world.remittances.content["BCBSVT/REMIT_2016-01-06_1.csv"].decode().splitlines()[7:]
    assert written == [f"{household},p1,2016-01,0.01" for household, _ in told]


@pytest.fixture
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remittances are told in parts of three lines, two parts and five households at a time."""
    monkeypatch.setattr(issue_remittances, "LINES_PER_EVENT", 3)
    monkeypatch.setattr(issue_remittances, "PARTS_AT_ONCE", 2)
    monkeypatch.setattr(issue_remittances, "HOUSEHOLDS_A_PAGE", 5)


def parts_told(world: World) -> list[tuple[int, int, list[str]]]:
    return [
        (each.part, each.parts, [line.settlement for line in each.lines])
        for each in world.said(RemittanceIssued)
    ]


@pytest.mark.usefixtures("short_chunks")
@pytest.mark.parametrize("households", [1, 2, 4, 7, 22])
async def test_PAY_6_a_long_remittance_is_told_chunk_by_chunk_each_line_once(households: int) -> None:
    for lines in (5, 6, 7, 12, 13, 22):
        world = await World(start=at("2016-01-04T10:00")).opened()
        await with_lines(world, "BCBSVT", lines, households=households)
        world.set("2016-01-06T16:00")
        await world.runner.turn(world.now)
        assert len(world.said(RemittanceIssued)) == 2
        await world.settle_down()
        in_order = sorted(range(lines), key=lambda each: (each % households, each))
        told = [f"BCBSVT{each:05d}" for each in in_order]
        parts = -(-lines // 3)
        assert parts_told(world) == [
            (number + 1, parts, told[number * 3 : number * 3 + 3]) for number in range(parts)
        ]
        assert world.rows(RemittanceToTell) == []


@pytest.mark.usefixtures("short_chunks")
async def test_PAY_6_a_crash_between_any_two_chunks_leaves_no_line_out_and_tells_none_twice() -> None:
    left = set[int]()
    calm = await World(start=at("2016-01-04T10:00")).opened()
    await with_lines(calm, "BCBSVT", 20, households=3)
    await calm.advance("2016-01-06T15:00")
    for step in count():
        world = calm.copied()
        world.set("2016-01-06T16:00")
        died = await world.crash_at(step)
        left.add(len(world.said(RemittanceIssued)))
        await world.settle_down()
        assert [(part, parts) for part, parts, _ in parts_told(world)] == [(part, 7) for part in range(1, 8)]
        assert sorted(line for _, _, lines in parts_told(world) for line in lines) == [
            f"BCBSVT{each:05d}" for each in range(20)
        ]
        assert set(totals(world)) == {("BCBSVT", "2016-01-06", 20, 0, 0)}
        assert [(each.sequence, each.file_state) for each in world.rows(Remittance)] == [(1, "written")]
        if not died:
            break
    assert left == {0, 2, 4, 6, 7}  # two parts a chunk, and each chunk in a transaction of its own


@pytest.mark.parametrize("lines", [LINES_PER_EVENT - 1, LINES_PER_EVENT])
async def test_a_remittance_that_fits_into_one_message_is_told_in_one(lines: int) -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    await with_lines(world, "BCBSVT", lines)
    await world.advance("2016-01-06T16:00")
    [event] = world.said(RemittanceIssued)
    assert (event.part, event.parts, len(event.lines)) == (1, 1, lines)


async def test_a_remittance_of_nothing_but_what_is_carried_is_told_in_one_part() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    async with world.uows.begin(now=world.now) as uow:
        await uow.records(CarrierBalance).add([CarrierBalance(carrier="MVP", sequence=3, carried_cents=70)])
    await world.advance("2016-01-06T16:00")
    [event] = world.said(RemittanceIssued)
    assert (event.part, event.parts, event.lines) == (1, 1, ())
    assert totals(world) == [("MVP", "2016-01-06", 0, 70, 70)]


async def test_each_carriers_remittance_is_issued_in_a_transaction_of_its_own() -> None:
    left = set[int]()
    calm = await World(start=at("2016-01-04T10:00")).opened()
    for carrier in ("BCBSVT", "DELTA", "MVP"):
        await with_lines(calm, carrier, 2)
    await calm.advance("2016-01-06T15:00")
    for step in count():
        world = calm.copied()
        world.set("2016-01-06T16:00")
        died = await world.crash_at(step)
        issued = len(world.rows(Remittance))
        left.add(issued)
        assert [each.sequence for each in world.rows(CarrierBalance)] == issued * [1]
        assert len(world.said(RemittanceIssued)) == issued
        await world.settle_down()
        issued_once = [(carrier, "2016-01-06", 2, 0, 0) for carrier in ("BCBSVT", "DELTA", "MVP")]
        assert sorted(totals(world)) == issued_once
        if not died:
            break
    assert left == {0, 1, 2, 3}


async def test_what_was_settled_is_kept_as_invoicing_said_it() -> None:
    world = await World(start=at("2016-01-04T10:00")).opened()
    await paid_and_settled(world)
    [settlement] = world.rows(Settlement)
    assert (settlement.remit_from, settlement.remittance) == (date(2016, 1, 6), None)
    assert settlement.group == "month:2016-01:s1"


class BrokenFolder(MemoryFiles):
    """One carrier's folder cannot be written to."""

    broken = True

    async def put(self, path: str, data: bytes) -> None:
        if self.broken and path.startswith("BCBSVT/"):
            raise Retryable("permission denied")
        await super().put(path, data)


async def test_I9_a_carriers_folder_that_fails_delays_its_own_file_alone() -> None:
    world = World(start=at("2016-01-04T10:00"))
    world.remittances = BrokenFolder()
    world.restart()
    await world.opened()
    await paid_and_settled(world, settlement="s1")
    await paid_and_settled(world, settlement="s2", carrier="DELTA")
    with capture_logs() as logs:
        await world.advance("2016-01-06T16:00")
    assert [log["kind"] for log in logs if log["event"] == "tried_again_later"] == ["remittance-files"]
    assert list(world.remittances.content) == ["DELTA/REMIT_2016-01-06_1.csv"]
    [stuck] = [each for each in world.rows(Remittance) if each.file_state == "to-write"]
    assert stuck.carrier == "BCBSVT"
    assert [(each.kind, each.item, each.failures, each.reason) for each in world.rows(Retry)] == [
        ("remittance-files", stuck.remittance, 1, "permission denied")
    ]
    assert await world.pollers["remittance-files"].pending(world.now) == 0
    world.remittances.broken = False
    await world.advance("2016-01-06T16:01")
    assert len(world.remittances.content) == 2
