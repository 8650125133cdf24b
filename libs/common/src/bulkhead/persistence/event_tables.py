"""The chassis's own records for messaging: locks, outbox, inbox and parked events, in every service's
database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)


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
    """An event that has been received for good: its effect is here, or it is parked here."""

    event_id: str
    partition: int


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
    """A type of event that this reader does not know, and how many of it were passed over in a partition, up to
    which offset: none is counted twice.
    """

    topic: str
    partition: int
    type: str
    version: int
    events: int
    through_offset: int
    first_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedPartition:
    """A partition that is not read on: the same fault befell many different households there.

    ``fault`` is a parked event's kind and reason; ``event_id`` and ``type`` are those of the event that it stopped
    at. ``released`` says that somebody wants it to go on all the same: whom the fault befalls is parked.
    """

    topic: str
    partition: int
    type: str
    event_id: str
    fault: str
    stopped_at: datetime
    released: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPartitions:
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


def event_tables(metadata: MetaData) -> dict[type, Table]:
    """Add the messaging tables to a service's metadata; return each record with its table."""
    _relay_position(metadata)
    return {
        HouseholdLock: Table(
            "household_locks",
            metadata,
            Column("household", Text, primary_key=True),
        ),
        OutboxRecord: _outbox(metadata),
        InboxRecord: Table(
            "inbox",
            metadata,
            Column("event_id", Text, primary_key=True),
            Column("partition", Integer, primary_key=True),
            Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        ),
        ParkedEvent: _parked_events(metadata),
        PassedOverType: Table(
            "passed_over_types",
            metadata,
            Column("topic", Text, primary_key=True),
            Column("partition", Integer, primary_key=True),
            Column("type", Text, primary_key=True),
            Column("version", Integer, primary_key=True),
            Column("events", BigInteger, nullable=False),
            Column("through_offset", BigInteger, nullable=False),
            Column("first_at", DateTime(timezone=True), nullable=False),
            Column("latest_at", DateTime(timezone=True), nullable=False),
        ),
        TopicPartitions: Table(
            "topic_partitions",
            metadata,
            Column("topic", Text, primary_key=True),
            Column("partitions", Integer, nullable=False),
        ),
        StoppedPartition: Table(
            "stopped_partitions",
            metadata,
            Column("topic", Text, primary_key=True),
            Column("partition", Integer, primary_key=True),
            Column("type", Text, nullable=False),
            Column("event_id", Text, nullable=False),
            Column("fault", Text, nullable=False),
            Column("stopped_at", DateTime(timezone=True), nullable=False),
            Column("released", Boolean, nullable=False),
        ),
    }


def _outbox(metadata: MetaData) -> Table:
    return Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(), primary_key=True),
        Column("ticket", BigInteger, nullable=False, server_default=text(TICKET)),
        Column("event_id", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("household", Text),
        Column("broadcast", Boolean, nullable=False),
        Column("type", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("business_date", Date, nullable=False),
        Column("traceparent", Text),
        Column("envelope", LargeBinary, nullable=False),
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Index("outbox_in_relay_order", "ticket", "seq"),
        Index("outbox_of_household", "household", "seq"),
    )


def _relay_position(metadata: MetaData) -> Table:
    return Table(
        "relay_position",
        metadata,
        Column("relay", Text, primary_key=True),
        Column("ticket", BigInteger, nullable=False),
        Column("seq", BigInteger, nullable=False),
    )


def _parked_events(metadata: MetaData) -> Table:
    return Table(
        "parked_events",
        metadata,
        Column("household", Text, primary_key=True),
        Column("position", BigInteger, primary_key=True),
        Column("event_id", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("type", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("parked_at", DateTime(timezone=True), nullable=False),
        Column("settled_at", DateTime(timezone=True)),
        Column("discard_reason", Text),
        Column("value", LargeBinary, nullable=False),
        Index("parked_events_by_state", "state", "household", "position"),
    )
