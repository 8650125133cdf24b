"""PostgreSQL behind the ports of `bulkhead.persistence.ports`: one pool, short transactions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Protocol, TypeVar, cast

from bulkhead.contracts.wire import Wire
from bulkhead.kernel.calendar import in_exchange_time
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.key_rings import Keys
from bulkhead.persistence.connections import ConnectionLimits, Connections
from bulkhead.persistence.contact_sealing import Sealing, require_ring
from bulkhead.persistence.event_tables import Outbox, OutboxRecord, ParkedEvent
from bulkhead.persistence.faults import translated
from bulkhead.persistence.household_keys import HouseholdKey
from bulkhead.persistence.ids import new_event_id
from bulkhead.persistence.outbox import OutboxWriter
from bulkhead.persistence.ports import Cause, Emitted, Records, UnitOfWork
from bulkhead.persistence.postgres_records import PostgresRecords
from bulkhead.persistence.questions import Question
from bulkhead.persistence.sealing import is_sealed, require_keys
from bulkhead.persistence.shapes import shapes_of, tuple_of
from bulkhead.persistence.sharing import Share, Sharing
from bulkhead.persistence.statements import ROWS_TO_COPY, Inserts, Row, Statements, inserts_of, write
from bulkhead.persistence.tables import Tables
from bulkhead.persistence.transactions import Transaction

R = TypeVar("R")
A = TypeVar("A")

_OUTBOX_FIELDS = tuple(field.name for field in fields(OutboxRecord) if field.name != "seq")
_OUTBOX_INSERTS = inserts_of(Outbox.__table__, _OUTBOX_FIELDS)
_outbox_row = tuple_of(_OUTBOX_FIELDS)


class Declared(Protocol):
    """What storage must know of a service: the part of `bulkhead.service.Service` that is about it."""

    @property
    def name(self) -> str: ...
    @property
    def tables(self) -> Tables: ...
    @property
    def outbound(self) -> Mapping[type, type[Wire]]: ...
    @property
    def keys(self) -> Keys | None: ...
    @property
    def contact_keys(self) -> Keys | None: ...


class PostgresDatabase:
    """One service's database: a `UnitOfWorkFactory`."""

    def __init__(
        self,
        *,
        connections: Connections,
        tables: Tables,
        outbound: Mapping[type, type[Wire]],
        keys: Keys | None = None,
        new_id: Callable[[datetime], str] = new_event_id,
        contact_keys: Keys | None = None,
    ) -> None:
        self.connections = connections
        self.outbound = dict(outbound)
        self.new_id = new_id
        self.sealing = None if contact_keys is None else Sealing(contact_keys)
        self.woken: list[Callable[[], None]] = []
        self._sharing = Sharing(connections)
        self._statements = {kind: Statements(shape, keys=keys) for kind, shape in shapes_of(tables).items()}
        self._unproven = keys if any(is_sealed(each.__table__) for each in tables.values()) else None
        self._untried = self.sealing if HouseholdKey in tables else None

    @classmethod
    def for_service(
        cls, service: Declared, *, url: str, limits: ConnectionLimits | None = None
    ) -> PostgresDatabase:
        """Return the service's database at this URL."""
        return cls(
            connections=Connections(url=url, name=service.name, limits=limits),
            tables=service.tables,
            outbound=service.outbound,
            keys=service.keys,
            contact_keys=service.contact_keys,
        )

    @asynccontextmanager
    async def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> AsyncGenerator[PostgresUnitOfWork]:
        """Begin a transaction that holds these households' locks; waits for whoever holds one of them.

        Leaving commits; an exception rolls back and goes on up. Raises `Retryable` while the database is
        away: also from the commit, when nobody can know whether it was done. Doing it again must then be
        harmless. Raises `KeyMissing` where what is sealed could not be opened, before anything is read.
        """
        await self.require_keys()
        wanted = sorted(set(households))
        async with self.connections.one() as connection:
            transaction = Transaction(connection)
            with translated():
                await transaction.lock(wanted)
            unit = PostgresUnitOfWork(
                database=self, transaction=transaction, now=now, households=wanted, cause=cause
            )
            try:
                yield unit
                rows = await unit.left_to_write()
                with translated():
                    await transaction.committed(rows)
            finally:
                unit.end()
        self._wake_for(unit)

    @asynccontextmanager
    async def begin_shared(
        self, *, now: datetime, households: Iterable[str], cause: Cause | None = None
    ) -> AsyncGenerator[PostgresUnitOfWork]:
        """Begin a unit of work in a transaction that may be others' too; leaving returns when it is committed.

        Raises `NotShared` where it is to be done again, by itself.
        """
        await self.require_keys()
        wanted = sorted(set(households))
        share = await self._sharing.join(wanted)
        unit = PostgresUnitOfWork(database=self, transaction=share, now=now, households=wanted, cause=cause)
        try:
            yield unit
            rows = await unit.left_to_write()
        except Exception:
            await share.given_up()
            raise
        except BaseException:
            share.abandoned()
            raise
        finally:
            unit.end()
        await share.committed(rows)
        self._wake_for(unit)

    def _wake_for(self, unit: PostgresUnitOfWork) -> None:
        if unit.emitted:
            for wake in self.woken:
                wake()

    def statements(self, kind: type[R]) -> Statements[R]:
        """Return the statements of a kind; raises `TypeError` for one without a table."""
        found = self._statements.get(kind)
        if found is None:
            raise TypeError(f"{kind.__name__} is in no table here")
        return found

    async def require_keys(self) -> None:
        """Return where all that is sealed here can be opened; looked at once. Raises `KeyMissing`, and `Retryable`
        while the database is away.
        """
        if self._unproven is None and self._untried is None:
            return
        async with self.connections.one() as connection:
            with translated():
                if self._unproven is not None:
                    await require_keys(connection, keys=self._unproven)
                if self._untried is not None:
                    await require_ring(connection, sealing=self._untried)
        self._unproven = self._untried = None

    async def answers(self) -> None:
        """Return when the database answers; raises `Retryable` when it does not."""
        async with self.connections.one() as connection:
            with translated():
                await connection.execute("SELECT 1")

    async def close(self) -> None:
        """Close every connection."""
        await self.connections.close()


