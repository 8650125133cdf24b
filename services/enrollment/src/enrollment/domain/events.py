"""What enrollment says has happened: field for field what `bulkhead.contracts.enrollment.v1` carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from bulkhead.kernel.personal import Masked
from enrollment.domain.households import Relation, Tier
from enrollment.domain.plans import Kind
from enrollment.domain.policies import CancelReason, EndReason, ReinstatementReason

Via: TypeAlias = Literal["web", "phone", "navigator", "paper"]
"""How a selection came in (ENR-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdRegistered:
    """A household exists and may be billed, paid for and written to."""

    household: str
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMember:
    """A person of the household, as carriers and letters must name them."""

    member: str
    relation: Relation
    name: Masked
    born: Masked
    ssn: Masked | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecorded:
    """Who the household's people are and how to reach them: on the contacts topic only."""

    household: str
    contact_version: int
    language: str
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    members: tuple[ContactMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerms:
    """One policy as selected; amounts are cents a month."""

    policy: str
    plan: str
    carrier: str
    kind: Kind
    effective: date
    coverage_ends: date
    tier: Tier
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansSelected:
    """A household completed a selection of plans."""

    household: str
    selection: str
    contact_version: int
    selected_on: date
    entered_on: date
    via: Via
    effective: date
    binder_required: bool
    assisted: bool
    policies: tuple[PolicyTerms, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyActivated:
    """A policy's binder is paid, or none was needed: the coverage stands."""

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCanceled:
    """Coverage that never began is called off."""

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    reason: CancelReason
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTerminated:
    """Coverage ends; ``through`` is the last covered day."""

    household: str
    policy: str
    plan: str
    carrier: str
    effective: date
    through: date
    reason: EndReason
    contact_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReinstated:
    """A canceled or terminated policy stands again, without a gap, as if it had not ended."""

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    coverage_ends: date
    reason: ReinstatementReason
    contact_version: int


PolicyEvent: TypeAlias = PolicyActivated | PolicyCanceled | PolicyTerminated | PolicyReinstated
