"""Which partition a household's events are in: chosen here and said to the broker, so that all agree.

How many there are is asked of the broker, and kept beside what was read: what was computed with one number is wrong
with another.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

from bulkhead.persistence.event_tables import PartitionCount
from bulkhead.persistence.ports import UnitOfWork

FIXED_PARTITION = 0
"""Where events go that are about no household and not for everyone."""


class Repartitioned(Exception):
    """A topic has another number of partitions than when this database was filled from it."""


def partition_of(household: str, partitions: int) -> int:
    """Return the partition, 0 to ``partitions`` - 1, that this household's events go to, in every topic."""
    return crc32(household.encode()) % partitions


async def keep_partitions(uow: UnitOfWork, *, topic: str, partitions: int) -> None:
    """Keep how many partitions the topic has, where that was not known. Raises `Repartitioned` where it was another
    number before.
    """
    records = uow.records(PartitionCount)
    await records.add_new([PartitionCount(topic=topic, partitions=partitions)])
    known = await records.get(topic=topic)
    if known is not None and known.partitions != partitions:
        raise Repartitioned(
            f"{topic} has {partitions} partitions and was read with {known.partitions}: once all that was written to "
            f"{known.partitions} is read, `topics adopt {topic} {partitions}`"
        )


async def adopt_partitions(uow: UnitOfWork, *, topic: str, partitions: int) -> None:
    """Take a topic's new number of partitions: all that was written to fewer has been read."""
    await uow.records(PartitionCount).put([PartitionCount(topic=topic, partitions=partitions)])


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
