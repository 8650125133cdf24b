"""What a state can change about notices: read from a policy pack, as of a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineWay:
    """Where premiums are paid online."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneWay:
    """The line that answers questions and takes payments, Monday to Friday between two local hours."""

    number: str
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWay:
    """Where checks and letters go, line by line, and who a check is made out to."""

    payable_to: str
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsParameters:
    """The dated parameters of notices (NOT-1, NOT-2)."""

    exchange_name: str
    """The name notices are signed with."""
    payments_online: OnlineWay
    phone: PhoneWay
    payments_by_mail: MailWay
    wordings: dict[str, str]
    """Which version of its templates each type of notice is written with."""
    notice_overdue_days: int
    """After how many days somebody is told of a notice that has not left (I9)."""
