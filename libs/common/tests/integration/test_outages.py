"""With the database or Kafka away nothing is lost, and what waited goes on by itself afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any, cast

import pytest

from bulkhead.contracts.registry import PAYMENTS
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import Broker, Incoming, Outgoing, Subscription
from bulkhead.messaging.kafka import KafkaBroker
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.messaging.relay import Outbox
from bulkhead.persistence.connections import ConnectionLimits
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from bulkhead_testing.kafka_process import OwnKafka
from bulkhead_testing.proxy import Proxy, open_proxy
from bulkhead_testing.suites.delivery import PARTITIONS, Stage, is_refused
from bulkhead_testing.suites.example import BOOKKEEPER, TELLER, bookkeeper, teller
from bulkhead_testing.waiting import keep_turning, until

TOPIC = PAYMENTS.name
SHORT = ConnectionLimits(connections=3, wait_for_connection=1, connect=1, statement=5, lock=5)


class Cuttable:
    """A stage whose databases can be cut off, each by its proxy."""

    def __init__(self, stage: Stage, *, teller_proxy: Proxy, bookkeeper_proxy: Proxy) -> None:
        self.stage = stage
        self.teller = teller_proxy
        self.bookkeeper = bookkeeper_proxy


@contextlib.asynccontextmanager
async def opened(databases: Databases, settings: KafkaSettings) -> AsyncIterator[Cuttable]:
    """Give a stage on two new databases."""
    async with (
        open_proxy(databases.fresh(TELLER)) as (teller_proxy, teller_url),
        open_proxy(databases.fresh(BOOKKEEPER)) as (bookkeeper_proxy, bookkeeper_url),
    ):
        first = PostgresDatabase.for_service(teller(), url=teller_url, limits=SHORT)
        second = PostgresDatabase.for_service(bookkeeper(), url=bookkeeper_url, limits=SHORT)

        def outbox_of(_: object) -> Outbox:
            return PostgresOutbox(url=teller_url, name="teller")

        stage = Stage(teller=first, bookkeeper=second, broker=KafkaBroker(settings), outbox_of=outbox_of)
        yield Cuttable(stage, teller_proxy=teller_proxy, bookkeeper_proxy=bookkeeper_proxy)
        await stage.close()
        await first.close()
        await second.close()


async def test_while_the_database_is_away_the_consumer_waits_and_then_goes_on(
    databases: Databases, kafka_bootstrap: str, topic_prefix: str
) -> None:
    settings = KafkaSettings(bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=PARTITIONS, session=6)
    async with opened(databases, settings) as cuttable:
        stage = cuttable.stage
        await stage.pay("ann", 1)
        await stage.deliver()
        await stage.pay("ann", 2, 3, prefix="q")
        await stage.relay_all()
        cuttable.bookkeeper.cut()
        failures = 0
        async with asyncio.timeout(60):
            while failures < 3:
                try:
                    await stage.consumer.turn(wait_seconds=0.2)
                except Retryable:
                    failures += 1
        assert await stage.consumer.lag() == 2
        cuttable.bookkeeper.mend()
        stopped = asyncio.Event()
        turning = asyncio.create_task(keep_turning(stage.consumer.turn, stopped=stopped, waits_out=Retryable))

        async def arrived() -> bool:
            return await stage.consumer.lag() == 0

        await until(arrived)
        stopped.set()
        await turning
        assert await stage.payments_of("ann") == ["p0", "q0", "q1"]


async def test_while_the_database_is_away_the_relay_waits_and_then_goes_on(
    databases: Databases, kafka_bootstrap: str, topic_prefix: str
) -> None:
    settings = KafkaSettings(bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=PARTITIONS, session=6)
    async with opened(databases, settings) as cuttable:
        stage = cuttable.stage
        await stage.pay("ann", 1)
        cuttable.teller.cut()
        for _ in range(2):
            with pytest.raises(Retryable):
                await stage.relay.turn()
            with pytest.raises(Retryable):
                await stage.relay.pending()
            with pytest.raises(Retryable):
                await stage.pay("ann", 2, prefix="never")
        cuttable.teller.mend()
        await stage.pay("ann", 3, prefix="q")
        await stage.deliver()
        assert await stage.payments_of("ann") == ["p0", "q0"]


async def test_while_kafka_hangs_or_is_gone_work_goes_on_and_is_delivered_afterwards(
    databases: Databases, own_kafka: OwnKafka
) -> None:
    async with opened(databases, quick(own_kafka.bootstrap)) as cuttable:
        stage = cuttable.stage
        await until(lambda: answers(stage.broker))
        await stage.pay("ann", 1)
        await stage.deliver()

        own_kafka.signal(signal.SIGSTOP)
        await stage.pay("ann", 2, prefix="hanging")
        await until(lambda: is_refused(stage.relay))
        with pytest.raises(Retryable):
            await stage.relay.turn()
        with pytest.raises(Retryable):
            await stage.consumer.lag()
        assert await stage.relay.pending() == 1
        own_kafka.signal(signal.SIGCONT)
        await deliver_whatever_waits(stage)
        assert await stage.payments_of("ann") == ["p0", "hanging0"]

        own_kafka.kill()
        await stage.pay("ann", 3, prefix="gone")
        await until(lambda: is_refused(stage.relay))
        assert await stage.consumer.turn(wait_seconds=0.1) == 0
        own_kafka.start()
        await deliver_whatever_waits(stage)
        assert await stage.payments_of("ann") == ["p0", "hanging0", "gone0"]
        assert await stage.relay.pending() == 0


async def answers(broker: Broker) -> bool:
    """Whether the broker answers."""
    try:
        return await broker.partitions(TOPIC) > 0
    except Retryable:
        return False


async def deliver_whatever_waits(stage: Stage) -> None:
    """Turn relay and consumer as a runtime does until nothing is left."""
    stopped = asyncio.Event()
    turning = [
        asyncio.create_task(keep_turning(turn, stopped=stopped, waits_out=Retryable))
        for turn in (stage.relay.turn, stage.consumer.turn)
    ]

    async def all_done() -> bool:
        try:
            return await stage.relay.pending() == 0 and await stage.consumer.lag() == 0
        except Retryable:
            return False

    await until(all_done)
    stopped.set()
    await asyncio.gather(*turning)


async def test_kafka_may_be_away_longer_than_a_subscription_may_stand_still(own_kafka: OwnKafka) -> None:
    settings = quick(own_kafka.bootstrap, stuck=2)
    broker, writer = KafkaBroker(settings), KafkaBroker(settings)
    await until(lambda: answers(broker))
    subscription = await broker.subscribe(group="one", topics=[TOPIC])
    await until(lambda: is_up_to_date(subscription))
    own_kafka.kill()
    killed_at = monotonic()
    await until(lambda: is_away(subscription, since=killed_at, seconds=2 * settings.stuck))
    stand_still(subscription)  # or what is written next would be there before it looks whether it moves
    own_kafka.start()
    await until(lambda: is_published(writer, b"by another, who was there first"))
    assert (await next_message(subscription)).value == b"by another, who was there first"
    await subscription.close()
    await broker.close()
    await writer.close()


async def test_a_subscription_that_stands_still_begins_anew(kafka_bootstrap: str, topic_prefix: str) -> None:
    broker = KafkaBroker(quick(kafka_bootstrap, prefix=topic_prefix, stuck=2))
    subscription = await broker.subscribe(group="one", topics=[TOPIC])
    await until(lambda: is_up_to_date(subscription))
    stand_still(subscription)
    await until(lambda: is_published(broker, b"behind"))
    assert (await next_message(subscription)).value == b"behind"
    await subscription.close()
    await broker.close()


def stand_still(subscription: Subscription) -> None:
    """Let a subscription's client hand out nothing, as when a task inside of it has died."""
    client = cast(Any, subscription)._consumer  # no broker can be made to do this
    client.pause(*client.assignment())


