"""Enrollment's tables: one per kind of record, columns named as its fields."""

from __future__ import annotations

from datetime import date, datetime
from typing import get_args

from sqlmodel import BigInteger, CheckConstraint, Field, Index, UniqueConstraint, text

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.tables import TableModel, Tables, corrected_by_people, one_of
from enrollment.domain import (
    age_rates,
    carriers,
    corrections,
    crosswalk,
    determination,
    events,
    household_acts,
    households,
    months,
    parameters,
    payment_standing,
    restorations,
    trials,
)
from enrollment.domain import plans as catalog
from enrollment.domain import policies as coverage
from enrollment.domain import renewal_runs as runs
from enrollment.domain import renewals as renewing
from enrollment.domain import selections as chosen
from enrollment.domain import verification as eligibility
from enrollment.domain.acknowledgement import Acknowledgement
from enrollment.domain.decisions import PolicyDecision
from enrollment.domain.ends import End, EndReason
from enrollment.domain.lifecycle import Lifecycle


class EnrollmentTable(TableModel, registry=service_registry()):
    """A table of enrollment's database."""


def _amounts_add_up() -> list[CheckConstraint]:
    return [
        CheckConstraint("least(gross_cents, aptc_cents, subsidy_cents, net_cents) >= 0", name="not_negative"),
        CheckConstraint("net_cents = gross_cents - aptc_cents - subsidy_cents", name="net_adds_up"),
    ]


class OnlineTrials(EnrollmentTable, table=True):
    door: str = Field(primary_key=True)
    tried_at: datetime
    outcome: str

    __table_args__ = (one_of("door", "online"), one_of("outcome", *trials.TRIAL_OUTCOMES))


class Plans(EnrollmentTable, table=True):
    plan: str = Field(primary_key=True)
    carrier: str
    kind: str
    single_cents: int | None = Field(sa_type=BigInteger)
    couple_cents: int | None = Field(sa_type=BigInteger)
    parent_cents: int | None = Field(sa_type=BigInteger)
    family_cents: int | None = Field(sa_type=BigInteger)
    plan_year: int | None
    years: tuple[catalog.YearPrices, ...]
    rated_by: str
    name: str | None
    metal: str | None
    variants: tuple[determination.CsrVariant, ...]

    __table_args__ = (
        one_of("kind", *get_args(catalog.Kind)),
        one_of("metal", *get_args(catalog.Metal)),
        one_of("rated_by", *get_args(catalog.RatedBy)),
        CheckConstraint(
            "(rated_by = 'tier') = (single_cents IS NOT NULL AND couple_cents IS NOT NULL "
            "AND parent_cents IS NOT NULL AND family_cents IS NOT NULL)",
            name="rated_by_tier_has_prices",
        ),
        CheckConstraint(
            "rated_by = 'tier' OR coalesce(single_cents, couple_cents, parent_cents, family_cents) IS NULL",
            name="rated_by_age_has_no_prices",
        ),
        CheckConstraint(
            "least(single_cents, couple_cents, parent_cents, family_cents) >= 0",
            name="prices_are_not_negative",
        ),
    )


class Carriers(EnrollmentTable, table=True):
    carrier: str = Field(primary_key=True)
    name: str
    phone: str
    billing: tuple[carriers.BillingSince, ...]

    __table_args__ = (
        {"comment": "what customers are told of carriers, and who bills for their plans (CAR-1)"},
    )


class AgeRates(EnrollmentTable, table=True):
    plan: str = Field(primary_key=True, foreign_key="plans.plan")
    plan_year: int = Field(primary_key=True)
    rating_area: int = Field(primary_key=True)
    cents: tuple[int, ...]
    child_until_age: int
    counted_children: int
    derived_from: str | None
    tobacco_cents: tuple[int, ...]
    tobacco_from_age: int | None

    __table_args__ = ({"comment": "of plans that are rated by age: a rate for each age (ENR-17)"},)


