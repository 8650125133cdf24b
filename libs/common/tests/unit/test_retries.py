"""Work that fails waits for itself alone, longer each time, until it is done or somebody looks (I9)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import httpx2
import pytest
from sqlmodel import Field

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Retryable, TookTooLong
from bulkhead.persistence.tables import TableModel
from bulkhead.retries.one_by_one import Backlog, NotNow, OutOfReach, do_one_by_one, do_together
from bulkhead.retries.retries import Retry, RetryKind, try_now
from bulkhead.service import Service
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.web import app_of, client_of

NOW = local(date(2015, 12, 3), 10)
MINUTE = timedelta(minutes=1)
REFUNDS = RetryKind("refunds", stuck_after=3)
ISSUER = TestIssuer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is to be done, or was."""

    part: str
    state: str


DUE = Backlog(Part, key="part", retries=REFUNDS, state="due")


class RetriesTable(TableModel, registry=service_registry()):
    """A table of this test's own."""


class Parts(RetriesTable, table=True):
    part: str = Field(primary_key=True)
    state: str


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase(tables={**CHASSIS_TABLES, Part: Parts})


class Processor:
    """Pays parts; for some it raises."""

    def __init__(self, database: MemoryDatabase) -> None:
        self.database = database
        self.raises: dict[str, Exception] = {}

    async def owe(self, *parts: str) -> None:
        async with self.database.begin(now=NOW) as uow:
            await uow.records(Part).add(Part(part=each, state="due") for each in parts)

    async def turn(self, *, after: timedelta = timedelta(0)) -> int:
        async with self.database.begin(now=NOW + after) as uow:
            due = await DUE.next(uow, limit=10)

        async def pay(part: Part) -> int:
            if part.part in self.raises:
                raise self.raises[part.part]
            async with self.database.begin(now=NOW + after) as uow:
                await uow.records(Part).put([replace(part, state="paid")])
            return 1

        return await do_one_by_one(
            due,
            retries=REFUNDS,
            uows=self.database.units_of_work,
            now=NOW + after,
            key=DUE.key_of,
            do=pay,
            household=lambda part: f"of-{part.part}",
        )

    @property
    def paid(self) -> list[str]:
        return [each.part for each in self.database.rows(Part) if each.state == "paid"]


async def test_one_that_fails_is_put_off_with_its_reason_and_the_others_are_done(
    database: MemoryDatabase,
) -> None:
    processor = Processor(database)
    processor.raises = {"b": KeyError("quotes June Example"), "d": NotNow("the processor says 409")}
    await processor.owe("a", "b", "c", "d", "e")
    assert await processor.turn() == 3
    assert processor.paid == ["a", "c", "e"]
    b, d = database.rows(Retry)
    assert b == Retry(
        kind="refunds",
        item="b",
        household="of-b",
        failures=1,
        reason="KeyError",
        since=NOW,
        retry_at=NOW + MINUTE,
        stuck=False,
    )
    assert (d.item, d.reason) == ("d", "the processor says 409")


async def test_it_is_tried_later_and_later_and_somebody_is_alarmed_and_done_it_is_forgotten(
    database: MemoryDatabase,
) -> None:
    processor = Processor(database)
    processor.raises = {"b": NotNow("no")}
    await processor.owe("b")
    seen: list[tuple[int, timedelta, bool]] = []
    after = timedelta(0)
    for _ in range(4):
        await processor.turn(after=after)
        (row,) = database.rows(Retry)
        seen.append((row.failures, row.retry_at - NOW - after, row.stuck))
        assert await processor.turn(after=after + timedelta(seconds=1)) == 0
        after = row.retry_at - NOW
    assert seen == [(1, MINUTE, False), (2, 2 * MINUTE, False), (3, 4 * MINUTE, True), (4, 8 * MINUTE, True)]
    assert database.rows(Retry)[0].since == NOW
    processor.raises.clear()
    assert await processor.turn(after=after) == 1
    assert await processor.turn(after=after) == 0
    assert database.rows(Retry) == []


async def test_CAL_1_it_rests_as_long_in_the_hour_that_comes_twice(database: MemoryDatabase) -> None:
    now = datetime(2026, 11, 1, 6, 5, tzinfo=UTC)
    async with database.begin(now=now) as uow:
        retry = await REFUNDS.put_off(uow, "b", because="no")
    assert retry.retry_at == now + MINUTE
    async with database.begin(now=now + timedelta(seconds=59)) as uow:
        assert await REFUNDS.resting(uow) == {"b"}
        assert await REFUNDS.waiting_and_resting(uow) == ({"b"}, {"b"})
    async with database.begin(now=now + MINUTE) as uow:
        assert await REFUNDS.resting(uow) == set()
        assert await REFUNDS.waiting_and_resting(uow) == ({"b"}, set())


