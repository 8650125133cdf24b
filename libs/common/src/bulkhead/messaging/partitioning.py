"""Which partition a household's events are in: chosen here and said to the broker, so that all agree.

How many there are is asked of the broker once, and kept by whoever writes a topic and whoever reads it: what was
computed with one number is wrong with another. More partitions are of no consequence until that is adopted (ADR 0012).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from bulkhead.kernel.errors import BulkheadError, Conflict
from bulkhead.messaging.broker import Broker
from bulkhead.persistence.event_tables import ConsumerOffset, ParkedEvent, PartitionCount, lane_of
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory

FIXED_PARTITION = 0
"""Where events go that are about no household and not for everyone."""


class Repartitioned(BulkheadError):
    """A topic has fewer partitions than are kept here, or its writer has gone on with more."""


class NotAllRead(Conflict):
    """Something of a topic is not taken in here: its partitions cannot be others yet."""


class StillRelayed(Conflict):
    """A topic is being written: whoever does goes on with the number of partitions it began with."""


def partition_of(household: str, partitions: int) -> int:
    """Return the partition, 0 to ``partitions`` - 1, that this household's events go to, in every topic."""
    return crc32(household.encode()) % partitions


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPartitions:
    """Over how many partitions a topic's households are spread: what the broker had when it was asked first, until
    another number is adopted.
    """

    uows: UnitOfWorkFactory
    broker: Broker
    now: Callable[[], datetime]

    async def __call__(self, topic: str) -> int:
        """Return the number. Raises `Retryable`, and `Repartitioned` where the broker has fewer."""
        found = await self.broker.partitions(topic)
        async with self.uows.begin(now=self.now()) as uow:
            return await keep_partitions(uow, topic=topic, found=found)


async def keep_partitions(uow: UnitOfWork, *, topic: str, found: int) -> int:
    """Keep how many partitions the topic has, where that was not known; return how many are kept. Raises
    `Repartitioned` where those are more than were found.
    """
    records = uow.records(PartitionCount)
    await records.add_new([PartitionCount(topic=topic, partitions=found)])
    known = await records.get(topic=topic)
    kept = found if known is None else known.partitions
    if kept > found:
        raise Repartitioned(f"{topic} has {found} partitions, and {kept} are kept here: it is another topic")
    return kept


async def adopt_partitions(uow: UnitOfWork, *, topic: str, partitions: int) -> None:
    """Take a topic's new number of partitions."""
    await uow.records(PartitionCount).put([PartitionCount(topic=topic, partitions=partitions)])


async def require_all_read(uow: UnitOfWork, *, topic: str, ends: Mapping[int, int]) -> None:
    """Raise `NotAllRead` unless all before these offsets of a topic's partitions is taken in, none of it set aside
    for a partition (a household's own goes with it).
    """
    kept = {each.partition: each.offset for each in await uow.records(ConsumerOffset).select(topic=topic)}
    behind = [number for number, end in sorted(ends.items()) if kept.get(number, 0) < end]
    if behind:
        raise NotAllRead(f"{topic} is not read to its end here: partitions {', '.join(map(str, behind))}")
    lanes = [lane_of(topic, number) for number in ends]
    parked = await uow.records(ParkedEvent).distinct("household", household=lanes, state="parked")
    if parked:
        raise NotAllRead(
            f"what is parked for a partition is to be replayed or discarded first: {', '.join(parked)}"
        )


class KnownPartitions:
    """How the households of one topic are spread, as a service's database knows it."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    async def __call__(self, uow: UnitOfWork) -> Callable[[str], int] | None:
        """Return what tells a household's partition; None while nothing of the topic was ever read."""
        known = await uow.records(PartitionCount).get(topic=self._topic)
        if known is None:
            return None
        return lambda household: partition_of(household, known.partitions)
