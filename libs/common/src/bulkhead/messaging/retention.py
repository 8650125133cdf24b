"""How long outbox and inbox are kept: months are made ahead, and dropped whole when nobody needs them (ADR 0016)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bulkhead.messaging.broker import Place


class Retention(Protocol):
    """Keeps a database's outbox and inbox from growing for ever."""

    async def turn(self, *, read: Mapping[Place, int]) -> int:
        """Make the partitions of the months to come, drop those nobody needs; return how many were dropped.

        ``read`` is what `bulkhead.messaging.consumer.Consumer.read_offsets` says. Raises `Retryable` while the
        database is away, or too busy to be let at its tables for a moment.
        """
        ...
