"""What every `Mailbox` does: the one over SMTP and the one in memory pass the same tests."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked
from bulkhead_testing.mailbox import MemoryMailbox
from notifications.adapters.mail.smtp import MailServerAway, SmtpMailbox, SmtpServer
from notifications.application.ports import Mail, Mailbox
from services.notifications.tests.contract.smtp_server import HOST, Server

ADDRESS = "juniper.seedmail@example.test"


class Place(Protocol):
    """A mailbox and the ways a test can trouble it."""

    mailbox: Mailbox

    def refuse(self, address: str) -> None: ...

    def make_busy(self, address: str) -> None: ...

    async def leave(self) -> None: ...

    def messages(self) -> list[EmailMessage]: ...

    def received(self) -> list[bytes]: ...


class InMemory:
    def __init__(self) -> None:
        self.mailbox = MemoryMailbox()

    def refuse(self, address: str) -> None:
        self.mailbox.refuses.add(address)

    def make_busy(self, address: str) -> None:
        self.mailbox.busy.add(address)

    async def leave(self) -> None:
        self.mailbox.away = True

    def messages(self) -> list[EmailMessage]:
        return self.mailbox.messages

    def received(self) -> list[bytes]:
        return self.mailbox.received


class OverSmtp:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.mailbox = SmtpMailbox(SmtpServer(host=HOST, port=server.port, timeout_seconds=5))

    def refuse(self, address: str) -> None:
        self.server.refuses.add(address)

    def make_busy(self, address: str) -> None:
        self.server.busy.add(address)

    async def leave(self) -> None:
        await self.server.stop()

    def messages(self) -> list[EmailMessage]:
        return self.server.messages

    def received(self) -> list[bytes]:
        return self.server.received


@pytest.fixture
async def smtp() -> AsyncGenerator[OverSmtp]:
    server = Server()
    await server.start()
    yield OverSmtp(server)
    await server.stop()


@pytest.fixture(params=["memory", "smtp"])
async def place(request: pytest.FixtureRequest, smtp: OverSmtp) -> Place:
    return InMemory() if request.param == "memory" else smtp  # pyright: ignore[reportReturnType] - a property will do


def message(number: int = 1, *, to: str = ADDRESS) -> Mail:
    made = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    made["From"] = "Exchange <exchange@bulkhead.test>"
    made["To"] = to
    made["Subject"] = f"Facture n° {number} : à payer au plus tard le 26 juin"
    made["Message-ID"] = f"<{number}@bulkhead.test>"
    made.set_content("Votre facture : 500,00\u00a0$US.\n.\nFin.\n" + "long " * 400)
    made.add_alternative("<p>Votre facture : 500,00\u00a0$US.</p>", subtype="html")
    return Mail(sender="exchange@bulkhead.test", recipient=Masked(to), content=made.as_bytes())


async def test_what_is_accepted_arrives_whole_and_in_order(place: Place) -> None:
    async with place.mailbox.open() as session:
        assert [await session.send(message(number)) for number in (1, 2)] == ["accepted", "accepted"]
    arrived = place.messages()
    assert [str(each["Message-ID"]) for each in arrived] == ["<1@bulkhead.test>", "<2@bulkhead.test>"]
    assert str(arrived[0]["Subject"]) == "Facture n° 1 : à payer au plus tard le 26 juin"
    text, html = (part.get_content().splitlines() for part in arrived[0].iter_parts())
    assert text == ["Votre facture : 500,00\u00a0$US.", ".", "Fin.", "long " * 400]
    assert html == ["<p>Votre facture : 500,00\u00a0$US.</p>"]


async def test_what_arrives_is_what_was_handed_over_byte_for_byte(place: Place) -> None:
    handed = message()
    async with place.mailbox.open() as session:
        await session.send(handed)
    assert place.received() == [handed.content]


async def test_a_refused_address_is_refused_and_the_next_is_not(place: Place) -> None:
    place.refuse(ADDRESS)
    async with place.mailbox.open() as session:
        assert await session.send(message(1)) == "refused"
        assert await session.send(message(2, to="other@example.test")) == "accepted"
    assert len(place.messages()) == 1


async def test_a_busy_address_is_busy_and_the_next_is_not(place: Place) -> None:
    place.make_busy(ADDRESS)
    async with place.mailbox.open() as session:
        assert await session.send(message(1)) == "busy"
        assert await session.send(message(2, to="other@example.test")) == "accepted"
    assert len(place.messages()) == 1


async def test_a_server_that_is_away_cannot_be_opened(place: Place) -> None:
    await place.leave()
    with pytest.raises(Retryable):
        async with place.mailbox.open():
            pytest.fail("there is nobody")
    assert place.messages() == []


async def test_a_server_that_leaves_in_between_is_away(place: Place) -> None:
    async with place.mailbox.open() as session:
        await session.send(message(1))
        await place.leave()
        with pytest.raises(Retryable):
            await session.send(message(2))
    assert len(place.messages()) == 1


async def test_it_can_be_opened_again(place: Place) -> None:
    for number in (1, 2):
        async with place.mailbox.open() as session:
            assert await session.send(message(number)) == "accepted"
    assert len(place.messages()) == 2


@pytest.mark.parametrize(
    ("command", "answer", "outcome"),
    [
        ("DATA", "554 5.7.1 not this one", "refused"),
        ("DATA", "451 4.3.0 not now", "busy"),
        ("RCPT", "552 5.2.2 full", "refused"),
    ],
)
async def test_an_answer_to_one_message_is_about_that_message(
    smtp: OverSmtp, command: str, answer: str, outcome: str
) -> None:
    smtp.server.says[command] = answer
    async with smtp.mailbox.open() as session:
        assert await session.send(message()) == outcome
    assert smtp.messages() == []


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("MAIL", "550 5.7.1 not from this sender"),
        ("MAIL", "421 4.3.2 closing"),
        ("RCPT", "421 4.3.2 closing"),
        ("DATA", "421 4.3.2 closing"),
    ],
)
async def test_an_answer_to_the_sender_means_the_server_is_away(
    smtp: OverSmtp, command: str, answer: str
) -> None:
    smtp.server.says[command] = answer
    with pytest.raises(MailServerAway):
        async with smtp.mailbox.open() as session:
            await session.send(message())
    assert smtp.messages() == []


async def test_an_error_quotes_neither_the_address_nor_the_server(smtp: OverSmtp) -> None:
    smtp.server.says["RCPT"] = f"421 4.3.2 closing on <{ADDRESS}>"
    with pytest.raises(MailServerAway) as raised:
        async with smtp.mailbox.open() as session:
            await session.send(message())
    assert str(raised.value) == "the mail server is away: it refuses recipients (it answered 421)"
    assert ADDRESS not in repr(raised.value.__cause__)
    assert raised.value.__cause__ is None


async def test_a_server_that_is_stopped_cannot_be_connected_to(smtp: OverSmtp) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(MailServerAway) as raised:
        async with SmtpMailbox(SmtpServer(host=HOST, port=port)).open():
            pass
    assert str(raised.value) == "the mail server is away: it cannot be connected to"


async def test_tls_that_must_be_offered_and_is_not_means_the_server_is_away(smtp: OverSmtp) -> None:
    strict = SmtpMailbox(SmtpServer(host=HOST, port=smtp.server.port, tls="required"))
    with pytest.raises(MailServerAway):
        async with strict.open() as session:
            await session.send(message())
    assert smtp.messages() == []
