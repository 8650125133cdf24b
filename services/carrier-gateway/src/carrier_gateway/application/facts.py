"""What the gateway hears, with only what it needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.records import (
    CarrierWordKind,
    EndReason,
    MemberRate,
    PremiumMonths,
    TobaccoUse,
    VersionTerms,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledByCarrier:
    """That a policy's carrier bills for it in place of the exchange (CAR-1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedPolicy:
    """One policy of a selection."""

    policy: str
    plan: str
    carrier: str
    kind: Literal["medical", "dental"]
    effective: date
    coverage_ends: date
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    members: tuple[str, ...]
    months: tuple[PremiumMonths, ...]
    rating_area: int | None = None
    rates: tuple[MemberRate, ...] = ()
    billed_by_carrier: BilledByCarrier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansSelected:
    """A household completed a selection. Its contact must be known as of ``contact_version``."""

    household: str
    selection: str
    contact_version: int
    entered_on: date
    binder_required: bool
    policies: tuple[SelectedPolicy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedPolicy(SelectedPolicy):
    """One policy that goes on from one of the year before."""

    carrier_before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansRenewed:
    """A household's coverage goes on into the next plan year by itself, and waits for no payment."""

    household: str
    selection: str
    contact_version: int
    renewed_on: date
    policies: tuple[RenewedPolicy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyActivated:
    """A policy's binder is paid, or none was needed."""

    household: str
    policy: str
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCanceled:
    """Coverage that never began is called off."""

    household: str
    policy: str
    reason: EndReason
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerminated:
    """Coverage ends after its last covered day."""

    household: str
    policy: str
    through: date
    reason: EndReason
    months: tuple[PremiumMonths, ...]
    contact_version: int
    decided_by: Literal["enrollment", "invoicing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanged:
    """A policy costs something else, or covers others, since a day: ``versions`` and ``months`` from it on."""

    household: str
    policy: str
    versions: tuple[VersionTerms, ...]
    months: tuple[PremiumMonths, ...]
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReinstated:
    """A canceled or terminated policy stands again, without a gap, until its ``coverage_ends``: that of its
    plan year, or an end that somebody has asked for. ``versions`` and ``months`` are those from where it had ended."""

    household: str
    policy: str
    coverage_ends: date
    reason: Literal["postmark", "error", "asked"]
    versions: tuple[VersionTerms, ...]
    months: tuple[PremiumMonths, ...]
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierRecordDecided:
    """What became of what a carrier said by itself of a policy: ``record`` is the record of its file that said it."""

    household: str
    policy: str
    record: str
    kind: CarrierWordKind
    through: date | None
    outcome: Literal["taken-up", "already-so", "set-apart"]
    rule: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMember:
    """A person of the household. ``latin_name`` is her name for files that can carry nothing else; ``tobacco`` whether
    she uses it, in order of days, empty where no rate may differ by it.
    """

    member: str
    relation: Literal["self", "spouse", "child"]
    name: Masked
    latin_name: Masked
    born: Masked
    ssn: Masked | None
    tobacco: tuple[TobaccoUse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecorded:
    """Who the household's people are and how to reach them; and who acts for the subscriber until which age."""

    household: str
    contact_version: int
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    members: tuple[RecordedMember, ...]
    responsible_name: Masked | None = None
    responsible_latin_name: Masked | None = None
    responsible_until_age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BinderSatisfied:
    """The first premium of a selection is paid, or enough of it (INV-15), for all its policies."""

    household: str
    policies: tuple[str, ...]
    satisfied_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DelinquencyListed:
    """A household's row on a carrier's delinquency list."""

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
    """A carrier's list is whole once so many of its rows have come."""

    carrier: str
    on: date
    list_part: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittedMonth:
    """A policy's coverage month in a remittance: cents paid on, or taken back where they are less than nothing."""

    household: str
    policy: str
    month: CoverageMonth
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceIssued:
    """A carrier is paid: one of the parts that it is told in, each with the same amounts."""

    remittance: str
    carrier: str
    business_date: date
    issued_on: date
    total_cents: int
    brought_forward_cents: int
    carried_cents: int
    lines: tuple[RemittedMonth, ...]
    part: int
    parts: int
    sequence: int
