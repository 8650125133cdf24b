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
from enrollment.adapters.postgres.tables import METADATA

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"

_CONSTRAINTS = text(
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'"
    " ORDER BY 1, 2"
)


def test_the_migrations_make_the_tables(databases: Databases) -> None:
    chassis_tables(METADATA)
    assert_migrations_match(metadata=METADATA, directory=MIGRATIONS, databases=databases)


def test_the_migrations_make_the_constraints_that_comparing_tables_does_not_see(databases: Databases) -> None:
    chassis_tables(METADATA)
    migrated = databases.fresh()
    migrate(url=migrated, directory=MIGRATIONS)
    assert in_own_loop(lambda: _constraints(migrated)) == in_own_loop(
        lambda: _constraints(databases.fresh(METADATA))
    )


async def _constraints(url: str) -> Sequence[Any]:
    engine = create_async_engine(driver_url(url))
    async with engine.connect() as connection:
        found = (await connection.execute(_CONSTRAINTS)).all()
    await engine.dispose()
    assert found
    return found
