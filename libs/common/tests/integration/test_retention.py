"""A year's volume is bounded: whole months of outbox and inbox go once nobody needs them, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from bulkhead.contracts.registry import PAYMENTS
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import Place
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.messaging.postgres_retention import PostgresRetention, make_months
from bulkhead.messaging.relay import Entry, Position
from bulkhead.persistence.event_tables import InboxRecord, OutboxRecord, PartitionCount, Pruned, ReadOffset
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.suites.example import NOW, PaymentReceived

pytestmark = pytest.mark.postgres

TOPIC = PAYMENTS.name
HORIZON = timedelta(days=100)
TODAY = datetime(2027, 1, 20, 12, tzinfo=UTC)
YEAR = [datetime(2026, month, 15, tzinfo=UTC) for month in range(1, 13)] + [datetime(2027, 1, 15, tzinfo=UTC)]
"""The middle of thirteen months; a hundred days before TODAY is October 12th."""

AHEAD = ["2027_02", "2027_03", "2027_04"]

_SAY = """
INSERT INTO outbox (ticket, event_id, topic, household, broadcast, type, version, occurred_at, business_date,
                    envelope, written_at)
SELECT $1::integer, $1::integer || '-' || number, 'payments.v1', 'june', false, 'PaymentReceived', 1, $2,
       $2::timestamptz::date, '', $2
FROM generate_series(1, $3::integer) AS number
"""
_HEAR = """
INSERT INTO inbox (event_id, partition, received_at)
SELECT 'heard-' || $1::integer || '-' || number, 0, $2 FROM generate_series(1, $3::integer) AS number
"""


@pytest.fixture
async def connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to it, in UTC."""
    opened = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    yield opened
    await opened.close()


@pytest.fixture
def retention(url: str) -> PostgresRetention:
    """What keeps it from growing; here it reads a topic of two partitions."""
    return PostgresRetention(url=url, name="teller", topics=[TOPIC], horizon=HORIZON)


async def a_year_passes(connection: asyncpg.Connection) -> None:
    """Write 100 events and hear 100 in each of the thirteen months, with tickets in their order."""
    for number, instant in enumerate(YEAR, start=1):
        await connection.execute(_SAY, number, instant, 100)
        await connection.execute(_HEAR, number, instant, 100)


async def publish_through(outbox: PostgresOutbox, month: int) -> list[Entry]:
    """Publish what was written in the months up to this one, the first being 1; return that."""
    found: list[Entry] = []
    async with asyncio.timeout(60):
        while len(found) < 100 * month:
            found += await outbox.read(limit=100)
            await outbox.mark(found[-1].position)
    return found


async def rows(connection: asyncpg.Connection, table: str) -> dict[str, int]:
    """Return how many rows are in each partition of a table."""
    found = await connection.fetch(f"SELECT tableoid::regclass::text, count(*) FROM {table} GROUP BY 1")
    names = await connection.fetch(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = $1::text::regclass", table
    )
    return {row[0].removeprefix(f"{table}_"): 0 for row in names} | {
        row[0].removeprefix(f"{table}_"): row[1] for row in found
    }


def months(*rows_of_each: tuple[str, int]) -> dict[str, int]:
    """Return these months with their rows, and those ahead and the default one with none."""
    return dict(rows_of_each) | dict.fromkeys([*AHEAD, "default"], 0)


LAST_MONTHS = [("2026_10", 100), ("2026_11", 100), ("2026_12", 100), ("2027_01", 100)]


async def know_topic(database: PostgresDatabase) -> None:
    """Let the topic have two partitions."""
    async with database.begin(now=NOW) as uow:
        await uow.records(PartitionCount).add([PartitionCount(topic=TOPIC, partitions=2)])


READ: Mapping[Place, int] = {(TOPIC, 0): 1300, (TOPIC, 1): 0}


async def test_of_thirteen_months_those_within_the_horizon_are_left(
    database: PostgresDatabase,
    connection: asyncpg.Connection,
    outbox: PostgresOutbox,
    retention: PostgresRetention,
) -> None:
    await know_topic(database)
    await a_year_passes(connection)
    assert await rows(connection, "outbox") == {"default": 1300}
    published = await publish_through(outbox, 13)
    assert [each.position.ticket for each in published[::100]] == list(range(1, 14))

    assert await retention.turn_as_of(TODAY, read=READ) == 18
    assert await rows(connection, "outbox") == months(*LAST_MONTHS)
    assert await rows(connection, "inbox") == months(*LAST_MONTHS)
    before = datetime(2026, 10, 1, tzinfo=UTC)
    async with database.begin(now=NOW) as uow:
        assert await uow.records(Pruned).select() == [
            Pruned(name="inbox", before=before, through_seq=0),
            Pruned(name="outbox", before=before, through_seq=900),
        ]
        assert [each.seq for each in await uow.records(OutboxRecord).select()] == list(range(901, 1301))

    assert await retention.turn_as_of(TODAY, read=READ) == 0
    assert await rows(connection, "outbox") == months(*LAST_MONTHS)


