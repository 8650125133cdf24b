"""A database in memory: the same ports as PostgreSQL, for use-case tests, stories and simulation.

It keeps what a use case can notice: all or nothing, READ COMMITTED, keys and unique keys, partial ones too, checks,
the type and presence of values, household locks and rows that block other tasks, deadlocks, order. It does not know
foreign keys, and takes NUL in a condition's text: those are tested on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from copy import copy
from dataclasses import replace
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from bulkhead.contracts.wire import Wire
from bulkhead.kernel.calendar import in_exchange_time
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.key_rings import Keys
from bulkhead.persistence.contact_sealing import Sealing
from bulkhead.persistence.event_tables import HouseholdLock, OutboxRecord, ParkedEvent
from bulkhead.persistence.outbox import OutboxWriter
from bulkhead.persistence.ports import Cause, Emitted, Records, UnitOfWork
from bulkhead.persistence.shapes import shapes_of
from bulkhead.persistence.tables import Tables
from bulkhead.service import Service
from bulkhead_testing.memory_records import Claims, MemoryRecords, MemoryTable, Overlay, Reads

R = TypeVar("R")
E = TypeVar("E")


class MemoryDatabase:
    """One service's database. It outlives units of work, and whatever runs on it, as a real one does.

    ``away`` makes every operation raise `Retryable` until it is set back. ``interrupt``, when set, is awaited
    before each operation with its name (``begin``, ``read``, ``write``, ``commit``) and after a commit (``committed``):
    a simulation yields, crashes or fails there. ``emitted`` holds all that was ever said and committed; ``relayed`` how
    much of it is published. ``changes`` counts the transactions that changed something, and ``touched`` says which of
    them was the last to change a row of a household. ``relayed_by`` is whose outbox was read last and is not closed.
    Reads are noted in ``reads``, when set.
    """

    def __init__(
        self,
        *,
        tables: Tables,
        outbound: Mapping[type, type[Wire]] | None = None,
        name: str = "memory",
        contact_keys: Keys | None = None,
    ) -> None:
        self.name = name
        self._sealing = None if contact_keys is None else Sealing(contact_keys)
        self.away = False
        self.interrupt: Callable[[str], Awaitable[None]] | None = None
        self.emitted: list[Emitted] = []
        self.claims = Claims()
        self.relayed = 0
        self.relayed_by: object | None = None
        self.changes = 0
        self.touched: dict[str, int] = {}
        self.reads: Reads | None = None
        self._outbound = dict(outbound or {})
        self._tables = {kind: MemoryTable(shape) for kind, shape in shapes_of(tables).items()}
        self._said = 0
        self._outbox: list[OutboxRecord] = []
        self._said_elsewhere: set[str] = set()

    @classmethod
    def for_service(cls, service: Service) -> MemoryDatabase:
        """Return an empty database with the service's tables, for the service's events."""
        return cls(
            tables=service.tables,
            outbound=service.outbound,
            name=service.name,
            contact_keys=service.contact_keys,
        )

    def copied(self) -> MemoryDatabase:
        """Return another database that holds what this one has committed: a test goes on from here many ways."""
        other = copy(self)
        kept = {name: value for name, value in vars(self).items() if isinstance(value, list | dict | set)}
        vars(other).update((name, value.copy()) for name, value in kept.items())
        vars(other).update(
            claims=Claims(), _tables={kind: each.copied() for kind, each in self._tables.items()}
        )
        return other

    @property
    def units_of_work(self) -> MemoryUnitOfWorkFactory:
        """What begins units of work on this database."""
        return MemoryUnitOfWorkFactory(self)

    @property
    def events(self) -> list[object]:
        """The events committed so far, as the service said them, in commit order."""
        return [each.event for each in self.emitted]

    def events_of(self, kind: type[E]) -> list[E]:
        """Return the committed events of one type, in commit order."""
        return [each.event for each in self.emitted if isinstance(each.event, kind)]

    def rows(self, kind: type[R]) -> list[R]:
        """Return all committed records of a kind by key: for a test that looks without a unit of work."""
        return cast("list[R]", self.table(kind).ordered())

    def rows_of(self, household: str, kind: type[R]) -> list[R]:
        """Return a household's committed records of a kind by key; all of a kind that is nobody's."""
        table = self.table(kind)
        return cast(
            "list[R]", table.holding("household", household) if table.of_households else table.ordered()
        )

    def outbox_after(self, seq: int) -> list[OutboxRecord]:
        """Return the outbox after this ``seq``, in commit order."""
        return self._outbox[seq:]

    def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> MemoryUnitOfWork:
        """Begin a unit of work: as `MemoryUnitOfWorkFactory.begin`."""
        return self.units_of_work.begin(now=now, households=households, cause=cause)

    def begin_shared(
        self, *, now: datetime, households: Iterable[str], cause: Cause | None = None
    ) -> AbstractAsyncContextManager[MemoryUnitOfWork]:
        """Begin a unit of work by itself: nobody has to share here."""
        return self.begin(now=now, households=households, cause=cause)

    async def reach(self, operation: str) -> None:
        """Pass the point before an operation; raises `Retryable` while the database is away."""
        if self.interrupt is not None:
            await self.interrupt(operation)
        if self.away:
            raise Retryable(f"the database of {self.name} is away")

    def next_event_id(self, _now: datetime) -> str:
        """Return the next event's id: the same on every run, so that a seed replays exactly."""
        while True:
            self._said += 1
            event_id = f"{self.name}-{self._said:08d}"
            if event_id not in self._said_elsewhere:
                return event_id

    def know(self, said: Iterable[Emitted]) -> None:
        """Know the ids of what was said elsewhere: by the database of which this one is a copy."""
        self._said_elsewhere.update(each.record.event_id for each in said)

    def commit(self, overlays: Mapping[type, Overlay], emitted: Sequence[Emitted]) -> None:
        """Make a unit of work's changes and events everyone's, in one step no other task can see half of."""
        changed = {kind: overlay for kind, overlay in overlays.items() if overlay}
        if not changed:
            return
        self.changes += 1
        for kind, overlay in changed.items():
            table = self._tables[kind]
            if table.of_households:
                rows = (record or table.rows.get(key) for key, record in overlay.items())
                self.touched.update((row.household, self.changes) for row in rows if row is not None)
            table.apply(overlay)
        self.emitted.extend(emitted)
        self._outbox.extend(record for record in changed.get(OutboxRecord, {}).values() if record is not None)

    def number(self, emitted: Sequence[Emitted]) -> list[OutboxRecord]:
        """Return the outbox records of events, numbered in commit order."""
        first = len(self.emitted) + 1
        return [_numbered(each.record, first + index) for index, each in enumerate(emitted)]

    def writer(self, *, now: datetime, households: Collection[str], cause: Cause | None) -> OutboxWriter:
        """Return what collects the events of one unit of work."""
        return OutboxWriter(
            outbound=self._outbound,
            now=now,
            cause=cause or Cause(correlation_id=""),
            households=households,
            new_id=self.next_event_id,
            sealing=self._sealing,
        )

    def table(self, kind: type) -> MemoryTable:
        """Return the committed rows of a kind."""
        found = self._tables.get(kind)
        if found is None:
            raise TypeError(f"{kind.__name__} is in no table of {self.name}")
        return found


