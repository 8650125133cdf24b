"""A broker in memory: the same port as Kafka's adapter, several partitions, bytes in and bytes out.

For tests it can be ``away`` (everything raises `Retryable`), write everything twice, hand out again what was
committed, and stop a publication half-way.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import (
    Incoming,
    KeptOffsets,
    NoLongerKept,
    NotAllPublished,
    Outgoing,
    Place,
)
from bulkhead.messaging.relay import Entry, Position
from bulkhead_testing.memory import MemoryDatabase

_BEGINNING = datetime(2016, 1, 1, tzinfo=UTC)
_HANDED_OUT_AT_ONCE = 7


class MemoryBroker:
    """Topics of partitions in memory.

    ``interrupt``, when set, is awaited before each operation with its name. ``newer``, when set, says what a newer
    writer writes in place of a message. ``now`` is the instant that messages say they were written at: it stands still
    until it is set. ``written`` counts the messages.
    """

    def __init__(self, *, partitions: int = 4) -> None:
        self.now = _BEGINNING
        self.written = 0
        self.away = False
        self.doubling = False
        self.publishes_before_failing: int | None = None
        self.interrupt: Callable[[str], Awaitable[None]] | None = None
        self.newer: Callable[[Outgoing], Sequence[Outgoing]] | None = None
        self.topics: dict[str, list[list[Incoming]]] = {}
        self.deleted: dict[Place, int] = {}
        self._partitions = partitions
        self._committed: dict[tuple[str, str, int], int] = {}
        self._members: dict[str, list[MemorySubscription]] = {}

    async def partitions(self, topic: str) -> int:
        """Return how many partitions the topic has; it is made if it is not there."""
        await self.reach("partitions")
        return len(self._topic(topic))

    async def ends(self, topic: str) -> dict[int, int]:
        """Return the offset after the last message of each partition."""
        await self.reach("ends")
        return {number: len(messages) for number, messages in enumerate(self._topic(topic))}

    async def history(
        self, places: Mapping[Place, int], *, or_later: bool = False
    ) -> AsyncGenerator[list[Incoming]]:
        """Yield what these partitions hold from these offsets on, or ``or_later``, up to their present ends, a few at a
        time.
        """
        await self.reach("history")
        held = {place: self.partition(*place)[:] for place in places}
        for place, offset in places.items():
            deleted = self.deleted.get(place, 0)
            if deleted > offset and not or_later:
                raise NoLongerKept(f"{place[0]} partition {place[1]} begins at {deleted}")
            for first in range(max(deleted, offset), len(held[place]), _HANDED_OUT_AT_ONCE):
                yield held[place][first : first + _HANDED_OUT_AT_ONCE]

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Write messages in the order given; twice while ``doubling``.

        While ``publishes_before_failing`` is a number, only so many messages more are written before it
        raises `NotAllPublished`.
        """
        try:
            await self.reach("publish")
        except Retryable as error:
            raise NotAllPublished(str(error), published=frozenset()) from None
        for index, message in enumerate(messages):
            if self.publishes_before_failing is not None:
                if self.publishes_before_failing == 0:
                    raise NotAllPublished("the broker went away half-way", published=frozenset(range(index)))
                self.publishes_before_failing -= 1
            written = [message] if self.newer is None else self.newer(message)
            for each in [*written, *written] if self.doubling else written:
                self._write(each)

    def _write(self, message: Outgoing) -> None:
        partition = self._topic(message.topic)[message.partition]
        self.written += 1
        partition.append(
            Incoming(
                message.topic,
                message.partition,
                len(partition),
                message.key,
                message.value,
                self.now,
                message.headers,
            )
        )

    async def subscribe(
        self, *, group: str, topics: Sequence[str], kept: KeptOffsets | None = None
    ) -> MemorySubscription:
        """Join a group; its partitions are dealt out anew among all its members."""
        await self.reach("subscribe")
        for topic in topics:
            self._topic(topic)
        member = MemorySubscription(broker=self, group=group, topics=topics, kept=kept)
        self._members.setdefault(group, []).append(member)
        self._deal_out(group)
        return member

    async def close(self) -> None:
        """Do nothing: the topics stay, as a broker's do."""

    async def reach(self, operation: str) -> None:
        """Pass the point before an operation; raises `Retryable` while the broker is away."""
        if self.interrupt is not None:
            await self.interrupt(operation)
        if self.away:
            raise Retryable("the broker is away")

    def messages(self, topic: str) -> list[Incoming]:
        """Return all of a topic, partition by partition."""
        return [message for partition in self.topics.get(topic, []) for message in partition]

    def deliver_again(self, group: str, *, messages: int = 1_000_000) -> None:
        """Hand out to a group again the last so many messages of each partition."""
        for key, offset in self._committed.items():
            if key[0] == group:
                self._committed[key] = max(0, offset - messages)
        self._deal_out(group)

    def forget_members(self, group: str) -> None:
        """Let a group's members be gone, as after a crash: what they did not commit is handed out again."""
        self._members.pop(group, None)

    def leave(self, member: MemorySubscription) -> None:
        """Take a member out of its group."""
        members = self._members.get(member.group, [])
        if member in members:
            members.remove(member)
            self._deal_out(member.group)

    def is_member(self, member: MemorySubscription) -> bool:
        """Whether this is still a member of its group."""
        return member in self._members.get(member.group, [])

    def committed(self, group: str, topic: str, partition: int) -> int:
        """Return the offset of the first message of a partition that the group has not committed."""
        return self._committed.get((group, topic, partition), 0)

    def commit(self, group: str, offsets: dict[tuple[str, int], int]) -> None:
        """Remember a group's offsets."""
        for (topic, partition), offset in offsets.items():
            self._committed[group, topic, partition] = offset

    def partition(self, topic: str, partition: int) -> list[Incoming]:
        """Return the messages of a partition."""
        return self._topic(topic)[partition]

    def _topic(self, topic: str) -> list[list[Incoming]]:
        return self.topics.setdefault(topic, [[] for _ in range(self._partitions)])

    def _deal_out(self, group: str) -> None:
        members = self._members.get(group, [])
        for index, member in enumerate(members):
            everything = [
                (topic, number) for topic in member.topics for number in range(len(self._topic(topic)))
            ]
            member.assign(everything[index :: len(members)])