class Households(EnrollmentTable, table=True):
    household: str = Field(primary_key=True)
    registered_on: date
    aptc_cents: int = Field(sa_type=BigInteger)
    subsidy_cents: int = Field(sa_type=BigInteger)
    contact_version: int
    verification: str
    verification_until: date
    decisions: int
    assistance_changes: tuple[households.AssistanceChange, ...]
    not_ended: tuple[households.NotEnded, ...]
    income_cents: int | None = Field(sa_type=BigInteger)
    determination: determination.Determination | None
    documented: tuple[determination.Attested, ...]
    last_days: tuple[households.LastDay, ...]
    verification_reminded: bool
    awaits_hub: bool
    rating_area: int | None
    area_changes: tuple[households.AreaChange, ...]
    merged_into: str | None = Field(foreign_key="households.household")

    __table_args__ = (
        one_of("verification", *get_args(eligibility.Verification)),
        CheckConstraint("least(aptc_cents, subsidy_cents) >= 0", name="assistance_is_not_negative"),
        CheckConstraint("income_cents >= 0", name="income_is_not_negative"),
        CheckConstraint("merged_into <> household", name="merged_into_another"),
        Index("households_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("households_to_ask_about", "household", postgresql_where=text("awaits_hub")),
        Index("households_pending", "verification_until", postgresql_where=text("verification = 'pending'")),
    )


class Contacts(EnrollmentTable, table=True):
    household: str = Field(primary_key=True, foreign_key="households.household")
    contact_version: int
    language: str
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    responsible_name: Masked | None
    responsible_latin_name: Masked | None

    __table_args__ = ({"comment": "personal data"},)


class HouseholdActs(EnrollmentTable, table=True):
    household: str = Field(primary_key=True, foreign_key="households.household")
    kind: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime
    on: date
    facts: dict[str, str]
    reasons: tuple[Reason, ...]

    __table_args__ = (
        one_of("kind", *get_args(household_acts.HouseholdActKind)),
        {"comment": "what became of a household itself, for its timeline; only ever added to"},
    )


class Members(EnrollmentTable, table=True):
    member: str = Field(primary_key=True)
    household: str = Field(foreign_key="households.household")
    position: int
    relation: str
    name: Masked
    latin_name: Masked
    born: Masked
    ssn: Masked | None
    joined: date | None
    left: date | None
    left_for: str | None
    medicaid: tuple[households.MedicaidSpan, ...]
    uses_tobacco: bool
    tobacco_uses: tuple[households.TobaccoUse, ...]

    __table_args__ = (
        one_of("relation", *get_args(households.Relation)),
        UniqueConstraint("household", "position", name="members_household_position"),
        UniqueConstraint("household", "ssn", name="members_household_ssn"),
        Index("members_ssn", "ssn", postgresql_where=text("ssn IS NOT NULL")),
        Index("members_children", "born", postgresql_where=text("relation = 'child' AND \"left\" IS NULL")),
        {"comment": "personal data"},
    )


class Selections(EnrollmentTable, table=True):
    selection: str = Field(primary_key=True)
    household: str = Field(foreign_key="households.household")
    number: int
    selected_on: date
    entered_on: date
    via: str
    event_kind: str | None
    event_on: date | None
    effective: date
    binder_required: bool
    reasons: tuple[Reason, ...]
    transferred_from: str | None

    __table_args__ = (
        one_of("via", *get_args(events.Via), "renewal"),
        one_of("event_kind", *get_args(parameters.EventKind)),
        CheckConstraint("(event_kind IS NULL) = (event_on IS NULL)", name="event_has_a_date"),
        CheckConstraint("selected_on <= entered_on", name="selected_before_entered"),
        UniqueConstraint("household", "number", name="selections_household_number"),
    )


class Policies(EnrollmentTable, table=True):
    policy: str = Field(primary_key=True)
    household: str = Field(foreign_key="households.household")
    selection: str = Field(foreign_key="selections.selection")
    plan: str = Field(foreign_key="plans.plan")
    carrier: str
    kind: str
    tier: str
    members: tuple[str, ...]
    effective: date
    coverage_ends: date
    gross_cents: int = Field(sa_type=BigInteger)
    aptc_cents: int = Field(sa_type=BigInteger)
    subsidy_cents: int = Field(sa_type=BigInteger)
    net_cents: int = Field(sa_type=BigInteger)
    partial_month: str
    decision_due: date
    activated_on: date | None
    lifecycle: str
    acknowledgement: str
    standing: str
    grace: CoverageMonth | None
    grace_month: int | None
    through: date | None
    end_reason: str | None
    ends: tuple[End, ...]
    undone: tuple[str, ...]
    renews: str | None
    reasons: tuple[Reason, ...]
    decisions: tuple[PolicyDecision, ...]
    billed_by_carrier: carriers.BilledByCarrier | None

    __table_args__ = (
        one_of("kind", *get_args(catalog.Kind)),
        one_of("tier", *get_args(households.Tier)),
        one_of("partial_month", *get_args(months.PartialMonth)),
        one_of("lifecycle", *get_args(Lifecycle)),
        one_of("acknowledgement", *get_args(Acknowledgement)),
        one_of("standing", *get_args(payment_standing.Standing)),
        one_of("end_reason", *get_args(EndReason)),
        *_amounts_add_up(),
        CheckConstraint("effective <= coverage_ends", name="begins_before_it_ends"),
        CheckConstraint("through BETWEEN effective AND coverage_ends", name="through_is_a_covered_day"),
        CheckConstraint(
            "(lifecycle = 'terminated') = (through IS NOT NULL)", name="terminated_has_a_last_day"
        ),
        CheckConstraint(
            "(lifecycle IN ('canceled', 'terminated')) = (end_reason IS NOT NULL)", name="ended_has_a_reason"
        ),
        CheckConstraint("(end_reason IS NOT NULL) = (ends <> '[]')", name="ended_by_a_decision"),
        CheckConstraint("(standing = 'in-grace') = (grace_month IS NOT NULL)", name="grace_has_a_month"),
        CheckConstraint("grace_month IS NULL OR grace IS NOT NULL", name="grace_has_a_first_month"),
        CheckConstraint(
            "lifecycle = 'canceled' OR (lifecycle = 'selected') = (activated_on IS NULL)",
            name="coverage_stands_once_begun",
        ),
        UniqueConstraint("selection", "plan", name="policies_selection_plan"),
        Index("policies_household", "household"),
        Index(
            "policies_to_expire", "household", "coverage_ends", postgresql_where=text("lifecycle = 'active'")
        ),
        Index("policies_undecided", "decision_due", postgresql_where=text("lifecycle = 'selected'")),
    )


class PolicyVersions(EnrollmentTable, table=True):
    policy: str = Field(primary_key=True, foreign_key="policies.policy")
    number: int = Field(primary_key=True)
    household: str = Field(foreign_key="households.household")
    since: date
    members: tuple[str, ...]
    gross_cents: int = Field(sa_type=BigInteger)
    aptc_cents: int = Field(sa_type=BigInteger)
    subsidy_cents: int = Field(sa_type=BigInteger)
    net_cents: int = Field(sa_type=BigInteger)
    rating_area: int | None
    rates: tuple[months.MemberRate, ...]
    tobacco_users: tuple[str, ...]

    __table_args__ = (
        *_amounts_add_up(),
        CheckConstraint("(rating_area IS NULL) = (rates = '[]')", name="rated_by_age_in_an_area"),
        Index("policy_versions_household", "household"),
        {"comment": "only ever added to (ENR-13)"},
    )


class Crosswalk(EnrollmentTable, table=True):
    plan_year: int = Field(primary_key=True)
    plan: str = Field(primary_key=True, foreign_key="plans.plan")
    next_plan: str | None = Field(foreign_key="plans.plan")
    because: str

    __table_args__ = (
        one_of("because", *get_args(catalog.Because)),
        {"comment": "which plan of a plan year each plan of the year before becomes (ENR-14)"},
    )


class Renewals(EnrollmentTable, table=True):
    policy: str = Field(primary_key=True, foreign_key="policies.policy")
    plan_year: int
    household: str
    plan: str
    carrier: str
    kind: str
    net_before_cents: int = Field(sa_type=BigInteger)
    state: str
    obstacle: str | None
    because: str | None
    next_plan: str | None
    gross_cents: int | None = Field(sa_type=BigInteger)
    assistance_cents: int | None = Field(sa_type=BigInteger)
    net_cents: int | None = Field(sa_type=BigInteger)
    renewed_as: str | None
    told_on: date | None
    decided_on: date

    __table_args__ = (
        one_of("kind", *get_args(catalog.Kind)),
        one_of("state", *get_args(renewing.RenewalState)),
        one_of("obstacle", *get_args(renewing.Obstacle)),
        one_of("because", *get_args(catalog.Because)),
        CheckConstraint(
            "(state = 'unmapped') = (obstacle IS NOT NULL AND obstacle <> 'reversal-failed')",
            name="unmapped_says_why",
        ),
        CheckConstraint(
            "obstacle IS DISTINCT FROM 'reversal-failed' OR state = 'renewed'",
            name="renewed_until_taken_back",
        ),
        CheckConstraint("(state = 'renewed') = (renewed_as IS NOT NULL)", name="renewed_as_a_policy"),
        Index("renewals_household", "household"),
        Index("renewals_by_state", "plan_year", "state", "household"),
    )


class RenewalRuns(EnrollmentTable, table=True):
    plan_year: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    act: str
    asked_by: str
    asked_at: datetime
    state: str
    cursor: str
    households: int
    policies: int
    failed: int
    done_at: datetime | None
    at_once: int | None
    tried_alone: int
    slow_in_a_row: int

    __table_args__ = (
        one_of("act", *get_args(runs.RenewalAct)),
        one_of("state", *get_args(runs.RunState)),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done_has_an_instant"),
        {"comment": "what operators, and the nightly duty, asked for: done in chunks by the worker (ENR-14)"},
    )


class StaffReinstatements(EnrollmentTable, table=True):
    household: str = Field(primary_key=True, foreign_key="households.household")
    number: int = Field(primary_key=True)
    made_at: datetime
    made_by: str
    reason: Masked
    policies: tuple[str, ...]

    __table_args__ = ({"comment": "who of staff undid an end, when and why (INV-13); free text"},)


class Corrections(EnrollmentTable, table=True):
    correction: str = Field(primary_key=True)
    household: str = Field(foreign_key="households.household")
    kind: str
    state: str
    because: str
    note: Masked | None
    cents: int = Field(sa_type=BigInteger)
    selection: str | None = Field(foreign_key="selections.selection")
    dates: corrections.SelectionRedated | None
    selected_as: str | None
    ends: tuple[corrections.EndRedated, ...]
    member: str | None = Field(foreign_key="members.member")
    departure: corrections.DepartureRedated | None
    born: Masked | None
    born_before: Masked | None
    since: date | None
    rerated: tuple[corrections.Rerated, ...]
    merged_into: str | None = Field(foreign_key="households.household")
    by_two: bool
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    reverses: str | None = Field(foreign_key="corrections.correction")
    reversed_by: str | None = Field(foreign_key="corrections.correction")

    __table_args__ = (
        one_of("kind", *get_args(parameters.CorrectionKind)),
        one_of("because", *get_args(corrections.WrongBecause)),
        CheckConstraint("cents >= 0", name="cents_are_not_negative"),
        *corrected_by_people(),
        CheckConstraint(
            "(kind = 'redate-selection') = (selection IS NOT NULL AND dates IS NOT NULL)",
            name="redates_a_selection",
        ),
        CheckConstraint("(kind = 'redate-end') = (ends <> '[]')", name="redates_ends"),
        CheckConstraint("(kind = 'redate-departure') = (departure IS NOT NULL)", name="redates_a_departure"),
        CheckConstraint(
            "(kind = 'correct-birth-date') = (born IS NOT NULL AND born_before IS NOT NULL)",
            name="corrects_a_birth_date",
        ),
        CheckConstraint(
            "(kind IN ('redate-departure', 'correct-birth-date')) = (member IS NOT NULL)",
            name="about_somebody",
        ),
        CheckConstraint(
            "(kind IN ('correct-birth-date', 'rerate')) = (since IS NOT NULL)", name="rates_since_a_day"
        ),
        CheckConstraint(
            "(kind = 'merge-households') = (merged_into IS NOT NULL)", name="merges_into_another"
        ),
        Index("corrections_household", "household"),
        Index("corrections_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("corrections_requested", "asked_at", postgresql_where=text("state = 'requested'")),
        {"comment": "what was told wrong and put right, by whom and why (OPS-5); personal data"},
    )


TABLES: Tables = {
    **CHASSIS_TABLES,
    catalog.Plan: Plans,
    carriers.Carrier: Carriers,
    trials.OnlineTrial: OnlineTrials,
    age_rates.AgeRates: AgeRates,
    households.Household: Households,
    households.Contact: Contacts,
    household_acts.HouseholdAct: HouseholdActs,
    households.Member: Members,
    chosen.Selection: Selections,
    coverage.Policy: Policies,
    months.PolicyVersion: PolicyVersions,
    restorations.StaffReinstatement: StaffReinstatements,
    crosswalk.CrosswalkEntry: Crosswalk,
    renewing.Renewal: Renewals,
    runs.RenewalRun: RenewalRuns,
    corrections.Correction: Corrections,
}
