"""PostgreSQL behind the ports of `bulkhead.persistence.ports`: one engine, short transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Protocol, TypeVar, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy import ARRAY, CursorResult, Executable, Text, any_, bindparam, event, select
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel import col

from bulkhead.contracts.wire import Wire
from bulkhead.kernel.calendar import EXCHANGE_ZONE
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.event_tables import HouseholdLocks, Outbox, OutboxRecord, ParkedEvent
from bulkhead.persistence.faults import translated
from bulkhead.persistence.ids import new_event_id
from bulkhead.persistence.outbox import Emitted, OutboxWriter
from bulkhead.persistence.ports import Cause, Records, UnitOfWork
from bulkhead.persistence.postgres_records import PostgresRecords, Statements, insert_of_arrays
from bulkhead.persistence.shapes import shapes_of
from bulkhead.persistence.tables import Tables
from bulkhead.persistence.types import read_json, write_json

R = TypeVar("R")

_MAKE_LOCKS = insert_of_arrays(table=HouseholdLocks.__table__, fields=["household"]).on_conflict_do_nothing()
_TAKE_LOCKS = (
    select(col(HouseholdLocks.household))
    .where(col(HouseholdLocks.household) == any_(bindparam("household", type_=ARRAY(Text, dimensions=1))))
    .order_by(col(HouseholdLocks.household))
    .with_for_update()
)
_INSERT_EVENTS = insert_of_arrays(
    table=Outbox.__table__, fields=[field.name for field in fields(OutboxRecord) if field.name != "seq"]
)


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


def engine_of(*, url: str, name: str, limits: ConnectionLimits | None = None) -> AsyncEngine:
    """Return an engine for a ``postgresql://`` URL. It connects at first use, not before."""
    limits = limits or ConnectionLimits()
    engine = create_async_engine(
        driver_url(url),
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.wait_for_connection,
        # An error's text must not quote what was being written: it can be about a person.
        hide_parameters=True,
        json_serializer=write_json,
        json_deserializer=read_json,
        connect_args={
            "timeout": limits.connect,
            "server_settings": {
                "application_name": f"bulkhead {name}",
                "statement_timeout": _milliseconds(limits.statement),
                "lock_timeout": _milliseconds(limits.lock),
                "idle_in_transaction_session_timeout": _milliseconds(limits.idle_in_transaction),
                # Statements over arrays look expensive to the planner and are not: compiling them costs more.
                "jit": "off",
                "timezone": "UTC",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def driver_url(url: str) -> str:
    """Return the URL with asyncpg named as driver, as SQLAlchemy wants it."""
    _, separator, rest = url.partition("://")
    return f"postgresql+asyncpg{separator}{rest}"


def plain_url(url: str) -> str:
    """Return the URL without a driver's name, as asyncpg itself wants it."""
    _, separator, rest = url.partition("://")
    return f"postgresql{separator}{rest}"


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    # A server that went away closed its connections: the loop has seen it, and asking costs no round trip.
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed this connection")


class Declared(Protocol):
    """What storage must know of a service: the part of `bulkhead.service.Service` that is about it."""

    @property
    def name(self) -> str: ...
    @property
    def tables(self) -> Tables: ...
    @property
    def outbound(self) -> Mapping[type, type[Wire]]: ...


class PostgresDatabase:
    """One service's database: a `UnitOfWorkFactory`."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        tables: Tables,
        outbound: Mapping[type, type[Wire]],
        new_id: Callable[[datetime], str] = new_event_id,
    ) -> None:
        self.engine = engine
        self.outbound = dict(outbound)
        self.new_id = new_id
        self.woken: list[Callable[[], None]] = []
        self._statements = {kind: Statements(shape) for kind, shape in shapes_of(tables).items()}

    @classmethod
    def for_service(
        cls, service: Declared, *, url: str, limits: ConnectionLimits | None = None
    ) -> PostgresDatabase:
        """Return the service's database at this URL."""
        return cls(
            engine=engine_of(url=url, name=service.name, limits=limits),
            tables=service.tables,
            outbound=service.outbound,
        )

    @asynccontextmanager
    async def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> AsyncGenerator[PostgresUnitOfWork]:
        """Begin a transaction that holds these households' locks; waits for whoever holds one of them.

        Leaving commits; an exception rolls back and goes on up. Raises `Retryable` while the database is
        away: also from the commit, when nobody can know whether it was done. Doing it again must then be
        harmless.
        """
        wanted = sorted(set(households))
        with translated():
            connection = await self._locked(wanted)
        unit = PostgresUnitOfWork(
            database=self, connection=connection, now=now, households=wanted, cause=cause
        )
        try:
            yield unit
            with translated():
                await unit.commit()
        finally:
            unit.end()
            await _give_back(connection)
        if unit.emitted:
            for wake in self.woken:
                wake()

    def statements(self, kind: type[R]) -> Statements[R]:
        """Return the statements of a kind; raises `TypeError` for one without a table."""
        found = self._statements.get(kind)
        if found is None:
            raise TypeError(f"{kind.__name__} is in no table here")
        return found

    async def answers(self) -> None:
        """Return when the database answers; raises `Retryable` when it does not."""
        with translated():
            async with self.engine.connect() as connection:
                await connection.execute(select(1))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def _locked(self, households: list[str]) -> AsyncConnection:
        """Return a connection in a transaction that holds the locks."""
        connection = await self.engine.connect()
        try:
            await connection.begin()
            if households and await self._lock(connection, households) < len(households):
                # Some are new here. Their rows are made in a transaction of their own, so that this one
                # still has no transaction id while it waits for a lock.
                await connection.rollback()
                await connection.execute(_MAKE_LOCKS, {"household": households})
                await connection.commit()
                await connection.begin()
                if await self._lock(connection, households) < len(households):
                    raise Retryable("a household's lock row vanished")
        except BaseException:
            await _give_back(connection)
            raise
        return connection

    async def _lock(self, connection: AsyncConnection, households: list[str]) -> int:
        return len((await connection.execute(_TAKE_LOCKS, {"household": households})).all())


async def _give_back(connection: AsyncConnection) -> None:
    """Roll back what was not committed and return the connection to the pool, even where the task is
    cancelled.
    """
    try:
        await asyncio.shield(asyncio.ensure_future(connection.close()))
    except (DBAPIError, OSError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        # It broke: whatever was under way on it is already being reported.
        await connection.invalidate()


class PostgresUnitOfWork:
    """One transaction. ``emitted`` holds what it has said so far."""

    def __init__(
        self,
        *,
        database: PostgresDatabase,
        connection: AsyncConnection,
        now: datetime,
        households: Collection[str],
        cause: Cause | None,
    ) -> None:
        self._database = database
        self._connection = connection
        self._now = now.astimezone(EXCHANGE_ZONE)
        self._records: dict[type, PostgresRecords[Any]] = {}
        self._over = False
        self._doomed = False
        self._writer = OutboxWriter(
            outbound=database.outbound,
            now=self._now,
            cause=cause or Cause(correlation_id=""),
            households=frozenset(households),
            new_id=database.new_id,
        )

    @property
    def now(self) -> datetime:
        """The instant this work happens at."""
        return self._now

    @property
    def today(self) -> date:
        """The exchange's local date of `now`."""
        return self._now.date()

    @property
    def emitted(self) -> list[Emitted]:
        """What has been said in this unit of work, in order."""
        return self._writer.emitted

    def records(self, kind: type[R]) -> Records[R]:
        """Return the records of a kind, within this transaction."""
        found = self._records.get(kind)
        if found is None:
            statements = self._database.statements(kind)
            found = self._records[kind] = PostgresRecords(statements=statements, execute=self.execute)
        return cast("Records[R]", found)

    def emit(
        self,
        event: object,
        *,
        household: str | None,
        business_date: date | None = None,
        reasons: Sequence[Reason] = (),
    ) -> None:
        """Say that something happened; it is in the outbox when this commits."""
        self._still_going()
        self._writer.emit(event, household=household, business_date=business_date, reasons=reasons)

    async def parked(self, households: Iterable[str]) -> set[str]:
        """Return those households of which an event is parked here."""
        wanted = list(households)
        return set(await self.records(ParkedEvent).distinct("household", household=wanted, state="parked"))

    def attribute(self, causes: Mapping[str, Cause]) -> None:
        """Say what causes each household's events from here on, where that is not this unit's own cause."""
        self._writer.causes.update(causes)

    async def execute(
        self, statement: Executable, parameters: dict[str, Any] | None = None
    ) -> CursorResult[Any]:
        """Execute a statement in this transaction: for bulk work the records cannot say."""
        self._still_going()
        try:
            with translated():
                return cast("CursorResult[Any]", await self._connection.execute(statement, parameters))
        except BaseException:
            # PostgreSQL takes nothing more in a transaction that has failed, and would turn COMMIT into
            # ROLLBACK without a word.
            self._doomed = True
            raise

    async def commit(self) -> None:
        """Write the outbox and commit."""
        self._still_going()
        if self._writer.emitted:
            records = [each.record for each in self._writer.emitted]
            arrays = self._database.statements(OutboxRecord).arrays_of(records)
            del arrays["seq"]
            await self._connection.execute(_INSERT_EVENTS, arrays)
        await self._connection.commit()

    def end(self) -> None:
        """Take nothing more."""
        self._over = True

    def _still_going(self) -> None:
        if self._over:
            raise RuntimeError("this unit of work is over")
        if self._doomed:
            raise RuntimeError("this unit of work has failed: it can only be rolled back")


def _conforms(unit: PostgresUnitOfWork) -> UnitOfWork:  # pyright: ignore[reportUnusedFunction]
    return unit
