"""A check every service makes: its migrations and its tables say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bulkhead.persistence.migrations import migrate
from bulkhead.persistence.postgres import driver_url
from bulkhead_testing.backing import Databases, in_own_loop


def assert_migrations_match(*, metadata: MetaData, directory: Path, databases: Databases) -> None:
    """Migrate a new database and fail with the differences between it and the metadata, if there are any."""
    url = databases.fresh()
    migrate(url=url, directory=directory)
    differences = in_own_loop(lambda: _differences(url, metadata))
    assert not differences, "\n".join(str(each) for each in differences)


async def _differences(url: str, metadata: MetaData) -> list[Any]:
    engine = create_async_engine(driver_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_compare, metadata)
    finally:
        await engine.dispose()


def _compare(connection: Connection, metadata: MetaData) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))
