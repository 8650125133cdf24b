"""Rows that are nothing but what the application has to remember."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """A household that payments has heard of by an event (PAY-3)."""

    household: str
    heard_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsTold:
    """How many payments of a household were told (PAY-8)."""

    household: str
    payments: int
