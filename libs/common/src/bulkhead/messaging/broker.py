"""What this project needs of a broker. Kafka's adapter is `bulkhead.messaging.kafka`, its twin in memory
`bulkhead_testing.broker`; one contract suite proves them equal.

Topics are named as in `bulkhead.contracts.registry`: a prefix, where one is set, is the adapter's business.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from bulkhead.kernel.errors import Conflict, Retryable

Place: TypeAlias = tuple[str, int]
"""A partition: its topic and its number."""

KeptOffsets: TypeAlias = Callable[[Mapping[Place, int]], Awaitable[Mapping[Place, int]]]
"""Asks a reader's database from which offset on each of these partitions is to be read, having told to where its group
has come; one that is not named, from its start. Raises `Retryable` while the database is away, or the broker.
"""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be written to a partition we chose."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message read. ``written_at`` is when it was written to its topic, by the broker's wall clock."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    written_at: datetime
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def place(self) -> Place:
        """The partition it was read from."""
        return self.topic, self.partition


class NoLongerKept(Conflict):
    """A partition does not begin at its beginning any more: messages that were to be kept for ever are deleted."""


class NotAllPublished(Retryable):
    """Some messages are not known to be written. ``published`` are the indexes of those that are.

    Of each partition that is a prefix. One of the others may be written all the same: publishing it again
    doubles it, and the inbox drops the double.
    """

    def __init__(self, message: str, *, published: frozenset[int]) -> None:
        super().__init__(message)
        self.published = published


class Subscription(Protocol):
    """One member of a consumer group.

    It hands out each message of its partitions in order, at least once: `commit` says that all that was
    fetched is done, `rewind` that it is not and must be fetched again. It begins with a partition where the group
    committed, or where its database says, whichever is earlier: it asks that whenever it is given partitions.
    """

    async def fetch(
        self, *, limit: int, wait_seconds: float, without: Collection[Place] = ()
    ) -> list[Incoming]:
        """Return up to ``limit`` next messages, each partition's in order; none when none came in time.

        Partitions that are in ``without`` keep theirs.

        Raises `Retryable` while the broker is away, or the database that is asked where to begin.
        """
        ...

    async def commit(self, *, at_least: Mapping[Place, int] | None = None) -> None:
        """Remember that everything fetched so far is done, and of these partitions that all before ``at_least`` is.
        That it could not be remembered is no error: it comes again.
        """
        ...

    async def rewind(self) -> None:
        """Go back to what was last committed here."""
        ...

    async def lag(self, *, without: Collection[Place] = ()) -> int:
        """Return how many messages of its partitions, some left out, are not committed yet; 1 while it has no
        partitions yet, or has not begun with them.

        Raises `Retryable` while the broker is away.
        """
        ...

    async def lags(self) -> dict[Place, int]:
        """Return, of each of its partitions, how many messages are not committed yet; of none while it has not begun
        with them. Raises `Retryable` while the broker is away.
        """
        ...

    async def caught_up(self, *, without: Collection[Place] = ()) -> bool:
        """Return whether everything that was there when it got its partitions, some left out, has been
        committed.
        """
        ...

    def is_to_begin(self) -> bool:
        """Whether it was given partitions and has not asked yet where to begin with them."""
        ...

    async def done(self) -> dict[Place, int]:
        """Return, of each of its partitions, the offset before which everything is done with.

        Raises `Retryable` while the broker is away.
        """
        ...

    async def close(self) -> None:
        """Leave the group, within bounds."""
        ...


class Broker(Protocol):
    """Topics of partitions. Each keeps everything, for ever."""

    async def partitions(self, topic: str) -> int:
        """Return how many partitions the topic has; it is made if it is not there. Raises `Retryable`."""
        ...

    async def ends(self, topic: str) -> dict[int, int]:
        """Return, of each of the topic's partitions, the offset after its last message. Raises `Retryable`."""
        ...

    def history(
        self, places: Mapping[Place, int], *, or_later: bool = False
    ) -> AsyncIterator[list[Incoming]]:
        """Yield all that these partitions hold from these offsets on, up to the ends they have when this begins, each
        partition's in order. It joins no group and moves nobody's offsets.

        Raises `NoLongerKept` where a partition's messages from that offset on are gone, unless what comes ``or_later``
        will do; and `Retryable`.
        """
        ...

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Write messages, each partition's in the order given; return when all are safe.

        Raises `NotAllPublished` when not all are within the time there is.
        """
        ...

    async def subscribe(
        self, *, group: str, topics: Sequence[str], kept: KeptOffsets | None = None
    ) -> Subscription:
        """Join a consumer group from the earliest message on; ``kept`` asks its database, where it has one.

        Raises `Retryable` while the broker is away.
        """
        ...

    async def close(self) -> None:
        """Close every connection, within bounds."""
        ...
