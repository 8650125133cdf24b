"""A real mail server on the loopback address, which a test can make refuse, busy or stop."""

from __future__ import annotations

import asyncio
import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class HeldAnswer:
    """The moment between acceptance and answer: ``reached`` once it is there, over with ``release``."""

    reached: asyncio.Event
    release: asyncio.Event


class Server:
    """Keeps what it accepts. ``refuses`` and ``busy`` hold addresses; ``says`` holds answers to commands."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.refuses: set[str] = set()
        self.busy: set[str] = set()
        self.says: dict[str, str] = {}
        self.port = 0
        self._sessions: list[SMTP] = []
        self._held: HeldAnswer | None = None
        self._server: asyncio.Server | None = None

    async def start(self, *, port: int = 0) -> None:
        """Listen on this port, or on a free one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, host=HOST, port=port)
        self.port = self._server.sockets[0].getsockname()[1]

    def hold_answer(self) -> HeldAnswer:
        """Keep back the answer to the next message, which is accepted all the same, until it is released."""
        self._held = HeldAnswer(reached=asyncio.Event(), release=asyncio.Event())
        return self._held

    async def stop(self) -> None:
        """Stop listening and hang up on everyone; once is enough."""
        if self._server is None:
            return
        self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.abort()  # pyright: ignore[reportAttributeAccessIssue] - a socket's
        await self._server.wait_closed()
        self._server = None

    def _session(self) -> SMTP:
        session = SMTP(_Answers(self), hostname="localhost", enable_SMTPUTF8=True)
        self._sessions.append(session)
        return session

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages received so far, in order."""
        return [email.message_from_bytes(data, policy=email.policy.default) for data in self.received]

    def take_hold(self) -> HeldAnswer | None:
        """Return the hold on the next answer, once."""
        held, self._held = self._held, None
        return held


class _Answers:
    """What the server answers: apart from it, for aiosmtpd reads every attribute of its handler."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Answer ``MAIL FROM``."""
        envelope.mail_from = address
        return self._server.says.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Answer ``RCPT TO``, quoting the address as real servers do."""
        if address in self._server.refuses:
            return f"550 5.1.1 <{address}> is nobody here"
        if address in self._server.busy:
            return f"450 4.2.1 <{address}> gets too much mail, try later"
        envelope.rcpt_tos.append(address)
        return self._server.says.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Answer the message itself."""
        answer = self._server.says.get("DATA", "250 Message accepted for delivery")
        if answer.startswith("250"):
            self._server.received.append(envelope.content)
        held = self._server.take_hold()
        if held is not None:
            held.reached.set()
            await held.release.wait()
        return answer
