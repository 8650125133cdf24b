"""What a use case needs of storage: rows of plain dataclasses, and one transaction around them.

A *record* is a frozen, slotted dataclass: one row of one table. The same ports are met by PostgreSQL
(`bulkhead.persistence.postgres`) and in memory (`bulkhead_testing.memory`); one contract suite proves both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import BulkheadError
from bulkhead.persistence.event_tables import OutboxRecord

R = TypeVar("R")
P = TypeVar("P")


class AlreadyExists(BulkheadError):
    """A record with the same key is there already. The unit of work it was raised in can only be rolled back:
    who wants to go on asks with `Records.add_new`."""


class NotShared(BulkheadError):
    """A unit of work that shared its transaction is to be done again, alone: nothing of it is there."""


class Records(Protocol[R]):
    """All records of one kind.

    Conditions are keyword arguments: ``name=value`` equals (None: is null), ``name=[...]`` is one of,
    ``name__lt / __le / __gt / __ge / __ne=value`` compare. Several conditions all hold.
    """

    async def get(self, **key: Any) -> R | None:
        """Return the one record these conditions single out, or None."""
        ...

    async def select(
        self, *, order_by: Sequence[str] = (), limit: int | None = None, **conditions: Any
    ) -> list[R]:
        """Return the records that meet the conditions, ordered by these fields (``-name`` descends),
        else by primary key."""
        ...

    async def select_as(
        self, kind: type[P], *, order_by: Sequence[str] = (), limit: int | None = None, **conditions: Any
    ) -> list[P]:
        """Return of the records that `select` returns what another dataclass has fields for: the rest of them is not
        read. Raises `DoesNotFit` for a field that the records do not have.
        """
        ...

    async def distinct(self, field: str, *, limit: int | None = None, **conditions: Any) -> list[Any]:
        """Return the different values of one field, in ascending order."""
        ...

    async def count(self, **conditions: Any) -> int:
        """Return how many records meet the conditions."""
        ...

    async def counts(self, *, by: str, **conditions: Any) -> dict[Any, int]:
        """Return how many records meet the conditions, by the values of a field."""
        ...

    async def total(self, field: str, **conditions: Any) -> int:
        """Return the sum of an integer field over the records that meet the conditions; 0 for none."""
        ...

    async def totals(self, field: str, *, by: str, **conditions: Any) -> dict[Any, int]:
        """Return the sums of an integer field by the values of another, over the records that meet the
        conditions."""
        ...

    async def add(self, records: Iterable[R]) -> None:
        """Insert records, as one set. Raises `AlreadyExists` if any key is taken, when the unit of work ends at the
        latest; then none is inserted."""
        ...

    async def add_new(self, records: Iterable[R]) -> list[R]:
        """Insert those records whose key is free, as one set; return the ones inserted."""
        ...

    async def put(self, records: Iterable[R]) -> None:
        """Insert or replace records by primary key, as one set."""
        ...

    async def update(self, values: Mapping[str, Any], **conditions: Any) -> int:
        """Set these fields, none of the key, of the records that meet the conditions (at least one is needed);
        return how many."""
        ...

    async def remove(self, **conditions: Any) -> int:
        """Delete the records that meet the conditions (at least one is needed); return how many."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """One event of a unit of work: as the service said it, and as the outbox holds it."""

    event: object
    reasons: tuple[Reason, ...]
    record: OutboxRecord


class UnitOfWork(Protocol):
    """One transaction: its records, its events, all or nothing.

    Leaving the ``async with`` commits; an exception rolls everything back.
    """

    @property
    def now(self) -> datetime:
        """The instant this work happens at, in the exchange's time; passed in by whoever began it."""
        ...

    @property
    def today(self) -> date:
        """The exchange's local date of `now`."""
        ...

    @property
    def emitted(self) -> Sequence[Emitted]:
        """What has been said in this unit of work, in order."""
        ...

    def records(self, kind: type[R]) -> Records[R]:
        """Return the records of a kind, within this transaction."""
        ...

    def emit(
        self,
        event: object,
        *,
        household: str | None,
        business_date: date | None = None,
        reasons: Sequence[Reason] = (),
    ) -> None:
        """Say that something happened: the service's own event dataclass, written to the outbox on commit.

        ``business_date`` is the date it counts for, `today` unless given; ``reasons`` are why, where it is a
        decision. Events of one household keep their order; its lock must be held. With ``household=None`` a
        broadcast event type goes to every partition of its topic, any other to one fixed partition.
        """
        ...

    def emit_many(
        self,
        events: Mapping[str, object],
        *,
        business_date: date | None = None,
        reasons: Sequence[Reason] = (),
    ) -> None:
        """Say what happened to each of many households, on one date and for the same reasons: as `emit`, at once."""
        ...

    async def parked(self, households: Iterable[str]) -> set[str]:
        """Return those households of which an event is parked here: no adverse act may fall on them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What led to a unit of work: carried into the events it emits."""

    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None


class UnitOfWorkFactory(Protocol):
    """Begins units of work on one database."""

    def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction that holds the locks of these households, taken first, sorted, in one
        statement.

        Raises `Retryable` while the database is away. Without ``cause`` a new correlation begins.
        """
        ...

    def begin_shared(
        self, *, now: datetime, households: Iterable[str], cause: Cause | None = None
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a unit of work as `begin` does, in a transaction that may be others' too: those who begin one at the
        same time for other households. Leaving returns when that is committed.

        Raises `NotShared`, on entering, inside or on leaving, where it is to be done again by itself: when
        another holds a household's lock, or one of those who share did what had to be undone.
        """
        ...
