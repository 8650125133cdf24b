"""What notifications says happened. Field names are those of the wire contracts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSent:
    """A notice left: the mail server has it, or the print folder."""

    household: str
    notice: str
    notice_type: str
    by: Literal["email", "paper"]
    sent_on: date
