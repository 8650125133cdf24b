"""The two ways out: a message to the mail server, a letter into the print folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import ClassVar, Final, Protocol

from bulkhead.files import Files
from bulkhead.kernel.calendar import in_exchange_time
from bulkhead.kernel.personal import Masked
from notifications.application.ports import Delivery, Mail, Mailbox, MailSession, Press
from notifications.domain.contacts import mail_address
from notifications.domain.letters import Content, Written
from notifications.domain.notices import By

_SEVEN_BITS: Final = SMTP.clone(cte_type="7bit")
"""How e-mails are written: as any mail server takes them, so that none changes what is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What became of one notice, and the bytes that left: none where nothing did. Of a letter, how many pages it has
    and which file of the print folder it is.
    """

    delivery: Delivery
    content: bytes = field(default=b"", repr=False)
    pages: int = 0
    file: str = ""


class OutletSession(Protocol):
    """An outlet that is ready to take notices."""

    async def deliver(self, content: Content, written: Written, *, now: datetime) -> Handed:
        """Hand over one notice; say what became of it. Raises `Retryable` where the outlet is away."""
        ...


class Outlet(Protocol):
    """A way out for notices."""

    by: ClassVar[By]

    def open(self) -> AbstractAsyncContextManager[OutletSession]:
        """Make ready for a number of notices. Raises `Retryable` while the outlet is away."""
        ...


def header_facts(content: Content) -> Mapping[str, str]:
    """Return what a notice's e-mail headers say about it, for machines: ids and enums only."""
    notice = content.notice
    facts = {
        "X-Bulkhead-Notice": notice.notice,
        "X-Bulkhead-Notice-Type": notice.type,
        "X-Bulkhead-Household": notice.household,
    }
    if notice.facts.invoice is not None:
        facts["X-Bulkhead-Invoice"] = notice.facts.invoice.invoice
    return facts


def _dated(content: Content, now: datetime) -> datetime:
    """Return the instant a notice is of: never before what it tells, which may have happened by another clock."""
    return max(now, content.notice.occurred_at)


class EmailOutlet:
    """Sends notices as e-mail. ``sender`` is an address, or a name with one: ``Exchange <mail@example>``."""

    by: ClassVar[By] = "email"

    def __init__(self, *, mailbox: Mailbox, sender: str) -> None:
        self._mailbox = mailbox
        self._sender = sender

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[OutletSession]:
        """Connect to the mail server. Raises `Retryable` while it is away."""
        async with self._mailbox.open() as session:
            yield _EmailSession(session=session, sender=self._sender)


class _EmailSession:
    def __init__(self, *, session: MailSession, sender: str) -> None:
        self._session = session
        self._sender = sender

    async def deliver(self, content: Content, written: Written, *, now: datetime) -> Handed:
        recipient = mail_address(content.contact)
        if recipient is None:  # the contact changed while the notice waited
            return Handed(delivery="refused")
        _, sender = parseaddr(self._sender)
        raw = email_of(content, written, sender=self._sender, recipient=recipient, now=now)
        delivery = await self._session.send(Mail(sender=sender, recipient=recipient, content=raw))
        return Handed(delivery=delivery, content=raw)


def email_of(content: Content, written: Written, *, sender: str, recipient: Masked, now: datetime) -> bytes:
    """Return a notice as the e-mail it goes out as: the same notice, the same bytes."""
    message = EmailMessage(policy=_SEVEN_BITS)
    name, address = parseaddr(sender)
    message["From"] = Address(display_name=name or content.parameters.exchange_name, addr_spec=address)
    message["To"] = recipient.reveal()
    message["Subject"] = written.subject
    message["Date"] = format_datetime(in_exchange_time(_dated(content, now)))
    # The same notice always has the same id: a receiver that gets it twice shows it once.
    message["Message-ID"] = f"<{content.notice.notice}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    for name, value in header_facts(content).items():
        message[name] = value
    message.set_content(written.text)
    message.add_alternative(written.html, subtype="html")
    message["Content-Language"] = content.language  # last: setting content takes such headers away
    message.set_boundary(f"=_{content.notice.notice}")
    return message.as_bytes()


class PaperOutlet:
    """Prints notices: a PDF a notice in the household's folder, then a sidecar that says it is whole.

    Writing the same notice again replaces the same two files, so a repeat after a crash is no second letter.
    """

    by: ClassVar[By] = "paper"

    def __init__(self, *, files: Files, press: Press) -> None:
        self._files = files
        self._press = press

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[OutletSession]:
        """Take letters. Raises `Retryable` while the print folder cannot be reached."""
        await self._files.list()
        yield self

    async def deliver(self, content: Content, written: Written, *, now: datetime) -> Handed:
        """Write the letter, then its sidecar: always ``accepted``. Raises `Retryable` with no folder."""
        notice = content.notice
        letter = self._press.letter(content, written, printed_at=_dated(content, now))
        sidecar = {
            **header_facts(content),
            "Date": format_datetime(in_exchange_time(_dated(content, now))),
            "Subject": written.subject,
            "Content-Language": content.language,
            "file": f"{notice.notice}.pdf",
            "sha256": hashlib.sha256(letter.pdf).hexdigest(),
            "pages": letter.pages,
            "accessible": letter.accessible,
            "address_known": content.contact.address is not None,
            "says": written.says,
        }
        folder = f"{notice.household}/{notice.notice}"
        await self._files.put(f"{folder}.pdf", letter.pdf)
        await self._files.put(f"{folder}.json", json.dumps(sidecar, ensure_ascii=False, indent=2).encode())
        return Handed(delivery="accepted", content=letter.pdf, pages=letter.pages, file=f"{folder}.pdf")
