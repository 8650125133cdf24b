"""The rows invoicing keeps. Amounts are cents, dates the exchange's local dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bulkhead.kernel.calendar import CoverageMonth, local, local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One completed selection of plans and where its binder stands (ENR-5, ENR-6)."""

    selection: str
    household: str
    entered_on: date
    invoice_on: date
    due: date | None
    state: Literal["open", "satisfied", "not-required", "lapsed", "canceled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is charged for one policy each month, and for which days.

    ``ends_on`` is the last covered day there can be: the plan year's, or the day coverage ended.
    ``lapsed`` is canceled for an unpaid binder, ``canceled`` on request.
    """

    policy: str
    household: str
    selection: str
    plan: str
    carrier: str
    kind: Literal["medical", "dental"]
    effective: date
    plan_year_ends: date
    ends_on: date
    net_cents: int
    assisted: bool
    state: Literal["selected", "active", "lapsed", "canceled", "terminated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """How much of a settled charge one payment paid."""

    payment: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One policy's premium of one coverage month: one identity, ever (INV-3).

    ``binder`` is the selection whose first premium it is. ``invoiced_at`` and ``on_time_until`` come from the
    first invoice that shows it. ``settlement`` numbers the times it was settled.
    """

    charge: str
    household: str
    policy: str
    carrier: str
    month: CoverageMonth
    cents: int
    charged_on: date
    state: Literal["open", "settled", "reversed"]
    binder: str | None = None
    invoice: str | None = None
    invoiced_at: datetime | None = None
    on_time_until: date | None = None
    settlement: int = 0
    settled_on: date | None = None
    funded_by: tuple[Funding, ...] = ()

    @property
    def settlement_id(self) -> str:
        """The id of the present settlement."""
        return f"{self.charge}.{self.settlement}"

    def invoiced_by(self, instant: datetime) -> bool:
        """Whether an invoice showed the charge at that instant."""
        return self.invoiced_at is not None and self.invoiced_at <= instant

    def past_due_on(self, cutoff: date) -> bool:
        """Whether its invoice's on-time date has passed at the end of that day (INV-7)."""
        return (
            self.on_time_until is not None
            and self.on_time_until <= cutoff
            and self.invoiced_at is not None
            and local_date(self.invoiced_at) <= cutoff
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A charge that was reversed (negative) or restored (positive) after it had been invoiced (INV-4)."""

    adjustment: str
    household: str
    charge: str
    policy: str
    month: CoverageMonth
    cents: int
    became_credit: bool
    made_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentLine:
    """An adjustment as an invoice shows it."""

    policy: str
    month: CoverageMonth
    cents: int
    as_credit: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLine:
    """A charge as the invoice shows it that shows it first."""

    policy: str
    month: CoverageMonth
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice as issued, never edited (INV-4). ``total_cents`` is all that was to be paid then."""

    invoice: str
    household: str
    kind: Literal["initial", "monthly"]
    dated: date
    issued_at: datetime
    due: date
    on_time_until: date
    charges: tuple[ChargeLine, ...]
    adjustments: tuple[AdjustmentLine, ...]
    adjustments_cents: int
    unpaid_before_cents: int
    held_cents: int
    credit_cents: int
    total_cents: int
    mail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received for a household. ``refunded_cents`` of it were approved to be paid back."""

    payment: str
    household: str
    cents: int
    method: str
    received_on: date
    postmarked_on: date | None
    known_at: datetime
    at_selection: bool
    refunded_cents: int = 0

    @property
    def on_time_date(self) -> date:
        """The date that decides whether it was on time: the earlier of received and postmarked."""
        return self.received_on if self.postmarked_on is None else min(self.received_on, self.postmarked_on)

    @property
    def arrived_at(self) -> datetime:
        """The instant the money arrived: when it became known, or the end of the earlier day it came in."""
        if self.received_on >= local_date(self.known_at):
            return self.known_at
        return local(self.received_on, 23, 59)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Credit approved to be paid back (INV-6)."""

    refund: str
    household: str
    cents: int
    approved_on: date
    refunded_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grace:
    """One grace period (INV-8): its length is fixed on entry; ``month`` is the one it was last listed in.

    ``ended_policies`` are those whose coverage ended when it ran out.
    """

    household: str
    first_month: CoverageMonth
    months: int
    month: int
    last_day: date
    state: Literal["open", "exited", "expired", "reinstated"]
    ended_on: date | None = None
    exit_on_time_date: date | None = None
    ended_policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A household's row on a carrier's delinquency list (CAR-3)."""

    carrier: str
    on: date
    household: str
    list_part: int
    policies: tuple[str, ...]
    month: int | None
    of: int | None
    past_due_cents: int
    pay_by: date | None
    claims: Literal["pay", "pend"]
    action: Literal["dunning", "pend-claims", "termination-notice", "terminate"]
    effective: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DelinquencyList:
    """A part of a carrier's list that was closed: no row will be added to it."""

    carrier: str
    on: date
    list_part: int
    rows: int
    closed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDecision:
    """The list of that date has been decided for the household, whatever the outcome."""

    household: str
    on: date
    outcome: str
    decided_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One side of a balanced entry (INV-16). Debits are positive, credits negative."""

    entry: str
    account: Literal["cash", "unapplied", "receivable", "premium", "refunds"]
    household: str
    charge: str
    cents: int
    booked_on: date
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Through which date payments' books are closed, as far as one partition has told (INV-17)."""

    partition: int
    closed_through: date
