"""What notifications says happened. Field names are those of the wire contracts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from notifications.domain.channels import ChannelName


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSent:
    """A notice left: the mail server has it, or the print folder."""

    household: str
    notice: str
    notice_type: str
    by: Literal["email", "paper"]
    sent_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDown:
    """Trying finds that a channel is shut, since that instant."""

    channel: ChannelName
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUp:
    """Trying finds that a channel is open again, or it is tried no more: it was shut from ``since`` to ``until``."""

    channel: ChannelName
    since: datetime
    until: datetime