class MemorySubscription:
    """One member of a group on a `MemoryBroker`."""

    def __init__(
        self, *, broker: MemoryBroker, group: str, topics: Sequence[str], kept: KeptOffsets | None
    ) -> None:
        self.group = group
        self.topics = tuple(topics)
        self._broker = broker
        self._kept = kept
        self._begun = False
        self._positions: dict[tuple[str, int], int] = {}
        self._goals: dict[tuple[str, int], int] = {}
        self._began: dict[tuple[str, int], int] = {}
        """Where what was fetched and is neither done nor given back begins."""

    def assign(self, partitions: Sequence[tuple[str, int]]) -> None:
        """Take these partitions, each from its committed offset on unless the database says an earlier one."""
        broker = self._broker
        self._begun = self._kept is None
        self._began.clear()
        self._positions = {each: broker.committed(self.group, *each) for each in partitions}
        self._goals = {each: self._goals.get(each, len(broker.partition(*each))) for each in partitions}

    async def fetch(
        self, *, limit: int, wait_seconds: float, without: Collection[Place] = ()
    ) -> list[Incoming]:
        """Return the next messages at once: nothing is waited for in memory."""
        await self._broker.reach("fetch")
        if not self._broker.is_member(self):
            raise Retryable("this member is no longer in its group")
        while not self._begun:
            await self._begin()
        found: list[Incoming] = []
        for (topic, number), position in self._positions.items():
            room = limit - len(found)
            if room == 0:
                break
            if (topic, number) in without:
                continue
            messages = self._broker.partition(topic, number)[position : position + room]
            if messages:
                self._began.setdefault((topic, number), position)
            self._positions[topic, number] = position + len(messages)
            found.extend(messages)
        return found

    async def commit(self, *, at_least: Mapping[Place, int] | None = None) -> None:
        """Take everything fetched so far for done, and of these partitions all before ``at_least``; a broker that is
        away does not remember it for others.
        """
        at_least = at_least or {}
        self._began.clear()
        try:
            await self._broker.reach("commit offsets")
        except Retryable:
            return
        if self._broker.is_member(self):
            reached = {each: max(at, at_least.get(each, 0)) for each, at in self._positions.items()}
            self._broker.commit(self.group, reached)

    async def rewind(self) -> None:
        """Go back to where what is under way began."""
        self._positions |= {each: at for each, at in self._began.items() if each in self._positions}
        self._began.clear()

    async def lag(self, *, without: Collection[Place] = ()) -> int:
        """Return how many messages of its partitions, some left out, are not done with."""
        await self._broker.reach("lag")
        if not self._begun:
            return 1
        return sum(
            len(self._broker.partition(*each)) - self._done(each)
            for each in self._positions
            if each not in without
        )

    async def lags(self) -> dict[Place, int]:
        """Return, of each of its partitions, how many messages are not done with."""
        await self._broker.reach("lag")
        if not self._begun:
            return {}
        return {each: len(self._broker.partition(*each)) - self._done(each) for each in self._positions}

    async def caught_up(self, *, without: Collection[Place] = ()) -> bool:
        """Return whether everything that was there at the start, some left out, is done with."""
        await self._broker.reach("caught up")
        return self._begun and all(
            self._done(each) >= goal for each, goal in self._goals.items() if each not in without
        )

    def is_to_begin(self) -> bool:
        """Whether it was dealt out partitions and has not asked yet where to begin with them."""
        return not self._begun

    async def done(self) -> dict[Place, int]:
        """Return, of each of its partitions, the offset before which everything is done with."""
        await self._broker.reach("done")
        return {each: self._done(each) for each in self._positions} if self._begun else {}

    async def _begin(self) -> None:
        positions = self._positions
        kept = {} if self._kept is None else await self._kept(positions)
        if positions is self._positions:  # else they were dealt out anew meanwhile
            self._positions = {each: min(at, kept.get(each, 0)) for each, at in positions.items()}
            self._begun = True

    def _done(self, place: tuple[str, int]) -> int:
        return self._began.get(place, self._positions[place])

    async def close(self) -> None:
        """Leave the group."""
        self._broker.leave(self)


