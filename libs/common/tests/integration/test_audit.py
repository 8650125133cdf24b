"""The audit log on PostgreSQL: nothing in it changes, and what two processes write comes into one chain."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from bulkhead.audit.chain import chain, verify
from bulkhead.audit.entries import REJOIN, AuditEntry
from bulkhead.audit.writing import AuditWriter
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.persistence.postgres_fence import PostgresFence, past_the_fence
from bulkhead.runtime.cli_parts import who_asks
from bulkhead.web.app import create_app
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.backing import Databases, in_own_loop
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.suites.example import NOW, Account, teller
from bulkhead_testing.suites.records import account
from bulkhead_testing.web import client_of

DIRECTORY = Path(__file__).parent / "migrations"
COUNTER = runpy.run_path(str(Path(__file__).parents[1] / "counter.py"))


@pytest.fixture
async def replicas(url: str) -> AsyncIterator[list[PostgresDatabase]]:
    """Two processes' pools on one database of the teller."""
    opened = [PostgresDatabase.for_service(teller(), url=url) for _ in range(2)]
    yield opened
    for each in opened:
        await each.close()


def entry(name: str, number: int) -> AuditEntry:
    return AuditEntry(
        entry=f"{name}{number:04}",
        at=NOW + timedelta(milliseconds=number),
        actor="olive",
        roles="assister operator",
        operation="getNote",
        outcome="read",
        household=f"h{number}",
        named={"note": "n1", "a": "b"},
    )


async def written(database: PostgresDatabase, name: str, numbers: range) -> None:
    """Write entries as requests do: reads many at a time, and acts each in its transaction."""
    writer = AuditWriter(database)

    async def act(number: int) -> None:
        async with database.begin_shared(now=NOW, households=[f"{name}{number}"]) as uow:
            await uow.records(Account).add([account(f"{name}{number}", 1)])
            await uow.records(AuditEntry).add([entry(f"act-{name}", number)])

    reads = (writer.keep(entry(f"read-{name}", number)) for number in numbers)
    await asyncio.gather(*reads, *(act(number) for number in numbers))


async def test_what_two_processes_write_at_once_comes_into_one_chain_that_both_forge(
    replicas: list[PostgresDatabase],
) -> None:
    first, second = replicas
    writing = asyncio.gather(written(first, "a", range(150)), written(second, "b", range(150)))
    while not writing.done():
        await asyncio.gather(chain(first, now=NOW), chain(second, now=NOW))
    await writing
    heads = await asyncio.gather(chain(first, now=NOW), chain(second, now=NOW))
    verdict = await verify(first, now=NOW, known=[heads[0]])
    assert (heads[0], verdict.head, verdict.faults) == (heads[1], heads[1], ())
    async with first.begin(now=NOW) as uow:
        kept = await uow.records(AuditEntry).select(order_by=("number",))
    assert [each.number for each in kept] == list(range(1, 601))
    assert {each.entry for each in kept} == {
        f"{kind}-{name}{number:04}" for kind in ("act", "read") for name in "ab" for number in range(150)
    }


@pytest.fixture
async def migrated(databases: Databases) -> AsyncIterator[tuple[PostgresDatabase, asyncpg.Connection]]:
    """The chassis's tables as its migration makes them, and a connection for whoever would change them."""
    url = databases.migrated(DIRECTORY)
    opened = PostgresDatabase.for_service(teller(), url=url)
    connection = await asyncpg.connect(url)
    yield opened, connection
    await connection.close()
    await opened.close()


async def read(database: PostgresDatabase, numbers: range) -> None:
    writer = AuditWriter(database)
    await asyncio.gather(*(writer.keep(entry("read", number)) for number in numbers))


async def kept(database: PostgresDatabase) -> list[AuditEntry]:
    async with database.begin(now=NOW) as uow:
        return await uow.records(AuditEntry).select(order_by=("entry",))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor = 'someone' WHERE number = 2",
        "UPDATE audit_entries SET number = 9 WHERE number = 2",
        "UPDATE audit_entries SET number = NULL, chained = NULL WHERE number = 2",
        "UPDATE audit_entries SET actor = 'someone', number = 3, chained = 'x' WHERE number IS NULL",
        "DELETE FROM audit_entries WHERE number = 2",
        "DELETE FROM audit_entries WHERE number IS NULL",
        "TRUNCATE audit_entries",
    ],
)
async def test_what_is_written_stays_as_it_is(
    migrated: tuple[PostgresDatabase, asyncpg.Connection], statement: str
) -> None:
    database, connection = migrated
    await read(database, range(2))
    await chain(database, now=NOW)
    await read(database, range(2, 3))
    before = await kept(database)
    assert [each.number for each in before] == [1, 2, None]
    with pytest.raises(asyncpg.RestrictViolationError, match="stays as it is"):
        await connection.execute(statement)
    assert await kept(database) == before


