"""What invoicing says happened. Field names are those of the wire contracts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from invoicing.domain.records import ChargeLine, Funding

WrongBecause: TypeAlias = Literal[
    "wrong-amount", "wrong-dates", "wrong-selection", "correction-in-error", "other"
]
"""Why an invoice was wrong as a document: what it asked, when that was to be paid, which selection it was of, or a
correction of it was wrong itself; else.
"""

Unsettling: TypeAlias = Literal["reversed", "adjusted", "returned", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued:
    household: str
    invoice: str
    number: int
    selection: str | None
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
    received_cents: int
    payments: int
    mail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountDueChanged:
    household: str
    invoice: str
    number: int
    due_cents: int
    payments: int
    because: Literal["coverage", "money"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceVoided:
    household: str
    invoice: str
    number: int
    kind: Literal["initial", "monthly"]
    selection: str | None
    dated: date
    total_cents: int
    voided_on: date
    because: WrongBecause
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRestored:
    household: str
    invoice: str
    number: int
    kind: Literal["initial", "monthly"]
    selection: str | None
    restored_on: date
    due_cents: int
    payments: int
    because: WrongBecause
    correction: str
    reverses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPassedOn:
    household: str
    passing: str
    into: str
    cents: int
    taken_from: tuple[Funding, ...]
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCalledBack:
    household: str
    passing: str
    into: str
    correction: str
    reverses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BinderSatisfied:
    household: str
    selection: str
    policies: tuple[str, ...]
    paid_cents: int
    satisfied_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BinderLapsed:
    household: str
    selection: str
    policies: tuple[str, ...]
    due: date
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledPremium:
    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    settlement: str
    rest_cents: int
    funded_by: tuple[Funding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumsSettled:
    household: str
    group: str
    settled_on: date
    premiums: tuple[SettledPremium, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumUnsettled:
    household: str
    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    unsettled_on: date
    settlement: str
    reason: Unsettling


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceEntered:
    household: str
    first_month: CoverageMonth
    months: int
    last_day: date
    past_due_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceAdvanced:
    household: str
    first_month: CoverageMonth
    month: int
    months: int
    past_due_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceExited:
    household: str
    first_month: CoverageMonth
    exited_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEnd:
    policy: str
    through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceExpired:
    household: str
    first_month: CoverageMonth
    months: int
    decided_for: date
    policies: tuple[PolicyEnd, ...]
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DelinquencyListed:
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
    action: Literal["dunning", "pend-claims", "termination-notice", "terminate", "cancel"]
    effective: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DelinquencyListClosed:
    carrier: str
    on: date
    list_part: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReinstatementGranted:
    household: str
    policies: tuple[str, ...]
    reason: Literal["postmark", "asked"]
    binder: bool
    decision: str
    undoes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundApproved:
    household: str
    refund: str
    cents: int
    taken_from: tuple[Funding, ...]


ExtensionGround: TypeAlias = Literal["outage", "declared"]
"""Why a cut-off moves: paying online was not possible, or staff decided it (OPS-4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMoved:
    household: str
    extension: str
    cutoffs: tuple[date, ...]
    until: date
    ground: ExtensionGround


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMovedBack:
    household: str
    extension: str
    cutoffs: tuple[date, ...]


Event: TypeAlias = (
    InvoiceIssued
    | CreditPassedOn
    | CreditCalledBack
    | AmountDueChanged
    | InvoiceVoided
    | InvoiceRestored
    | BinderSatisfied
    | BinderLapsed
    | PremiumsSettled
    | PremiumUnsettled
    | GraceEntered
    | GraceAdvanced
    | GraceExited
    | GraceExpired
    | DelinquencyListed
    | DelinquencyListClosed
    | ReinstatementGranted
    | RefundApproved
    | DeadlineMoved
    | DeadlineMovedBack
)
