"""The partitions of a PostgreSQL database's outbox and inbox: made a few months ahead, and dropped past the horizon."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import asyncpg

from bulkhead.messaging.broker import Place
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.connections import ConnectionLimits, connect
from bulkhead.persistence.faults import translated
from bulkhead.persistence.months import (
    default_partition,
    month_after,
    month_of,
    month_of_partition,
    partition_of_month,
)

MONTHS_AHEAD = 3
"""How many months after the one under way have a partition already."""

_log = get_logger("retention")

# Whoever waits for a table's lock holds up all that come after, so nobody waits long here; the next turn tries again.
_LIMITS = ConnectionLimits(lock=0.5)

# A session's advisory lock: it is given back when the connection ends, however that happens.
_ONE_AT_A_TIME = 0x72657461

_LEAD = "SELECT pg_try_advisory_lock($1)"
_NOW = "SELECT now()"

_NOTE = """
INSERT INTO read_offsets (topic, partition, "offset", noted_at)
SELECT topic, partition, "offset", $4
FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS read (topic, partition, "offset")
ON CONFLICT (topic, partition) DO UPDATE SET "offset" = excluded."offset", noted_at = excluded.noted_at
"""

_PARTITIONS = """
SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = $1::text::regclass ORDER BY relname
"""

# A table's own lock comes before its partitions', as everybody takes them.
_LOCK = "LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE"

_STRAYS = "SELECT DISTINCT date_trunc('month', {instant}) FROM {default}"

# Without the identity: `seq` is given by the whole table. Its indexes are made when it becomes a part of that.
_MAKE = "CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)"
_MOVE = """
WITH moved AS (DELETE FROM {default} WHERE {instant} >= '{first}' AND {instant} < '{after}' RETURNING *)
INSERT INTO {name} SELECT * FROM moved
"""
_ATTACH = "ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{after}')"

_UNPUBLISHED = """
SELECT EXISTS (
    SELECT FROM {name} WHERE (ticket, seq) > (
        coalesce((SELECT ticket FROM relay_position WHERE relay = 'outbox'), 0),
        coalesce((SELECT seq FROM relay_position WHERE relay = 'outbox'), 0)
    )
)
"""

_THROUGH = "SELECT coalesce(max(seq), 0) FROM {name}"

# A partition nobody has noted since the month's end may still be read from an offset of that month.
_UNREAD = """
SELECT EXISTS (
    SELECT FROM topic_partitions CROSS JOIN generate_series(0, partitions - 1) AS number
    LEFT JOIN read_offsets AS read ON read.topic = topic_partitions.topic AND read.partition = number
    WHERE topic_partitions.topic = ANY ($1::text[]) AND (read.noted_at IS NULL OR read.noted_at < $2)
)
"""

_REMEMBER = """
INSERT INTO pruned_tables (name, before, through_seq) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET
    before = greatest(pruned_tables.before, excluded.before),
    through_seq = greatest(pruned_tables.through_seq, excluded.through_seq)
"""


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that is cut by month, and the instant that says which month a row is of."""

    name: str
    instant: str


_OUTBOX = _Table("outbox", "written_at")
_INBOX = _Table("inbox", "received_at")
_TABLES = (_OUTBOX, _INBOX)