async def test_what_was_changed_past_the_triggers_is_found_at_its_row(
    migrated: tuple[PostgresDatabase, asyncpg.Connection],
) -> None:
    database, connection = migrated
    await read(database, range(40))
    head = await chain(database, now=NOW)
    await connection.execute("ALTER TABLE audit_entries DISABLE TRIGGER USER")
    await connection.execute("UPDATE audit_entries SET household = 'other' WHERE number = 7")
    await connection.execute("DELETE FROM audit_entries WHERE number IN (11, 40)")
    verdict = await verify(database, now=NOW, known=[head])
    assert [each.number for each in verdict.faults] == [7, 11, 40]
    assert (head.number, verdict.head.number) == (40, 39)


def typed(url: str, inbox: Path, *words: str) -> tuple[int, list[str]]:
    """What a command of the counter ends with and says, with what it says of errors first."""
    settings = {
        "BULKHEAD_DATABASE_URL": url,
        "BULKHEAD_JWKS": "keys.json",
        "BULKHEAD_JWT_ISSUER": "issuer",
        "BULKHEAD_JWT_AUDIENCE": "audience",
        "COUNTER_INBOX": str(inbox),
    }
    told = CliRunner().invoke(COUNTER["cli"], list(words), env=settings)
    return told.exit_code, [*told.stderr.splitlines(), *told.stdout.splitlines()]


def test_commands_are_kept_as_they_are_asked_for_and_prove_the_log_or_name_what_is_wrong(
    databases: Databases, tmp_path: Path
) -> None:
    url = databases.migrated(DIRECTORY)
    ask = partial(typed, url, tmp_path)
    assert ask("parked", "list") == (0, ["0 parked"])
    assert ask("parked", "discard", "june", "e1", "--reason", "June Example, 900-12-3456")[0] == 1
    code, (*lines, count) = ask("audit", "list", "--household", "june")
    assert (code, count, len(lines)) == (0, "2 entries", 2)
    by = f"cli:{who_asks()}"
    assert [line.partition(by)[2] for line in lines] == [
        "  parked discard  begun  june  event=e1",
        "  audit list  begun  june",
    ]
    code, (said,) = ask("audit", "verify")
    assert (code, said.startswith("4 entries, 0 faults, head 4:")) == (0, True)
    head = said.rpartition(" ")[2]
    in_own_loop(lambda: cut_off(url, above=3))
    code, (*faults, said) = ask("audit", "verify", "--head", head)
    assert (code, faults) == (1, ["4  is not the one that was logged"])
    assert said.startswith("4 entries, 1 faults, head 4:")
    in_own_loop(lambda: cut_off(url, above=1))
    code, (*faults, said) = ask("audit", "verify", "--head", head)
    assert (code, faults) == (1, ["4  missing: it was logged"])
    assert ask("audit", "verify", "--head", "4")[0] == 1
    ask("parked", "replay", "123-45-6789")
    assert not any("6789" in line for line in ask("audit", "list")[1])
    in_own_loop(lambda: rejoined(url))
    code, (*_, restored, said) = ask("audit", "verify", "--head", head)
    assert (code, restored) == (
        1,
        "6  rejoin at 2016-01-05T15:00:00Z: a head logged before may be of before a restore",
    )
    databases.drop(url)


async def rejoined(url: str) -> None:
    """Leave the entry that `rejoin` leaves."""
    database = PostgresDatabase.for_service(teller(), url=url)
    await AuditWriter(database).keep(replace(entry("rejoin", 1), at=NOW, operation=REJOIN))
    await database.close()


async def cut_off(url: str, *, above: int) -> None:
    """Take the end of the log away, past its triggers."""
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER TABLE audit_entries DISABLE TRIGGER USER")
    await connection.execute("DELETE FROM audit_entries WHERE number > $1", above)
    await connection.close()


async def test_where_nobody_may_write_staff_still_look_and_it_is_kept(
    databases: Databases, tmp_path: Path
) -> None:
    url = databases.fresh(COUNTER["METADATA"])
    service = COUNTER["build"](COUNTER["CounterSettings"].model_construct(None, inbox=tmp_path))
    await PostgresFence(url=url, name="counter").put_up()
    pools = [PostgresDatabase.for_service(service, url=each) for each in (url, past_the_fence(url))]
    issuer = TestIssuer()
    app = create_app(
        service=service,
        uows=pools[0],
        audit=pools[1],
        clock=FixedClock(NOW),
        verifier=issuer.verifier(),
    )
    async with client_of(app) as client:
        headers = issuer.headers("operator", subject="olive", key="k")
        looked = await client.get("/v1/households/june/tally", headers=headers)
        acted = await client.post("/v1/households/june/deposits", json={"cents": 5}, headers=headers)
        shown = await client.get("/v1/audit", headers=headers)
    for each in pools:
        await each.close()
    assert (looked.status_code, acted.status_code) == (200, 503)
    assert sorted((each["actor"], each["operation"], each["outcome"]) for each in shown.json()["items"]) == [
        ("olive", "get_tally", "read"),
        ("olive", "post_deposit", "failed"),
    ]
    code, lines = await asyncio.to_thread(typed, url, tmp_path, "parked", "list")
    assert (code, lines) == (0, ["0 parked"])
    code, (*_, line, count) = await asyncio.to_thread(
        typed, url, tmp_path, "audit", "list", "--actor", "olive"
    )
    assert (code, count) == (0, "3 entries")
    assert line.endswith("olive  listAudit  read  -")
