"""What the relay remembers where not all of a batch is published: nothing is lost, and nothing published twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import NotAllPublished, Outgoing
from bulkhead.messaging.partitioning import partition_of
from bulkhead.messaging.relay import Entry, Position, Relay

PARTITIONS = 4
HOUSEHOLDS = ("amy", "eve", "bo", "fay", "cy")
"""Amy, Bo and Cy are in one partition, Eve and Fay in another."""


@dataclass(slots=True)
class Outbox:
    """An outbox with one event of each household. ``away`` is whether nothing can be marked."""

    marked: Position = field(default_factory=lambda: Position(0, 0))
    away: bool = False

    async def read(self, *, limit: int) -> list[Entry]:
        entries = [
            Entry(
                position=Position(1, number),
                event_id=f"of-{household}",
                topic="payments",
                household=household,
                broadcast=False,
                type="PaymentReceived",
                traceparent=None,
                envelope=household.encode(),
                committed_ms=None,
            )
            for number, household in enumerate(HOUSEHOLDS, start=1)
        ]
        return [each for each in entries if each.position > self.marked][:limit]

    async def mark(self, position: Position) -> None:
        if self.away:
            raise Retryable("the database is away")
        self.marked = position

    async def take_the_lead(self) -> bool:
        return True

    async def pending(self) -> int:
        return len(await self.read(limit=100))

    async def oldest_age_seconds(self) -> float:
        return 0.0

    async def close(self) -> None: ...


@dataclass(slots=True)
class Broker:
    """A broker that does not take what is for some partitions, for a while."""

    shut: set[int] = field(default_factory=set[int])
    taken: list[str] = field(default_factory=list[str])

    async def partitions(self, _topic: str) -> int:
        return PARTITIONS

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        done = {number for number, each in enumerate(messages) if each.partition not in self.shut}
        self.taken += [messages[number].value.decode() for number in sorted(done)]
        if len(done) < len(messages):
            raise NotAllPublished("some partitions have no leader", published=frozenset(done))


def relay(outbox: Outbox, broker: Broker) -> Relay:
    given: Any = broker  # the relay uses no more of it
    return Relay(outbox=outbox, broker=given)


def shut_for(household: str) -> set[int]:
    """Return the partition of a household, which is not that of the first."""
    assert partition_of(household, PARTITIONS) != partition_of(HOUSEHOLDS[0], PARTITIONS)
    return {partition_of(household, PARTITIONS)}


async def test_nothing_behind_a_hole_is_marked_and_a_relay_after_it_loses_nothing() -> None:
    outbox, broker = Outbox(), Broker(shut=shut_for("eve"))
    with pytest.raises(NotAllPublished):
        await relay(outbox, broker).turn()
    assert outbox.marked == Position(1, 1)
    assert broker.taken == ["amy", "bo", "cy"]
    broker.shut.clear()
    await relay(outbox, broker).turn()  # another process, which remembers nothing
    assert set(broker.taken) == set(HOUSEHOLDS)
    assert outbox.marked == Position(1, len(HOUSEHOLDS))


async def test_what_is_published_behind_a_hole_is_published_once() -> None:
    outbox, broker = Outbox(), Broker(shut=shut_for("eve"))
    one = relay(outbox, broker)
    with pytest.raises(NotAllPublished):
        await one.turn()
    with pytest.raises(NotAllPublished):
        await one.turn()
    broker.shut.clear()
    await one.turn()
    assert sorted(broker.taken) == sorted(HOUSEHOLDS)
    assert outbox.marked == Position(1, len(HOUSEHOLDS))
    assert await one.turn() == 0


async def test_what_is_published_and_cannot_be_marked_is_published_once() -> None:
    outbox, broker = Outbox(away=True), Broker()
    one = relay(outbox, broker)
    for _ in range(2):
        with pytest.raises(Retryable):
            await one.turn()
    outbox.away = False
    await one.turn()
    assert broker.taken == list(HOUSEHOLDS)
    assert outbox.marked == Position(1, len(HOUSEHOLDS))
