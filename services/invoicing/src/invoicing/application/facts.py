"""What invoicing hears, with only what it needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedPolicy:
    """One policy of a selection."""

    policy: str
    plan: str
    carrier: str
    kind: Literal["medical", "dental"]
    effective: date
    coverage_ends: date
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansSelected:
    """A household completed a selection."""

    household: str
    selection: str
    entered_on: date
    binder_required: bool
    assisted: bool
    policies: tuple[SelectedPolicy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCanceled:
    """Coverage that never began was called off."""

    household: str
    policy: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerminated:
    """Coverage ends after its last covered day."""

    household: str
    policy: str
    through: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """Money came in."""

    household: str
    payment: str
    cents: int
    method: str
    received_on: date
    postmarked_on: date | None
    known_at: datetime
    at_selection: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded:
    """Credit was paid back."""

    household: str
    refund: str
    cents: int
    refunded_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksClosed:
    """Payments' books are closed through this date, for the partition it came on."""

    through: date
