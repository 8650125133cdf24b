"""Topics of an exchange: they are removed with it, and made wider. ``kafka`` is what a client is handed to come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions


async def remove(kafka: Mapping[str, Any], *, prefix: str) -> None:
    """Delete every topic whose name begins so, and with it what consumers remember of it."""
    client = AIOKafkaAdminClient(**kafka)
    try:
        await client.start()
        doomed = [name for name in await client.list_topics() if name.startswith(prefix)]
        if doomed:
            await client.delete_topics(doomed)
    finally:
        await client.close()


async def widen(kafka: Mapping[str, Any], *, topic: str, partitions: int) -> None:
    """Give a topic so many partitions; raises `KafkaError` where it is not there or has as many."""
    client = AIOKafkaAdminClient(**kafka)
    try:
        await client.start()
        await client.create_partitions({topic: NewPartitions(total_count=partitions)})
    finally:
        await client.close()
