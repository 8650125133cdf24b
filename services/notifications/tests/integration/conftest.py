"""A database of notifications' own for a test, made by its migrations, and a real mail server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from services.notifications.tests.contract.smtp_server import Server
from services.notifications.tests.unit.test_api import assembled

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@pytest.fixture
async def postgres(databases: Databases) -> AsyncGenerator[PostgresDatabase]:
    """The service's database on a real server, migrated and empty."""
    url = databases.migrated(MIGRATIONS)
    database = PostgresDatabase.for_service(assembled(), url=url)
    yield database
    await database.close()
    databases.drop(url)


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    """A mail server on the loopback address."""
    server = Server()
    await server.start()
    yield server
    await server.stop()
