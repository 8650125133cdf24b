"""Relay and consumer over real PostgreSQL and real Kafka."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import MetaData

from bulkhead.messaging.kafka import KafkaBroker
from bulkhead.messaging.kafka_settings import KafkaSettings
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.messaging.relay import Outbox
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.service import Service
from bulkhead_testing.backing import Databases
from bulkhead_testing.suites.delivery import PARTITIONS, DeliverySuite, Stage
from bulkhead_testing.suites.example import BOOKKEEPER, NOW, TELLER, bookkeeper, teller
from bulkhead_testing.suites.forgetting import ForgettingSuite
from bulkhead_testing.suites.rebuilding import RebuildingSuite
from bulkhead_testing.suites.rejoining import RejoiningSuite
from bulkhead_testing.suites.repartitioning import RepartitioningSuite
from bulkhead_testing.suites.resuming import ResumingSuite


@pytest.fixture(scope="module")
def urls(databases: Databases) -> tuple[str, str]:
    """The teller's and the bookkeeper's database."""
    return databases.fresh(TELLER), databases.fresh(BOOKKEEPER)


async def emptied(database: PostgresDatabase, metadata: MetaData) -> PostgresDatabase:
    """Return the database without any row."""
    names = ", ".join(table.name for table in metadata.sorted_tables)
    async with database.begin(now=NOW) as uow:
        await uow.execute(f"TRUNCATE {names} RESTART IDENTITY")
    return database


@pytest.fixture
async def stage(urls: tuple[str, str], kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[Stage]:
    """A stage of real servers."""
    first = await emptied(PostgresDatabase.for_service(teller(), url=urls[0]), TELLER)
    second = await emptied(PostgresDatabase.for_service(bookkeeper(), url=urls[1]), BOOKKEEPER)

    def outbox_of(database: PostgresDatabase) -> Outbox:
        return PostgresOutbox(url=database.connections.url, name="teller")

    settings = KafkaSettings(bootstrap=kafka_bootstrap, prefix=topic_prefix, partitions=PARTITIONS, session=6)
    stage = Stage(teller=first, bookkeeper=second, broker=KafkaBroker(settings), outbox_of=outbox_of)
    yield stage
    await stage.close()
    await first.close()
    await second.close()


@asynccontextmanager
async def more_of(
    service: Service, databases: Databases, metadata: MetaData
) -> AsyncIterator[Callable[[], PostgresDatabase]]:
    """Give what makes empty databases of a service's, and close them afterwards."""
    made: list[PostgresDatabase] = []

    def make() -> PostgresDatabase:
        made.append(PostgresDatabase.for_service(service, url=databases.fresh(metadata)))
        return made[-1]

    yield make
    for database in made:
        await database.close()


@pytest.fixture
async def empty_bookkeeper(databases: Databases) -> AsyncIterator[Callable[[], PostgresDatabase]]:
    """Makes more databases of the bookkeeper's."""
    async with more_of(bookkeeper(), databases, BOOKKEEPER) as make:
        yield make


class TestDeliveryForReal(DeliverySuite):
    """The contract."""


class TestForgettingForReal(ForgettingSuite):
    """The contract of a pruned inbox."""


class TestResumingForReal(ResumingSuite):
    """The contract of where a reader goes on."""


@pytest.fixture
async def empty_teller(databases: Databases) -> AsyncIterator[Callable[[], PostgresDatabase]]:
    """Makes more databases of the teller's."""
    async with more_of(teller(), databases, TELLER) as make:
        yield make


class TestRebuildingForReal(RebuildingSuite):
    """The contract of a picture made anew."""


class TestRejoiningForReal(RejoiningSuite):
    """The contract of a database that is behind."""


class TestRepartitioningForReal(RepartitioningSuite):
    """The contract of topics that get more partitions."""
