"""What lies in the gateway's database says nothing of anybody without its keys (ADR 0078)."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from book_builders import JUNE, book
from carriers_desk import REJECTS, effectuation_of, group_answer_of
from gateway_builders import (
    CARRIER,
    FILE_KEYS,
    MORNING,
    SMOKERS,
    activated,
    closed,
    contact,
    listed,
    paid,
    profile,
    remittance,
    remitted,
    selected,
    settings_of,
    terms,
)
from real_gateway import RealGateway, database_at
from typer.testing import CliRunner

from bulkhead.kernel.key_rings import KeyMissing, Keys
from bulkhead.key_ring import KeyRing
from bulkhead.persistence import sealing
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.persistence.sealing import SealedTable, seal_anew, values_by_key
from bulkhead_testing.backing import Databases
from bulkhead_testing.contact_keys import CONTACT_KEYS
from carrier_gateway.adapters.postgres.tables import TABLES
from carrier_gateway.application.outbound_files import outbound_file
from carrier_gateway.application.write_audits import begin_audits
from carrier_gateway.domain.audits import AuditContent
from carrier_gateway.domain.books import BookAnswer, BookContent, BookRow, read_piece
from carrier_gateway.domain.records import (
    Contact,
    ContactMember,
    DelinquencyList,
    InboundContent,
    TransmissionContent,
    WrittenAcknowledgement,
)
from carrier_gateway.domain.remittances import RemittanceContent
from carrier_gateway.entrypoints.cli import cli

pytestmark = pytest.mark.postgres

SERVICE = Path(__file__).parents[2]
TOLD_OF_PEOPLE = (
    b"Example",
    b"Robin",
    b"900123456",
    b"900-12-3456",
    b"19800302",
    b"1980-03-02",
    b"Main Street",
    b'"uses"',
)
"""What only people's own words and numbers are in this story."""
OF_FILES = (b"ISA*", b"RCNI|", b"RCNO|", b"past_due_total", base64.b64encode(b"ISA*00*")[:8])
"""What files begin with, also where they are kept in base64."""
FILES = (
    TransmissionContent,
    InboundContent,
    RemittanceContent,
    AuditContent,
    BookContent,
    BookAnswer,
    WrittenAcknowledgement,
    DelinquencyList,
)

OTHER = KeyRing({"test-1": bytes(32)}, owner="carrier-gateway")
NEW = KeyRing({"test-2": bytes(31) + b"2"}, owner="carrier-gateway")
BOTH = KeyRing(
    {"test-2": bytes(31) + b"2", "test-1": base64.b64decode(FILE_KEYS.partition(":")[2])},
    owner="carrier-gateway",
)


class Lived(NamedTuple):
    """A gateway that lived through a year, and where its database is."""

    gateway: RealGateway
    database: PostgresDatabase
    url: str


@pytest.fixture
async def lived(databases: Databases, tmp_path: Path) -> AsyncIterator[Lived]:
    url = databases.migrated(SERVICE / "migrations")
    database = database_at(url)
    gateway = RealGateway(database=database, root=tmp_path)
    await gateway.profile(profile(audits=True, acknowledge=True))
    await live_through(gateway)
    yield Lived(gateway, database, url)
    await database.close()


async def live_through(gateway: RealGateway) -> None:
    """Have each kind of file come and go, of people whose names and numbers are known."""
    people = ("june-1", "june-2", "june-3")
    await gateway.tell(contact(*SMOKERS), selected(terms(members=people)), paid(), activated())
    (sent,) = gateway.files_in("outbound")
    inbox = gateway.root / CARRIER / "inbound"
    answer = effectuation_of(gateway.text(sent))
    (inbox / "answer.834").write_text(answer, encoding="ascii")
    (inbox / "rejected.999").write_text(
        group_answer_of(gateway.text(sent), number=9, says=REJECTS), encoding="ascii"
    )
    (inbox / "noise.834").write_text("Robin Example 900-12-3456", encoding="ascii")
    await gateway.work()
    await gateway.tell(listed(), closed(1), remittance(remitted()))
    gateway.at(date(2016, 2, 15))
    text = book(replace(JUNE, born="19800303"), on=date(2016, 2, 15))
    (inbox / "RCNI_20160215.txt").write_text(text, encoding="ascii")
    await gateway.work()
    gateway.at(date(2016, 3, 15))
    async with gateway.uows.begin(now=gateway.now) as uow:
        await begin_audits(uow, on=date(2016, 3, 15))
    await gateway.work()
    (inbox / "RCNI_20160315.txt").write_text(text, encoding="ascii")


