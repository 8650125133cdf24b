"""The outbox of a PostgreSQL database, read by one relay at a time over a connection of its own."""

from __future__ import annotations

import asyncio

import asyncpg

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.relay import Entry, Position
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.connections import connect
from bulkhead.persistence.faults import translated

_log = get_logger("relay")

# A session's advisory lock: it is given back when the connection ends, however that happens.
_ONE_RELAY = 0x72656C61

_ENTRIES = """
SELECT ticket, seq, event_id, topic, household, broadcast, type, traceparent, envelope,
    (extract(epoch FROM written_at) * 1000)::bigint
FROM outbox
WHERE (ticket, seq) > ($1, $2) AND ticket < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY ticket, seq
LIMIT $3
"""

_POSITION = "SELECT ticket, seq FROM relay_position WHERE relay = 'outbox'"

_MARK = """
INSERT INTO relay_position (relay, ticket, seq) VALUES ('outbox', $1, $2)
ON CONFLICT (relay) DO UPDATE SET ticket = excluded.ticket, seq = excluded.seq
"""

# Counting stops somewhere: whoever asks wants to know whether, and about how many.
_PENDING = (
    "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE (ticket, seq) > ($1, $2) LIMIT 100000) AS unpublished"
)

_OLDEST = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0)::float8
FROM (SELECT written_at FROM outbox WHERE (ticket, seq) > ($1, $2) ORDER BY ticket, seq LIMIT 1) AS oldest
"""

# A ticket of this server is below the next transaction id. One that is not came with a backup, from a server
# that had given more ids: what is written here from now on would be taken for published long ago.
_FOREIGN = """
SELECT greatest($1, (SELECT max(ticket) FROM outbox)) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""

# Then published rows get ticket 0 and all others 1, which leaves each household's order to `seq`. Rows above
# the last foreign one were written here since, whatever their ticket.
_REBASE = """
UPDATE outbox
SET ticket = CASE WHEN (ticket, outbox.seq) <= ($1, $2) AND outbox.seq <= foreign_rows.last THEN 0 ELSE 1 END
FROM (
    SELECT greatest($2, max(seq)) AS last FROM outbox
    WHERE ticket >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
) AS foreign_rows
"""
_REBASED = Position(0, 2**63 - 1)
_SECONDS_TO_REBASE = 3_600.0
"""How long that may take: about a minute a million rows."""


class PostgresOutbox:
    """The relay's side of the outbox at ``url``. Reading makes it the one relay, or finds that another is."""

    def __init__(self, *, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: asyncpg.Connection | None = None
        self._leads = False
        self._asking: asyncpg.Connection | None = None
        self._one_question = asyncio.Lock()
        self._position = Position(0, 0)

    async def read(self, *, limit: int) -> list[Entry]:
        """Return the next entries whose transactions, and all before them, have ended; none when another
        relays.

        Raises `Retryable` while the database is away.
        """
        try:
            with translated():
                connection = await self._leading()
                if connection is None:
                    return []
                rows = await connection.fetch(_ENTRIES, self._position.ticket, self._position.seq, limit)
        except Retryable:
            self._let_go()
            raise
        return [Entry(Position(row[0], row[1]), *row[2:]) for row in map(tuple, rows)]

    async def take_the_lead(self) -> bool:
        """Hold the relay's lock until this is closed; return False where another relays. Raises `Retryable`."""
        try:
            with translated():
                return await self._locked() is not None
        except Retryable:
            self._let_go()
            raise

    async def mark(self, position: Position) -> None:
        """Remember how far we are. Raises `Retryable` when we are no longer the relay, or the database is
        away.
        """
        if self._connection is None or not self._leads:
            raise Retryable("the connection that held the relay's lock is gone")
        try:
            with translated():
                await self._connection.execute(_MARK, position.ticket, position.seq)
        except Retryable:
            self._let_go()
            raise
        self._position = position

    async def pending(self) -> int:
        """Return how many committed entries are not published. Raises `Retryable`."""
        return int(await self._of_the_rest(_PENDING))

    async def oldest_age_seconds(self) -> float:
        """Return the age of the oldest entry not published, 0 when there is none. Raises `Retryable`."""
        return float(await self._of_the_rest(_OLDEST))

    async def close(self) -> None:
        """Give the lock back."""
        connections = (self._connection, self._asking)
        self._connection = self._asking = None
        self._leads = False
        for connection in connections:
            if connection is not None and not connection.is_closed():
                try:
                    with translated():
                        await connection.close(timeout=2)
                except Retryable:
                    connection.terminate()

    def _let_go(self) -> None:
        """Give the lock back with its connection: whatever is wrong with it, the next one is new."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None
        self._leads = False

    async def _leading(self) -> asyncpg.Connection | None:
        """Return the connection that holds the lock; None while another relay does."""
        connection = await self._locked()
        if connection is not None and not self._leads:
            row = await connection.fetchrow(_POSITION)
            position = Position(0, 0) if row is None else Position(*row)
            if await connection.fetchval(_FOREIGN, position.ticket):
                position = await self._rebase(connection, position)
            self._position, self._leads = position, True
        return connection

    async def _locked(self) -> asyncpg.Connection | None:
        if self._connection is None or self._connection.is_closed():
            self._leads = False
            self._connection = await self._connect()
        if self._leads or await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", _ONE_RELAY):
            return self._connection
        return None

    async def _rebase(self, connection: asyncpg.Connection, position: Position) -> Position:
        """Make an outbox restored from another server's backup this server's; return the position in it."""
        _log.error("outbox from another server", relay=self._name, ticket=position.ticket, seq=position.seq)
        async with connection.transaction():
            # Once in a database's life, and of a whole year's rows: cut off in between it would begin anew for ever.
            await connection.execute("SET LOCAL statement_timeout = 0")
            await connection.execute(_REBASE, position.ticket, position.seq, timeout=_SECONDS_TO_REBASE)
            await connection.execute(_MARK, _REBASED.ticket, _REBASED.seq)
        return _REBASED

    async def _of_the_rest(self, query: str) -> float:
        with translated():
            async with self._one_question:
                if self._asking is None or self._asking.is_closed():
                    self._asking = await self._connect()
                try:
                    row = await self._asking.fetchrow(_POSITION)
                    position = (0, 0) if row is None else tuple(row)
                    return float(await self._asking.fetchval(query, *position) or 0)
                except BaseException:
                    # Who waits too long for an answer is cancelled, and a server that vanished would never give one.
                    self._asking.terminate()
                    raise

    async def _connect(self) -> asyncpg.Connection:
        connection = await connect(url=self._url, name=f"{self._name} relay")
        # Each month has its index in the relay's order, and the next rows are the first of their merge. Sorting
        # would read a whole backlog for each batch, and looks cheap while the statistics know of none.
        await connection.execute("SET enable_sort = off")
        return connection
