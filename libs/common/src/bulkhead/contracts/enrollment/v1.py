"""What enrollment says, version 1."""

from __future__ import annotations

from datetime import date
from typing import Literal

from bulkhead.contracts.wire import Wire
from bulkhead.kernel.personal import Masked


class HouseholdRegistered(Wire):
    """A household exists and may be billed, paid for and written to."""

    household: str
    contact_version: int


class ContactMember(Wire):
    """A person of the household, as carriers and letters must name them."""

    member: str
    relation: Literal["self", "spouse", "child"]
    name: Masked
    born: Masked
    ssn: Masked | None = None


class ContactRecorded(Wire):
    """Who the household's people are and how to reach them. On the contacts topic only."""

    household: str
    contact_version: int
    language: str
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    members: tuple[ContactMember, ...]


class PolicyTerms(Wire):
    """One policy as selected: plan, carrier, first day, monthly amounts in cents, and who is covered."""

    policy: str
    plan: str
    carrier: str
    kind: Literal["medical", "dental"]
    effective: date
    coverage_ends: date
    tier: Literal["single", "couple", "parent", "family"]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    members: tuple[str, ...]


class PlansSelected(Wire):
    """A household completed a selection of plans.

    ``selected_on`` is the date the rules count (paper: received), ``entered_on`` the date it was typed
    in. ``binder_required`` is False where the first premium of all selections together is 0 (ENR-7).
    ``assisted`` says whether the household receives APTC or state subsidy (INV-8).
    """

    household: str
    selection: str
    contact_version: int
    selected_on: date
    entered_on: date
    via: Literal["web", "phone", "navigator", "paper"]
    effective: date
    binder_required: bool
    assisted: bool
    policies: tuple[PolicyTerms, ...]


class PolicyActivated(Wire):
    """A policy's binder is paid, or none was needed: the coverage stands."""

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    contact_version: int


class PolicyCanceled(Wire):
    """Coverage that never began is called off."""

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    reason: Literal["non-payment", "requested", "error"]
    contact_version: int


class PolicyTerminated(Wire):
    """Coverage ends; ``through`` is the last covered day."""

    household: str
    policy: str
    plan: str
    carrier: str
    effective: date
    through: date
    reason: Literal["non-payment", "requested", "death", "medicaid", "error"]
    contact_version: int


class PolicyReinstated(Wire):
    """A canceled or terminated policy stands again, without a gap, as if it had not ended."""

    household: str
    policy: str
    selection: str
    plan: str
    carrier: str
    effective: date
    coverage_ends: date
    reason: Literal["postmark", "error", "asked"]
    contact_version: int