async def in_clear(url: str, wanted: tuple[bytes, ...]) -> dict[str, list[bytes]]:
    """Return which of these bytes stand in which table, as a dump of it has them."""
    connection = await asyncpg.connect(url)
    found: dict[str, list[bytes]] = {}
    names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in names:
        dump = io.BytesIO()
        await connection.copy_from_query(f"SELECT * FROM {table}", output=dump, format="binary")
        if there := [each for each in wanted if each in dump.getvalue()]:
            found[table] = there
    await connection.close()
    return found


async def everything(database: PostgresDatabase) -> dict[type, list[Any]]:
    """Return all that is sealed, opened."""
    async with database.begin(now=MORNING) as uow:
        return {kind: await uow.records(kind).select() for kind in (*FILES, Contact, ContactMember)}


async def counted(database: PostgresDatabase) -> dict[str, int]:
    async with database.begin(now=MORNING) as uow:
        return await values_by_key(uow, tables=TABLES)


async def test_no_file_and_no_person_can_be_read_in_the_database(lived: Lived) -> None:
    kept = await everything(lived.database)
    assert [kind.__name__ for kind, rows in kept.items() if not rows] == []
    assert await in_clear(lived.url, (*TOLD_OF_PEOPLE, *OF_FILES)) == {}
    assert await in_clear(lived.url, (b"june-medical",)) != {}  # so that a look finds what is there
    people = {each.name.reveal() for each in kept[ContactMember]}
    assert people == {"June Example", "Robin Q. Example", "Kit Example"}


async def test_a_staged_line_of_a_book_is_sealed_too(lived: Lived) -> None:
    content = f"{JUNE.text()}\n".encode()
    piece = BookContent(file="file", number=1, first_line=3, goes_on=False, kept_at=MORNING, content=content)
    (row,) = read_piece(piece).rows
    many = [replace(row, line=line) for line in range(3, 103)]  # by COPY
    async with lived.database.begin(now=MORNING) as uow:
        await uow.records(BookRow).add(many)
    async with lived.database.begin(now=MORNING) as uow:
        assert await uow.records(BookRow).select() == many
    assert await in_clear(lived.url, TOLD_OF_PEOPLE) == {}


async def test_files_are_given_out_again_byte_for_byte(lived: Lived) -> None:
    folder = lived.gateway.root / CARRIER / "outbound"
    names = [
        each for each in lived.gateway.files_in("outbound") if not each.startswith(("AUDIT", "RCNO", "I820"))
    ]
    assert {each.rpartition(".")[2] for each in names} == {"834", "csv", "999", "ta1"}
    async with lived.database.begin(now=MORNING) as uow:
        given = {each: await outbound_file(uow, carrier=CARRIER, name=each) for each in names}
    assert given == {each: (folder / each).read_text(encoding="utf-8") for each in names}


async def test_a_file_put_in_the_place_of_another_is_refused(lived: Lived) -> None:
    connection = await asyncpg.connect(lived.url)
    (one, other) = await connection.fetch("SELECT file FROM inbound_contents ORDER BY file LIMIT 2")
    await connection.execute(
        "UPDATE inbound_contents SET content = (SELECT content FROM inbound_contents WHERE file = $1) WHERE file = $2",
        one[0],
        other[0],
    )
    await connection.close()
    async with lived.database.begin(now=MORNING) as uow:
        assert await uow.records(InboundContent).get(file=one[0]) is not None
    with pytest.raises(StorageFault, match="content was sealed as another row's"):
        async with lived.database.begin(now=MORNING) as uow:
            await uow.records(InboundContent).get(file=other[0])


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (OTHER, "the key test-1 that is set is not the one that sealed this database"),
        (NEW, "the key test-1 is not among those that are set"),
    ],
    ids=["another under its name", "without it"],
)
async def test_who_comes_with_other_keys_reads_and_writes_nothing(
    lived: Lived, keys: Keys, says: str
) -> None:
    database = database_at(lived.url, keys=keys)
    for _ in range(2):
        with pytest.raises(KeyMissing, match=says):
            async with database.begin(now=MORNING):
                raise AssertionError("it has begun")
    await database.close()
    connection = await asyncpg.connect(lived.url)
    assert await connection.fetchval("SELECT count(*) FROM sealing_keys") == 1
    await connection.close()


