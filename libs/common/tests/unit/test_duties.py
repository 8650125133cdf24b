"""Duties: once, in order, in chunks that survive a crash, and none in the way of another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlmodel import BigInteger, Field

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.duties.aside import MANY_HOUSEHOLDS
from bulkhead.duties.ports import Duty, Postponed
from bulkhead.duties.runner import DutyRunner, NotDue
from bulkhead.duties.tables import DutyCalendar, DutyClaim, DutyRecord
from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import NotFound, Retryable, TookTooLong
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.tables import TableModel
from bulkhead.retries.retries import Retry
from bulkhead_testing.memory import MemoryDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """How often a household was billed."""

    household: str
    times: int


class BooksTable(TableModel, registry=service_registry()):
    """A table of the books."""


class Bills(BooksTable, table=True):
    household: str = Field(primary_key=True)
    times: int = Field(sa_type=BigInteger)


class Books:
    """A database, duties that note what they did, and switches to make them postpone, fail or crash."""

    def __init__(self, *, households: Iterable[str] = ()) -> None:
        self.database = MemoryDatabase(tables={**CHASSIS_TABLES, Bill: Bills})
        self.households = sorted(households)
        self.log: list[tuple[str, date]] = []
        self.chunks: list[list[str]] = []
        self.finished: list[date] = []
        self.raises: dict[str, BaseException] = {}
        self.seconds = 0.0

    async def run(self, name: str, on_date: date) -> None:
        if name in self.raises:
            raise self.raises[name]
        self.log.append((name, on_date))

    def plain(self, name: str, at: time, *, day: int | None = None) -> Duty:
        async def run(_uow: UnitOfWork, on_date: date, _households: list[str]) -> None:
            await self.run(name, on_date)

        return Duty(name=name, at=at, runs_on=lambda each: day is None or each.day == day, run=run)

    def billing(self, *, chunk: int = 2) -> Duty:
        async def households(uow: UnitOfWork, _on_date: date, after: str, limit: int) -> list[str]:
            return [each for each in self.households if each > after][:limit]

        async def run(uow: UnitOfWork, on_date: date, households: list[str]) -> None:
            await asyncio.sleep(0)
            bills = {
                bill.household: bill.times for bill in await uow.records(Bill).select(household=households)
            }
            changed = [Bill(household=each, times=bills.get(each, 0) + 1) for each in households]
            await uow.records(Bill).put(changed)
            await self.run("billing", on_date)
            self.chunks.append(households)

        async def finish(_uow: UnitOfWork, on_date: date) -> None:
            if "finish" in self.raises:
                raise self.raises["finish"]
            self.finished.append(on_date)

        return Duty(
            name="billing",
            at=time(2),
            runs_on=lambda each: each.day == 5,
            run=run,
            households=households,
            finish=finish,
            chunk=chunk,
        )

    def runner(self, *duties: Duty) -> DutyRunner:
        return DutyRunner(duties, self.database.units_of_work, elapsed_seconds=lambda: self.seconds)

    @property
    def billed(self) -> dict[str, int]:
        return {bill.household: bill.times for bill in self.database.rows(Bill)}

    @property
    def states(self) -> list[tuple[str, date, str]]:
        return [(row.duty, row.on_date, row.state) for row in self.database.rows(DutyRecord)]


START = local(date(2015, 12, 1))


def day(number: int) -> date:
    return date(2015, 12, number)


def at(number: int, hour: int = 0) -> datetime:
    return local(day(number), hour)


async def test_a_duty_is_done_at_its_hour_and_once() -> None:
    books = Books()
    runner = books.runner(books.plain("close", time(0, 10)))
    assert await runner.turn(START) == 0
    assert await runner.turn(at(1, 1)) == 1
    assert await runner.turn(at(1, 2)) == 0
    assert await books.runner(books.plain("close", time(0, 10))).turn(at(1, 3)) == 0
    assert books.log == [("close", day(1))]
    assert books.database.rows(DutyRecord)[0].done_at == at(1, 1)


async def test_what_was_missed_is_caught_up_by_date_hour_and_name() -> None:
    books = Books()
    duties = [
        books.plain("remit", time(16)),
        books.plain("lapse", time(1, 30)),
        books.plain("list", time(1), day=2),
    ]
    runner = books.runner(*duties)
    await runner.turn(START)
    assert await runner.turn(at(3, 12)) == 6
    assert books.log == [
        ("lapse", day(1)),
        ("remit", day(1)),
        ("list", day(2)),
        ("lapse", day(2)),
        ("remit", day(2)),
        ("lapse", day(3)),
    ]


def idle(
    name: str, at: time, *, busy_on: int = 0, finishes: Callable[[date], None] = lambda _on: None
) -> Duty:
    """Return a daily duty for households, of which there is one on one day."""

    async def households(_uow: UnitOfWork, on_date: date, after: str, _limit: int) -> list[str]:
        return ["june"] if on_date.day == busy_on and after < "june" else []

    async def run(uow: UnitOfWork, _on: date, households: list[str]) -> None:
        await uow.records(Bill).put(Bill(household=each, times=1) for each in households)

    async def finish(_uow: UnitOfWork, on_date: date) -> None:
        finishes(on_date)

    return Duty(name=name, at=at, runs_on=lambda _day: True, households=households, run=run, finish=finish)


async def caught_up(*duties: Duty, together: int) -> tuple[int, Books]:
    """Return in how many transactions these duties caught up, and the books they did it on."""
    books = Books()
    runner = books.runner(*duties)
    await runner.turn(START)
    before = books.database.changes
    await runner.turn(at(4, 12), together=together)
    return books.database.changes - before, books


async def test_dates_that_have_nothing_to_do_are_ended_in_one_transaction_until_one_has() -> None:
    duties = [idle("lapse", time(1)), idle("list", time(2), busy_on=3)]
    alone, one_by_one = await caught_up(*duties, together=1)
    few, books = await caught_up(*duties, together=50)
    assert books.database.rows(DutyRecord) == one_by_one.database.rows(DutyRecord)
    assert books.database.rows(DutyCalendar) == one_by_one.database.rows(DutyCalendar)
    assert books.states == [
        (name, day(number), "done") for name in ("lapse", "list") for number in (1, 2, 3, 4)
    ]
    assert books.billed == {"june": 1}
    assert (alone, few) == (9, 4)  # what was idle, june, the end of her date, and what was idle after it


async def test_where_one_date_is_postponed_those_before_it_are_done_and_it_says_what_it_waits_for() -> None:
    def not_on_the_third(on: date) -> None:
        if on.day == 3:
            raise Postponed("the third is not over", on="books")

    _, books = await caught_up(idle("list", time(2), finishes=not_on_the_third), together=50)
    assert books.states == [("list", day(1), "done"), ("list", day(2), "done"), ("list", day(3), "waiting")]
    assert books.database.rows(DutyRecord)[-1].waits_for == "the third is not over"


async def test_two_runners_end_the_same_idle_dates_once() -> None:
    ended = list[date]()
    books, duty = Books(), idle("list", time(2), finishes=ended.append)
    runners = [books.runner(duty), books.runner(duty)]
    for runner in runners:
        await runner.open(START)
    await asyncio.gather(*(runner.turn(at(4, 12)) for runner in runners))
    assert ended == [day(1), day(2), day(3), day(4)]


async def test_of_a_duty_that_only_looks_the_latest_date_is_done_and_the_missed_ones_with_it() -> None:
    books = Books()
    looks = replace(books.plain("look", time(3, 30)), only_latest=True)
    runner = books.runner(books.plain("close", time(0, 10)), looks)
    await runner.turn(START)
    assert await runner.turn(at(3, 3)) == 4
    assert books.log == [("close", day(1)), ("close", day(2)), ("look", day(2)), ("close", day(3))]
    assert await runner.turn(at(3, 4)) == 1
    assert [on for name, on, state in books.states if name == "look" and state == "done"] == [
        day(1),
        day(2),
        day(3),
    ]
    again = books.runner(books.plain("close", time(0, 10)), looks)
    assert await again.turn(at(4)) == 0
    assert await again.turn(at(5)) == 2
    assert books.log[-2:] == [("look", day(4)), ("close", day(4))][::-1]


async def test_two_runners_that_catch_up_on_a_duty_that_only_looks_do_its_latest_date_once() -> None:
    books = Books()
    looks = replace(books.plain("look", time(3, 30)), only_latest=True)
    runners = [books.runner(looks) for _ in range(3)]
    for runner in runners:
        await runner.open(START)
    await asyncio.gather(*(runner.turn(at(9, 4)) for runner in runners))
    assert books.log == [("look", day(9))]
    assert len(books.states) == 9


async def test_a_new_database_begins_its_calendar_at_the_first_time_it_is_shown() -> None:
    books = Books()
    runner = books.runner(books.plain("close", time(0, 10)), books.plain("remit", time(16)))
    await runner.open(at(10, 12))
    assert await runner.turn(at(11, 1)) == 2
    assert books.log == [("remit", day(10)), ("close", day(11))]


async def test_a_duty_due_at_the_very_start_is_done() -> None:
    books = Books()
    assert await books.runner(books.plain("midnight", time(0))).turn(START) == 1


async def test_a_duty_added_later_begins_when_it_is_first_seen() -> None:
    books = Books()
    await books.runner(books.plain("close", time(0, 10))).turn(START)
    runner = books.runner(books.plain("close", time(0, 10)), books.plain("draw", time(0, 20)))
    await runner.open(at(20))
    await runner.turn(at(20, 1))
    assert [on for name, on in books.log if name == "close"] == [day(each) for each in range(1, 21)]
    assert [on for name, on in books.log if name == "draw"] == [day(20)]


async def test_households_are_dealt_with_in_chunks_and_the_duty_finished_once() -> None:
    books = Books(households=["a", "b", "c", "d", "e"])
    runner = books.runner(books.billing())
    await runner.open(START)
    assert await runner.turn(at(5, 2)) == 4
    assert books.chunks == [["a", "b"], ["c", "d"], ["e"]]
    assert books.finished == [day(5)]
    assert books.billed == dict.fromkeys("abcde", 1)


async def test_a_duty_that_comes_after_another_waits_for_it_date_by_date() -> None:
    books = Books()
    first, second = books.plain("a", time(16)), replace(books.plain("b", time(1)), after="a")
    runner = books.runner(first, second)
    await runner.open(START)
    books.raises["a"] = Postponed("not yet")
    await runner.turn(local(day(1), 16))
    assert (books.log, runner.waiting()) == ([], ["a", "b"])
    del books.raises["a"]
    await runner.turn(local(day(1), 17))
    await runner.turn(local(day(1), 17))
    assert (books.log, runner.waiting()) == ([("a", day(1)), ("b", day(1))], [])
    await runner.turn(local(day(2), 1))
    assert (books.log[2:], runner.waiting()) == ([], ["b"])
    await runner.turn(local(day(2), 16))
    await runner.turn(local(day(2), 16))
    assert books.log[2:] == [("a", day(2)), ("b", day(2))]


def test_a_duty_comes_after_one_that_is_there() -> None:
    books = Books()
    with pytest.raises(ValueError, match="comes after one that is not there: c"):
        books.runner(replace(books.plain("a", time(16)), after="c"))


async def test_a_duty_with_no_household_is_finished_all_the_same() -> None:
    books = Books()
    runner = books.runner(books.billing())
    await runner.open(START)
    await runner.turn(at(5, 2))
    assert books.chunks == []
    assert books.finished == [day(5)]


class Crash(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("operation", ["begin", "read", "write", "commit"])
@pytest.mark.parametrize("nth", range(1, 14, 3))
async def test_a_crash_anywhere_leaves_every_household_billed_once(operation: str, nth: int) -> None:
    books = Books(households=["a", "b", "c", "d", "e"])
    await books.runner(books.billing()).open(START)
    seen = 0

    async def interrupt(name: str) -> None:
        nonlocal seen
        seen += name == operation
        if name == operation and seen == nth:
            raise Crash

    books.database.interrupt = interrupt
    try:
        await books.runner(books.billing()).turn(at(5, 2))
    except Crash:
        books.database.interrupt = None
        await books.runner(books.billing()).turn(at(5, 3))
    assert books.billed == dict.fromkeys("abcde", 1)
    assert books.states == [("billing", day(5), "done")]


async def test_two_runners_at_once_do_every_chunk_once() -> None:
    books = Books(households=[f"h{number:02}" for number in range(20)])
    first, second = books.runner(books.billing()), books.runner(books.billing())
    await first.open(START)
    await second.open(START)
    await asyncio.gather(first.turn(at(5, 2)), second.turn(at(5, 2)))
    assert set(books.billed.values()) == {1}
    assert len(books.billed) == 20
    assert books.finished == [day(5)]


async def test_a_worker_goes_on_with_the_next_chunk_while_another_is_in_the_middle_of_one() -> None:
    books = Books(households="abcdefg")
    duty = books.billing()
    entered, may_go_on, at_the_end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(uow: UnitOfWork, on_date: date, households: list[str]) -> None:
        entered.set()
        await may_go_on.wait()
        await duty.run(uow, on_date, households)

    async def quick(uow: UnitOfWork, on_date: date, households: list[str]) -> None:
        await duty.run(uow, on_date, households)
        if "g" in households:
            at_the_end.set()

    first, second = books.runner(replace(duty, run=slow)), books.runner(replace(duty, run=quick))
    await second.open(START)
    slowly = asyncio.create_task(first.turn(at(5, 2)))
    await entered.wait()
    quickly = asyncio.create_task(second.turn(at(5, 2)))
    await at_the_end.wait()
    assert books.chunks == [["c", "d"], ["e", "f"], ["g"]]
    assert books.finished == []
    may_go_on.set()
    await asyncio.gather(slowly, quickly)
    assert books.chunks[3:] == [["a", "b"]]
    assert books.billed == dict.fromkeys("abcdefg", 1)
    assert books.finished == [day(5)]


async def test_what_a_worker_claimed_and_did_not_do_another_does_in_the_end() -> None:
    books = Books(households="abcde")
    duty = books.billing()
    books.raises["billing"] = Crash()
    with pytest.raises(Crash):
        await books.runner(duty).turn(at(5, 2))
    books.raises.clear()
    # More came up meanwhile, also among those that were claimed.
    books.households = ["a", "a1", "b", "c", "d", "e", "f"]
    assert await books.runner(duty).turn(at(5, 3)) == 5
    assert books.chunks == [["c", "d"], ["e", "f"], ["a", "a1"], ["b"]]
    assert books.billed == dict.fromkeys(books.households, 1)
    assert books.finished == [day(5)]


async def test_a_claim_that_fails_is_in_the_way_of_no_other_claim() -> None:
    books = Books(households="abcdefgh")
    duty = books.billing()

    async def bad(uow: UnitOfWork, on_date: date, households: list[str]) -> None:
        if "a" in households:
            raise ZeroDivisionError
        if "e" in households and books.raises:
            raise books.raises["e"]
        await duty.run(uow, on_date, households)

    books.raises["e"] = Crash()
    runner = books.runner(replace(duty, run=bad))
    await runner.turn(at(5, 2))  # "a" fails; then "c" is done, and with "e" the process ends
    books.seconds += 1_000
    with pytest.raises(Crash):
        await runner.turn(at(5, 2))
    books.raises.clear()
    runner = books.runner(replace(duty, run=bad))
    for _ in range(5):
        books.seconds += 1_000
        await runner.turn(at(5, 3))
    assert books.billed == dict.fromkeys("bcdefgh", 1)
    assert books.finished == []
    books.seconds += 1_000
    await books.runner(duty).turn(at(5, 4))
    assert books.billed == dict.fromkeys("abcdefgh", 1)
    assert books.finished == [day(5)]


@pytest.mark.parametrize("chunk", [1, 2, 3, 8, 50])
async def test_a_fault_with_one_household_holds_back_that_household_alone(chunk: int) -> None:
    books = Books(households="abcdefghijk")
    duty = books.billing(chunk=chunk)

    async def bad(uow: UnitOfWork, on_date: date, households: list[str]) -> None:
        if not {"c", "k"}.isdisjoint(households):
            raise ZeroDivisionError
        await duty.run(uow, on_date, households)

    runner = books.runner(replace(duty, run=bad))
    for _ in range(12):
        books.seconds += 1_000
        await runner.turn(at(5, 2))
    assert books.billed == dict.fromkeys("abdefghij", 1)
    assert books.finished == []
    assert ("billing", day(5), "pending") in books.states
    books.seconds += 1_000
    await books.runner(duty).turn(at(5, 3))
    assert books.billed == dict.fromkeys("abcdefghijk", 1)
    assert books.finished == [day(5)]


async def test_a_fault_that_all_have_in_common_is_not_looked_for_in_each() -> None:
    books = Books(households=[f"h{number:03}" for number in range(100)])
    duty, tried = books.billing(chunk=100), list[int]()

    async def bad(_uow: UnitOfWork, _on_date: date, households: list[str]) -> None:
        tried.append(len(households))
        raise ZeroDivisionError

    await books.runner(replace(duty, run=bad)).turn(at(5, 2))
    assert tried.count(1) == MANY_HOUSEHOLDS
    assert len(tried) < 40
    await books.runner(duty).turn(at(5, 3))
    assert books.billed == dict.fromkeys(books.households, 1)
    assert books.finished == [day(5)]


class Faulty:
    """A billing that says nothing of all households, and fails for some of them; it notes who was billed for when."""

    def __init__(self, books: Books, *, days: tuple[int, ...] = (5,), chunk: int = 4) -> None:
        self.books = books
        self.bad: set[str] = set()
        self.fails_with: Exception = ZeroDivisionError("quotes June Example")
        self.done: list[tuple[int, str]] = []
        self.duty = replace(
            books.billing(chunk=chunk), run=self._run, finish=None, runs_on=lambda each: each.day in days
        )

    async def _run(self, uow: UnitOfWork, on_date: date, households: list[str]) -> None:
        if not self.bad.isdisjoint(households):
            raise self.fails_with
        bills = {each.household: each.times for each in await uow.records(Bill).select(household=households)}
        await uow.records(Bill).put(
            [Bill(household=each, times=bills.get(each, 0) + 1) for each in households]
        )
        self.done += [(on_date.day, each) for each in households]

    def dates_of(self, household: str) -> list[int]:
        return [on for on, each in self.done if each == household]

    @property
    def aside(self) -> list[tuple[str, str | None, int, str]]:
        rows = self.books.database.rows(Retry)
        return sorted((row.item, row.household, row.failures, row.reason) for row in rows)


@pytest.mark.parametrize("chunk", [1, 2, 3, 8, 50])
async def test_a_household_that_fails_alone_is_left_aside_and_the_date_goes_on(chunk: int) -> None:
    books = Books(households="abcdefghijk")
    faulty = Faulty(books, chunk=chunk)
    faulty.bad = {"c", "k"}
    runner = books.runner(faulty.duty)
    await runner.open(START)
    await runner.turn(at(5, 2))
    assert books.billed == dict.fromkeys("abdefghij", 1)
    assert books.states == [("billing", day(5), "done")]
    assert faulty.aside == [
        ("billing/2015-12-05/c", "c", 1, "ZeroDivisionError"),
        ("billing/2015-12-05/k", "k", 1, "ZeroDivisionError"),
    ]
    faulty.bad.clear()
    assert (await runner.turn(at(5, 2)), await runner.pending(at(5, 2))) == (0, 0)
    assert await runner.pending(at(5, 3)) == 2
    assert await books.runner(faulty.duty).turn(at(5, 3)) == 2
    assert books.billed == dict.fromkeys("abcdefghijk", 1)
    assert (faulty.aside, books.database.rows(DutyClaim)) == ([], [])


async def test_a_household_left_aside_has_its_later_dates_only_after_the_first() -> None:
    books = Books(households="abcd")
    faulty = Faulty(books, days=(5, 6, 7), chunk=2)
    faulty.bad = {"b"}
    runner = books.runner(faulty.duty)
    await runner.open(START)
    await runner.turn(at(5, 2))
    await runner.turn(at(7, 2))
    assert [state for *_, state in books.states] == ["done", "done", "done"]
    assert faulty.dates_of("a") == faulty.dates_of("c") == [5, 6, 7]
    assert faulty.aside == [
        ("billing/2015-12-05/b", "b", 2, "ZeroDivisionError"),
        ("billing/2015-12-06/b", "b", 0, "2015-12-05 is not done"),
        ("billing/2015-12-07/b", "b", 0, "2015-12-06 is not done"),
    ]
    faulty.bad.clear()
    for hour in (3, 4, 5):
        await books.runner(faulty.duty).turn(at(7, hour))
    assert faulty.dates_of("b") == [5, 6, 7]
    assert books.billed == dict.fromkeys("abcd", 3)
    assert (faulty.aside, books.database.rows(DutyClaim)) == ([], [])


@pytest.mark.parametrize("chunk", [2, 50])
async def test_whoever_comes_up_beside_a_household_left_aside_has_dates_of_their_own(chunk: int) -> None:
    books = Books(households="m")
    faulty = Faulty(books, days=(5, 6, 7), chunk=chunk)
    faulty.bad = {"m"}
    runner = books.runner(faulty.duty)
    await runner.open(START)
    await runner.turn(at(5, 2))
    books.households = list("abcdmxyz")
    await runner.turn(at(6, 2))
    await runner.turn(at(7, 2))
    assert {each: faulty.dates_of(each) for each in "abcdmxyz"} == {
        **{each: [6, 7] for each in "abcdxyz"},
        "m": [],
    }
    faulty.bad.clear()
    for hour in (3, 4, 5):
        await books.runner(faulty.duty).turn(at(7, hour))
    assert faulty.dates_of("m") == [5, 6, 7]
    assert faulty.dates_of("a") == [6, 7]
    assert (faulty.aside, books.database.rows(DutyClaim)) == ([], [])


async def test_a_household_left_aside_that_has_no_work_any_more_is_not_given_to_the_duty() -> None:
    books = Books(households="abcd")
    faulty = Faulty(books)
    faulty.bad = {"b"}
    runner = books.runner(faulty.duty)
    await runner.open(START)
    await runner.turn(at(5, 2))
    books.households, faulty.bad = ["a", "c", "d"], set()
    await runner.turn(at(5, 3))
    assert faulty.dates_of("b") == []
    assert (faulty.aside, books.database.rows(DutyClaim)) == ([], [])


async def test_a_household_that_goes_on_failing_is_tried_later_and_later_and_somebody_is_alarmed() -> None:
    books = Books(households="ab")
    faulty = Faulty(books)
    faulty.bad = {"b"}
    runner = books.runner(faulty.duty)
    await runner.open(START)
    for number in range(5, 15):
        await runner.turn(at(number, 2))
    (row,) = books.database.rows(Retry)
    assert (row.kind, row.failures, row.stuck) == ("duties", 10, True)
    assert row.since == at(5, 2)


async def test_a_household_that_fails_is_tried_later_and_later_though_its_duty_is_postponed_each_time() -> (
    None
):
    books = Books()
    todo = ["a", "b", "c", "d"]
    tries: list[str] = []

    async def households(_uow: UnitOfWork, _on_date: date, after: str, limit: int) -> list[str]:
        return [each for each in todo if each > after and each not in books.billed][:limit]

    async def run(uow: UnitOfWork, _on_date: date, chunk: list[str]) -> None:
        if "d" in chunk and "d" in undecidable:
            raise Postponed("books are not closed")
        if chunk == ["a"]:
            tries.append("a")
        if "a" in chunk and "a" in bad:
            raise ZeroDivisionError
        await uow.records(Bill).put([Bill(household=each, times=1) for each in chunk])

    undecidable, bad = {"d"}, {"a"}
    duty = Duty(
        name="bill", at=time(2), runs_on=lambda on: on == day(5), run=run, households=households, chunk=1
    )
    runner = books.runner(duty)
    await runner.open(START)
    seen: list[tuple[int, bool]] = []
    now = at(5, 2)
    for _ in range(60):
        await runner.turn(now)
        ((failures, stuck),) = [(each.failures, each.stuck) for each in books.database.rows(Retry)]
        seen.append((failures, stuck))
        books.seconds += 301
        now += timedelta(minutes=5)
    assert books.billed == {"b": 1, "c": 1}
    assert (len(tries), seen[-1][0]) == (10, 10)
    assert seen.index((8, True)) == 28  # 140 minutes after the first
    assert [each.waits_for for each in books.database.rows(DutyRecord)] == ["books are not closed"]

    undecidable.clear()
    await runner.turn(now)
    assert books.billed == {"b": 1, "c": 1, "d": 1}
    assert books.states == [("bill", day(5), "done")]
    bad.clear()
    await runner.turn(now + timedelta(hours=2))
    assert books.billed == dict.fromkeys("abcd", 1)
    assert (books.database.rows(Retry), books.database.rows(DutyClaim)) == ([], [])


async def test_a_fault_common_to_many_leaves_few_aside_and_keeps_the_date_from_ending() -> None:
    books = Books(households=[f"h{number:03}" for number in range(100)])
    faulty = Faulty(books, chunk=100)
    faulty.bad = set(books.households)
    runner = books.runner(faulty.duty)
    await runner.open(START)
    for _ in range(5):
        books.seconds += 1_000
        await runner.turn(at(5, 2))
    assert len(faulty.aside) == MANY_HOUSEHOLDS - 1
    assert ("billing", day(5), "pending") in books.states
    faulty.bad.clear()
    books.seconds += 1_000
    await runner.turn(at(5, 3))
    assert books.billed == dict.fromkeys(books.households, 1)
    assert books.states == [("billing", day(5), "done")]


async def test_a_household_for_which_the_database_takes_too_long_is_left_aside_and_the_date_goes_on() -> None:
    books = Books(households="abcdefgh")
    faulty = Faulty(books)
    faulty.bad, faulty.fails_with = {"c"}, TookTooLong("slow")
    runner = books.runner(faulty.duty)
    await runner.open(START)
    for _ in range(2):  # what a turn may try is over where it is found
        await runner.turn(at(5, 2))
        books.seconds += 1
    assert books.billed == dict.fromkeys("abdefgh", 1)
    assert books.states == [("billing", day(5), "done")]
    assert faulty.aside == [("billing/2015-12-05/c", "c", 1, "slow")]


@pytest.mark.parametrize("households", [500, 700])
async def test_where_the_database_takes_too_long_for_everybody_a_turn_makes_few_tries_and_other_duties_go_on(
    households: int,
) -> None:
    books = Books(households=[f"h{number:03}" for number in range(households)])
    faulty = Faulty(books, chunk=500)
    faulty.bad, faulty.fails_with = set(books.households), TookTooLong("slow")
    tries: list[int] = []
    run = faulty.duty.run

    async def noting(uow: UnitOfWork, on_date: date, chunk: list[str]) -> None:
        tries.append(len(chunk))
        await run(uow, on_date, chunk)

    runner = books.runner(replace(faulty.duty, run=noting), books.plain("each-hour", time(3)))
    await runner.open(START)
    for number in range(25):
        tries.clear()
        with suppress(TookTooLong):  # where too many of those who were left aside take too long again
            await runner.turn(at(5, 2) + timedelta(days=number))
        # Three of those who were left aside, and what is left to be done.
        assert len(tries) <= 4
        assert len(books.log) == 4 + number
        books.seconds += 300
    assert len(faulty.aside) == MANY_HOUSEHOLDS - 1
    faulty.bad.clear()
    await runner.turn(at(5, 2) + timedelta(days=25))
    assert books.billed == dict.fromkeys(books.households, 1)


async def test_a_turn_makes_few_tries_that_take_too_long_whatever_duties_and_dates_they_are_of() -> None:
    books = Books(households=[f"h{number:02}" for number in range(30)])
    tries: list[str] = []
    faulty = [Faulty(books, chunk=30) for _ in range(4)]

    def noting(each: Faulty, name: str) -> Duty:
        async def run(uow: UnitOfWork, on_date: date, chunk: list[str]) -> None:
            if not each.bad.isdisjoint(chunk):
                tries.append(name)
            await each.duty.run(uow, on_date, chunk)

        return replace(each.duty, name=name, run=run)

    duties = [noting(each, name) for each, name in zip(faulty, "abcd", strict=True)]
    runner = books.runner(*duties)
    await runner.open(START)
    for each in faulty:
        each.bad, each.fails_with = set(books.households[:8:2]), TookTooLong("slow")
    for number in range(60):
        tries.clear()
        with suppress(TookTooLong):
            await runner.turn(at(5, 2) + timedelta(minutes=5 * number))
        # Three, and one of each duty that comes then.
        assert len(tries) <= 3 + len(duties)
        books.seconds += 300
    assert len(faulty[0].aside) == 16
    assert [state for *_, state in books.states] == ["done"] * 4

    # Of those who are left aside every other one still takes too long, with sound ones in between.
    for each in faulty:
        each.bad = set(books.households[:8:4])
    for number in range(10):
        tries.clear()
        with suppress(TookTooLong):
            await runner.turn(at(6, 2) + timedelta(hours=2 * number))
        assert len(tries) <= 3
        books.seconds += 7200
    assert [household for _, household, *_ in faulty[0].aside] == ["h00", "h04"] * 4


async def test_a_duty_for_which_the_database_always_takes_too_long_keeps_no_other_from_its_hour() -> None:
    async def slow(_uow: UnitOfWork, _on_date: date, _after: str, _limit: int) -> list[str]:
        raise TookTooLong("slow")

    books = Books(households="ab")
    bad = replace(books.billing(), name="all", at=time(1), households=slow)
    runner = books.runner(bad, books.plain("idle", time(1)), books.billing())
    await runner.open(START)
    await runner.turn(at(5, 2))
    assert books.billed == dict.fromkeys("ab", 1)
    (record,) = [row for row in books.database.rows(DutyRecord) if row.duty == "all"]
    assert (record.state, record.failure) == ("pending", "TookTooLong")


async def test_where_another_duty_comes_after_it_a_household_that_fails_keeps_the_date_from_ending() -> None:
    books = Books(households="abcd")
    faulty = Faulty(books)
    faulty.bad = {"b"}
    runner = books.runner(faulty.duty, replace(books.plain("issue", time(3), day=5), after="billing"))
    await runner.open(START)
    await runner.turn(at(5, 4))
    assert (faulty.aside, books.log) == ([], [])
    assert ("billing", day(5), "pending") in books.states
    faulty.bad.clear()
    books.seconds += 1_000
    await runner.turn(at(5, 4))
    await runner.turn(at(5, 4))
    assert books.billed == dict.fromkeys("abcd", 1)
    assert books.log == [("issue", day(5))]


@pytest.mark.parametrize("fails_with", [ZeroDivisionError(), TookTooLong("slow")])
async def test_who_fails_and_is_waited_for_keeps_nobody_from_their_turn_though_each_turn_is_a_process_of_its_own(
    fails_with: Exception,
) -> None:
    books = Books(households=[f"h{number:02}" for number in range(40)])
    faulty = Faulty(books, chunk=10)
    faulty.bad, faulty.fails_with = {"h03", "h17", "h18", "h30"}, fails_with
    duties = faulty.duty, replace(books.plain("issue", time(3), day=5), after="billing")
    await books.runner(*duties).open(START)
    for _ in range(30):
        with suppress(TookTooLong):
            await books.runner(*duties).turn(at(5, 4))
    assert books.billed == dict.fromkeys(sorted(set(books.households) - faulty.bad), 1)
    assert (faulty.aside, books.log) == ([], [])
    faulty.bad.clear()
    for _ in range(5):
        await books.runner(*duties).turn(at(5, 4))
    assert books.billed == dict.fromkeys(books.households, 1)
    assert books.log == [("issue", day(5))]


@pytest.mark.parametrize("nth", range(1, 40, 3))
@pytest.mark.parametrize("operation", ["begin", "read", "write", "commit"])
async def test_a_crash_anywhere_leaves_nobody_out_who_was_left_aside(operation: str, nth: int) -> None:
    books = Books(households="abcde")
    faulty = Faulty(books, days=(5, 6), chunk=2)
    faulty.bad = {"b", "e"}
    await books.runner(faulty.duty).open(START)
    seen = 0

    async def interrupt(name: str) -> None:
        nonlocal seen
        seen += name == operation
        if name == operation and seen == nth:
            raise Crash

    books.database.interrupt = interrupt
    for hour in (2, 3):
        with suppress(Crash):
            await books.runner(faulty.duty).turn(at(6, hour))
        faulty.bad.clear()
    books.database.interrupt = None
    for hour in range(4, 8):
        await books.runner(faulty.duty).turn(at(6, hour))
    assert books.billed == dict.fromkeys("abcde", 2)
    assert [state for *_, state in books.states] == ["done", "done"]
    assert (faulty.aside, books.database.rows(DutyClaim)) == ([], [])


async def test_what_was_left_aside_is_looked_for_once_a_second_however_often_duties_are_woken() -> None:
    books = Books(households="ab")
    faulty = Faulty(books)
    runner = books.runner(faulty.duty)
    await runner.open(START)
    begun = 0

    async def interrupt(operation: str) -> None:
        nonlocal begun
        begun += operation == "begin"

    books.database.interrupt = interrupt
    for _ in range(10):
        await runner.turn(START)
    assert begun == 1
    books.seconds += 1.0
    await runner.turn(START)
    assert begun == 2
    await runner.turn(START + timedelta(seconds=1))
    assert begun == 3


async def test_two_runners_at_once_do_what_was_left_aside_once() -> None:
    books = Books(households=[f"h{number:02}" for number in range(20)])
    faulty = Faulty(books, days=(5, 6))
    faulty.bad = {"h03", "h17"}
    runners = [books.runner(faulty.duty) for _ in range(2)]
    for runner in runners:
        await runner.open(START)
    await asyncio.gather(*(runner.turn(at(6, 2)) for runner in runners))
    faulty.bad.clear()
    for hour in range(3, 7):
        await asyncio.gather(*(runner.turn(at(6, hour)) for runner in runners))
    assert books.billed == dict.fromkeys(books.households, 2)
    assert faulty.dates_of("h03") == faulty.dates_of("h17") == [5, 6]
    assert (faulty.aside, books.database.rows(DutyClaim)) == ([], [])


async def test_two_runners_at_once_do_a_duty_without_households_once() -> None:
    books = Books()
    runners = [books.runner(books.plain("close", time(0, 10))) for _ in range(3)]
    for runner in runners:
        await runner.open(START)
    await asyncio.gather(*(runner.turn(at(3, 1)) for runner in runners))
    assert books.log == [("close", day(1)), ("close", day(2)), ("close", day(3))]


async def test_INV_17_a_postponed_duty_waits_and_holds_back_only_its_own_later_dates() -> None:
    books = Books()
    runner = books.runner(books.plain("list", time(1)), books.plain("remit", time(16)))
    await runner.open(START)
    books.raises["list"] = Postponed("books of 2015-11-30 are open")
    assert await runner.turn(at(3)) == 2
    assert books.log == [("remit", day(1)), ("remit", day(2))]
    assert runner.waiting() == ["list"]
    assert await runner.pending(at(3)) == 0
    assert ("list", day(1), "waiting") in books.states
    assert await runner.turn(at(3)) == 0
    del books.raises["list"]
    assert await runner.turn(at(3)) == 2
    assert books.log[2:] == [("list", day(1)), ("list", day(2))]
    assert runner.waiting() == []


async def test_what_a_postponed_duty_did_stands_and_it_looks_again_from_the_start() -> None:
    books = Books(households=["b", "d"])
    runner = books.runner(books.billing())
    await runner.open(START)
    books.raises["finish"] = Postponed("one household cannot be decided yet")
    for _ in range(2):
        await runner.turn(at(5, 2))
    assert books.billed == {"b": 2, "d": 2}  # these have work again and again; a real duty leaves them out
    record = books.database.rows(DutyRecord)[0]
    assert (record.state, record.cursor) == ("waiting", "")
    del books.raises["finish"]
    books.households = ["a"]
    await runner.turn(at(5, 2))
    assert books.billed == {"a": 1, "b": 2, "d": 2}
    assert books.finished == [day(5)]


async def test_a_restarted_process_knows_that_a_duty_waits() -> None:
    books = Books()
    await books.runner(books.plain("list", time(1))).open(START)
    books.raises["list"] = Postponed("books are open")
    await books.runner(books.plain("list", time(1))).turn(at(1, 1))
    again = books.runner(books.plain("list", time(1)))
    await again.open(at(1, 2))
    assert again.waiting() == ["list"]


async def test_a_bug_is_tried_again_later_and_later_and_keeps_no_other_duty_from_its_hour() -> None:
    books = Books()
    runner = books.runner(books.plain("list", time(1)), books.plain("remit", time(16)))
    await runner.open(START)
    books.raises["list"] = ZeroDivisionError("quotes June Example")
    assert await runner.turn(at(2)) == 1
    assert await runner.turn(at(2)) == 0
    books.seconds = 1.0
    await runner.turn(at(2))
    record = next(row for row in books.database.rows(DutyRecord) if row.duty == "list")
    assert (record.state, record.attempts, record.failure) == ("pending", 2, "ZeroDivisionError")
    assert await runner.pending(at(2)) == 1
    del books.raises["list"]
    assert await runner.turn(at(2)) == 0
    books.seconds = 3.0
    assert await runner.turn(at(2)) == 1


async def test_what_is_away_is_said_after_the_others_were_tried() -> None:
    books = Books()
    runner = books.runner(books.plain("list", time(1)), books.plain("remit", time(16)))
    await runner.open(START)
    books.raises["list"] = Retryable("away")
    with pytest.raises(Retryable):
        await runner.turn(at(2))
    assert books.log == [("remit", day(1))]
    del books.raises["list"]
    assert await runner.turn(at(2)) == 1


async def test_a_turn_ends_after_its_chunk_when_the_process_stops() -> None:
    books = Books(households=["a", "b", "c"])
    runner = books.runner(books.billing(chunk=1))
    await runner.open(START)
    runner.stop()
    assert await runner.turn(at(5, 2)) == 0
    assert await books.runner(books.billing(chunk=1)).turn(at(5, 2)) == 4


async def test_the_next_due_instant_is_the_earliest_that_has_work() -> None:
    books = Books()

    async def next_work(_uow: UnitOfWork, from_date: date) -> date | None:
        return work if work is None else max(work, from_date)

    work: date | None = day(9)
    plain = books.plain("lapse", time(1, 30))
    lapse = Duty(name="lapse", at=plain.at, runs_on=plain.runs_on, run=plain.run, next_work=next_work)
    runner = books.runner(lapse, books.plain("run", time(2), day=20))
    await runner.open(START)
    assert await runner.next_due_at(START) == datetime.combine(day(9), time(1, 30), START.tzinfo)
    work = None
    assert await runner.next_due_at(START) == at(20, 2)


async def test_a_duty_can_be_run_by_hand_for_a_date_that_is_due_and_its_calendar_goes_on() -> None:
    books = Books(households=["a", "b", "c"])
    runner = books.runner(books.billing())
    await runner.open(START)
    assert (await runner.run_now("billing", on_date=day(5), now=at(5, 2))).state == "done"
    assert (await runner.run_now("billing", on_date=day(5), now=at(5, 2))).state == "done"
    assert books.billed == dict.fromkeys("abc", 1)
    with pytest.raises(NotFound, match="known: billing"):
        await runner.run_now("biling", on_date=day(5), now=at(5))


async def test_a_duty_is_not_run_by_hand_before_its_hour_or_on_a_day_that_is_none_of_its() -> None:
    books = Books(households=["a"])
    runner = books.runner(books.billing())
    await runner.open(START)
    with pytest.raises(NotDue, match=r"billing of 2015-12-05 is not due before 2015-12-05 02:00"):
        await runner.run_now("billing", on_date=day(5), now=at(5, 1))
    with pytest.raises(
        NotDue, match=r"nothing to do on 2015-12-04: its next date after 2015-12-04 is 2015-12-05"
    ):
        await runner.run_now("billing", on_date=day(4), now=at(6))
    assert books.billed == {}
    assert await runner.turn(at(5, 2)) == 2
    assert books.billed == {"a": 1}


async def test_why_a_duty_waits_is_written_down_until_it_is_done() -> None:
    books = Books()
    runner = books.runner(books.plain("list", time(1)))
    await runner.open(START)
    for why in ("books of 2015-11-30 are open", "books of 2015-11-29 are open"):
        books.raises["list"] = Postponed(why)
        await runner.turn(at(1, 1))
        (record,) = books.database.rows(DutyRecord)
        assert (record.state, record.waits_for) == ("waiting", why)
    assert (await runner.run_now("list", on_date=day(1), now=at(1, 1))).waits_for == why
    del books.raises["list"]
    await runner.turn(at(1, 1))
    (record,) = books.database.rows(DutyRecord)
    assert (record.state, record.waits_for) == ("done", None)
