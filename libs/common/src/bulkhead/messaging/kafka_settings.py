"""Where Kafka is and how long to wait for it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
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


def secured(
    *, tls: bool, ca: Path | None = None, username: str = "", password: str = ""
) -> Mapping[str, Any]:
    """Return what every client of aiokafka is handed, so that it proves the brokers and says who it is.

    ``ca`` is a file of authorities in PEM; without it those that Python trusts. Without a ``username`` nobody logs in.
    Raises `OSError` where the file cannot be read.
    """
    if not tls:
        return {}
    context = ssl.create_default_context(cafile=ca)
    if not username:
        return {"security_protocol": "SSL", "ssl_context": context}
    return {
        "security_protocol": "SASL_SSL",
        "ssl_context": context,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": username,
        "sasl_plain_password": password,
    }
