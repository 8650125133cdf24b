"""Kafka's adapter keeps the broker's contract."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bulkhead.messaging.kafka import KafkaBroker
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead_testing.suites.broker import BrokerSuite


@pytest.fixture
async def broker(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[KafkaBroker]:
    """Kafka, with topics of this test's own."""
    connected = KafkaBroker(
        KafkaSettings(bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=4, session=6)
    )
    yield connected
    await connected.close()


class TestBrokerInKafka(BrokerSuite):
    """The contract."""
