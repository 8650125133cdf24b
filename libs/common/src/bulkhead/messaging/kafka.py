"""Apache Kafka behind the broker port, through aiokafka: what it does not do by itself is done here.

An idempotent batch of aiokafka never expires: with Kafka away, sending and flushing hang. So publishing has a
time limit of its own, after which the producer is given up and a new one publishes what is not known to be
written.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from bulkhead.contracts.registry import TOPICS
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import (
    Incoming,
    KeptOffsets,
    NotAllPublished,
    Outgoing,
    Place,
    Subscription,
)
from bulkhead.messaging.kafka_faults import reaching_kafka
from bulkhead.messaging.kafka_history import read_history
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead.messaging.kafka_subscription import KafkaSubscription
from bulkhead.observability.logging import get_logger
from bulkhead.persistence.outbox import LARGEST_EVENT_BYTES

_log = get_logger("kafka")

# What makes a request worth its while; a single message may be larger and is then a batch of its own.
_LARGEST_BATCH_BYTES = 900_000

_LATEST_ALONE = frozenset(topic.name for topic in TOPICS if topic.keys)

TOPIC_CONFIG: Mapping[str, str] = {
    "retention.ms": "-1",
    "cleanup.policy": "delete",
    "message.timestamp.type": "LogAppendTime",
    "max.message.bytes": str(LARGEST_EVENT_BYTES + 500_000),
}
"""Of topics: everything is kept, and stamped with the wall's time, whatever the business date."""

LATEST_ALONE_CONFIG: Mapping[str, str] = {
    **TOPIC_CONFIG,
    "cleanup.policy": "compact",
    "segment.ms": "86400000",
    "max.compaction.lag.ms": "86400000",
}
"""Of a topic that keeps the latest word about each household: what was said before is gone within two days or so, and
a key that is forgotten with it.
"""


def config_of(topic: str) -> dict[str, str]:
    """Return how the topic of this name is to be made."""
    return dict(LATEST_ALONE_CONFIG if topic in _LATEST_ALONE else TOPIC_CONFIG)