async def test_where_what_all_need_is_away_none_is_put_off(database: MemoryDatabase) -> None:
    processor = Processor(database)
    processor.raises = {"b": OutOfReach("the processor is away")}
    await processor.owe("a", "b", "c")
    assert await processor.turn() == 1
    assert processor.paid == ["a"]
    assert database.rows(Retry) == []
    processor.raises = {"b": Retryable("our database is away")}
    with pytest.raises(Retryable):
        await processor.turn()
    assert database.rows(Retry) == []


async def test_an_item_that_waits_for_a_time_has_not_failed(database: MemoryDatabase) -> None:
    async with database.begin(now=NOW) as uow:
        await REFUNDS.wait_until(uow, "b", until=NOW + MINUTE, because="it is asked once more")
        assert await REFUNDS.resting(uow) == {"b"}
    async with database.begin(now=NOW + MINUTE) as uow:
        assert await REFUNDS.resting(uow) == set()
        retry = await REFUNDS.put_off(uow, "b", because="not there")
    assert (retry.failures, retry.retry_at) == (1, NOW + 2 * MINUTE)


async def test_what_rests_keeps_nothing_else_from_being_found_and_what_is_over_is_forgotten(
    database: MemoryDatabase,
) -> None:
    async def found(*, limit: int, after: timedelta = timedelta(0)) -> list[str]:
        async with database.begin(now=NOW + after) as uow:
            return [each.part for each in await DUE.next(uow, limit=limit)]

    async with database.begin(now=NOW) as uow:
        await uow.records(Part).add(Part(part=f"{number:02}", state="due") for number in range(15))
        for number in (*range(10), 11):
            await REFUNDS.put_off(uow, f"{number:02}", because="no")
    assert await found(limit=3) == ["10", "12", "13"]
    assert await found(limit=9) == ["10", "12", "13", "14"]
    assert await found(limit=4, after=MINUTE) == ["10", "12", "00", "01"]
    async with database.begin(now=NOW) as uow:
        await uow.records(Part).put([Part(part="00", state="paid"), Part(part="02", state="paid")])
    assert await found(limit=4, after=MINUTE) == ["10", "12", "01", "03"]
    assert "00" not in {row.item for row in database.rows(Retry)}


@pytest.fixture
async def client(database: MemoryDatabase) -> AsyncIterator[httpx2.AsyncClient]:
    async def handle(*_: object) -> None:
        """Hear nothing."""

    service = Service(
        name="payments",
        tables=CHASSIS_TABLES,
        subscribes=(),
        inbound={},
        outbound={},
        handle=handle,
        routers=(),
        retries=(REFUNDS, RetryKind("attempts")),
    )
    app = app_of(service, uows=database.units_of_work, clock=FixedClock(NOW), verifier=ISSUER.verifier())
    async with client_of(app) as made:
        made.headers["Authorization"] = f"Bearer {ISSUER.token(roles=['operator'])}"
        yield made


@pytest.mark.parametrize("wrong", [{"key": "attemptt"}, {"key": "item", "statee": "open"}])
def test_work_that_waits_under_a_field_there_is_not_is_found_when_it_is_declared(
    wrong: dict[str, str],
) -> None:
    with pytest.raises(ValueError, match=r"there is no field '(attemptt|statee)'"):
        Backlog(Retry, retries=RetryKind("attempts"), **wrong)


async def test_an_operator_sees_what_waits_and_has_it_tried_at_once(
    database: MemoryDatabase, client: httpx2.AsyncClient
) -> None:
    async with database.begin(now=NOW) as uow:
        for item in ("b", "d"):
            await REFUNDS.put_off(uow, item, because="the processor says 409")
        await RetryKind("attempts", stuck_after=1).put_off(uow, "p1", because="unclear", household="june")
    seen = (await client.get("/v1/retries", params={"kind": "refunds"})).json()["items"]
    assert [(each["item"], each["failures"], each["reason"], each["stuck"]) for each in seen] == [
        ("b", 1, "the processor says 409", False),
        ("d", 1, "the processor says 409", False),
    ]
    stuck = (await client.get("/v1/retries", params={"stuck": "true"})).json()["items"]
    assert [(each["kind"], each["item"], each["household"]) for each in stuck] == [("attempts", "p1", "june")]

    async def tried(key: str, body: dict[str, str]) -> httpx2.Response:
        return await client.post("/v1/retries/tries", json=body, headers={"Idempotency-Key": key})

    assert (await tried("k1", {"kind": "refunds", "item": "b"})).json() == {"items": 1}
    assert (await tried("k2", {"kind": "refunds", "item": "x"})).json() == {"items": 0}
    assert {row.item for row in database.rows(Retry) if row.retry_at > NOW} == {"d", "p1"}
    assert (await tried("k3", {"kind": "refunds"})).json() == {"items": 2}
    assert {row.item for row in database.rows(Retry) if row.retry_at > NOW} == {"p1"}
    assert {row.failures for row in database.rows(Retry)} == {1}


