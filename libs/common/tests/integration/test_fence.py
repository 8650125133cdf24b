"""A fence around a database, put up by a role that may do no more than a service's own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from bulkhead.kernel.errors import Conflict, Retryable
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.persistence.postgres_fence import PostgresFence, past_the_fence
from bulkhead_testing.backing import Databases, create_tables
from bulkhead_testing.suites.example import NOW, TELLER, Account, teller

pytestmark = pytest.mark.postgres


@pytest.fixture
async def plain_url(databases: Databases, postgres_url: str) -> AsyncIterator[str]:
    """A database that belongs to a role without any right beyond it."""
    url, role = databases.fresh(), f"plain_{secrets.token_hex(4)}"
    name = urlsplit(url).path.removeprefix("/")
    administrator = await asyncpg.connect(postgres_url)
    await administrator.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'plain'")
    await administrator.execute(f'ALTER DATABASE "{name}" OWNER TO {role}')
    parts = urlsplit(url)
    plain = parts._replace(netloc=f"{role}:plain@{parts.hostname}:{parts.port}").geturl()
    await create_tables(url=plain, metadata=TELLER)
    yield plain
    databases.drop(url)
    await administrator.execute(f"DROP ROLE {role}")
    await administrator.close()


async def keep(database: PostgresDatabase, number: int) -> None:
    """Write something."""
    async with database.begin(now=NOW, households=["june"]) as uow:
        await uow.records(Account).add(
            [Account(household="june", number=number, reference=str(number), open=False)]
        )


async def test_behind_the_fence_everybody_reads_and_only_who_comes_past_it_writes(plain_url: str) -> None:
    database = PostgresDatabase.for_service(teller(), url=plain_url)
    past = PostgresDatabase.for_service(teller(), url=past_the_fence(plain_url))
    fence = PostgresFence(url=plain_url, name="teller")
    await keep(database, 2)  # its session was there before
    await fence.put_up()
    for _ in range(3):
        with pytest.raises(Retryable):
            await keep(database, 3)
    await keep(past, 4)
    async with database.begin(now=NOW) as uow:
        assert await uow.records(Account).count() == 2
    await fence.take_down()
    for _ in range(20):  # sessions that were ended are found to be so one by one
        try:
            await keep(database, 5)
        except Retryable:
            continue
        break
    async with past.begin(now=NOW) as uow:
        assert await uow.records(Account).count() == 3
    await database.close()
    await past.close()


async def test_one_alone_lets_a_database_catch_up_and_putting_up_the_fence_does_not_end_that(
    plain_url: str,
) -> None:
    fence = PostgresFence(url=plain_url, name="teller")
    async with fence.alone():
        await fence.put_up()
        with pytest.raises(Conflict, match="another `rejoin`"):
            async with fence.alone():
                pass
        await fence.take_down()
        with pytest.raises(Conflict):
            async with fence.alone():
                pass
    async with fence.alone():
        pass
