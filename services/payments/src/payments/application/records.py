"""Rows that are nothing but what the application has to remember."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BinderInvoice:
    """The initial invoice of a selection and when it is due: whom a maintenance window would concern (OPS-2)."""

    invoice: str
    household: str
    selection: str
    due: date
    void: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceTelling:
    """Whom a window that touches deadlines concerns, as far as they were told: ``told_through`` is the last household
    that was, None once all were; ``called_off_through`` likewise of a window that was withdrawn after somebody was told
    (OPS-2).
    """

    maintenance: str
    told_through: str | None
    called_off_through: str | None = ""
