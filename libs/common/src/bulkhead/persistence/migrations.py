"""Alembic, set up once: what every service's ``migrations/env.py`` calls, and how a database is migrated.

A service's ``env.py`` is two imports and ``run_env(ItsTable.metadata)``.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, TypeVar

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bulkhead.persistence.faults import translated
from bulkhead.persistence.months import is_partition
from bulkhead.persistence.types import Json, MaskedText, Month, SealedBytes

T = TypeVar("T")

LOCK_TIMEOUT_SECONDS = 5
"""How long a migration's statement waits for a lock: longer, and every request behind it would wait too."""

_SECONDS_TO_ANSWER = 5
_ONE_AT_A_TIME = 0x62756C6B  # the advisory lock of migrations: any number, the same for all
# A database can sort by ICU's rules whatever its `datcollate`; before PostgreSQL 15 there was no such column.
_COLLATION = """
SELECT CASE WHEN to_jsonb(here) ->> 'datlocprovider' = 'i' THEN 'ICU' ELSE datcollate END
FROM pg_database AS here WHERE datname = current_database()
"""
_ORDERLY_COLLATIONS = ("C", "POSIX", "C.UTF-8", "C.utf8")


class WrongCollation(RuntimeError):
    """The database sorts text by a language's rules; records must sort by code point, as in Python."""


Standing = Literal["behind", "up to date", "ahead"]


def migrate(*, url: str, directory: Path, revision: str = "head") -> bool:
    """Bring the database at ``url`` to ``revision`` with the migrations in ``directory``.

    ``directory`` is the one that holds ``env.py``. Several may call it at once: one migrates, the others wait
    and find it done. Each migration is its own transaction. A database that newer code has brought further is left
    as it is; return whether it was not. Raises `WrongCollation`, and whatever a migration raises.
    """
    config = configuration(url=url, directory=directory)

    def bring_up() -> bool:
        if asyncio.run(standing(url=url, directory=directory)) == "ahead":
            return False
        command.upgrade(config, revision)
        return True

    return _outside_of_any_loop(bring_up)


async def standing(*, url: str, directory: Path) -> Standing:
    """Return how far a database is, held against the migrations in ``directory``.

    It is ahead when it was brought to a revision that is not among them: by newer code, whose migrations this code can
    work beside (expand, migrate, contract). Raises `Retryable` while the database does not answer.
    """
    script = ScriptDirectory.from_config(configuration(url=url, directory=directory))
    with translated():
        connection = await asyncpg.connect(
            url, timeout=_SECONDS_TO_ANSWER, command_timeout=_SECONDS_TO_ANSWER
        )
        try:
            at: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        except asyncpg.UndefinedTableError:
            at = None
        finally:
            connection.terminate()
    if at is None:
        return "behind"
    if at in script.get_heads():
        return "up to date"
    known = {each.revision for each in script.walk_revisions()}
    return "behind" if at in known else "ahead"


def configuration(*, url: str, directory: Path) -> Config:
    """Return Alembic's configuration for these migrations and this database."""
    config = Config()
    config.set_main_option("script_location", str(directory).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def run_env(metadata: MetaData) -> None:
    """Run what Alembic was asked to, for a service's tables: the body of ``env.py``.

    The database is the one `migrate` was given, else ``BULKHEAD_DATABASE_URL``.
    """
    if context.is_offline_mode():
        context.configure(
            dialect_name="postgresql", target_metadata=metadata, literal_binds=True, render_item=_render
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    url = context.config.attributes.get("url") or os.environ["BULKHEAD_DATABASE_URL"]
    _outside_of_any_loop(lambda: asyncio.run(_run(url, metadata)))


def schema_engine(url: str) -> AsyncEngine:
    """Return what makes and compares tables at a ``postgresql://`` URL, which means what it means to the driver."""
    return create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )


async def _run(url: str, metadata: MetaData) -> None:
    engine = schema_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run_on, metadata)
    finally:
        await engine.dispose()


def _run_on(connection: Connection, metadata: MetaData) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ONE_AT_A_TIME})
    collation = connection.scalar(text(_COLLATION))
    if collation not in _ORDERLY_COLLATIONS:
        raise WrongCollation(
            f"the database's collation is {collation}: create it with "
            "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    # Only now: the wait for another migration to end may well be longer.
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=True,
        render_item=_render,
        include_name=is_declared,
    )
    with context.begin_transaction():
        context.run_migrations()


def is_declared(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether what Alembic found in a database is to be compared with the tables' classes: partitions are not."""
    return kind != "table" or name is None or not is_partition(name)


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types as what they are in the database: a migration stands without our code."""
    if kind != "type":
        return False
    if isinstance(item, Month):
        return "sa.String(length=7)"
    if isinstance(item, MaskedText):
        return "sa.Text()"
    if isinstance(item, SealedBytes):
        return "sa.LargeBinary()"
    if isinstance(item, Json):
        return "postgresql.JSONB()"
    return False


def _outside_of_any_loop(work: Callable[[], T]) -> T:
    """Run blocking work that starts an event loop of its own, also where one is running in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
