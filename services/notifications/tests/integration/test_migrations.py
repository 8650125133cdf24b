"""The migrations make the tables the code expects, with every constraint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bulkhead.persistence.migrations import migrate
from bulkhead.persistence.postgres import driver_url
from bulkhead.persistence.tables import chassis_tables
from bulkhead_testing.backing import Databases, in_own_loop
from bulkhead_testing.migrations import assert_migrations_match
from notifications.adapters.postgres.tables import metadata

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"
CONSTRAINTS = text(
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'"
    " ORDER BY 1, 2"
)
INDEXES = text(
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'notices' ORDER BY 1"
)


def test_the_migrations_make_the_tables(databases: Databases) -> None:
    chassis_tables(metadata)
    assert_migrations_match(metadata=metadata, directory=MIGRATIONS, databases=databases)


def test_the_migrations_make_the_constraints_and_indexes(databases: Databases) -> None:
    chassis_tables(metadata)
    migrated = databases.fresh()
    migrate(url=migrated, directory=MIGRATIONS)
    declared = databases.fresh(metadata)
    for what in (CONSTRAINTS, INDEXES):
        found = in_own_loop(lambda what=what: _rows(migrated, what))
        assert found
        assert found == in_own_loop(lambda what=what: _rows(declared, what))


async def _rows(url: str, what: Any) -> Sequence[Any]:
    engine = create_async_engine(driver_url(url))
    async with engine.connect() as connection:
        rows = (await connection.execute(what)).all()
    await engine.dispose()
    return rows
