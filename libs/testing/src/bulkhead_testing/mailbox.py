"""A mail server in memory, for tests, stories and simulation: it keeps what it is given."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Literal

from bulkhead.kernel.errors import Retryable


class MemoryMailbox:
    """A mail server that keeps every message it accepts, as the bytes it would have got, in ``received``.

    ``away`` makes it unreachable until it is set back. ``refuses`` holds addresses it never takes mail for,
    ``busy`` those it takes none for now. ``interrupt``, when set, is awaited before each operation with its
    name (``open``, ``send``, ``answer``): a simulation yields, crashes or fails there. At ``answer`` the
    message has been received.
    """

    def __init__(self) -> None:
        self._received: list[bytes] = []
        self._unwritten: list[EmailMessage] = []
        self.away = False
        self.refuses: set[str] = set()
        self.busy: set[str] = set()
        self.opened = 0
        self.interrupt: Callable[[str], Awaitable[None]] | None = None

    @property
    def received(self) -> list[bytes]:
        """The messages received so far, as bytes, in order. They are written when somebody looks: most never are."""
        self._received.extend(each.as_bytes(policy=email.policy.SMTP) for each in self._unwritten)
        self._unwritten.clear()
        return self._received

    @property
    def messages(self) -> list[EmailMessage]:
        """The messages received so far, read back from their bytes, in order."""
        return [_read(data) for data in self.received]

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[MemoryMailbox]:
        """Connect, for a number of messages. Raises `Retryable` while the server is away."""
        await self._reach("open")
        self.opened += 1
        yield self

    async def send(self, message: EmailMessage) -> Literal["accepted", "refused", "busy"]:
        """Take one message, or say never (``refused``) or not now (``busy``) to its address.

        Raises `Retryable` while the server is away.
        """
        await self._reach("send")
        recipient = str(message["To"])
        if recipient in self.refuses:
            return "refused"
        if recipient in self.busy:
            return "busy"
        self._unwritten.append(message)
        await self._reach("answer")
        return "accepted"

    async def _reach(self, operation: str) -> None:
        if self.interrupt is not None:
            await self.interrupt(operation)
        if self.away:
            raise Retryable("the mail server is away")


def _read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        raise TypeError("not a message of the modern policy")
    return message
