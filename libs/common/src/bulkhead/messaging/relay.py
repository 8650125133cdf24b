"""The relay: it takes what is committed in the outbox to the broker, in order, and remembers how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

from opentelemetry.trace import SpanKind

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.ages import committed_header
from bulkhead.messaging.broker import Broker, NotAllPublished, Outgoing
from bulkhead.messaging.partitioning import FIXED_PARTITION, KeptPartitions, partition_of
from bulkhead.messaging.spans import event_spans
from bulkhead.observability.logging import get_logger

_log = get_logger("relay")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far the relay is in the outbox: everything up to and with this is published."""

    ticket: int
    seq: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What the relay needs of one outbox record. ``committed_ms`` is when it was, in milliseconds since 1970 of the
    wall's time.
    """

    position: Position
    event_id: str
    topic: str
    household: str | None
    broadcast: bool
    type: str
    traceparent: str | None
    envelope: bytes
    committed_ms: int | None


class Outbox(Protocol):
    """The outbox as its relay sees it: one relay for each database."""

    async def read(self, *, limit: int) -> list[Entry]:
        """Return the next entries that are final, in order; none too when another relay is at work.

        Raises `Retryable` while the database is away.
        """
        ...

    async def mark(self, position: Position) -> None:
        """Remember that everything up to here is published."""
        ...

    async def take_the_lead(self) -> bool:
        """Be the one who relays, without reading anything, until it is closed; return False where another is at work.

        Raises `Retryable` while the database is away.
        """
        ...

    async def pending(self) -> int:
        """Return how many entries are not published yet."""
        ...

    async def oldest_age_seconds(self) -> float:
        """Return how long the oldest entry not yet published has been waiting; 0 when there is none."""
        ...

    async def close(self) -> None:
        """Let another relay take over."""
        ...


class Relay:
    """Publishes an outbox in batches. ``published`` counts the events it has. ``kept`` says over how many partitions a
    topic is spread, for as long as this relays; else it is the broker who does.
    """

    def __init__(
        self, *, outbox: Outbox, broker: Broker, kept: KeptPartitions | None = None, batch: int = 5000
    ) -> None:
        self.published = 0
        self._outbox = outbox
        self._broker = broker
        self._batch = batch
        self._count = kept or broker.partitions
        self._partitions: dict[str, int] = {}
        # After a partial failure: what of that batch is published, an event and a partition each. By id, and not by
        # position: an outbox restored from a backup may have other positions when it is read again.
        self._ahead: set[tuple[str, int]] = set()
        self._held_up = False

    async def turn(self) -> int:
        """Publish one batch; return how many events that was.

        Raises `Retryable` while the database or the broker is away. What was published of the batch by then
        is published once: it is remembered here, and in the database as far as nothing before it is missing.
        """
        entries = await self._outbox.read(limit=self._batch)
        if not entries:
            return 0
        for topic in {entry.topic for entry in entries} - self._partitions.keys():
            self._partitions[topic] = await self._count(topic)
        traced = ((entry.event_id, entry.traceparent, entry.type) for entry in entries)
        with event_spans("publish", kind=SpanKind.PRODUCER, events=traced) as traceparents:
            messages, origins = self._messages(entries, traceparents)
            try:
                await self._broker.publish(messages)
            except NotAllPublished as error:
                unpublished = set(range(len(messages))) - error.published
                await self._keep_what_is_done(
                    entries,
                    missing={(origins[each].event_id, messages[each].partition) for each in unpublished},
                )
                raise
        try:
            await self._outbox.mark(entries[-1].position)
        except Retryable:
            # The database is away at this moment: when it is back, they are not published once more.
            self._ahead |= {
                (origin.event_id, each.partition) for origin, each in zip(origins, messages, strict=True)
            }
            raise
        self._ahead.clear()
        self._held_up = False
        self.published += len(entries)
        return len(entries)

    async def pending(self) -> int:
        """Return how many committed events are not published yet. Raises `Retryable` while the database is
        away.
        """
        return await self._outbox.pending()

    async def oldest_age_seconds(self) -> float:
        """Return how long the oldest unpublished event has been waiting. Raises `Retryable`."""
        return await self._outbox.oldest_age_seconds()

    async def close(self) -> None:
        """Stop relaying, so that another may."""
        await self._outbox.close()

    def _messages(
        self, entries: Sequence[Entry], traceparents: dict[str, str]
    ) -> tuple[list[Outgoing], list[Entry]]:
        """Return the messages still to be written, and the entry each comes from."""
        messages: list[Outgoing] = []
        origins: list[Entry] = []
        for entry in entries:
            key = None if entry.household is None else entry.household.encode()
            traceparent = traceparents.get(entry.event_id)
            headers = committed_header(entry.committed_ms)
            if traceparent is not None:
                headers = (*headers, ("traceparent", traceparent.encode()))
            for partition in self._partitions_of(entry):
                if (entry.event_id, partition) not in self._ahead:
                    messages.append(Outgoing(entry.topic, partition, key, entry.envelope, headers))
                    origins.append(entry)
        return messages, origins

    def _partitions_of(self, entry: Entry) -> Sequence[int]:
        count = self._partitions[entry.topic]
        if entry.household is not None:
            return (partition_of(entry.household, count),)
        return range(count) if entry.broadcast else (FIXED_PARTITION,)

    async def _keep_what_is_done(self, entries: Sequence[Entry], *, missing: set[tuple[str, int]]) -> None:
        everything = {(entry.event_id, each) for entry in entries for each in self._partitions_of(entry)}
        self._ahead = everything - missing
        if not self._held_up:  # once until it goes on: it is tried again several times a second
            _log.warning("not all published", published=len(self._ahead), missing=len(missing))
        self._held_up = True
        incomplete = {event_id for event_id, _ in missing}
        done = list(takewhile(lambda entry: entry.event_id not in incomplete, entries))
        if done:
            self.published += len(done)
            await self._outbox.mark(done[-1].position)
