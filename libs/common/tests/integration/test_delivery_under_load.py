"""Two relays and two workers at once, with writers that contend: nothing lost, doubled or reordered for a
household.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.registry import PAYMENTS
from bulkhead.contracts.wire import Envelope
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.kafka import KafkaBroker
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.messaging.relay import Relay
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from bulkhead_testing.suites.example import (
    BOOKKEEPER,
    NOW,
    TELLER,
    UNLUCKY_CENTS,
    Account,
    Entry,
    Payment,
    PaymentReceived,
    bookkeeper,
    teller,
)
from bulkhead_testing.waiting import keep_turning, until

HOUSEHOLDS = [f"h{number:02d}" for number in range(30)]
WRITERS = 6
TRANSACTIONS = 120


class Stumbled(Exception):
    """A transaction that does not commit."""


class Load:
    """Writers, relays and workers on two databases and one broker."""

    def __init__(
        self, *, first: PostgresDatabase, second: PostgresDatabase, settings: KafkaSettings, url: str
    ) -> None:
        self.teller = first
        self.bookkeeper = second
        self.settings = settings
        self.url = url
        self.stopped = asyncio.Event()
        self.committed: dict[str, int] = defaultdict(int)
        self.brokers: list[KafkaBroker] = []

    def broker(self) -> KafkaBroker:
        """Return a connection of its own, as a process has."""
        self.brokers.append(KafkaBroker(self.settings))
        return self.brokers[-1]

    async def write(self, seed: int) -> None:
        """Commit, and now and then not, payments of several households; number each household's in commit
        order.
        """
        chance = random.Random(seed)
        for _ in range(TRANSACTIONS):
            households = chance.sample(HOUSEHOLDS, chance.choice((1, 1, 2, 5)))
            try:
                await self._transaction(households, fails=chance.random() < 0.15)
            except Stumbled:
                continue
            for household in households:
                self.committed[household] += 1

    async def _transaction(self, households: list[str], *, fails: bool) -> None:
        async with self.teller.begin(now=NOW, households=households) as uow:
            found = await uow.records(Account).select(household=households)
            counts = {each.household: each.cents for each in found}
            for household in households:
                number = counts.get(household, 0)
                payment = PaymentReceived(
                    household=household, payment=f"{household}-{number}", cents=number * 100
                )
                uow.emit(payment, household=household)
                await asyncio.sleep(0)
            await uow.records(Account).put(
                Account(household=each, number=1, reference=each, cents=counts.get(each, 0) + 1)
                for each in households
            )
            if fails:
                raise Stumbled

    def start(self, turn: Callable[[], Awaitable[int]]) -> asyncio.Task[None]:
        """Take turns in the background until stopped, waiting out what is away."""
        return asyncio.create_task(keep_turning(turn, stopped=self.stopped, waits_out=Retryable))

    async def kill_the_relay(self) -> None:
        """End the connection of the relay at work."""
        async with self.teller.begin(now=NOW) as uow:
            await uow.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name LIKE '%relay' AND datname = current_database()"
            )

    async def all_entries(self) -> dict[str, list[str]]:
        """Return each household's payments in the order they had their effect."""
        async with self.bookkeeper.begin(now=NOW) as uow:
            entries = await uow.records(Entry).select(order_by=["household", "position"])
        found: dict[str, list[str]] = defaultdict(list)
        for each in entries:
            found[each.household].append(each.payment)
        return found

    async def has_written(self, transactions: int) -> bool:
        """Whether so many events have been committed."""
        return sum(self.committed.values()) >= transactions

    async def has_arrived(self, events: int) -> bool:
        """Whether so many events have had their effect."""
        async with self.bookkeeper.begin(now=NOW) as uow:
            return await uow.records(Entry).count() >= events

    async def topic(self, count: int) -> dict[str, list[str]]:
        """Return each household's payments in the order they are on the topic, doubles left out."""
        subscription = await self.broker().subscribe(group="witness", topics=[PAYMENTS.name])
        seen: dict[str, list[str]] = defaultdict(list)
        distinct: set[str] = set()
        async with asyncio.timeout(60):
            while len(distinct) < count:
                for each in await subscription.fetch(limit=1000, wait_seconds=0.2):
                    envelope = wire.decode(each.value, Envelope)
                    if envelope.id not in distinct and envelope.household is not None:
                        distinct.add(envelope.id)
                        seen[envelope.household].append(wire.decode(envelope.data, Payment).payment)
        await subscription.close()
        return seen


@pytest.fixture
async def load(databases: Databases, kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Load]:
    """Servers of this test's own."""
    urls = databases.fresh(TELLER), databases.fresh(BOOKKEEPER)
    first = PostgresDatabase.for_service(teller(), url=urls[0])
    second = PostgresDatabase.for_service(bookkeeper(), url=urls[1])
    settings = KafkaSettings(bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=4, session=6)
    made = Load(first=first, second=second, settings=settings, url=urls[0])
    yield made
    made.stopped.set()
    for broker in made.brokers:
        await broker.close()
    await first.close()
    await second.close()


async def test_two_relays_and_two_workers_lose_double_and_reorder_nothing(load: Load) -> None:
    assert all(number * 100 != UNLUCKY_CENTS for number in range(1000))
    outboxes = [PostgresOutbox(url=load.url, name="teller") for _ in range(2)]
    relays = [Relay(outbox=outbox, broker=load.broker(), batch=20) for outbox in outboxes]
    service = bookkeeper()
    consumers = [
        Consumer(service=service, uows=load.bookkeeper, broker=load.broker(), now=lambda: NOW, batch=15)
        for _ in range(2)
    ]
    turning = [load.start(each.turn) for each in (*relays, *consumers)]
    writing = asyncio.gather(*(load.write(seed) for seed in range(WRITERS)))
    for seen in (100, 400, 800):
        await until(lambda seen=seen: load.has_written(seen))
        await load.kill_the_relay()
    await writing
    third = Consumer(service=service, uows=load.bookkeeper, broker=load.broker(), now=lambda: NOW, batch=15)
    turning.append(load.start(third.turn))

    expected = {
        household: [f"{household}-{number}" for number in range(count)]
        for household, count in load.committed.items()
    }
    total = sum(load.committed.values())
    await until(lambda: load.has_arrived(total))
    load.stopped.set()
    await asyncio.gather(*turning)
    assert await load.all_entries() == expected
    assert await load.topic(total) == expected
    assert sum(consumer.handled for consumer in (*consumers, third)) == total
    assert sum(consumer.parked for consumer in (*consumers, third)) == 0
    for relay in relays:
        await relay.close()
    for consumer in (*consumers, third):
        await consumer.close()