async def test_keys_are_changed_some_rows_at_a_time_and_everything_can_be_read(
    lived: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, sealed = await everything(lived.database), await counted(lived.database)
    assert list(sealed) == ["test-1"]
    monkeypatch.setattr(sealing, "LOOKED_AT_ONCE", 2)
    database, begun = database_at(lived.url, keys=BOTH), 0

    @asynccontextmanager
    async def begin() -> AsyncIterator[Any]:
        nonlocal begun
        begun += 1
        async with database.begin(now=MORNING) as uow:
            yield uow

    assert await everything(database) == before
    assert await seal_anew(begin, tables=TABLES, keys=BOTH) == sealed["test-1"]
    assert begun > len(FILES) + 6
    assert await seal_anew(begin, tables=TABLES, keys=BOTH) == 0
    await database.close()
    with_new_alone = database_at(lived.url, keys=NEW)
    assert await everything(with_new_alone) == before
    assert await counted(with_new_alone) == {"test-2": sealed["test-1"]}
    await with_new_alone.close()


async def test_a_change_of_keys_that_is_broken_off_is_ended_by_the_next(lived: Lived) -> None:
    database = database_at(lived.url, keys=BOTH)
    all_of_them = (await counted(database))["test-1"]
    table = SealedTable(TABLES[ContactMember].__table__)
    async with database.begin(now=MORNING) as uow:
        rows = await table.others_after(uow, None, writes="test-2")
        first = await table.seal_anew(uow, rows[:1], keys=BOTH)
    assert await counted(database) == {"test-1": all_of_them - first, "test-2": first}
    assert (
        await seal_anew(lambda: database.begin(now=MORNING), tables=TABLES, keys=BOTH) == all_of_them - first
    )
    await database.close()


async def test_one_large_file_is_sealed_anew_by_itself(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BYTES_AT_ONCE", 1)
    table = SealedTable(TABLES[ContactMember].__table__)
    async with lived.database.begin(now=MORNING) as uow:
        assert len(await table.others_after(uow, None, writes="test-2")) == 1


def test_nothing_starts_with_other_keys_and_the_commands_say_why(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = databases.migrated(SERVICE / "migrations")
    environment = settings_of(url, tmp_path) | {"BULKHEAD_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert said("keys", "list") == (0, "test-1  0 sealed  writes\n")
    both = f"test-2:{base64.b64encode(bytes(32)).decode()} {FILE_KEYS}"
    monkeypatch.setenv("CARRIER_GATEWAY_FILE_KEYS", both)
    assert said("keys", "rotate") == (0, "0 sealed anew under test-2\n")
    assert said("keys", "drop", "test-1")[0] == 0
    missing = "the key test-2 is not among those that are set\n"
    monkeypatch.setenv("CARRIER_GATEWAY_FILE_KEYS", FILE_KEYS)
    assert said("keys", "list") == (1, missing)
    assert ended() == (1, missing)
    monkeypatch.setenv("CARRIER_GATEWAY_FILE_KEYS", both)
    asyncio.run(keep_a_key_of_another_ring(url))
    another = f"the key {CONTACT_KEYS.writes} that is set is not the one that sealed households' keys here\n"
    assert said("contact-keys", "list") == (1, another)
    assert ended() == (1, another)
    monkeypatch.setenv("CARRIER_GATEWAY_FILE_KEYS", "test-1:short")
    assert said("keys", "list") == (2, "CARRIER_GATEWAY_FILE_KEYS: key 1 must be in base64\n")
    databases.drop(url)


def ended() -> tuple[int, str]:
    """Return how a worker ends that does not start, and what it says."""
    process = subprocess.run(
        (sys.executable, "-m", "carrier_gateway", "worker"),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return process.returncode, process.stderr


async def keep_a_key_of_another_ring(url: str) -> None:
    """Keep june's key as a ring sealed it whose key has the name of ours."""
    ring = KeyRing({CONTACT_KEYS.writes: bytes(32)}, owner="contacts")
    sealed = ring.seal(bytes(32), of="june:1")
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO household_keys (household, number, key, sealed) VALUES ('june', 1, $1, $2)",
        sealed.key,
        sealed.text,
    )
    await connection.close()


def said(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, list(arguments))
    return result.exit_code, result.output
