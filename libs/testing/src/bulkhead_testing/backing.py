"""Real PostgreSQL and Kafka for tests, as pytest fixtures: load it with ``-p bulkhead_testing.backing``.

Where they come from, first that applies: the addresses in ``BULKHEAD_TEST_POSTGRES_URL`` and
``BULKHEAD_TEST_KAFKA``; containers, where ``BULKHEAD_TEST_CONTAINERS`` is set; else those that the fixture
``local_servers`` starts, where a repository has one. A test module has a database of its own, copied from a
template of its tables; a test has a prefix of its own for topics and groups.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import MetaData, text

from bulkhead.persistence.migrations import migrate, schema_engine
from bulkhead.persistence.months import default_partition

T = TypeVar("T")

_SESSION = f"test-{secrets.token_hex(4)}-"
_ORDERLY = "LC_COLLATE 'C' LC_CTYPE 'C'"


class Servers(Protocol):
    """Running servers: an administrator's URL of PostgreSQL, and Kafka's ``host:port``."""

    @property
    def postgres_url(self) -> str: ...

    @property
    def kafka_bootstrap(self) -> str: ...


StartServers: TypeAlias = Callable[[], Servers]
"""Starts what of the two does not run, and says where they are."""


class Backing:
    """Where the two backing services of this test session are, found or started at first use."""

    def __init__(self, start: StartServers | None) -> None:
        self._start = start
        self._postgres = ""
        self._kafka = ""

    @property
    def postgres_url(self) -> str:
        """The URL of an administrator of the server: it may make databases."""
        if not self._postgres:
            given = os.environ.get("BULKHEAD_TEST_POSTGRES_URL", "")
            self._postgres = given or self._started().postgres_url
        return self._postgres

    @property
    def kafka_bootstrap(self) -> str:
        """The broker's ``host:port``."""
        if not self._kafka:
            given = os.environ.get("BULKHEAD_TEST_KAFKA", "")
            self._kafka = given or self._started().kafka_bootstrap
        return self._kafka

    def _started(self) -> Servers:
        if self._start is None:
            pytest.skip("no backing services: set BULKHEAD_TEST_POSTGRES_URL and BULKHEAD_TEST_KAFKA")
        return self._start()


class Databases:
    """Makes databases on the test server, each empty but for its tables, and drops them in the end."""

    def __init__(self, *, administrator_url: str) -> None:
        self._administrator = administrator_url
        self._templates: dict[MetaData | Path, str] = {}
        self._made: list[str] = []

    def fresh(self, metadata: MetaData | None = None, *, locale: str = _ORDERLY) -> str:
        """Return the URL of a new database that has the metadata's tables; ``locale`` for one without."""
        if metadata is None:
            return self._url(self._create(template="template0", locale=locale))
        template = self._template(
            metadata, lambda url: in_own_loop(lambda: create_tables(url=url, metadata=metadata))
        )
        return self._url(self._create(template=template))

    def migrated(self, directory: Path) -> str:
        """Return the URL of a new database with the tables that these migrations make."""
        template = self._template(directory, lambda url: migrate(url=url, directory=directory))
        return self._url(self._create(template=template))

    def drop(self, url: str) -> None:
        """Drop a database, whoever is connected."""
        name = urlsplit(url).path.removeprefix("/")
        in_own_loop(lambda: self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        self._made.remove(name)

    def drop_all(self) -> None:
        """Drop every database made here."""
        statements = [f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in self._made]
        if statements:
            in_own_loop(lambda: self._execute(*statements))
        self._made.clear()

    def _template(self, of: MetaData | Path, fill: Callable[[str], object]) -> str:
        """Return the database that others are copied from, filled when it is needed first."""
        found = self._templates.get(of)
        if found is None:
            found = self._create(template="template0")
            fill(self._url(found))
            self._templates[of] = found
        return found

    def _create(self, *, template: str, locale: str = _ORDERLY) -> str:
        name = f"test_{secrets.token_hex(6)}"
        statement = f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\''
        if template == "template0":
            statement += f" {locale}"
        in_own_loop(lambda: self._execute(statement))
        self._made.append(name)
        return name

    def _url(self, name: str) -> str:
        return urlsplit(self._administrator)._replace(path=f"/{name}").geturl()

    async def _execute(self, *statements: str) -> None:
        connection = await asyncpg.connect(self._administrator)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


async def delete_topics(*, bootstrap: str, prefix: str) -> None:
    """Delete every topic whose name begins so: a broker's thousands of idle partitions slow it down."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=60_000)
    await client.start()
    try:
        topics = [topic for topic in await client.list_topics() if topic.startswith(prefix)]
        if topics:
            await client.delete_topics(topics)
    finally:
        await client.close()


async def create_tables(*, url: str, metadata: MetaData) -> None:
    """Make the metadata's tables in a database, straight from the metadata and not by migration; those that are cut
    into partitions with their default ones.
    """
    engine = schema_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            for table in metadata.sorted_tables:
                if table.dialect_kwargs.get("postgresql_partition_by"):
                    name = default_partition(table.name)
                    await connection.execute(text(f"CREATE TABLE {name} PARTITION OF {table.name} DEFAULT"))
    finally:
        await engine.dispose()


def in_own_loop(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return what a piece of work returns, run in an event loop of its own even where one is running."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(work()))
        except BaseException as error:  # noqa: BLE001 - handed over to the calling thread
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


@pytest.fixture(scope="session")
def local_servers() -> StartServers | None:
    """What starts the servers on this machine: None, unless a conftest knows better."""
    return None


@pytest.fixture(scope="session")
def backing(local_servers: StartServers | None) -> Iterator[Backing]:
    """The backing services of this session."""
    if not os.environ.get("BULKHEAD_TEST_CONTAINERS"):
        yield Backing(local_servers)
        return
    from bulkhead_testing.containers import Containers  # only here: it costs start-up time

    with Containers() as containers:
        yield Backing(lambda: cast("Servers", containers))  # Pyright takes no cached property for one


@pytest.fixture(scope="session")
def postgres_url(backing: Backing) -> str:
    """The URL of the test server's administrator."""
    return backing.postgres_url


@pytest.fixture(scope="session")
def kafka_bootstrap(backing: Backing) -> Iterator[str]:
    """The test broker's ``host:port``. The topics this session's tests made there are deleted in the end."""
    bootstrap = backing.kafka_bootstrap
    yield bootstrap
    in_own_loop(lambda: delete_topics(bootstrap=bootstrap, prefix=_SESSION))


@pytest.fixture(scope="session")
def databases(postgres_url: str) -> Iterator[Databases]:
    """Makes databases: ``databases.fresh(metadata)`` is the URL of a new one with the tables."""
    made = Databases(administrator_url=postgres_url)
    yield made
    made.drop_all()


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for topics and consumer groups that no other test has."""
    return f"{_SESSION}{secrets.token_hex(4)}."