class MemoryUnitOfWorkFactory:
    """Begins units of work on a `MemoryDatabase`."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> MemoryUnitOfWork:
        """Begin a transaction that holds these households' locks; waits for whoever holds one of them.

        Leaving commits; an exception rolls back and goes on up. Raises `Retryable` while the database is
        away.
        """
        return MemoryUnitOfWork(
            database=self._database, now=now, households=frozenset(households), cause=cause
        )

    def begin_shared(
        self, *, now: datetime, households: Iterable[str], cause: Cause | None = None
    ) -> AbstractAsyncContextManager[MemoryUnitOfWork]:
        """Begin a unit of work by itself: nobody has to share here."""
        return self.begin(now=now, households=households, cause=cause)


class MemoryUnitOfWork:
    """One transaction on a `MemoryDatabase`: what is done within it, as a context. ``emitted`` holds what it has said
    so far; ``committed`` says that all of it is everyone's.
    """

    def __init__(
        self, *, database: MemoryDatabase, now: datetime, households: Collection[str], cause: Cause | None
    ) -> None:
        self._database = database
        self._households = households
        self._began_at = now
        self._cause = cause
        self._written: OutboxWriter | None = None
        self._overlays: dict[type, Overlay] = {}
        self._records: dict[type, MemoryRecords[Any]] = {}
        self.committed = False
        self._over = False
        self._doomed = False

    async def __aenter__(self) -> Self:
        await self._database.reach("begin")
        try:
            await self._lock()
        except BaseException:
            self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                if self._written is not None:
                    await self._written.seal(self)
                await self._database.reach("commit")
                self._commit()
        finally:
            self._end()
        if error is None:
            await self._database.reach("committed")

    @property
    def now(self) -> datetime:
        """The instant this work happens at."""
        return in_exchange_time(self._began_at)

    @property
    def today(self) -> date:
        """The exchange's local date of `now`."""
        return self.now.date()

    @property
    def reads(self) -> Reads | None:
        """Where reads are noted, None where nobody asks."""
        return self._database.reads

    @property
    def emitted(self) -> list[Emitted]:
        """What has been said in this unit of work, in order."""
        return [] if self._written is None else self._written.emitted

    @property
    def _writer(self) -> OutboxWriter:
        # Most units of work say nothing.
        if self._written is None:
            self._written = self._database.writer(
                now=self.now, households=self._households, cause=self._cause
            )
        return self._written

    def records(self, kind: type[R]) -> Records[R]:
        """Return the records of a kind, within this transaction."""
        found = self._records.get(kind)
        if found is None:
            overlay = self._overlays.setdefault(kind, {})
            found = self._records[kind] = MemoryRecords(
                table=self._database.table(kind), overlay=overlay, transaction=self
            )
        return found

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
        kept = list(said)
        self._database.know(kept)
        self._writer.emitted.extend(kept)

    async def parked(self, households: Iterable[str]) -> set[str]:
        """Return those households of which an event is parked here."""
        wanted = list(households)
        return set(await self.records(ParkedEvent).distinct("household", household=wanted, state="parked"))

    def attribute(self, causes: Mapping[str, Cause]) -> None:
        """Say what causes each household's events from here on, where that is not this unit's own cause."""
        self._writer.causes.update(causes)

    async def _lock(self) -> None:
        """Take the households' locks, sorted, waiting for whoever holds them."""
        if self._households:
            await self.claim([(HouseholdLock, household) for household in sorted(self._households)])

    def _commit(self) -> None:
        """Make everything done here everyone's."""
        self._still_going()
        if emitted := self.emitted:
            overlay = self._overlays.setdefault(OutboxRecord, {})
            overlay.update({(record.seq,): record for record in self._database.number(emitted)})
        self._database.commit(self._overlays, emitted)
        self.committed = True

    def _end(self) -> None:
        """Release every lock."""
        self._over = True
        self._records.clear()  # they know this one: a year has many, and they are gone without being looked for
        self._database.claims.release(self)

    async def reach(self, operation: str) -> None:
        """Pass the point before an operation: as `MemoryDatabase.reach`."""
        self._still_going()
        await self._database.reach(operation)

    async def claim(self, keys: Sequence[tuple[Any, ...]]) -> bool:
        """Take every key until this ends: as `Claims.claim`."""
        try:
            return await self._database.claims.claim(self, keys)
        except Retryable:
            self._doomed = True
            raise

    def doom(self, error: Exception) -> Exception:
        """Let this be one that can only be rolled back; return the error."""
        self._doomed = True
        return error

    def _still_going(self) -> None:
        if self._over:
            raise RuntimeError("this unit of work is over")
        if self._doomed:
            raise RuntimeError("this unit of work has failed: it can only be rolled back")


def _numbered(record: OutboxRecord, seq: int) -> OutboxRecord:
    return replace(record, seq=seq)


def _conforms(unit: MemoryUnitOfWork) -> UnitOfWork:
    return unit
