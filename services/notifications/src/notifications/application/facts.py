"""What notifications hears from others: only the fields it needs. Names are those of the wire contracts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from notifications.domain.autopay import DeclineReason, DrawnFrom
from notifications.domain.coverage import BilledByCarrier
from notifications.domain.deadlines import ExtensionGround
from notifications.domain.money import Funding
from notifications.domain.notices import GoesOnBecause, GoneBecause, InvoiceLine


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMember:
    """A person of the household, as letters must name them."""

    member: str
    name: Masked


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecorded:
    """How a household is reached."""

    household: str
    contact_version: int
    language: str
    email: Masked | None
    address: Masked | None
    members: tuple[ContactMember, ...]
    subscriber: str
    estate: bool = False
    responsible_name: Masked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumMonths:
    """What a policy costs in each of these months, both ends included. Cents."""

    first: CoverageMonth
    last: CoverageMonth
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedPolicy:
    """One policy of a selection."""

    policy: str
    plan: str
    carrier: str
    effective: date
    coverage_ends: date
    months: tuple[PremiumMonths, ...]
    billed_by_carrier: BilledByCarrier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansSelected:
    """A household completed a selection of plans; ``binder_required`` says whether a first premium holds it (ENR-5),
    ``transferred_from`` from which carrier it comes over (ENR-12).
    """

    household: str
    selection: str
    contact_version: int
    binder_required: bool
    policies: tuple[SelectedPolicy, ...]
    transferred_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedPolicy(SelectedPolicy):
    """A policy of the next plan year and the one it renews, and why that becomes this one. Cents a month."""

    net_cents: int
    plan_before: str
    carrier_before: str
    net_before_cents: int
    because: GoesOnBecause


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingPolicy:
    """A policy that goes on as none, its last covered day, and why."""

    policy: str
    plan: str
    carrier: str
    coverage_ends: date
    because: GoneBecause


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansRenewed:
    """Coverage goes on into the next plan year by itself, and ``ending`` of the same household as none."""

    household: str
    selection: str
    contact_version: int
    plan_year: int
    policies: tuple[RenewedPolicy, ...]
    ending: tuple[EndingPolicy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageNotRenewed:
    """Coverage ends with its plan year, for nothing takes its plan's place."""

    household: str
    contact_version: int
    plan_year: int
    policies: tuple[EndingPolicy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildrenAgeOut:
    """Children of a household will be too old to be covered with it; ``through`` is their last covered day."""

    household: str
    contact_version: int
    members: tuple[str, ...]
    age_limit: int
    through: date
    select_from: date | None
    select_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicaidBegun:
    """Medicaid covers members of a household from a day on; ``plans_through`` is their last day in its plans."""

    household: str
    contact_version: int
    members: tuple[str, ...]
    program: str
    begins: date
    plans_through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicaidEnded:
    """Medicaid covers members of a household through a day; they may select plans between two days."""

    household: str
    contact_version: int
    members: tuple[str, ...]
    program: str
    through: date
    select_from: date | None
    select_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyActivated:
    """A policy's coverage stands."""

    household: str
    policy: str
    effective: date
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCanceled:
    """Coverage that never began is called off; the same plan may be selected anew from ``rolled_to`` on (ENR-6)."""

    household: str
    policy: str
    effective: date
    reason: str
    contact_version: int
    rolled_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerminated:
    """Coverage ends; ``through`` is the last covered day."""

    household: str
    policy: str
    effective: date
    through: date
    reason: str
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReinstated:
    """A canceled or terminated policy stands again, through ``coverage_ends``: its plan year's end, or an end
    that was asked for before. ``correction`` is what brought it about, if any did (OPS-5), ``begins_later`` whether
    it is only selected again, and `PolicyActivated` follows.
    """

    household: str
    policy: str
    effective: date
    coverage_ends: date
    reason: str
    contact_version: int
    correction: str | None = None
    begins_later: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued:
    """An invoice was made; ``mail`` says whether anything is to be sent (INV-1).

    ``payments`` is how many of the household's payments it takes into account: the first so many.
    """

    household: str
    invoice: str
    number: int
    selection: str | None
    kind: Literal["initial", "monthly"]
    dated: date
    due: date
    on_time_until: date
    charges: tuple[InvoiceLine, ...]
    adjustments_cents: int
    unpaid_before_cents: int
    held_cents: int
    credit_cents: int
    total_cents: int
    received_cents: int
    payments: int
    mail: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledPremium:
    """One policy's premium of one month that is paid, and by which payments."""

    policy: str
    month: CoverageMonth
    cents: int
    rest_cents: int
    settlement: str
    funded_by: tuple[Funding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumsSettled:
    """A binder or a coverage month is paid, whole (INV-5)."""

    household: str
    group: str
    premiums: tuple[SettledPremium, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumUnsettled:
    """A settlement no longer stands."""

    household: str
    settlement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BinderLapsed:
    """A first premium was not paid in time: the selection is to be canceled (ENR-6)."""

    household: str
    selection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """Money came in for a household."""

    household: str
    payment: str
    cents: int
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date
    selection: str | None
    invoice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceVoided:
    """An invoice was wrong as a document: nothing is to be paid on it (OPS-5)."""

    household: str
    invoice: str
    kind: Literal["initial", "monthly"]
    dated: date
    total_cents: int
    voided_on: date
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRestored:
    """An invoice that was void stands again with the dates it had (OPS-5). Of a monthly one ``due_cents`` are to be
    paid, where the first ``payments`` payments of the household are taken into account.
    """

    household: str
    invoice: str
    due_cents: int
    payments: int
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMoved:
    """Money for what is due on these days, the earliest first, is on time through ``until`` (OPS-4)."""

    household: str
    extension: str
    cutoffs: tuple[date, ...]
    until: date
    ground: ExtensionGround


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMovedBack:
    """What is due on these days, the earliest first, is due on them again (OPS-4)."""

    household: str
    extension: str
    cutoffs: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMerged:
    """A household goes on as another one of the same person (OPS-5)."""

    household: str
    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeReversed:
    """A household that was merged stands for itself again (OPS-5)."""

    household: str
    into: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMoved:
    """Money of a payment is another household's, and was taken from this one's by a correction."""

    household: str
    payment: str
    cents: int
    moved_on: date
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date
    because: str
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReturned:
    """All of a payment's money went back."""

    household: str
    payment: str
    cents: int
    kind: Literal["nsf", "closed-account", "chargeback", "other"]
    returned_on: date
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayBegan:
    """A member agreed that invoices are drawn; ``draws_on`` is when one of before is."""

    household: str
    mandate: str
    method: DrawnFrom
    begins_on: date
    draws_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayEnded:
    """Invoices are drawn no more, or by another mandate from now on: *replaced*."""

    household: str
    mandate: str
    method: DrawnFrom
    ended_on: date
    because: Literal[
        "asked", "replaced", "declined", "account-closed", "account-changed", "household-merged", "lost"
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawDeclined:
    """An invoice was not drawn; it is tried again on ``again_on``, None where it is not. Cents."""

    household: str
    draw: str
    mandate: str
    invoice: str
    cents: int
    method: DrawnFrom
    decline: DeclineReason
    tries: int
    declined_on: date
    again_on: date | None
    pay_by: date
    autopay_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationWanted:
    """Documents are wanted by a day, for the first time or as a reminder (ENR-10). ``decision`` names the request."""

    household: str
    contact_version: int
    wanted: tuple[Literal["income", "citizenship", "incarceration", "medicaid"], ...]
    until: date
    reminder: bool
    decision: str
    ends_coverage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationDecided:
    """A household's eligibility is verified, or nobody confirmed it in time. Cents a month."""

    household: str
    contact_version: int
    verification: Literal["verified", "failed"]
    changes_on: date | None
    aptc_cents: int
    subsidy_cents: int
    decision: str
    covered_through: date | None
    may_enroll: Literal["no-longer", "again"] | None = None
    covered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceScheduled:
    """Payments will be taken out, from ``begins_at`` up to ``ends_at`` (OPS-2)."""

    maintenance: str
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWithdrawn:
    """A window that was scheduled will not be (OPS-2)."""

    maintenance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceEnded:
    """A window is over since ``ended_at``, which is earlier than it was scheduled where somebody ended it (OPS-2)."""

    maintenance: str
    begins_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceConcerns:
    """A household has something to pay by days, the earliest first, that maintenance of payments touches (OPS-2), or
    would have, where it is ``withdrawn``.
    """

    household: str
    maintenance: str
    begins_at: datetime
    ends_at: datetime
    cutoffs: tuple[date, ...]
    withdrawn: bool = False
