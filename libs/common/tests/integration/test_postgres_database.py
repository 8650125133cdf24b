"""PostgreSQL's adapter keeps the contracts of storage."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from bulkhead.kernel.errors import Retryable, TookTooLong
from bulkhead.messaging.postgres_outbox import PostgresOutbox
from bulkhead.persistence.connections import ConnectionLimits, connect
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.migrations import schema_engine
from bulkhead.persistence.postgres import PostgresDatabase, PostgresUnitOfWork
from bulkhead_testing.backing import Databases
from bulkhead_testing.proxy import open_proxy
from bulkhead_testing.suites.example import NOW, TELLER, Account, teller
from bulkhead_testing.suites.records import RecordsSuite, account
from bulkhead_testing.suites.unit_of_work import UnitOfWorkSuite
from bulkhead_testing.waiting import until


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


async def by_the_pool(url: str) -> None:
    database = PostgresDatabase.for_service(teller(), url=url)
    try:
        await database.answers()
    finally:
        await database.close()


async def by_the_relay(url: str) -> None:
    outbox = PostgresOutbox(url=url, name="teller")
    try:
        assert await outbox.pending() == 0
    finally:
        await outbox.close()


async def by_migrations(url: str) -> None:
    engine = schema_engine(url)
    try:
        async with engine.connect():
            pass
    finally:
        await engine.dispose()


@pytest.mark.parametrize("connect", [by_the_pool, by_the_relay, by_migrations])
async def test_a_urls_parameters_mean_the_same_to_all_who_connect(
    database: PostgresDatabase, url: str, connect: Callable[[str], Awaitable[None]]
) -> None:
    for mode in ("disable", "prefer"):
        await connect(f"{url}?sslmode={mode}&application_name=mine")
    with pytest.raises((Retryable, ConnectionError)):  # for the test server has no certificate
        await connect(f"{url}?sslmode=require")


class TestRecordsInPostgres(RecordsSuite):
    """Records."""


class TestUnitOfWorkInPostgres(UnitOfWorkSuite):
    """Transactions, locks and the outbox."""


async def test_a_client_that_vanished_without_a_word_is_missed_by_the_server_in_half_a_minute(
    databases: Databases,
) -> None:
    async with open_proxy(databases.fresh(TELLER)) as (_, url):
        connection = await connect(url=url, name="teller")
        seconds = {
            name: await connection.fetchval("SELECT setting::int FROM pg_settings WHERE name = $1", name)
            for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
        }
        await connection.close()
    assert seconds == {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}


async def test_a_server_that_vanished_without_a_word_is_away(databases: Databases) -> None:
    limits = ConnectionLimits(connections=1, wait_for_connection=1, connect=1, statement=1)
    async with open_proxy(databases.fresh(TELLER)) as (proxy, url):
        database = PostgresDatabase.for_service(teller(), url=url, limits=limits)
        await database.answers()
        proxy.hush()
        async with asyncio.timeout(60):
            for _ in range(2):
                with pytest.raises(Retryable):
                    async with database.begin(now=NOW, households=["ann"]) as uow:
                        await uow.records(Account).select()
        proxy.mend()

        async def answers() -> bool:
            with contextlib.suppress(Retryable):
                await database.answers()
                return True
            return False

        await until(answers)
        await database.close()


async def test_a_statement_that_takes_longer_than_any_may_took_too_long_and_the_database_goes_on(
    databases: Databases,
) -> None:
    limits = ConnectionLimits(connections=1, statement=0.2)
    database = PostgresDatabase.for_service(teller(), url=databases.fresh(TELLER), limits=limits)
    for fetch in (PostgresUnitOfWork.fetch, PostgresUnitOfWork.read):
        with pytest.raises(TookTooLong) as slow:
            async with database.begin(now=NOW, households=["ann"]) as uow:
                await fetch(uow, "SELECT pg_sleep(60)")
        assert "QueryCanceledError 57014" in str(slow.value)
    await database.answers()
    await database.close()


async def test_a_database_that_is_shut_for_maintenance_is_waited_for(
    databases: Databases, postgres_url: str
) -> None:
    url = databases.fresh(TELLER)
    name = url.rpartition("/")[2]
    administrator = await asyncpg.connect(postgres_url)
    try:
        await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        for connect in (by_the_pool, by_the_relay):
            with pytest.raises(Retryable):
                await connect(url)
        await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    finally:
        await administrator.close()
    await by_the_pool(url)


@pytest.mark.parametrize("others", [0, 100])
async def test_a_value_that_cannot_be_kept_is_a_storage_fault_in_a_statement_and_in_copy(
    database: PostgresDatabase, others: int
) -> None:
    more = [account("b", number) for number in range(1, others + 1)]
    for bad in (account("a", 1, cents=2**70), account("a", 1, cents="5")):
        with pytest.raises(StorageFault) as refused:
            async with database.begin(now=NOW) as uow:
                await uow.records(Account).add([*more, bad])
        assert str(2**70) not in str(refused.value)


async def test_who_only_looks_begins_no_transaction(database: PostgresDatabase) -> None:
    async def begun() -> int:
        async with database.begin(now=NOW) as uow:
            rows = await uow.fetch(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction'"
            )
            return int(rows[0][0])

    async with database.begin(now=NOW) as uow:
        assert (await uow.records(Account).select(), await uow.records(Account).count()) == ([], 0)
        await uow.records(Account).add([account("june", 1)])
        assert await begun() == 0
        assert await uow.records(Account).add_new([account("june", 2)]) == [account("june", 2)]
        assert await begun() == 1
    async with database.begin(now=NOW) as uow:
        assert await uow.records(Account).count() == 2
