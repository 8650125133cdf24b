"""The chassis's first migration, and how any migration is run."""

from __future__ import annotations

import asyncio
import os
import runpy
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from sqlalchemy import CheckConstraint, Column, Index, MetaData, Table, Text, text
from typer.testing import CliRunner

from bulkhead.chassis_tables import service_registry
from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.migrations import WrongCollation, configuration, migrate, standing
from bulkhead_testing.backing import Databases
from bulkhead_testing.migrations import assert_migrations_match

DIRECTORY = Path(__file__).parent / "migrations"
COUNTER = runpy.run_path(str(Path(__file__).parents[1] / "counter.py"))


def test_the_first_migration_makes_the_chassis_tables_as_they_are_declared(databases: Databases) -> None:
    metadata = service_registry().metadata
    assert_migrations_match(metadata=metadata, directory=DIRECTORY, databases=databases)


def forgotten_table(metadata: MetaData) -> None:
    Table("forgotten", metadata, Column("name", Text, primary_key=True))


def forgotten_check(metadata: MetaData) -> None:
    metadata.tables["inbox"].append_constraint(CheckConstraint("partition >= 0", name="forgotten"))


def forgotten_condition(metadata: MetaData) -> None:
    duties = metadata.tables["duties"]
    duties.indexes.clear()
    Index("duties_not_done", duties.c.duty, duties.c.on_date, postgresql_where=text("state = 'forgotten'"))


def other_partitions(metadata: MetaData) -> None:
    metadata.tables["inbox"].dialect_options["postgresql"]["partition_by"] = "RANGE (received_at, partition)"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (forgotten_table, "forgotten"),
        (forgotten_check, "forgotten"),
        (forgotten_condition, "forgotten"),
        (other_partitions, r"RANGE \(received_at, partition\)"),
    ],
)
def test_a_difference_is_found(databases: Databases, change: Callable[[MetaData], None], says: str) -> None:
    metadata = service_registry().metadata
    change(metadata)
    with pytest.raises(AssertionError, match=says):
        assert_migrations_match(metadata=metadata, directory=DIRECTORY, databases=databases)


async def names(url: str) -> set[str]:
    """Return the tables of a database."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    return {row[0] for row in rows}


async def test_several_may_migrate_at_once_and_one_does(databases: Databases) -> None:
    url = databases.fresh()
    await asyncio.gather(*(migrate_elsewhere(url) for _ in range(3)))
    assert "outbox" in await names(url)


async def migrate_elsewhere(url: str) -> None:
    """Migrate in a process of its own, as a deployment's replicas do."""
    program = (
        "import sys; from pathlib import Path; from bulkhead.persistence.migrations import migrate;"
        "migrate(url=sys.argv[1], directory=Path(sys.argv[2]))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        url,
        str(DIRECTORY),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert await process.wait() == 0


async def test_it_can_be_called_where_a_loop_runs_and_be_undone(databases: Databases) -> None:
    url = databases.fresh()
    migrate(url=url, directory=DIRECTORY)
    migrate(url=url, directory=DIRECTORY)
    assert {"outbox", "inbox", "duties"} <= await names(url)
    await asyncio.to_thread(command.downgrade, configuration(url=url, directory=DIRECTORY), "base")
    assert await names(url) == {"alembic_version"}


def of_another_collation(databases: Databases) -> str:
    """Return a database of a collation that is not taken: the first that the server's machine has."""
    for name in ("en_US.UTF-8", "C.UTF8"):
        with suppress(asyncpg.PostgresError):
            return databases.fresh(locale=f"LC_COLLATE '{name}' LC_CTYPE 'C'")
    raise AssertionError("the server has no collation but those that are taken")


def test_a_database_that_is_not_known_to_sort_by_code_point_is_refused(databases: Databases) -> None:
    url = of_another_collation(databases)
    with pytest.raises(WrongCollation):
        migrate(url=url, directory=DIRECTORY)


async def test_a_database_stands_behind_until_it_is_migrated(databases: Databases) -> None:
    url = databases.fresh()
    assert await standing(url=url, directory=DIRECTORY) == "behind"
    migrate(url=url, directory=DIRECTORY)
    assert await standing(url=url, directory=DIRECTORY) == "up to date"
    await asyncio.to_thread(command.downgrade, configuration(url=url, directory=DIRECTORY), "base")
    assert await standing(url=url, directory=DIRECTORY) == "behind"


async def test_what_newer_code_has_brought_further_is_left_as_it_is(databases: Databases) -> None:
    url = databases.fresh()
    migrate(url=url, directory=DIRECTORY)
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert await standing(url=url, directory=DIRECTORY) == "ahead"
    migrate(url=url, directory=DIRECTORY)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == "9999"
    await connection.close()


async def test_how_a_database_stands_that_does_not_answer_is_asked_again() -> None:
    with pytest.raises(Retryable):
        await standing(url="postgresql://nobody@127.0.0.1:1/nothing", directory=DIRECTORY)


def told(url: str) -> dict[str, str]:
    """Return the environment of a service on a database."""
    return {
        "BULKHEAD_DATABASE_URL": url,
        "BULKHEAD_JWKS": "keys.json",
        "BULKHEAD_JWT_ISSUER": "issuer",
        "BULKHEAD_JWT_AUDIENCE": "audience",
        "BULKHEAD_MIGRATIONS_DIR": str(DIRECTORY),
        "COUNTER_INBOX": "inbox",
    }


def test_who_waits_for_a_migration_is_told_by_the_exit_code(databases: Databases) -> None:
    url = databases.fresh()
    waits = CliRunner().invoke(COUNTER["cli"], ["migrated"], env=told(url))
    assert (waits.exit_code, waits.output) == (1, "The database is behind.\n")
    migrate(url=url, directory=DIRECTORY)
    goes_on = CliRunner().invoke(COUNTER["cli"], ["migrated", "--wait", "60"], env=told(url))
    assert (goes_on.exit_code, goes_on.output) == (0, "The database is up to date.\n")


def test_a_database_that_is_away_is_said_in_words() -> None:
    away = told("postgresql://nobody@127.0.0.1:1/nothing")
    waits = CliRunner().invoke(COUNTER["cli"], ["migrated"], env=away)
    assert (waits.exit_code, waits.output) == (1, "The database is away.\n")
    migration = CliRunner().invoke(COUNTER["cli"], ["migrate"], env=away)
    assert (migration.exit_code, migration.stderr) == (1, "the database is away (ConnectionRefusedError)\n")
