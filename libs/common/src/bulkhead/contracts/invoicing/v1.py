"""What invoicing says, version 1. Amounts are cents."""

from __future__ import annotations

from datetime import date
from typing import Literal

from bulkhead.contracts.wire import Wire
from bulkhead.kernel.calendar import CoverageMonth


class ChargeLine(Wire):
    """One policy's premium for one coverage month."""

    policy: str
    month: CoverageMonth
    net_cents: int


class InvoiceIssued(Wire):
    """An invoice was made. ``charges`` are those it shows for the first time.

    ``total_cents`` is all that is now to be paid; of an initial invoice the first premium itself.
    ``mail`` is False where nothing is to be sent because all was paid at selection (INV-1).
    """

    household: str
    invoice: str
    kind: Literal["initial", "monthly"]
    dated: date
    due: date
    on_time_until: date
    charges: tuple[ChargeLine, ...]
    adjustments_cents: int
    unpaid_before_cents: int
    held_cents: int
    credit_cents: int
    total_cents: int
    mail: bool


class BinderSatisfied(Wire):
    """The first premium of all plan selections of the household is paid in full (ENR-5)."""

    household: str
    selections: tuple[str, ...]
    policies: tuple[str, ...]
    paid_cents: int
    satisfied_on: date


class BinderLapsed(Wire):
    """A binder was not paid by its due date: the selections are to be canceled (ENR-6)."""

    household: str
    selections: tuple[str, ...]
    policies: tuple[str, ...]
    due: date


class Funding(Wire):
    """How much of a settled premium one payment paid."""

    payment: str
    cents: int


class PremiumSettled(Wire):
    """One policy's premium of one month is paid, and by whom."""

    household: str
    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    settled_on: date
    settlement: str
    funded_by: tuple[Funding, ...]


class PremiumUnsettled(Wire):
    """A settlement no longer stands: its charge was reversed or its money taken back."""

    household: str
    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    unsettled_on: date
    settlement: str
    reason: Literal["reversed", "returned"]


class GraceEntered(Wire):
    """A household was first listed as delinquent: its grace begins (INV-8)."""

    household: str
    first_month: CoverageMonth
    months: int
    last_day: date
    past_due_cents: int


class GraceAdvanced(Wire):
    """Grace went on into its next month (INV-10)."""

    household: str
    first_month: CoverageMonth
    month: int
    months: int
    past_due_cents: int


class GraceExited(Wire):
    """Everything invoiced is paid: grace is over (INV-9)."""

    household: str
    first_month: CoverageMonth
    exited_on: date


class PolicyEnd(Wire):
    """A policy and its last covered day."""

    policy: str
    through: date


class GraceExpired(Wire):
    """Grace ran out with something unpaid: coverage is to end (INV-11)."""

    household: str
    first_month: CoverageMonth
    months: int
    decided_for: date
    policies: tuple[PolicyEnd, ...]


class DelinquencyListed(Wire):
    """A household's row on a carrier's delinquency list (CAR-3). ``on`` is the list's business date."""

    household: str
    carrier: str
    on: date
    list_part: int
    policies: tuple[str, ...]
    month: int | None
    of: int | None
    past_due_cents: int
    pay_by: date | None
    claims: Literal["pay", "pend"]
    action: Literal["dunning", "pend-claims", "termination-notice", "terminate"]
    effective: date | None


class DelinquencyListClosed(Wire):
    """A carrier's list of that date (or a later part of it) is whole once ``rows`` rows of it have come."""

    carrier: str
    on: date
    list_part: int
    rows: int


class ReinstatementGranted(Wire):
    """Coverage that ended or was canceled for non-payment stands again (INV-12)."""

    household: str
    policies: tuple[str, ...]
    reason: Literal["postmark", "error", "asked"]
    binder: bool


class RefundApproved(Wire):
    """Credit is reserved and is to be paid back. ``taken_from`` says which payments it came with."""

    household: str
    refund: str
    cents: int
    taken_from: tuple[Funding, ...]