async def test_items_are_done_as_one_set_and_one_by_one_only_where_that_fails() -> None:
    asked: list[list[str]] = []
    put_off: list[tuple[str, str]] = []

    async def do(items: Sequence[str]) -> str:
        asked.append(list(items))
        if "b" in items:
            raise ZeroDivisionError
        return "".join(items)

    async def later(item: str, error: Exception) -> str:
        put_off.append((item, type(error).__name__))
        return ""

    assert await do_together(["a", "c"], do=do, put_off=later) == ["ac"]
    assert await do_together(["a", "b", "c"], do=do, put_off=later) == ["a", "", "c"]
    assert asked == [["a", "c"], ["a", "b", "c"], ["a"], ["b"], ["c"]]
    assert put_off == [("b", "ZeroDivisionError")]


async def test_what_takes_the_database_too_long_in_a_set_is_put_off_alone() -> None:
    put_off: list[str] = []

    async def do(items: Sequence[str]) -> str:
        if "b" in items:
            raise TookTooLong("slow")
        return "".join(items)

    async def later(item: str, _error: Exception) -> str:
        put_off.append(item)
        return ""

    assert await do_together(["a", "b", "c"], do=do, put_off=later) == ["a", "", "c"]
    assert await do_together(["b"], do=do, put_off=later) == [""]
    assert put_off == ["b", "b"]


async def test_where_the_database_takes_too_long_again_and_again_the_rest_is_left_for_later(
    database: MemoryDatabase,
) -> None:
    asked: list[list[str]] = []
    put_off: list[str] = []

    async def do(items: Sequence[str]) -> str:
        asked.append(list(items))
        if items != ["b"]:
            raise TookTooLong("slow")
        return "b"

    async def later(item: str, _error: Exception) -> str:
        put_off.append(item)
        return ""

    with pytest.raises(TookTooLong):
        await do_together(list("abcdefgh"), do=do, put_off=later)
    # All together is a try too, and what is quick between two sets nothing back.
    assert asked == [list("abcdefgh"), ["a"], ["b"], ["c"]]
    assert put_off == ["a", "c"]

    processor = Processor(database)
    processor.raises = {each: TookTooLong("slow") for each in "abdefg"}
    await processor.owe(*"abcdefgh")
    for paid, waiting in ((["c"], "abd"), (["c"], "abdefg")):
        with pytest.raises(TookTooLong):
            await processor.turn()
        assert processor.paid == paid
        assert [(each.item, each.reason) for each in database.rows(Retry)] == [
            (each, "slow") for each in waiting
        ]
    # Those rest: whatever is behind them has its turn.
    assert await processor.turn() == 1
    assert processor.paid == ["c", "h"]
    # Once all have rested nobody is first for his name: each has a turn, and who was mended is done.
    for letter in "beg":
        del processor.raises[letter]
    for hours in range(1, 6):
        with suppress(TookTooLong):
            await processor.turn(after=timedelta(hours=2 * hours))
    assert sorted(processor.paid) == list("bcegh")


async def test_while_the_own_database_is_away_nothing_is_put_off() -> None:
    async def away(_items: Sequence[str]) -> int:
        raise Retryable("the database is away")

    async def later(_item: str, _error: Exception) -> int:
        raise AssertionError("nothing has failed for itself")

    with pytest.raises(Retryable):
        await do_together(["a", "b"], do=away, put_off=later)


async def test_what_waits_for_something_else_than_its_cause_is_tried_at_nobodys_word(
    database: MemoryDatabase,
) -> None:
    async with database.begin(now=NOW) as uow:
        await REFUNDS.wait_until(uow, "a", until=NOW + MINUTE, because="an answer may be on its way")
        await REFUNDS.put_off(uow, "b", because="the processor says 409")
    async with database.begin(now=NOW) as uow:
        assert await try_now(uow, kind="refunds", item=None) == 1
        assert await try_now(uow, kind="refunds", item="a") == 0
    assert [(each.item, each.retry_at) for each in database.rows(Retry)] == [("a", NOW + MINUTE), ("b", NOW)]


async def test_a_kind_of_work_there_is_not_is_refused_by_naming_those_there_are(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.get("/v1/retries", params={"kind": "mails"})
    assert answer.status_code == 422
    problem = "is not one of attempts, duties, refunds"
    assert answer.json()["errors"] == [{"field": "query/kind", "problem": f"query/kind {problem}"}]
    headers = {"Idempotency-Key": "k1"}
    tried = await client.post("/v1/retries/tries", json={"kind": "mails"}, headers=headers)
    assert tried.json()["errors"] == [{"field": "/kind", "problem": f"/kind {problem}"}]
