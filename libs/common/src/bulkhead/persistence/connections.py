"""Connections to PostgreSQL: the same settings for the pool and the relay.

A URL is handed to asyncpg as it is, here and by migrations, which wait as long as they must: its parameters
(``sslmode``, several hosts) mean the same to all, and are PostgreSQL's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from bulkhead.persistence.faults import translated

# A statement's text is the same for any number of records: a service has a few hundred, and keeps them prepared.
_PREPARED_STATEMENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How many connections, and how long anything may take, in seconds. A long transaction anywhere on a
    server holds back every relay of that server, so none is allowed to be."""

    connections: int = 10
    wait_for_connection: float = 10
    connect: float = 5
    statement: float = 60
    lock: float = 30
    idle_in_transaction: float = 60


class Connection(Protocol):
    """What of asyncpg's connection is used where records are read and written."""

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        """Run a statement and return its rows."""
        ...

    async def execute(self, query: str, *args: Any) -> str:
        """Run a statement and return what PostgreSQL says of it, such as ``DELETE 2``."""
        ...

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[tuple[Any, ...]], columns: Sequence[str]
    ) -> str:
        """Insert rows by binary COPY."""
        ...


async def connect(*, url: str, name: str, limits: ConnectionLimits | None = None) -> asyncpg.Connection:
    """Return a connection of its own to a ``postgresql://`` URL. Raises what asyncpg raises."""
    connection = await asyncpg.connect(url, **_settings(name, limits or ConnectionLimits()))
    await _prepare(connection)
    return connection


class Connections:
    """A pool of connections to a ``postgresql://`` URL. It connects at first use, not before."""

    def __init__(self, *, url: str, name: str, limits: ConnectionLimits | None = None) -> None:
        self.url = url
        self._name = name
        self._limits = limits or ConnectionLimits()
        self._pool: asyncpg.Pool | None = None

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[Connection]:
        """Give a connection, and roll back at the end what was not committed.

        Raises `Retryable` when there is none in time.
        """
        seconds = self._limits.wait_for_connection
        with translated():
            pool = await self._opened()
            # The pool's own limit would take a task each time.
            async with asyncio.timeout(seconds):
                # A stand-in of the pool's, which has what a connection has.
                connection: Any = await pool.acquire()
        try:
            yield connection
        finally:
            left = _left(connection)
            if left == "in use":
                # Even where the task is cancelled.
                await asyncio.shield(asyncio.ensure_future(_give_back(pool, connection, seconds)))
            elif left == "idle":
                await _release(pool, connection, seconds)

    async def close(self) -> None:
        """Close every connection; those in use are waited for."""
        if self._pool is not None:
            await self._pool.close()

    async def _opened(self) -> asyncpg.Pool:
        if self._pool is None:
            self._pool = asyncpg.create_pool(
                self.url,
                min_size=0,
                max_size=self._limits.connections,
                init=_prepare,
                reset=_leave_as_it_is,
                **_settings(self._name, self._limits),
            )
        return await self._pool


_BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


def _left(connection: Any) -> Literal["idle", "in use", "gone"]:
    """Return how a connection was left; ``gone`` where the server ended it and the pool has let go of it by itself."""
    try:
        return "in use" if connection.is_closed() or connection.is_in_transaction() else "idle"
    except asyncpg.InterfaceError:
        return "gone"


async def _give_back(pool: asyncpg.Pool, connection: asyncpg.Connection, seconds: float) -> None:
    try:
        if not connection.is_closed() and connection.is_in_transaction():
            await connection.execute("ROLLBACK")
    except _BROKEN:
        # Whatever was under way on it is already being reported.
        connection.terminate()
    await _release(pool, connection, seconds)


async def _release(pool: asyncpg.Pool, connection: asyncpg.Connection, seconds: float) -> None:
    # One that cannot be given back in time is ended by the pool; what was done on it stands or is being reported.
    with suppress(*_BROKEN):
        await pool.release(connection, timeout=seconds)


def _settings(name: str, limits: ConnectionLimits) -> dict[str, Any]:
    return {
        "timeout": limits.connect,
        # A server that vanished ends no statement itself, and its connections look open for a quarter of an hour.
        "command_timeout": limits.statement + limits.connect,
        "statement_cache_size": _PREPARED_STATEMENTS,
        "max_cached_statement_lifetime": 0,  # for as long as the connection lives
        "server_settings": {
            "application_name": f"bulkhead {name}",
            "statement_timeout": _milliseconds(limits.statement),
            "lock_timeout": _milliseconds(limits.lock),
            "idle_in_transaction_session_timeout": _milliseconds(limits.idle_in_transaction),
            # A node that vanished sends no end: what its relay or a transaction had locked would stay so for two hours.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
            "tcp_user_timeout": "25000",
            # Statements over arrays look expensive to the planner and are not: compiling them costs more.
            "jit": "off",
            "timezone": "UTC",
        },
    }


async def _prepare(connection: asyncpg.Connection) -> None:
    """Give and take JSON as the bytes it is written in: whoever has the type encodes and decodes it."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", format="binary", encoder=_with_version, decoder=_without_version
    )


def _with_version(json: bytes) -> bytes:
    return b"\x01" + json


def _without_version(sent: bytes) -> bytes:
    return sent[1:]


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """Nothing here changes a session, so nothing has to be undone, and giving back costs no round trip."""


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
