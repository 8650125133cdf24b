"""Where Kafka is and how long to wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSettings:
    """Where Kafka is and how long to wait for it, in seconds.

    ``partitions`` is for topics made here; one that exists keeps what it has. ``replication`` of -1 leaves it
    to the broker. ``session`` is how long a worker may be silent before others take over its partitions.
    ``stuck`` is how long a subscription may be behind without moving before it is started anew. ``client`` is
    handed to every client of aiokafka: security and the like.
    """

    bootstrap: str
    prefix: str = ""
    partitions: int = 64
    replication: int = -1
    connect: float = 10
    publish: float = 15
    request: float = 10
    session: float = 10
    drain: float = 45
    stop: float = 5
    stuck: float = 60
    client: Mapping[str, Any] = field(default_factory=lambda: dict[str, Any]())