class PostgresRetention:
    """A `Retention` of the database at ``url``, for a reader of these topics. Its months are the server's, in UTC.

    Several may take a turn at once: one does, the others find that it does.
    """

    def __init__(self, *, url: str, name: str, topics: Collection[str], horizon: timedelta) -> None:
        self._url = url
        self._name = name
        self._topics = sorted(topics)
        self._horizon = horizon

    async def turn(self, *, read: Mapping[Place, int]) -> int:
        """Make the months to come, drop those past the horizon; return how many were dropped."""
        async with _connected(self._url, self._name) as connection:
            return await self._keep(connection, read, await _now(connection))

    async def turn_as_of(self, now: datetime, *, read: Mapping[Place, int]) -> int:
        """Do what `turn` does, as if it were ``now``."""
        async with _connected(self._url, self._name) as connection:
            return await self._keep(connection, read, now)

    async def _keep(self, connection: asyncpg.Connection, read: Mapping[Place, int], now: datetime) -> int:
        topics, partitions = [topic for topic, _ in read], [partition for _, partition in read]
        await connection.execute(_NOTE, topics, partitions, [*read.values()], now)
        if not await connection.fetchval(_LEAD, _ONE_AT_A_TIME):
            return 0
        dropped = 0
        for table in _TABLES:
            for month in await _make(connection, table, now):
                if month_after(month) > now - self._horizon or not await self._drop(connection, table, month):
                    break
                dropped += 1
        return dropped

    async def _drop(self, connection: asyncpg.Connection, table: _Table, month: datetime) -> bool:
        """Drop a month that is past the horizon; return whether it is gone, or is kept because somebody needs it."""
        name, before = partition_of_month(table.name, month), month_after(month)
        async with connection.transaction():
            # Before looking, so that what is seen stays so.
            await connection.execute(_LOCK.format(table=table.name))
            if table is _OUTBOX:
                needed = await connection.fetchval(_UNPUBLISHED.format(name=name))
                through_seq = await connection.fetchval(_THROUGH.format(name=name))
            else:
                needed = await connection.fetchval(_UNREAD, self._topics, before)
                through_seq = 0
            if needed:
                _log.warning("month kept past the horizon", partition=name)
                return False
            await connection.execute(_REMEMBER, table.name, before, through_seq)
            await connection.execute(f"DROP TABLE {name}")
        _log.info("month dropped", partition=name)
        return True


async def make_months(*, url: str, name: str) -> None:
    """Make the partitions of this month and those to come, so that the first rows have theirs.

    Raises `Retryable` while the tables are in use: what uses them makes its months itself.
    """
    async with _connected(url, name) as connection:
        if await connection.fetchval(_LEAD, _ONE_AT_A_TIME):
            for table in _TABLES:
                await _make(connection, table, await _now(connection))


async def _now(connection: asyncpg.Connection) -> datetime:
    return cast(datetime, await connection.fetchval(_NOW))


@asynccontextmanager
async def _connected(url: str, name: str) -> AsyncGenerator[asyncpg.Connection]:
    with translated():
        connection = await connect(url=url, name=f"{name} retention", limits=_LIMITS)
        try:
            yield connection
        finally:
            connection.terminate()


async def _make(connection: asyncpg.Connection, table: _Table, now: datetime) -> list[datetime]:
    """Make what is missing of this month and those to come, and of months whose rows had no partition; return the
    months there are, in order.
    """
    names = [row[0] for row in await connection.fetch(_PARTITIONS, table.name)]
    there = {month for name in names if (month := month_of_partition(name)) is not None}
    wanted = {month_of(now)}
    for _ in range(MONTHS_AHEAD):
        wanted.add(month_after(max(wanted)))
    strays = _STRAYS.format(instant=table.instant, default=default_partition(table.name))
    wanted.update(row[0] for row in await connection.fetch(strays))
    for month in sorted(wanted - there):
        await _make_month(connection, table, month)
    return sorted(wanted | there)


async def _make_month(connection: asyncpg.Connection, table: _Table, month: datetime) -> None:
    text = {
        "table": table.name,
        "instant": table.instant,
        "default": default_partition(table.name),
        "name": partition_of_month(table.name, month),
        "first": month.isoformat(),
        "after": month_after(month).isoformat(),
    }
    async with connection.transaction():
        # It takes in what the default partition took. A row on its way there meanwhile would be refused, so whoever
        # writes comes before all this, or after it and finds the month.
        for statement in (_LOCK, _MAKE, _MOVE, _ATTACH):
            await connection.execute(statement.format(**text))
    _log.info("month made", partition=text["name"])
