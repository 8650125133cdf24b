"""A mail server in memory, for tests, stories and simulation: it keeps what it is given."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Literal, Protocol

from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked


class Mail(Protocol):
    """An e-mail as it is handed over."""

    @property
    def recipient(self) -> Masked:
        """To whom it goes."""
        ...

    @property
    def content(self) -> bytes:
        """Its bytes."""
        ...


class MemoryMailbox:
    """A mail server that keeps every message it accepts, as the bytes it would have got, in ``received``.

    ``away`` makes it unreachable until it is set back. ``refuses`` holds addresses it never takes mail for,
    ``busy`` those it takes none for now. ``interrupt``, when set, is awaited before each operation with its
    name (``open``, ``send``, ``answer``): a simulation yields, crashes or fails there. At ``answer`` the
    message has been received.
    """

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.away = False
        self.refuses: set[str] = set()
        self.busy: set[str] = set()
        self.opened = 0
        self.interrupt: Callable[[str], Awaitable[None]] | None = None

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

    async def send(self, mail: Mail) -> Literal["accepted", "refused", "busy"]:
        """Take one message, or say never (``refused``) or not now (``busy``) to its address.

        Raises `Retryable` while the server is away.
        """
        await self._reach("send")
        recipient = mail.recipient.reveal()
        if recipient in self.refuses:
            return "refused"
        if recipient in self.busy:
            return "busy"
        self.received.append(mail.content)
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
