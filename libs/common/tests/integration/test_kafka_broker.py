"""Kafka's adapter keeps the broker's contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from bulkhead.messaging.kafka import KafkaBroker
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead_testing.suites.broker import TOPIC, BrokerSuite


@pytest.fixture
async def broker(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[KafkaBroker]:
    """Kafka, with topics of this test's own."""
    connected = KafkaBroker(
        KafkaSettings(bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=4, session=6)
    )
    yield connected
    await connected.close()


@pytest.fixture
def forget(kafka_bootstrap: str, topic_prefix: str) -> Callable[[int], Awaitable[None]]:
    """Delete the first partition's messages before an offset, as a topic's retention does."""

    async def before(offset: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        try:
            place = TopicPartition(topic_prefix + TOPIC, 0)
            await admin.delete_records({place: RecordsToDelete(before_offset=offset)})
        finally:
            await admin.close()

    return before


class TestBrokerInKafka(BrokerSuite):
    """The contract."""