async def test_what_is_not_published_stays_with_all_that_came_after_it(
    database: PostgresDatabase,
    connection: asyncpg.Connection,
    outbox: PostgresOutbox,
    retention: PostgresRetention,
) -> None:
    await a_year_passes(connection)
    await publish_through(outbox, 2)
    entries = await outbox.read(limit=1)  # of the third month one is published, 99 are not
    await outbox.mark(entries[0].position)

    await retention.turn_as_of(TODAY, read={})
    assert await rows(connection, "outbox") == months(
        *((f"2026_{month:02}", 100) for month in range(3, 13)), ("2027_01", 100)
    )
    assert await outbox.pending() == 1099
    left = await outbox.read(limit=2000)
    assert [each.position for each in left] == [
        Position(ticket=1 + (seq - 1) // 100, seq=seq) for seq in range(202, 1301)
    ]


async def test_an_outbox_of_which_nothing_was_ever_published_loses_nothing(
    connection: asyncpg.Connection, retention: PostgresRetention
) -> None:
    await a_year_passes(connection)
    await retention.turn_as_of(TODAY, read={})
    assert sum((await rows(connection, "outbox")).values()) == 1300


@pytest.mark.parametrize(
    ("read", "noted_at"),
    [
        ({}, TODAY),
        ({(TOPIC, 0): 1300}, TODAY),
        (READ, datetime(2026, 1, 31, 23, tzinfo=UTC)),
    ],
)
async def test_the_inbox_stays_while_a_partition_may_be_read_again_from_then(
    database: PostgresDatabase,
    connection: asyncpg.Connection,
    retention: PostgresRetention,
    read: Mapping[Place, int],
    noted_at: datetime,
) -> None:
    await know_topic(database)
    await a_year_passes(connection)
    await retention.turn_as_of(noted_at, read=read)
    await retention.turn_as_of(TODAY, read={})
    found = await rows(connection, "inbox")
    assert sum(found.values()) == 1300
    async with database.begin(now=NOW) as uow:
        assert await uow.records(Pruned).select() == []
        assert await uow.records(ReadOffset).count() == len(read)


async def test_topics_that_are_no_longer_read_hold_nothing_back(
    database: PostgresDatabase, connection: asyncpg.Connection, url: str
) -> None:
    await know_topic(database)
    await a_year_passes(connection)
    others = PostgresRetention(url=url, name="teller", topics=["policies.v1"], horizon=HORIZON)
    assert await others.turn_as_of(TODAY, read={}) == 9
    assert await rows(connection, "inbox") == months(*LAST_MONTHS)


async def test_several_at_once_drop_each_month_once(
    connection: asyncpg.Connection, outbox: PostgresOutbox, url: str
) -> None:
    await a_year_passes(connection)
    await publish_through(outbox, 13)
    several = [PostgresRetention(url=url, name="teller", topics=[], horizon=HORIZON) for _ in range(4)]
    dropped = await asyncio.gather(*(each.turn_as_of(TODAY, read={}) for each in several))
    assert sum(dropped) == 18
    assert await rows(connection, "outbox") == months(*LAST_MONTHS)
    assert await rows(connection, "inbox") == months(*LAST_MONTHS)


async def test_events_go_to_the_month_of_the_databases_clock_and_are_relayed_in_order(
    database: PostgresDatabase,
    connection: asyncpg.Connection,
    outbox: PostgresOutbox,
    retention: PostgresRetention,
) -> None:
    async def pay(*payments: str) -> None:
        async with database.begin(now=NOW, households=["june"]) as uow:
            for payment in payments:
                uow.emit(PaymentReceived(household="june", payment=payment, cents=1), household="june")
            await uow.records(InboxRecord).add(
                InboxRecord(event_id=payment, partition=0) for payment in payments
            )

    await pay("p1")
    await retention.turn(read={})
    await pay("p2")
    await pay(*(f"copied-{number}" for number in range(100)))
    this_month = await connection.fetchval("SELECT to_char(now(), 'YYYY_MM')")
    for table in ("outbox", "inbox"):
        found = await rows(connection, table)
        assert {month: count for month, count in found.items() if count} == {this_month: 102}
        assert len(found) == 5
    entries: list[Entry] = []
    async with asyncio.timeout(60):
        while len(entries) < 102:
            entries = await outbox.read(limit=200)
    assert [each.position.seq for each in entries] == list(range(1, 103))


async def test_what_came_after_the_last_month_made_is_taken_in_when_months_are_made_again(
    connection: asyncpg.Connection, retention: PostgresRetention
) -> None:
    await retention.turn_as_of(YEAR[0], read={})
    await a_year_passes(connection)
    assert await rows(connection, "outbox") == (
        {f"2026_{month:02}": 100 for month in range(1, 5)} | {"default": 900}
    )
    await retention.turn_as_of(TODAY, read={})
    assert await rows(connection, "outbox") == months(
        *((f"2026_{month:02}", 100) for month in range(1, 13)), ("2027_01", 100)
    )


async def test_no_insert_fails_while_its_month_is_made(
    database: PostgresDatabase, connection: asyncpg.Connection, retention: PostgresRetention
) -> None:
    made = asyncio.Event()

    async def write(household: str) -> int:
        count = 0
        while not made.is_set():
            async with database.begin(now=NOW, households=[household]) as uow:
                uow.emit(PaymentReceived(household=household, payment="p", cents=1), household=household)
                heard = uow.records(InboxRecord)
                assert await heard.select(event_id=[f"{household}-{count}"]) == []
                await heard.add([InboxRecord(event_id=f"{household}-{count}", partition=0)])
            count += 1
        return count

    async def make() -> None:
        async with asyncio.timeout(60):
            while len(await rows(connection, "inbox")) < 5:
                with suppress(Retryable):
                    await retention.turn(read={})
        made.set()

    *written, _ = await asyncio.gather(*(write(name) for name in ("ann", "bob", "cyd")), make())
    for table in ("outbox", "inbox"):
        found = await rows(connection, table)
        assert found.pop("default") == 0
        assert sum(found.values()) == sum(count for count in written if count)


async def test_months_are_there_before_the_first_row(connection: asyncpg.Connection, url: str) -> None:
    await make_months(url=url, name="migrate")
    await make_months(url=url, name="migrate")
    this_month = await connection.fetchval("SELECT to_char(now(), 'YYYY_MM')")
    for table in ("outbox", "inbox"):
        found = await rows(connection, table)
        assert this_month in found
        assert sorted(found.values()) == [0, 0, 0, 0, 0]


async def test_it_does_not_wait_long_for_whoever_uses_the_tables(
    connection: asyncpg.Connection, retention: PostgresRetention
) -> None:
    async with connection.transaction():
        await connection.fetch("SELECT FROM outbox")
        with pytest.raises(Retryable):
            await asyncio.wait_for(retention.turn_as_of(TODAY, read={}), 5)
        assert await rows(connection, "outbox") == {"default": 0}
    await retention.turn_as_of(TODAY, read={})
    assert await rows(connection, "outbox") == months(("2027_01", 0))


async def test_nothing_is_forgotten_between_a_look_into_the_inbox_and_the_end_of_its_transaction(
    database: PostgresDatabase, connection: asyncpg.Connection, retention: PostgresRetention
) -> None:
    await know_topic(database)
    await a_year_passes(connection)
    await retention.turn_as_of(YEAR[-1], read={})  # makes the months
    # A batch holds locks, so its transaction is begun before it looks.
    async with database.begin(now=NOW, households=["ann"]) as uow:
        assert await uow.records(InboxRecord).select(event_id=["not there"]) == []
        with pytest.raises(Retryable):
            await asyncio.wait_for(retention.turn_as_of(TODAY, read=READ), 5)
        assert await uow.records(Pruned).get(name="inbox") is None
    await retention.turn_as_of(TODAY, read=READ)
    assert sum((await rows(connection, "inbox")).values()) == 400


QUERIES = [
    "SELECT envelope FROM outbox WHERE (ticket, seq) > (13, 24210) ORDER BY ticket, seq LIMIT 100",
    "SELECT 1 FROM outbox WHERE (ticket, seq) > (13, 24210) LIMIT 100000",
    "SELECT max(ticket) FROM outbox",
    "SELECT envelope FROM outbox WHERE seq > 24210 ORDER BY seq LIMIT 100",
    "SELECT envelope FROM outbox WHERE seq > 24210 AND household = 'max' ORDER BY seq LIMIT 100",
    "SELECT event_id FROM inbox WHERE event_id = ANY ('{heard-1-1,heard-13-1}') ORDER BY event_id",
]
"""What relay, journal and consumer ask."""


async def test_no_month_is_walked_through_to_relay_to_show_or_to_drop_doubles(
    connection: asyncpg.Connection, url: str
) -> None:
    for number, instant in enumerate(YEAR, start=1):
        await connection.execute(_SAY, number, instant, 2000)
        await connection.execute(_HEAR, number, instant, 2000)
    horizon = timedelta(days=400)
    await PostgresRetention(url=url, name="teller", topics=[], horizon=horizon).turn_as_of(TODAY, read={})
    await connection.execute("ANALYZE outbox, inbox")
    for query in QUERIES:
        plan = [row[0] for row in await connection.fetch(f"EXPLAIN {query}")]
        assert not [line for line in plan if "Seq Scan" in line and "_2026_" in line], query
        assert (
            len({month for month in range(1, 13) if any(f"2026_{month:02}" in line for line in plan)}) == 12
        )
