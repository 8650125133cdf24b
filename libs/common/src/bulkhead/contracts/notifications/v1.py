"""What notifications says, version 1."""

from __future__ import annotations

from datetime import date
from typing import Literal

from bulkhead.contracts.wire import Instant, Wire


class NoticeSent(Wire, frozen=True):
    """A notice left: by e-mail (the mail server has it) or on paper (the print file has it)."""

    household: str
    notice: str
    notice_type: str
    by: Literal["email", "paper"]
    sent_on: date


class ChannelDown(Wire, frozen=True):
    """Trying finds that a channel is shut, since that instant (OPS-3). It is so until `ChannelUp` says otherwise."""

    channel: Literal["payments-online", "enrollment-online", "phone", "mail", "carrier-exchange", "hub"]
    since: Instant


class ChannelUp(Wire, frozen=True):
    """Trying finds that a channel is open again, or it is tried no more: it was shut from ``since`` to ``until``
    (OPS-3).
    """

    channel: Literal["payments-online", "enrollment-online", "phone", "mail", "carrier-exchange", "hub"]
    since: Instant
    until: Instant
