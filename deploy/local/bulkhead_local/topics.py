"""Topics of an exchange. Its services make them; here they are removed with it."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions


async def remove(bootstrap: str, *, prefix: str) -> None:
    """Delete every topic whose name begins so, and with it what consumers remember of it."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await client.start()
        doomed = [name for name in await client.list_topics() if name.startswith(prefix)]
        if doomed:
            await client.delete_topics(doomed)
    finally:
        await client.close()


async def widen(bootstrap: str, *, topic: str, partitions: int) -> None:
    """Give a topic so many partitions; raises `KafkaError` where it is not there or has as many."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await client.start()
        await client.create_partitions({topic: NewPartitions(total_count=partitions)})
    finally:
        await client.close()
