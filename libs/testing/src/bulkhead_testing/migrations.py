"""A check every service makes: its migrations and its tables say the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text

from bulkhead.persistence.migrations import is_declared, migrate, schema_engine
from bulkhead_testing.backing import Databases, in_own_loop

T = TypeVar("T")

# What Alembic does not compare: checks, the conditions of partial indexes, and how a table is cut into partitions.
_RULES = text("""
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
    UNION ALL
    SELECT tablename, indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL
    SELECT partrelid::regclass::text, 'partitioned', pg_get_partkeydef(partrelid) FROM pg_partitioned_table
""")


def assert_migrations_match(*, metadata: MetaData, directory: Path, databases: Databases) -> None:
    """Migrate a new database and fail with the differences between it and the metadata, if there are any."""
    migrated, declared = databases.fresh(), databases.fresh(metadata)
    migrate(url=migrated, directory=directory)
    differences = _asked(migrated, lambda connection: _compare(connection, metadata))
    differences += sorted(_asked(migrated, _rules) ^ _asked(declared, _rules))
    assert not differences, "\n".join(str(each) for each in differences)


def _asked(url: str, question: Callable[[Connection], T]) -> T:
    async def ask() -> T:
        engine = schema_engine(url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(question)
        finally:
            await engine.dispose()

    return in_own_loop(ask)


def _rules(connection: Connection) -> set[tuple[str, ...]]:
    return {tuple(row) for row in connection.execute(_RULES)}


def _compare(connection: Connection, metadata: MetaData) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True, "include_name": is_declared}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))
