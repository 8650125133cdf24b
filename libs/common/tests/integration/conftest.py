"""The teller's database, for the tests of what PostgreSQL alone can show."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from bulkhead_testing.suites.example import TELLER, teller


@pytest.fixture
def url(databases: Databases) -> str:
    """A database of this test's own."""
    return databases.fresh(TELLER)


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresDatabase]:
    """The teller's database."""
    opened = PostgresDatabase.for_service(teller(), url=url)
    yield opened
    await opened.close()


@pytest.fixture
async def outbox(url: str) -> AsyncIterator[PostgresOutbox]:
    """Its outbox, as the relay sees it."""
    opened = PostgresOutbox(url=url, name="teller")
    yield opened
    await opened.close()
