"""The migrations make the tables the code expects."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from bulkhead.persistence.migrations import migrate
from bulkhead.persistence.postgres import plain_url
from bulkhead.persistence.tables import chassis_tables
from bulkhead_testing.backing import Databases
from bulkhead_testing.migrations import assert_migrations_match
from carrier_gateway.adapters.postgres.tables import metadata

DIRECTORY = Path(__file__).parents[2] / "migrations"
CHECKS = """
    SELECT rel.relname || '.' || con.conname || ' ' || pg_get_constraintdef(con.oid)
    FROM pg_constraint con JOIN pg_class rel ON rel.oid = con.conrelid
    WHERE con.contype = 'c' ORDER BY 1
"""

pytestmark = pytest.mark.postgres


def test_the_migrations_make_the_tables(databases: Databases) -> None:
    chassis_tables(metadata)
    assert_migrations_match(metadata=metadata, directory=DIRECTORY, databases=databases)


def test_the_migrations_make_the_same_checks(databases: Databases) -> None:
    chassis_tables(metadata)
    migrated = databases.fresh()
    migrate(url=migrated, directory=DIRECTORY)
    assert _checks(migrated) == _checks(databases.fresh(metadata))


def _checks(url: str) -> list[str]:
    async def ask() -> list[str]:
        connection = await asyncpg.connect(plain_url(url))
        try:
            return [row[0] for row in await connection.fetch(CHECKS)]
        finally:
            await connection.close()

    return asyncio.run(ask())
