"""What invoicing hears, with only what it needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth

DecidedBy: TypeAlias = Literal["enrollment", "invoicing"]
"""Whose decision a fact carries out: the echo of invoicing's own is passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumMonths:
    """What a policy costs in each month of a run, both ends included."""

    first: CoverageMonth
    last: CoverageMonth
    aptc_cents: int
    subsidy_cents: int
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledByCarrier:
    """The carrier that bills for a policy in place of the exchange (CAR-1)."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedPolicy:
    """One policy of a selection; ``billed_by_carrier`` is None where the exchange bills for it."""

    policy: str
    plan: str
    carrier: str
    kind: Literal["medical", "dental"]
    effective: date
    coverage_ends: date
    months: tuple[PremiumMonths, ...]
    billed_by_carrier: BilledByCarrier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansSelected:
    """A household completed a selection."""

    household: str
    selection: str
    entered_on: date
    binder_required: bool
    policies: tuple[SelectedPolicy, ...]
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansRenewed:
    """A household's coverage goes on into the next plan year by itself: there is no binder."""

    household: str
    selection: str
    renewed_on: date
    policies: tuple[SelectedPolicy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyActivated:
    """A policy stands: its binder is paid or none was needed, or the carrier that bills for it has confirmed it."""

    household: str
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCanceled:
    """Coverage that never began was called off; ``selected_as`` is the selection that takes the place of its own."""

    household: str
    policy: str
    reason: str
    decided_by: DecidedBy
    selected_as: str | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerminated:
    """Coverage ends after its last covered day; ``months`` are those whose amounts that changes."""

    household: str
    policy: str
    through: date
    reason: str
    months: tuple[PremiumMonths, ...]
    decided_by: DecidedBy
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEndAsked:
    """Coverage that ended for non-payment is to end with ``through`` where it stands again (INV-7)."""

    household: str
    policy: str
    through: date
    reason: str
    months: tuple[PremiumMonths, ...]
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanged:
    """A policy costs something else since a day, past or to come: ``months`` has every month from that day's on."""

    household: str
    policy: str
    changed: str
    months: tuple[PremiumMonths, ...]
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReinstated:
    """Coverage stands again; ``undoes`` names the decision that no longer stands."""

    household: str
    policy: str
    coverage_ends: date
    months: tuple[PremiumMonths, ...]
    decided_by: DecidedBy
    undoes: str
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMerged:
    """A household goes on as another one of the same person."""

    household: str
    into: str
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeReversed:
    """A household that was merged stands for itself again; ``reverses`` is the correction that had merged it."""

    household: str
    into: str
    correction: str
    reverses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """Money came in; ``selection`` or ``invoice`` is what its payer named it for, ``correction`` what moved it here."""

    household: str
    payment: str
    cents: int
    method: str
    received_on: date
    postmarked_on: date | None
    known_at: datetime
    at_selection: bool
    selection: str | None
    invoice: str | None
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReturned:
    """All of a payment's money went back to where it had come from."""

    household: str
    payment: str
    cents: int
    returned_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMoved:
    """Money of a payment is another household's; ``reverses`` is the correction that this one takes back."""

    household: str
    payment: str
    cents: int
    moved_on: date
    received_on: date
    because: str
    correction: str
    reverses: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRedated:
    """The dates of a payment had been told wrong; ``reverses`` is the correction that this one takes back."""

    household: str
    payment: str
    received_on: date
    postmarked_on: date | None
    received_before: date
    postmarked_before: date | None
    redated_on: date
    because: str
    correction: str
    reverses: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded:
    """Credit was paid back: all of a refund but what was withdrawn."""

    household: str
    refund: str
    cents: int
    refunded_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundWithdrawn:
    """What a refund took from a payment is not paid back: the payment itself was returned."""

    household: str
    refund: str
    payment: str
    cents: int
    withdrawn_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksClosed:
    """Payments' books are closed through this date, for the partition it came on."""

    through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDown:
    """A channel is shut since that instant."""

    channel: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUp:
    """A channel is open again that was shut from ``since`` to ``until``."""

    channel: str
    since: datetime
    until: datetime