class MemoryOutbox:
    """The relay's side of a `MemoryDatabase`'s outbox. Its position outlives it, as it does in PostgreSQL."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def read(self, *, limit: int) -> list[Entry]:
        """Return the next entries in commit order. Raises `Retryable` while the database is away."""
        await self._database.reach("read outbox")
        self._database.relayed_by = self
        records = self._database.outbox_after(self._database.relayed)[:limit]
        return [
            Entry(
                position=Position(record.seq, record.seq),
                event_id=record.event_id,
                topic=record.topic,
                household=record.household,
                broadcast=record.broadcast,
                type=record.type,
                traceparent=record.traceparent,
                envelope=record.envelope,
                committed_ms=None,  # no time passes in memory
            )
            for record in records
        ]

    async def take_the_lead(self) -> bool:
        """Return whether nobody else has read it last and is not closed."""
        await self._database.reach("read outbox")
        if self._database.relayed_by not in (None, self):
            return False
        self._database.relayed_by = self
        return True

    async def mark(self, position: Position) -> None:
        """Remember how far we are. Raises `Retryable` while the database is away."""
        await self._database.reach("mark outbox")
        self._database.relayed = position.seq

    async def pending(self) -> int:
        """Return how many entries are not published."""
        await self._database.reach("pending")
        return len(self._database.emitted) - self._database.relayed

    async def oldest_age_seconds(self) -> float:
        """Return 0: no time passes in memory."""
        await self._database.reach("pending")
        return 0.0

    async def close(self) -> None:
        """Let another take the lead."""
        if self._database.relayed_by is self:
            self._database.relayed_by = None


class MemoryRetention:
    """A `Retention` of what ends with its process: it drops nothing. ``read`` is what it was last told."""

    def __init__(self) -> None:
        self.read: Mapping[Place, int] = {}

    async def turn(self, *, read: Mapping[Place, int]) -> int:
        """Return 0: nothing is dropped."""
        self.read = read
        return 0
