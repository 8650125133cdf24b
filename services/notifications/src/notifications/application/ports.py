"""What sending notices needs of the world outside: words, mail, paper, and a clock that always runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.parameters import DatedParameters
from bulkhead.kernel.personal import Masked
from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.letters import Content, Written
from notifications.domain.outages import Outage, Trial
from notifications.domain.parameters import NotificationsParameters

Delivery: TypeAlias = Literal["accepted", "refused", "busy"]
"""What became of one notice: it is out of our hands; it can never go this way; not now."""


class Writer(Protocol):
    """Puts notices into words."""

    @property
    def languages(self) -> Sequence[str]:
        """Return the languages every notice is written in; the first is for a reader of any other."""
        ...

    def write(self, content: Content) -> Written:
        """Return the notice in the words of its wording's version and language."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """An e-mail as it is handed over: from and to which address, and its bytes, as they are kept too."""

    sender: str
    recipient: Masked
    content: bytes = field(repr=False)


class MailSession(Protocol):
    """A connection to the mail server."""

    async def send(self, mail: Mail) -> Delivery:
        """Hand over one e-mail, its bytes unchanged.

        ``accepted``: the server answers for it from here. ``refused``: it said never, to this address or this
        message. ``busy``: it said not now, to this one. Raises `Retryable` where the server itself is away,
        or takes nothing from us.
        """
        ...


class Mailbox(Protocol):
    """The way to the mail server."""

    def open(self) -> AbstractAsyncContextManager[MailSession]:
        """Connect, for a number of messages. Raises `Retryable` while the server is away."""
        ...


Parameters: TypeAlias = DatedParameters[NotificationsParameters]
"""The policy pack's parameters."""


class Alarms(Protocol):
    """Tells someone what keeps notices from going out."""

    def outlet_away(self, *, poller: str, error: Retryable) -> None:
        """Say that an outlet is away and its notices wait."""
        ...

    def mail_set_aside(self, *, reason: str) -> None:
        """Say that a mail that came back cannot be taken, and is for a person."""
        ...

    def channel_changed(self, outage: Outage) -> None:
        """Say that an outage of a channel has begun or ended."""
        ...

    def channel_closed(self, outage: Outage, maintenance: AnnouncedMaintenance) -> None:
        """Say that a channel is shut as it was announced (OPS-2): nobody is alarmed."""
        ...


class Door(Protocol):
    """A channel as anybody outside meets it."""

    async def try_it(self) -> Trial:
        """Return how trying it ended, within a few seconds. Raises nothing: whatever goes wrong, the door is shut."""
        ...


class Pace(Protocol):
    """A clock that always runs, also while the exchange's own stands still in simulation."""

    def __call__(self) -> float:
        """Return seconds from some beginning."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as PDF, of so many pages. ``accessible`` says whether it is PDF/UA-1: not where no font has a name's
    script.
    """

    pdf: bytes = field(repr=False)
    pages: int
    accessible: bool


class Press(Protocol):
    """Makes letters on paper."""

    def letter(self, content: Content, written: Written, *, printed_at: datetime) -> Letter:
        """Return a notice as a letter to its contact. Raises nothing that quotes it."""
        ...
