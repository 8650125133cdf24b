"""What a service may do on Kafka, by the registry of contracts: say what it owns, hear what it is a reader of.

``python -m bulkhead.contracts.rights --prefix ca. --user-prefix ca-`` prints the commands that give each service
exactly that, for the ``kafka-acls.sh`` of Kafka's distribution.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bulkhead.contracts.registry import TOPICS

Operation = Literal["Describe", "Read", "Write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What may be done with one topic, or in one consumer group."""

    resource: Literal["topic", "group"]
    name: str
    operations: tuple[Operation, ...]


def rights_of(service: str, *, prefix: str = "") -> tuple[Right, ...]:
    """Return all that a service may do on Kafka, where topics and groups begin with ``prefix``.

    It reads its own topics too: a worker compares its database with what it has said. Nobody makes a topic, and nobody
    has a transactional id: who says something is known by the topic alone.
    """
    owned = [
        Right(resource="topic", name=prefix + topic.name, operations=("Describe", "Read", "Write"))
        for topic in TOPICS
        if topic.owner == service
    ]
    heard = [
        Right(resource="topic", name=prefix + topic.name, operations=("Describe", "Read"))
        for topic in TOPICS
        if service in topic.readers
    ]
    return (*owned, *heard, Right(resource="group", name=prefix + service, operations=("Read",)))


def services() -> tuple[str, ...]:
    """Return the services that own a topic, in order."""
    return tuple(sorted({topic.owner for topic in TOPICS}))


def commands(*, prefix: str, user_prefix: str) -> Iterator[str]:
    """Yield a command of ``kafka-acls.sh`` for each right of each service."""
    for service in services():
        for right in rights_of(service, prefix=prefix):
            operations = " ".join(f"--operation {each}" for each in right.operations)
            yield (
                'kafka-acls.sh --bootstrap-server "$KAFKA" --command-config "$ADMIN" --add'
                f" --allow-principal User:{user_prefix}{service} {operations} --{right.resource} {right.name}"
            )


def main() -> None:
    """Print the commands."""
    parser = argparse.ArgumentParser(prog="python -m bulkhead.contracts.rights", description=__doc__)
    parser.add_argument("--prefix", default="", help="What topics and groups begin with.")
    parser.add_argument("--user-prefix", default="", help="What the services' user names begin with.")
    asked = parser.parse_args()
    for each in commands(prefix=asked.prefix, user_prefix=asked.user_prefix):
        sys.stdout.write(f"{each}\n")


if __name__ == "__main__":
    main()