class KafkaBroker:
    """Kafka as this project uses it. It connects at first use, so Kafka may be away when a service starts."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._partitions: dict[str, int] = {}
        self._making = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()

    async def partitions(self, topic: str) -> int:
        """Return how many partitions the topic has; it is made if it is not there. Raises `Retryable`."""
        await self._ensure([topic])
        return self._partitions[topic]

    async def ends(self, topic: str) -> dict[int, int]:
        """Return, of each of the topic's partitions, the offset after its last message. Raises `Retryable`."""
        await self._ensure([topic])
        name = self._settings.prefix + topic
        client = AIOKafkaConsumer(
            bootstrap_servers=self._settings.bootstrap,
            request_timeout_ms=int(self._settings.request * 1000),
            **self._settings.client,
        )
        try:
            with reaching_kafka():
                async with asyncio.timeout(self._settings.connect):
                    await client.start()
                    places = [TopicPartition(name, number) for number in range(self._partitions[topic])]
                    found = await client.end_offsets(places)
        finally:
            await _bounded(client.stop(), seconds=self._settings.stop)
        return {place.partition: end for place, end in found.items()}

    async def history(
        self, places: Mapping[Place, int], *, or_later: bool = False
    ) -> AsyncGenerator[list[Incoming]]:
        """Yield all that these partitions hold from these offsets on, up to their present ends. Raises `NoLongerKept`,
        unless what comes ``or_later`` will do, and `Retryable`.
        """
        await self._ensure(sorted({topic for topic, _ in places}))
        async for messages in read_history(self._settings, places, or_later=or_later):
            yield messages

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Write messages, each partition's in the order given, acknowledged by all replicas.

        Raises `NotAllPublished` when not all are acknowledged in time; then the producer is given up.
        """
        if not messages:
            return
        try:
            producer = await self._started_producer()
        except Retryable as error:
            raise NotAllPublished(str(error), published=frozenset()) from None
        sent: list[tuple[asyncio.Future[Any], list[int]]] = []
        error: Retryable | None = None
        try:
            with reaching_kafka():
                async with asyncio.timeout(self._settings.publish):
                    await self._send(producer, messages, sent)
                    await asyncio.wait([future for future, _ in sent])
        except Retryable as failure:
            error = failure
        except BaseException:
            self._give_up(producer)
            raise
        published = _acknowledged_prefixes(sent, messages)
        if len(published) < len(messages):
            self._give_up(producer)
            raise NotAllPublished(_what_went_wrong(error, sent), published=published)

    async def subscribe(
        self, *, group: str, topics: Sequence[str], kept: KeptOffsets | None = None
    ) -> Subscription:
        """Join a consumer group, from the earliest message on. Raises `Retryable` while Kafka is away."""
        await self._ensure(topics)
        prefix = self._settings.prefix
        subscription = KafkaSubscription(
            settings=self._settings,
            group=prefix + group,
            topics={prefix + topic: topic for topic in topics},
            kept=kept,
        )
        await subscription.open()
        return subscription

    async def close(self) -> None:
        """Stop the producer, within ``stop`` seconds."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _end(producer, seconds=self._settings.stop)
        if self._background:
            await asyncio.wait(self._background, timeout=self._settings.stop)

    async def _started_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._settings.bootstrap,
                enable_idempotence=True,
                acks="all",
                max_batch_size=_LARGEST_BATCH_BYTES,
                request_timeout_ms=int(self._settings.request * 1000),
                **self._settings.client,
            )
            try:
                with reaching_kafka():
                    async with asyncio.timeout(self._settings.connect):
                        await producer.start()
            except BaseException:
                self._give_up(producer)
                raise
            self._producer = producer
        return self._producer

    async def _send(
        self,
        producer: AIOKafkaProducer,
        messages: Sequence[Outgoing],
        sent: list[tuple[asyncio.Future[Any], list[int]]],
    ) -> None:
        """Hand the messages over in one batch for each partition, or as few as they fit in."""
        prefix = self._settings.prefix
        indexes: dict[tuple[str, int], list[int]] = {}
        for index, message in enumerate(messages):
            indexes.setdefault((message.topic, message.partition), []).append(index)
        waiting = [
            (prefix + topic, partition, built)
            for (topic, partition), each in indexes.items()
            if (built := _built(producer, messages, each))
        ]
        while waiting:
            for topic, partition, built in waiting:
                batch, contained = built.pop(0)
                future = await producer.send_batch(batch, topic, partition=partition)
                future.add_done_callback(_look_at)
                sent.append((future, contained))
            waiting = [each for each in waiting if each[2]]

    def _give_up(self, producer: AIOKafkaProducer) -> None:
        """Let go of a producer at once and end it in the background."""
        if self._producer is producer:
            self._producer = None
        task = asyncio.get_running_loop().create_task(_end(producer, seconds=0))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _ensure(self, topics: Sequence[str]) -> None:
        """Make the topics that are not there, and learn how many partitions each has."""
        async with self._making:
            wanted = {
                self._settings.prefix + topic: topic for topic in topics if topic not in self._partitions
            }
            if wanted:
                await self._make(wanted)

    async def _make(self, wanted: dict[str, str]) -> None:
        client = AIOKafkaAdminClient(
            bootstrap_servers=self._settings.bootstrap,
            request_timeout_ms=int(self._settings.request * 1000),
            **self._settings.client,
        )
        try:
            with reaching_kafka():
                async with asyncio.timeout(self._settings.connect):
                    await client.start()
                    await self._create(client, list(wanted))
                    await self._count(client, wanted)
        finally:
            await _bounded(client.close(), seconds=self._settings.stop)

    async def _count(self, client: AIOKafkaAdminClient, wanted: dict[str, str]) -> None:
        while wanted:
            for described in await client.describe_topics(list(wanted)):
                partitions = described["partitions"]
                if partitions and not any(each["error_code"] for each in partitions):
                    self._partitions[wanted.pop(described["topic"])] = len(partitions)
            if wanted:
                await asyncio.sleep(0.05)  # made, and not yet led everywhere

    async def _create(self, client: AIOKafkaAdminClient, topics: Sequence[str]) -> None:
        there = set(await client.list_topics())
        missing = [_topic(name, self._settings) for name in topics if name not in there]
        if not missing:
            return
        answer: Any = await client.create_topics(missing)
        for topic, code, *_ in answer.topic_errors:
            error = for_code(code)
            if (
                code and error is not TopicAlreadyExistsError
            ):  # another service may make it at the same moment
                _log.error("topic not made", topic=topic, reason=error.__name__)
                raise error()


