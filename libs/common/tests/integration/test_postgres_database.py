"""PostgreSQL's adapter keeps the contracts of storage."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from bulkhead_testing.suites.example import NOW, TELLER, teller
from bulkhead_testing.suites.records import RecordsSuite
from bulkhead_testing.suites.unit_of_work import UnitOfWorkSuite


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A database for this module."""
    return databases.fresh(TELLER)


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresDatabase]:
    """The teller's database, emptied."""
    opened = PostgresDatabase.for_service(teller(), url=url)
    names = ", ".join(table.name for table in TELLER.sorted_tables)
    async with opened.begin(now=NOW) as uow:
        await uow.execute(f"TRUNCATE {names} RESTART IDENTITY")
    yield opened
    await opened.close()


class TestRecordsInPostgres(RecordsSuite):
    """Records."""


class TestUnitOfWorkInPostgres(UnitOfWorkSuite):
    """Transactions, locks and the outbox."""
