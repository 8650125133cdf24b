"""With the database or Kafka away nothing is lost, and what waited goes on by itself afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.broker import NotAllPublished, Stuck
from bulkhead.messaging.kafka import KafkaBroker, KafkaSettings
from bulkhead.messaging.kafka_subscription import KafkaSubscription
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.messaging.relay import Outbox
from bulkhead.persistence.connections import ConnectionLimits
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from bulkhead_testing.kafka_process import OwnKafka
from bulkhead_testing.proxy import Proxy, open_proxy
from bulkhead_testing.suites.delivery import PARTITIONS, Stage
from bulkhead_testing.suites.example import BOOKKEEPER, TELLER, bookkeeper, teller
from bulkhead_testing.waiting import keep_turning, until

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
        async with asyncio.timeout(20):
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
    settings = KafkaSettings(
        bootstrap=own_kafka.bootstrap,
        partitions=PARTITIONS,
        session=6,
        publish=2,
        request=2,
        connect=2,
        stop=1,
    )
    async with opened(databases, settings) as cuttable:
        stage = cuttable.stage
        await until(lambda: answers(stage))
        await stage.pay("ann", 1)
        await stage.deliver()

        own_kafka.signal(signal.SIGSTOP)
        await stage.pay("ann", 2, prefix="hanging")
        with pytest.raises(NotAllPublished):
            await stage.relay.turn()
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
        with pytest.raises(NotAllPublished):
            await stage.relay.turn()
        assert await stage.consumer.turn(wait_seconds=0.1) == 0
        own_kafka.start()
        await deliver_whatever_waits(stage)
        assert await stage.payments_of("ann") == ["p0", "hanging0", "gone0"]
        assert await stage.relay.pending() == 0


async def answers(stage: Stage) -> bool:
    """Whether the stage's broker answers."""
    try:
        return await stage.broker.partitions("payments.payments.v1") > 0
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


async def test_a_subscription_that_is_behind_and_does_not_move_says_so(
    kafka_bootstrap: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = KafkaSettings(
        bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=1, session=6, stuck=0.4
    )
    broker = KafkaBroker(settings)
    subscription = await broker.subscribe(group="one", topics=["orders"])

    async def joined() -> bool:
        await subscription.fetch(limit=1, wait_seconds=0.05)
        return await subscription.lag() == 0

    await until(joined)

    async def behind(_: KafkaSubscription, **_without: object) -> int:
        return 7

    monkeypatch.setattr(KafkaSubscription, "lag", behind)
    with pytest.raises(Stuck):  # noqa: PT012 - the failure is the block's end
        async with asyncio.timeout(10):
            while True:
                await subscription.fetch(limit=1, wait_seconds=0.05)
    await subscription.close()
    await broker.close()