def quick(bootstrap: str, *, prefix: str = "", stuck: float = 60) -> KafkaSettings:
    """Return settings that wait for little."""
    return KafkaSettings(
        bootstrap=bootstrap,
        prefix=prefix,
        partitions=PARTITIONS,
        session=6,
        publish=2,
        request=2,
        connect=2,
        stop=1,
        stuck=stuck,
    )


async def is_up_to_date(subscription: Subscription) -> bool:
    """Whether it has its partitions and nothing is left to fetch."""
    try:
        await subscription.fetch(limit=1, wait_seconds=0.05)
        return await subscription.lag() == 0
    except Retryable:
        return False


async def is_away(subscription: Subscription, *, since: float, seconds: float) -> bool:
    """Whether the broker has been away so long, for all a subscription knows."""
    with contextlib.suppress(Retryable):
        assert not await subscription.fetch(limit=1, wait_seconds=0.05)
    return monotonic() - since > seconds


async def is_published(broker: KafkaBroker, value: bytes) -> bool:
    """Whether a message could be written."""
    try:
        await broker.publish([Outgoing(TOPIC, 0, None, value)])
    except Retryable:
        return False
    return True


async def next_message(subscription: Subscription) -> Incoming:
    """Return the next message, however long the broker is away before."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(Retryable):
                for message in await subscription.fetch(limit=1, wait_seconds=0.05):
                    return message