def _topic(name: str, settings: KafkaSettings) -> NewTopic:
    topic = NewTopic(
        name=name,
        num_partitions=settings.partitions,
        replication_factor=1,
        topic_configs=config_of(name.removeprefix(settings.prefix)),
    )
    topic.replication_factor = settings.replication  # its constructor refuses "as the broker likes"
    return topic


def _built(
    producer: AIOKafkaProducer, messages: Sequence[Outgoing], indexes: Sequence[int]
) -> list[tuple[Any, list[int]]]:
    """Return one partition's messages in batches, each with the indexes of the messages in it."""
    batch = producer.create_batch()
    built: list[tuple[Any, list[int]]] = [(batch, [])]
    for index in indexes:
        message = messages[index]
        if (
            batch.append(timestamp=None, key=message.key, value=message.value, headers=list(message.headers))
            is None
        ):
            batch = producer.create_batch()
            built.append((batch, []))
            batch.append(timestamp=None, key=message.key, value=message.value, headers=list(message.headers))
        built[-1][1].append(index)
    for each, _ in built:
        each.close()
    return built


def _acknowledged_prefixes(
    sent: Sequence[tuple[asyncio.Future[Any], list[int]]], messages: Sequence[Outgoing]
) -> frozenset[int]:
    """Return the indexes of what is acknowledged, of each partition up to the first batch that is not."""
    broken: set[tuple[str, int]] = set()
    published: set[int] = set()
    for future, indexes in sent:
        place = (messages[indexes[0]].topic, messages[indexes[0]].partition)
        if not future.done() or future.cancelled() or future.exception() is not None:
            broken.add(place)
        elif place not in broken:
            published.update(indexes)
    return frozenset(published)


def _what_went_wrong(error: Retryable | None, sent: Sequence[tuple[asyncio.Future[Any], list[int]]]) -> str:
    failed = {
        type(future.exception()).__name__
        for future, _ in sent
        if future.done() and not future.cancelled() and future.exception() is not None
    }
    return f"Kafka has not acknowledged everything ({', '.join(sorted(failed)) or error or 'unknown'})"


def _look_at(future: asyncio.Future[Any]) -> None:
    # A batch that fails after we stopped waiting is nobody's news any more.
    if not future.cancelled():
        future.exception()


async def _end(producer: AIOKafkaProducer, *, seconds: float) -> None:
    """Stop a producer: in an orderly way if that takes no longer than ``seconds``, else without what is in
    it.
    """
    try:
        with reaching_kafka():
            async with asyncio.timeout(seconds):
                await producer.stop()
    except Retryable:
        # Connections first: that fails the requests under way, which the sender's end waits for.
        await _bounded(producer.client.close(), seconds=1)
        await _bounded(producer._sender.close(), seconds=15)  # noqa: SLF001 - aiokafka has no other way out


async def _bounded(work: Any, *, seconds: float) -> None:
    try:
        with reaching_kafka():
            async with asyncio.timeout(seconds):
                await work
    except Retryable as error:
        _log.warning("not closed in time", says=str(error))
