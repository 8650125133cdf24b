"""Enrollment's tables: one per kind of record, columns named as its fields."""

from __future__ import annotations

from typing import Any, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.types import Json, MaskedText, Month
from enrollment.domain import (
    acknowledgement,
    ends,
    events,
    households,
    lifecycle,
    months,
    parameters,
    payment_standing,
    restorations,
)
from enrollment.domain import plans as catalog
from enrollment.domain import policies as coverage
from enrollment.domain import selections as chosen
from enrollment.domain import verification as eligibility

METADATA = MetaData()


def _household() -> Column[str]:
    return Column("household", Text, ForeignKey("households.household"), nullable=False)


def _cents(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _premium() -> list[Column[int]]:
    return [_cents(name) for name in ("gross_cents", "aptc_cents", "subsidy_cents", "net_cents")]


def _amounts_add_up() -> list[CheckConstraint]:
    return [
        CheckConstraint("least(gross_cents, aptc_cents, subsidy_cents, net_cents) >= 0", name="not_negative"),
        CheckConstraint("net_cents = gross_cents - aptc_cents - subsidy_cents", name="net_adds_up"),
    ]


def _one_of(column: str, values: Any) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in get_args(values))
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


plans = Table(
    "plans",
    METADATA,
    Column("plan", Text, primary_key=True),
    Column("carrier", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _cents("single_cents"),
    _cents("couple_cents"),
    _cents("parent_cents"),
    _cents("family_cents"),
    Column("plan_year", Integer),
    _one_of("kind", catalog.Kind),
    CheckConstraint(
        "least(single_cents, couple_cents, parent_cents, family_cents) >= 0", name="prices_are_not_negative"
    ),
)

households_table = Table(
    "households",
    METADATA,
    Column("household", Text, primary_key=True),
    Column("registered_on", Date, nullable=False),
    _cents("aptc_cents"),
    _cents("subsidy_cents"),
    Column("contact_version", Integer, nullable=False),
    Column("verification", Text, nullable=False),
    Column("verification_until", Date, nullable=False),
    Column("decisions", Integer, nullable=False),
    _one_of("verification", eligibility.Verification),
    CheckConstraint("least(aptc_cents, subsidy_cents) >= 0", name="assistance_is_not_negative"),
)

contacts = Table(
    "contacts",
    METADATA,
    Column("household", Text, ForeignKey("households.household"), primary_key=True),
    Column("contact_version", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("email", MaskedText),
    Column("address", MaskedText),
    Column("phone", MaskedText),
    comment="personal data",
)

members = Table(
    "members",
    METADATA,
    Column("member", Text, primary_key=True),
    _household(),
    Column("position", Integer, nullable=False),
    Column("relation", Text, nullable=False),
    Column("name", MaskedText, nullable=False),
    Column("latin_name", MaskedText, nullable=False),
    Column("born", MaskedText, nullable=False),
    Column("ssn", MaskedText),
    _one_of("relation", households.Relation),
    UniqueConstraint("household", "position", name="members_household_position"),
    UniqueConstraint("household", "ssn", name="members_household_ssn"),
    Index("members_ssn", "ssn", postgresql_where=text("ssn IS NOT NULL")),
    comment="personal data",
)

selections = Table(
    "selections",
    METADATA,
    Column("selection", Text, primary_key=True),
    _household(),
    Column("number", Integer, nullable=False),
    Column("selected_on", Date, nullable=False),
    Column("entered_on", Date, nullable=False),
    Column("via", Text, nullable=False),
    Column("event_kind", Text),
    Column("event_on", Date),
    Column("effective", Date, nullable=False),
    Column("binder_required", Boolean, nullable=False),
    Column("reasons", Json(tuple[Reason, ...]), nullable=False),
    _one_of("via", events.Via),
    _one_of("event_kind", parameters.EventKind),
    CheckConstraint("(event_kind IS NULL) = (event_on IS NULL)", name="event_has_a_date"),
    CheckConstraint("selected_on <= entered_on", name="selected_before_entered"),
    UniqueConstraint("household", "number", name="selections_household_number"),
)

policies = Table(
    "policies",
    METADATA,
    Column("policy", Text, primary_key=True),
    _household(),
    Column("selection", Text, ForeignKey("selections.selection"), nullable=False),
    Column("plan", Text, ForeignKey("plans.plan"), nullable=False),
    Column("carrier", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("members", Json(tuple[str, ...]), nullable=False),
    Column("effective", Date, nullable=False),
    Column("coverage_ends", Date, nullable=False),
    *_premium(),
    Column("partial_month", Text, nullable=False),
    Column("decision_due", Date, nullable=False),
    Column("activated_on", Date),
    Column("lifecycle", Text, nullable=False),
    Column("acknowledgement", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Column("grace", Month),
    Column("grace_month", Integer),
    Column("through", Date),
    Column("end_reason", Text),
    Column("ends", Json(tuple[ends.End, ...]), nullable=False),
    Column("undone", Json(tuple[str, ...]), nullable=False),
    Column("reasons", Json(tuple[Reason, ...]), nullable=False),
    _one_of("kind", catalog.Kind),
    _one_of("tier", households.Tier),
    _one_of("partial_month", months.PartialMonth),
    _one_of("lifecycle", lifecycle.Lifecycle),
    _one_of("acknowledgement", acknowledgement.Acknowledgement),
    _one_of("standing", payment_standing.Standing),
    _one_of("end_reason", ends.EndReason),
    *_amounts_add_up(),
    CheckConstraint("effective <= coverage_ends", name="begins_before_it_ends"),
    CheckConstraint("through BETWEEN effective AND coverage_ends", name="through_is_a_covered_day"),
    CheckConstraint("(lifecycle = 'terminated') = (through IS NOT NULL)", name="terminated_has_a_last_day"),
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
    Index("policies_to_expire", "household", "coverage_ends", postgresql_where=text("lifecycle = 'active'")),
    Index("policies_undecided", "decision_due", postgresql_where=text("lifecycle = 'selected'")),
)

policy_versions = Table(
    "policy_versions",
    METADATA,
    Column("policy", Text, ForeignKey("policies.policy"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _household(),
    Column("first", Month, nullable=False),
    Column("last", Month, nullable=False),
    Column("members", Json(tuple[str, ...]), nullable=False),
    *_premium(),
    *_amounts_add_up(),
    CheckConstraint("first <= last", name="months_in_order"),
    Index("policy_versions_household", "household"),
    comment="only ever added to (ENR-13)",
)

staff_reinstatements = Table(
    "staff_reinstatements",
    METADATA,
    Column("household", Text, ForeignKey("households.household"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("reason", MaskedText, nullable=False),
    Column("policies", Json(tuple[str, ...]), nullable=False),
    comment="who of staff undid an end, when and why (INV-13); free text",
)

TABLES: dict[type, Table] = {
    catalog.Plan: plans,
    households.Household: households_table,
    households.Contact: contacts,
    households.Member: members,
    chosen.Selection: selections,
    coverage.Policy: policies,
    months.PolicyVersion: policy_versions,
    restorations.StaffReinstatement: staff_reinstatements,
}
