"""Which partition a household's events are in: chosen here and said to the broker, so that all agree."""

from __future__ import annotations

from zlib import crc32

FIXED_PARTITION = 0
"""Where events go that are about no household and not for everyone."""


def partition_of(household: str, partitions: int) -> int:
    """Return the partition, 0 to ``partitions`` - 1, that this household's events go to, in every topic."""
    return crc32(household.encode()) % partitions
