"""What notifications says, version 1."""

from __future__ import annotations

from datetime import date
from typing import Literal

from bulkhead.contracts.wire import Wire


class NoticeSent(Wire, frozen=True):
    """A notice left: by e-mail (the mail server has it) or on paper (the print file has it)."""

    household: str
    notice: str
    notice_type: str
    by: Literal["email", "paper"]
    sent_on: date
