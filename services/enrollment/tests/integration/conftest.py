"""A database of enrollment's own for a test, made by its migrations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from bulkhead_testing.contact_keys import CONTACT_KEYS
from enrollment.adapters.hub.sandbox import SandboxHub
from enrollment.bootstrap import assemble
from services.enrollment.tests.builders import VERMONT

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@pytest.fixture
async def postgres(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    """The service's database on a real server, migrated and empty."""
    url = databases.migrated(MIGRATIONS)
    database = PostgresDatabase.for_service(
        assemble(pack=VERMONT, hub=SandboxHub(), contact_keys=CONTACT_KEYS), url=url
    )
    yield database
    await database.close()
    databases.drop(url)