class PostgresUnitOfWork:
    """One transaction. ``emitted`` holds what it has said so far."""

    def __init__(
        self,
        *,
        database: PostgresDatabase,
        transaction: Transaction | Share,
        now: datetime,
        households: Collection[str],
        cause: Cause | None,
    ) -> None:
        self._database = database
        self._transaction = transaction
        self._now = in_exchange_time(now)
        self._records: dict[type, PostgresRecords[Any]] = {}
        self._unwritten: dict[Inserts, list[Row]] = {}
        self._over = False
        self._doomed = False
        self._writer = OutboxWriter(
            outbound=database.outbound,
            now=self._now,
            cause=cause or Cause(correlation_id=""),
            households=frozenset(households),
            new_id=database.new_id,
            sealing=database.sealing,
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
            found = self._records[kind] = PostgresRecords(statements=statements, transaction=self)
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

    def emit_many(
        self,
        events: Mapping[str, object],
        *,
        business_date: date | None = None,
        reasons: Sequence[Reason] = (),
    ) -> None:
        """Say what happened to each of many households; it is in the outbox when this commits."""
        self._still_going()
        self._writer.emit_many(events, business_date=business_date, reasons=reasons)

    def keep_said(self, said: Iterable[Emitted]) -> None:
        """Keep in the outbox what was said elsewhere, under the ids it was said with."""
        self._still_going()
        self._writer.emitted.extend(said)

    async def parked(self, households: Iterable[str]) -> set[str]:
        """Return those households of which an event is parked here."""
        wanted = list(households)
        return set(await self.records(ParkedEvent).distinct("household", household=wanted, state="parked"))

    def attribute(self, causes: Mapping[str, Cause]) -> None:
        """Say what causes each household's events from here on, where that is not this unit's own cause."""
        self._writer.causes.update(causes)

    async def fetch(self, query: str, *parameters: Any) -> Sequence[Any]:
        """Run a statement in this transaction and return its rows: for what the records cannot say."""
        return await self._run(self._transaction.fetch, query, *parameters)

    async def execute(self, query: str, *parameters: Any) -> str:
        """Run a statement in this transaction and return what PostgreSQL says of it, such as ``DELETE 2``."""
        return await self._run(self._transaction.execute, query, *parameters)

    async def read(self, query: str, *parameters: Any) -> Sequence[Any]:
        """Run a statement that changes and locks nothing, and return its rows."""
        return await self._run(self._transaction.read, query, *parameters)

    async def ask(self, question: Question[A]) -> A:
        """Run the statement of a question and return its answer."""
        return await self._run(lambda: self._transaction.ask(question))

    async def insert(self, inserts: Inserts, rows: Sequence[Row]) -> None:
        """Insert rows in this transaction: at once where they are many; else before its next statement or its end,
        in one statement with all others there are by then.
        """
        self._still_going()
        if len(rows) < ROWS_TO_COPY:
            self._unwritten.setdefault(inserts, []).extend(rows)
        else:
            await self._run(inserts.copy, self._transaction, rows)

    async def left_to_write(self) -> Mapping[Inserts, Sequence[Row]]:
        """Return the rows that are still to be written, those of the outbox with them: nothing more is said here."""
        self._still_going()
        await self._writer.seal(self)
        if self._writer.emitted:
            await self.insert(_OUTBOX_INSERTS, [_outbox_row(each.record) for each in self._writer.emitted])
        return self._unwritten

    def end(self) -> None:
        """Take nothing more."""
        self._over = True

    async def _run(self, statement: Callable[..., Awaitable[R]], *parameters: Any) -> R:
        """Run a statement, after what is not written yet."""
        self._still_going()
        try:
            with translated():
                if self._unwritten:
                    unwritten, self._unwritten = self._unwritten, {}
                    await write(self._transaction, unwritten)
                return await statement(*parameters)
        except BaseException:
            # PostgreSQL takes nothing more in a transaction that has failed, and would turn COMMIT into
            # ROLLBACK without a word.
            self._doomed = True
            raise

    def _still_going(self) -> None:
        if self._over:
            raise RuntimeError("this unit of work is over")
        if self._doomed:
            raise RuntimeError("this unit of work has failed: it can only be rolled back")


def _conforms(unit: PostgresUnitOfWork) -> UnitOfWork:  # pyright: ignore[reportUnusedFunction]
    return unit
