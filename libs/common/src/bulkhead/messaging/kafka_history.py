"""What Kafka holds, read from any offset on without joining a group: nobody's place in it moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import Incoming, NoLongerKept, Place
from bulkhead.messaging.kafka_faults import reaching_kafka
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead.observability.logging import get_logger

_log = get_logger("kafka")

_MESSAGES_AT_ONCE = 5000
_LONGEST_WAIT_MS = 1000


def incoming(topic: str, record: Any) -> Incoming:
    """Return a record of aiokafka's as ours, of the topic as we name it."""
    return Incoming(
        topic,
        record.partition,
        record.offset,
        record.key,
        record.value or b"",
        datetime.fromtimestamp(record.timestamp / 1000, UTC),
        tuple(record.headers),
    )


async def read_history(
    settings: KafkaSettings, places: Mapping[Place, int], *, or_later: bool
) -> AsyncGenerator[list[Incoming]]:
    """Yield what partitions hold from these offsets on, up to their present ends.

    Raises `NoLongerKept` where the messages from an offset on are gone, unless what comes ``or_later`` will do; and
    `Retryable`.
    """
    names = {settings.prefix + topic: topic for topic, _ in places}
    client = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        group_id=None,
        enable_auto_commit=False,
        request_timeout_ms=int(settings.request * 1000),
        **settings.client,
    )
    try:
        with reaching_kafka():
            async with asyncio.timeout(settings.connect):
                await client.start()
        left = await _assigned(client, settings, places, or_later=or_later)
        while left:
            for place, records in (await _next(client, settings, left)).items():
                wanted = [each for each in records if each.offset < left[place]]
                if records[-1].offset + 1 >= left[place]:
                    del left[place]
                    client.pause(place)
                if wanted:
                    yield [incoming(names[place.topic], each) for each in wanted]
    finally:
        await end_consumer(client, seconds=settings.stop)


async def _assigned(
    client: AIOKafkaConsumer, settings: KafkaSettings, places: Mapping[Place, int], *, or_later: bool
) -> dict[TopicPartition, int]:
    """Put the client at the offsets, or the oldest that are left, and return the present ends of those
    partitions that hold something from there on.
    """
    wanted = {
        TopicPartition(settings.prefix + topic, number): offset for (topic, number), offset in places.items()
    }
    with reaching_kafka():
        async with asyncio.timeout(settings.request):
            ends = await client.end_offsets(list(wanted))
            begins = await client.beginning_offsets(list(wanted))
    for place, offset in wanted.items():
        if begins[place] > offset and not or_later:
            raise NoLongerKept(
                f"{place.topic} partition {place.partition} begins at {begins[place]} and is wanted from {offset} on:"
                " its older messages were deleted"
            )
    first = {place: max(offset, begins[place]) for place, offset in wanted.items()}
    left = {place: ends[place] for place, offset in first.items() if ends[place] > offset}
    client.assign(list(left))
    for place in left:
        client.seek(place, first[place])
    return left


async def _next(
    client: AIOKafkaConsumer, settings: KafkaSettings, left: Mapping[TopicPartition, int]
) -> dict[TopicPartition, list[Any]]:
    """Return what comes next; raises `Retryable` when nothing came for too long, though something is left."""
    until = asyncio.get_running_loop().time() + settings.request
    while asyncio.get_running_loop().time() < until:
        with reaching_kafka():
            async with asyncio.timeout(settings.request):
                found = await client.getmany(
                    *left, timeout_ms=_LONGEST_WAIT_MS, max_records=_MESSAGES_AT_ONCE
                )
        if found:
            return found
    raise Retryable("Kafka does not hand out what it has")


async def end_consumer(consumer: AIOKafkaConsumer, *, seconds: float) -> None:
    """Stop a consumer within so many seconds; then give its connections up."""
    try:
        with reaching_kafka():
            async with asyncio.timeout(seconds):
                await consumer.stop()
    except Retryable as error:
        _log.warning("consumer not stopped in time", says=str(error))
        try:
            with reaching_kafka():
                async with asyncio.timeout(1):
                    await consumer._client.close()  # noqa: SLF001 - aiokafka has no other way out
        except Retryable:
            _log.warning("connections to Kafka not closed in time")
