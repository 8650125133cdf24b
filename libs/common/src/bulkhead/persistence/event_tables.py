"""The chassis's own records for messaging: locks, outbox, inbox and parked events, in every service's
database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import BigInteger, Field, Identity, Index, func, text

from bulkhead.persistence.tables import ChassisTable, partitioned_by


def lane_of(topic: str, partition: int) -> str:
    """Return what stands for a household where an event has none: such events are parked by topic and partition,
    so that one of them holds back those of its own partition alone.
    """
    return f"*{topic}:{partition}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdLock:
    """The row whose lock is the household's lock. It holds nothing else and is never deleted."""

    household: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRecord:
    """One event this service has said: written with its cause, published by the relay, kept as the journal.

    ``seq`` ascends within a household in the order things happened. ``envelope`` is the encoded
    `bulkhead.contracts.wire.Envelope`.
    """

    seq: int
    event_id: str
    topic: str
    household: str | None
    broadcast: bool
    type: str
    version: int
    occurred_at: datetime
    business_date: date
    traceparent: str | None
    envelope: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRecord:
    """An event that has been received for good: its effect is here, or it is parked here.

    No key keeps one from being there twice, for a key would have to hold the time (ADR 0016). Whoever adds one holds
    the lock of its household, or lane, and has looked.
    """

    event_id: str
    partition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerOffset:
    """Where a topic's partition is read on: all before ``offset`` is taken in here (ADR 0020). It is written with what
    a batch does, and goes back where a partition is read again. ``again_until``: before that it is read again for what
    was passed over alone (ADR 0048); 0 where it is not.
    """

    topic: str
    partition: int
    offset: int
    again_until: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOffset:
    """How far a topic's partition was read when the reader was caught up: everything before ``offset`` is done with,
    and nothing from there on was begun, as of ``noted_at`` by the database's clock.
    """

    topic: str
    partition: int
    offset: int
    noted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What of the outbox or the inbox is no longer kept: what was written ``before`` then, by the database's clock.

    ``through_seq`` is the highest number that went with it, 0 for the inbox, which has none.
    """

    name: str
    before: datetime
    through_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent:
    """An event set aside for its household (`lane_of` where it has none), in order of ``position``.

    ``state`` is ``parked``, ``replayed`` or ``discarded``; ``kind`` is ``malformed``, ``unknown``,
    ``impossible``, ``bug`` or ``behind`` (nothing wrong with it but an earlier one of the household).
    ``reason`` names rules and types, never what the event says. Rows are never deleted.
    """

    household: str
    position: int
    event_id: str
    topic: str
    partition: int
    offset: int
    type: str
    kind: str
    reason: str
    state: str
    parked_at: datetime
    settled_at: datetime | None
    discard_reason: str | None
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOverType:
    """A type of event that this reader does not know, and how many of it were passed over in a partition: from which
    offset on, and up to which, so that none is counted twice. It is there until the type is known and all is taken in.
    ``first_event`` tells whether it is of the topic that is there now, or of one before it.
    """

    topic: str
    partition: int
    type: str
    version: int
    events: int
    first_offset: int
    first_event: str
    through_offset: int
    first_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenType:
    """A type that was passed over and that nobody will know, as a person said: who, and why. What was passed over of it
    until then, ``events`` of them, is never taken in, but for what a reader that knows it had taken in by then. Rows
    are never deleted.
    """

    topic: str
    type: str
    version: int
    events: int
    forgotten_at: datetime
    forgotten_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedPartition:
    """A partition that is not read on: the same fault befell many different households there.

    ``fault`` is a parked event's kind and reason; ``event_id`` and ``type`` are those of the event that it stopped
    at. It is tried again at ``retry_at``. ``released`` says that somebody wants it to go on all the same: whom the
    fault befalls is parked.
    """

    topic: str
    partition: int
    type: str
    event_id: str
    fault: str
    stopped_at: datetime
    retry_at: datetime
    released: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionCount:
    """Over how many partitions the households of a topic are spread, as this database was filled from it."""

    topic: str
    partitions: int


# Events are relayed in the order (ticket, seq). A transaction's own id will not do as the ticket: it is given
# with the first of several locks, and a transaction that came later may pass while this one waits for the
# next. So the ticket is the greater of the own id and the last id completed when the events are written, all
# locks held: whoever had a household before has completed, so no later event of it gets a lower ticket, and
# `seq` decides between equals. A transaction still under way has a ticket of at least its own id, so all
# below `pg_snapshot_xmin` is final.
TICKET = (
    "GREATEST(pg_current_xact_id()::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)"
)


class HouseholdLocks(ChassisTable, table=True):
    household: str = Field(primary_key=True)


class Outbox(ChassisTable, table=True):
    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    ticket: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text(TICKET)})
    event_id: str
    topic: str
    household: str | None
    broadcast: bool
    type: str
    version: int
    occurred_at: datetime
    business_date: date
    traceparent: str | None
    envelope: bytes
    written_at: datetime = Field(primary_key=True, sa_column_kwargs={"server_default": func.now()})

    __table_args__ = (
        Index("outbox_in_relay_order", "ticket", "seq"),
        Index("outbox_of_household", "household", "seq"),
        partitioned_by("written_at"),
    )


class RelayPosition(ChassisTable, table=True):
    """How far the outbox is published. No record: the relay reads and writes it on a connection of its own."""

    relay: str = Field(primary_key=True)
    ticket: int = Field(sa_type=BigInteger)
    seq: int = Field(sa_type=BigInteger)


class Inbox(ChassisTable, table=True):
    event_id: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    received_at: datetime = Field(primary_key=True, sa_column_kwargs={"server_default": func.now()})

    __table_args__ = (partitioned_by("received_at"),)


class ConsumerOffsets(ChassisTable, table=True):
    topic: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    offset: int = Field(sa_type=BigInteger)
    again_until: int = Field(sa_type=BigInteger)


class ReadOffsets(ChassisTable, table=True):
    topic: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    offset: int = Field(sa_type=BigInteger)
    noted_at: datetime


class PrunedTables(ChassisTable, table=True):
    name: str = Field(primary_key=True)
    before: datetime
    through_seq: int = Field(sa_type=BigInteger)


class ParkedEvents(ChassisTable, table=True):
    household: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    event_id: str
    topic: str
    partition: int
    offset: int = Field(sa_type=BigInteger)
    type: str
    kind: str
    reason: str
    state: str
    parked_at: datetime
    settled_at: datetime | None
    discard_reason: str | None
    value: bytes

    __table_args__ = (
        Index("parked_events_by_state", "state", "household", "position"),
        Index("parked_events_of_late", "state", "parked_at"),
    )


class PassedOverTypes(ChassisTable, table=True):
    topic: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    type: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    events: int = Field(sa_type=BigInteger)
    first_offset: int = Field(sa_type=BigInteger)
    first_event: str
    through_offset: int = Field(sa_type=BigInteger)
    first_at: datetime
    latest_at: datetime


class ForgottenTypes(ChassisTable, table=True):
    topic: str = Field(primary_key=True)
    type: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    events: int = Field(sa_type=BigInteger)
    forgotten_at: datetime = Field(primary_key=True)
    forgotten_by: str
    reason: str


class TopicPartitions(ChassisTable, table=True):
    topic: str = Field(primary_key=True)
    partitions: int


class StoppedPartitions(ChassisTable, table=True):
    topic: str = Field(primary_key=True)
    partition: int = Field(primary_key=True)
    type: str
    event_id: str
    fault: str
    stopped_at: datetime
    retry_at: datetime
    released: bool
