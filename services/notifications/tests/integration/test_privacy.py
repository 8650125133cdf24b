"""Names and addresses go to those they belong to, and nowhere else, whatever goes wrong."""

from __future__ import annotations

import json
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from bulkhead.files import LocalFiles
from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked
from bulkhead.observability.logging import configure_logging
from bulkhead.observability.tracing import configure_tracing
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.persistence.postgres import PostgresDatabase
from notifications.adapters.alarms import LogAlarms
from notifications.adapters.mail.smtp import SmtpMailbox, SmtpServer
from notifications.application.ports import Mail
from notifications.domain.letters import Content, Written
from notifications.domain.notices import Notice
from services.notifications.tests.builders import EMAIL, activated, contact, invoice, paid, selected
from services.notifications.tests.contract.smtp_server import HOST, Server
from services.notifications.tests.office import WRITER, Office

pytestmark = pytest.mark.postgres

SEEDED = ("Juniper", "Seedname", "Seedaddress", "seedmail", "Burlington")


class WriterThatQuotes:
    """Writes all but receipts, at which it fails and quotes the reader."""

    languages = WRITER.languages

    def write(self, content: Content) -> Written:
        """Fail at a receipt with the reader's name in the error, as a careless library would."""
        if content.notice.type == "receipt":
            raise ValueError(content.contact.addressee.reveal() if content.contact.addressee else "")
        return WRITER.write(content)


def unspoken(text: str) -> None:
    assert [word for word in SEEDED if word.lower() in text.lower()] == []


async def trouble(office: Office, server: Server) -> None:
    """All that can go wrong, one after the other, each about the same person."""
    await office.hear(contact(), selected(), activated(), invoice(), paid())
    server.says["RCPT"] = f"421 4.3.2 closing on <{EMAIL}>"
    await office.send()
    server.says = {"DATA": f"451 4.3.0 nothing for {EMAIL} now"}
    office.now += timedelta(hours=1)  # whatever failed is tried again
    await office.send()
    server.says = {"MAIL": f"550 nothing for {EMAIL} from you"}
    office.now += timedelta(hours=1)
    await office.send()
    server.says = {}
    server.refuses.add(EMAIL)
    office.now += timedelta(hours=1)
    await office.send()
    await server.stop()
    await office.hear(contact(version=2, email=f"other.{EMAIL}"), invoice(invoice="later"))
    office.now += timedelta(hours=1)
    await office.send()


async def test_no_name_or_address_is_in_logs_traces_notices_or_events(
    postgres: PostgresDatabase, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(service="notifications", level="DEBUG")
    provider = configure_tracing(service="notifications", trace_file=tmp_path / "spans.jsonl")
    folder = tmp_path / "print"
    folder.mkdir()
    office = Office(
        writer=WriterThatQuotes(),
        uows=postgres,
        mailbox=SmtpMailbox(SmtpServer(host=HOST, port=server.port, timeout_seconds=5)),
        files=LocalFiles(folder),
        alarms=LogAlarms(),
    )
    await trouble(office, server)
    if provider is not None:
        provider.shutdown()
    captured = capsys.readouterr()
    logged = captured.out + captured.err
    events = [json.loads(line)["event"] for line in captured.out.splitlines() if line.startswith("{")]
    assert {"outlet_away", "tried_again_later"} <= set(events)
    unspoken(logged)
    spans = tmp_path / "spans.jsonl"
    unspoken(spans.read_text(encoding="utf-8") if spans.exists() else "")
    async with postgres.begin(now=office.now) as uow:
        notices = await uow.records(Notice).select()
        said = await uow.records(OutboxRecord).select()
    assert {each.state for each in notices} == {"sent", "queued", "stuck"}
    unspoken(repr(notices))
    unspoken(repr([each.envelope for each in said]))
    for sidecar in (tmp_path / "print").glob("*/*.json"):
        unspoken(sidecar.read_text(encoding="utf-8"))


async def test_no_name_or_address_is_in_what_is_raised_nor_in_what_it_came_from(server: Server) -> None:
    mailbox = SmtpMailbox(SmtpServer(host=HOST, port=server.port, timeout_seconds=5))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "exchange@bulkhead.test", EMAIL, "Juniper Seedname"
    message.set_content("Dear Juniper Seedname")
    mail = Mail(sender="exchange@bulkhead.test", recipient=Masked(EMAIL), content=message.as_bytes())
    for command in ("MAIL", "RCPT", "DATA"):
        server.says = {command: f"421 4.3.2 closing on <{EMAIL}>"}
        async with mailbox.open() as session:
            with pytest.raises(Retryable) as raised:
                await session.send(mail)
        seen: BaseException | None = raised.value
        while seen is not None:
            unspoken(f"{seen!s} {seen!r} {vars(seen)}")
            seen = seen.__cause__ or seen.__context__
