"""Contacts over real PostgreSQL and Kafka: no byte of outbox, topics, or what is set aside says anything of people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import MetaData

from bulkhead.chassis_tables import service_registry
from bulkhead.contracts.registry import CONTACT_KEYS as KEYS_TOPIC
from bulkhead.contracts.registry import CONTACTS
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.key_rings import KeyMissing
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.kafka import KafkaBroker
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.messaging.relay import Relay
from bulkhead.persistence.household_keys import HouseholdKey
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.persistence.rotating import forget_keys, keys_in_use, rotate
from bulkhead.service import Received
from bulkhead_testing.backing import Databases
from bulkhead_testing.suites.example import NOW
from libs.common.tests.unit.test_contact_sealing import (
    FIRST,
    OTHER,
    SECOND,
    Contact,
    contact,
    heard_of,
    reader_of,
    ring,
    writer_of,
)

METADATA: MetaData = service_registry().metadata
PERSONAL = (b"June Example", b"Dzhun", b"1980-03-02", b"123456789", b"june@example.test", b"1 Main Street")


class Exchange:
    """Who says contacts and who hears them, each with a database, and the broker between them."""

    def __init__(self, *, urls: Sequence[str], broker: KafkaBroker) -> None:
        self.broker = broker
        self.heard = list[object]()
        self.poisonous = False
        self.says = writer_of(self.hear, FIRST)
        self.writer = PostgresDatabase.for_service(self.says, url=urls[0])
        self.service = reader_of(self.hear, SECOND)
        self.reader = PostgresDatabase.for_service(self.service, url=urls[1])

    async def hear(self, _uow: UnitOfWork, batch: Sequence[Received]) -> None:
        if self.poisonous:
            raise Impossible("this cannot be")
        self.heard.extend(each.fact for each in batch)

    async def publish(self) -> None:
        relay = Relay(
            outbox=PostgresOutbox(url=self.writer.connections.url, name="writer"), broker=self.broker
        )
        try:
            while await relay.turn() or await relay.pending():
                pass
        finally:
            await relay.close()

    async def read(self) -> None:
        consumer = Consumer(service=self.service, uows=self.reader, broker=self.broker, now=lambda: NOW)
        try:
            while await consumer.turn(wait_seconds=1) or await consumer.lag():
                pass
        finally:
            await consumer.close()

    async def sent(self) -> bytes:
        places = {
            (topic.name, number): 0
            for topic in (CONTACTS, KEYS_TOPIC)
            for number in range(await self.broker.partitions(topic.name))
        }
        found = list[bytes]()
        async for messages in self.broker.history(places):
            found += [(each.key or b"") + each.value + repr(each.headers).encode() for each in messages]
        return b"\n".join(found)

    async def stored(self) -> bytes:
        """Return every byte of every row of both databases, as PostgreSQL shows them."""
        found = list[bytes]()
        for database in (self.writer, self.reader):
            async with database.begin(now=NOW) as uow:
                for table in METADATA.sorted_tables:
                    for row in await uow.fetch(f'SELECT * FROM "{table.name}"'):
                        found += [each if isinstance(each, bytes) else str(each).encode() for each in row]
        return b"\n".join(found)


@pytest.fixture
async def exchange(databases: Databases, kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Exchange]:
    settings = KafkaSettings(bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=2, session=6)
    broker = KafkaBroker(settings)
    made = Exchange(urls=[databases.fresh(METADATA) for _ in range(2)], broker=broker)
    yield made
    await broker.close()
    await made.writer.close()
    await made.reader.close()


async def test_no_byte_of_outbox_topic_or_parked_row_says_anything_of_a_person(exchange: Exchange) -> None:
    async with exchange.writer.begin(now=NOW, households=["june", "carol"]) as uow:
        uow.emit(contact(), household="june")
        uow.emit(contact("carol"), household="carol")
    await exchange.publish()
    exchange.poisonous = True
    await exchange.read()
    sent, stored = await exchange.sent(), await exchange.stored()
    assert b"ContactRecorded" in sent and b"ContactRecorded" in stored and b"this cannot be" in stored
    assert [each for each in PERSONAL if each in sent or each in stored] == []
    assert exchange.heard == []


async def test_keys_rotate_and_are_forgotten_and_the_rest_stays_readable(exchange: Exchange) -> None:
    async with exchange.writer.begin(now=NOW, households=["june", "carol"]) as uow:
        uow.emit(contact(), household="june")
        uow.emit(contact("carol"), household="carol")
    assert await rotate(exchange.writer, ring(SECOND), NOW) == 2
    async with exchange.writer.begin(now=NOW, households=["june"]) as uow:
        [key] = await uow.records(HouseholdKey).select(household="june")
        assert await forget_keys(uow, ["june"]) == ["june"]
    assert key == replace(key, key="2015-11", number=1)
    await exchange.publish()
    await exchange.read()
    assert [each for each in exchange.heard if isinstance(each, Contact)] == [heard_of("carol")]
    async with exchange.reader.begin(now=NOW) as uow:
        assert await keys_in_use(uow) == {"2015-11": 1}
    assert key.sealed is not None and key.sealed not in await exchange.stored()


async def test_who_comes_with_another_key_of_a_name_that_sealed_households_keys_begins_nothing(
    exchange: Exchange,
) -> None:
    async with exchange.writer.begin(now=NOW, households=["june"]) as uow:
        uow.emit(contact(), household="june")
    await exchange.publish()
    await exchange.read()
    for service, url in (
        (exchange.says, exchange.writer.connections.url),
        (exchange.service, exchange.reader.connections.url),
    ):
        database = PostgresDatabase.for_service(replace(service, contact_keys=ring(OTHER)), url=url)
        for _ in range(2):
            with pytest.raises(
                KeyMissing,
                match="the key 2014-11 that is set is not the one that sealed households' keys here",
            ):
                async with database.begin(now=NOW):
                    raise AssertionError("it has begun")
        await database.close()


async def test_one_household_s_key_of_who_had_another_ring_keeps_nobody_from_beginning(
    exchange: Exchange,
) -> None:
    async with exchange.writer.begin(now=NOW, households=["june", "carol"]) as uow:
        uow.emit(contact(), household="june")
        uow.emit(contact("carol"), household="carol")
    async with exchange.writer.begin(now=NOW) as uow:
        carol, june = await uow.records(HouseholdKey).select(order_by=("household",))
        await uow.records(HouseholdKey).put([replace(carol, sealed=june.sealed)])
    database = PostgresDatabase.for_service(exchange.says, url=exchange.writer.connections.url)
    async with database.begin(now=NOW) as uow:
        assert await uow.records(HouseholdKey).count() == 2
    await database.close()
