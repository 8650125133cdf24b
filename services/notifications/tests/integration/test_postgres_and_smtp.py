"""Notifications on a real PostgreSQL, a real mail server and a real folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bulkhead.contracts import wire
from bulkhead.files import LocalFiles
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.ports import AlreadyExists
from bulkhead.persistence.postgres import PostgresDatabase
from notifications.adapters.mail.smtp import SmtpMailbox, SmtpServer
from notifications.application.find_overdue import overdue_of
from notifications.domain.channels import Channel
from notifications.domain.contacts import Contact
from notifications.domain.coverage import Policy
from notifications.domain.events import NoticeSent
from notifications.domain.notices import Notice, NoticeNumbers
from services.notifications.tests.builders import (
    EMAIL,
    JUNE,
    PARAMETERS,
    activated,
    autopay_begun,
    autopay_ended,
    contact,
    invoice,
    paid,
    reinstated,
    selected,
    terminated,
)
from services.notifications.tests.contract.smtp_server import HOST, Server
from services.notifications.tests.office import Office, hours

pytestmark = pytest.mark.postgres

KINDS: tuple[type[Any], ...] = (Contact, Policy, Notice, NoticeNumbers, Channel)


@pytest.fixture
def office(postgres: PostgresDatabase, server: Server, tmp_path: Path) -> Office:
    mailbox = SmtpMailbox(SmtpServer(host=HOST, port=server.port, timeout_seconds=5))
    return Office(uows=postgres, mailbox=mailbox, files=LocalFiles(tmp_path))


async def rows(database: PostgresDatabase, office: Office, kind: type[Any]) -> list[Any]:
    async with database.begin(now=office.now) as uow:
        return await uow.records(kind).select()


async def play(office: Office, *, refuse: Callable[[str], object]) -> None:
    """A household by e-mail, one on paper, one that is refused, one nobody knows, and a closed channel."""
    refuse("lee@example.test")
    await office.hear(contact(), selected(), invoice(), contact("kim", email=None, language="fr"))
    await office.send()
    async with office.uows.begin(now=office.now) as uow:
        await uow.records(Channel).put([Channel(channel="phone", state="down", since=office.now)])
    office.now += timedelta(days=1)
    await office.hear(selected("kim"), activated("kim"), terminated("kim"), reinstated("kim"), paid("nobody"))
    await office.hear(selected("lee"), contact("lee", email="lee@example.test"), invoice("lee"))
    await office.send()
    await office.hear(activated(version=2), invoice(), paid())
    await office.send()


async def test_the_same_history_leaves_the_same_rows_and_the_same_journal_as_in_memory(
    office: Office, postgres: PostgresDatabase, server: Server
) -> None:
    memory = Office()
    await play(memory, refuse=memory.mailbox.refuses.add)
    await play(office, refuse=server.refuses.add)
    for kind in KINDS:
        assert await rows(postgres, office, kind) == memory.database.rows(kind)
    said = [
        wire.decode(wire.decode(each.envelope, wire.Envelope).data, NoticeSent)
        for each in await rows(postgres, office, OutboxRecord)
    ]
    assert said == memory.database.events
    assert [str(each["Message-ID"]) for each in server.messages] == [
        str(each["Message-ID"]) for each in memory.mailbox.messages
    ]


async def test_NOT_1_letters_are_in_the_print_folder(office: Office, tmp_path: Path, server: Server) -> None:
    await play(office, refuse=server.refuses.add)
    for household, letters in (("kim", 2), ("lee", 1)):
        pdfs = sorted((tmp_path / household).glob("*.pdf"))
        assert len(pdfs) == letters
        assert all(pdf.read_bytes().startswith(b"%PDF-") for pdf in pdfs)
        assert all(pdf.with_suffix(".json").is_file() for pdf in pdfs)


async def test_OPS_1_with_the_mail_server_stopped_notices_wait(
    office: Office, postgres: PostgresDatabase, server: Server
) -> None:
    await server.stop()
    await office.hear(contact(), selected(), invoice())
    assert await office.send() == 0
    assert await office.mail.pending(office.now) == 1
    (notice,) = await rows(postgres, office, Notice)
    assert (notice.state, notice.attempts) == ("queued", 0)


async def test_NOT_1_what_comes_while_the_mail_server_is_stopped_is_not_asked_for(
    office: Office, postgres: PostgresDatabase, server: Server
) -> None:
    await server.stop()
    await office.hear(contact(), selected(), invoice())
    await office.send()
    office.now += timedelta(days=2)
    await office.hear(paid(cents=12500))
    await server.start(port=server.port)
    office.start()
    assert await office.send() == 2
    first, second = sorted(await rows(postgres, office, Notice), key=lambda each: each.number)
    assert "The amount to pay is $375.00." in first.says
    assert (first.type, second.type) == ("invoice", "receipt")
    assert [str(each["X-Bulkhead-Notice-Type"]) for each in server.messages] == ["invoice", "receipt"]


async def test_PAY_8_whether_an_invoice_is_drawn_is_decided_when_the_mail_server_is_back(
    office: Office, postgres: PostgresDatabase, server: Server
) -> None:
    await office.hear(contact(), selected(), autopay_begun(), invoice())
    assert await office.send() == 2
    await server.stop()
    await office.hear(invoice(number=2, invoice="later"))
    assert await office.send() == 0
    await office.hear(autopay_ended())
    await server.start(port=server.port)
    office.start()
    assert await office.send() == 2
    letters = sorted(await rows(postgres, office, Notice), key=lambda each: each.number)
    assert [each.type for each in letters] == ["autopay-begun", "invoice", "invoice", "autopay-ended"]
    assert "we take it from your card on June 26, 2016" in letters[1].says
    assert "autopay" not in letters[2].says


async def test_I9_what_is_overdue_is_found(office: Office, postgres: PostgresDatabase) -> None:
    await office.hear(paid("stranger"))
    office.now += timedelta(days=30)
    async with postgres.begin(now=office.now) as uow:
        found = await overdue_of(PARAMETERS)(uow)
    assert [(each.kind, each.household) for each in found] == [("notice", "stranger")]


async def test_NOT_1_two_replicas_at_once_send_each_notice_once(office: Office, server: Server) -> None:
    households = [f"h{number:02d}" for number in range(30)]
    for household in households:
        await office.hear(contact(household), selected(household), invoice(household))
    other, _ = office.pollers(pace=hours(), instance="two")
    done = 0
    for _ in range(6):
        done += sum(await asyncio.gather(office.mail.turn(office.now), other.turn(office.now)))
    assert done == 30
    assert sorted(str(each["X-Bulkhead-Household"]) for each in server.messages) == households


async def test_NOT_1_the_database_itself_lets_a_notice_be_there_once(
    office: Office, postgres: PostgresDatabase
) -> None:
    await office.hear(contact(), selected(), invoice())
    (notice,) = await rows(postgres, office, Notice)
    with pytest.raises(AlreadyExists):
        async with postgres.begin(now=office.now) as uow:
            await uow.records(Notice).add([replace(notice, notice="another-id")])


@pytest.mark.parametrize(
    "broken",
    [
        {"state": "lost"},
        {"state": "sent"},
        {"state": "sending"},
        {"state": "waiting"},
        {"by": "pigeon"},
        {"sent_on": date(2016, 6, 5), "says": "x"},
    ],
)
async def test_the_database_keeps_no_notice_that_contradicts_itself(
    office: Office, postgres: PostgresDatabase, broken: dict[str, Any]
) -> None:
    await office.hear(contact(), selected(), invoice())
    (notice,) = await rows(postgres, office, Notice)
    with pytest.raises(StorageFault) as raised:
        async with postgres.begin(now=office.now) as uow:
            await uow.records(Notice).put([replace(notice, **broken)])
    assert EMAIL not in str(raised.value)
    assert await rows(postgres, office, Notice) == [notice]


async def test_what_is_to_be_sent_is_found_by_its_index(office: Office, postgres: PostgresDatabase) -> None:
    async with postgres.begin(now=office.now) as uow:
        await uow.execute("SET LOCAL enable_seqscan = off")
        plan = await uow.fetch(
            "EXPLAIN SELECT * FROM notices WHERE state = 'queued' AND by = 'email'"
            " ORDER BY attempts, created_at, notice LIMIT 25"
        )
        assert "notices_to_send" in "\n".join(line for (line,) in plan)


async def test_contacts_are_kept_by_household_alone(office: Office, postgres: PostgresDatabase) -> None:
    await office.hear(contact(version=1))
    await office.hear(contact(version=2, language="fr"))
    (known,) = await rows(postgres, office, Contact)
    assert (known.household, known.contact_version, known.language) == (JUNE, 2, "fr")
    assert repr(known.email) == "***"
