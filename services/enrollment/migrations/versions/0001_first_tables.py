"""Enrollment's first tables: plans, households and their people, selections, policies and their versions.

Revision: 0001
Follows: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bulkhead.persistence import chassis_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    chassis_v1.create()
    op.create_table(
        "online_trials",
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint("door IN ('online')", name="door_is_known"),
        sa.CheckConstraint("outcome IN ('ok', 'not-open', 'maintenance')", name="outcome_is_known"),
        sa.PrimaryKeyConstraint("door"),
    )
    op.create_table(
        "households",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("aptc_cents", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_cents", sa.BigInteger(), nullable=False),
        sa.Column("contact_version", sa.Integer(), nullable=False),
        sa.Column("verification", sa.Text(), nullable=False),
        sa.Column("verification_until", sa.Date(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("assistance_changes", postgresql.JSONB(), nullable=False),
        sa.Column("not_ended", postgresql.JSONB(), nullable=False),
        sa.Column("income_cents", sa.BigInteger(), nullable=True),
        sa.Column("determination", postgresql.JSONB(), nullable=True),
        sa.Column("documented", postgresql.JSONB(), nullable=False),
        sa.Column("last_days", postgresql.JSONB(), nullable=False),
        sa.Column("verification_reminded", sa.Boolean(), nullable=False),
        sa.Column("awaits_hub", sa.Boolean(), nullable=False),
        sa.Column("rating_area", sa.Integer(), nullable=True),
        sa.Column("area_changes", postgresql.JSONB(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.CheckConstraint("verification IN ('pending', 'verified', 'failed')", name="verification_is_known"),
        sa.CheckConstraint("least(aptc_cents, subsidy_cents) >= 0", name="assistance_is_not_negative"),
        sa.CheckConstraint("income_cents >= 0", name="income_is_not_negative"),
        sa.CheckConstraint("merged_into <> household", name="merged_into_another"),
        sa.ForeignKeyConstraint(["merged_into"], ["households.household"]),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_index(
        "households_merged",
        "households",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "households_to_ask_about",
        "households",
        ["household"],
        postgresql_where=sa.text("awaits_hub"),
    )
    op.create_index(
        "households_pending",
        "households",
        ["verification_until"],
        postgresql_where=sa.text("verification = 'pending'"),
    )
    op.create_table(
        "carriers",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("billing", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("carrier"),
        comment="what customers are told of carriers, and who bills for their plans (CAR-1)",
    )
    op.create_table(
        "plans",
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("single_cents", sa.BigInteger(), nullable=True),
        sa.Column("couple_cents", sa.BigInteger(), nullable=True),
        sa.Column("parent_cents", sa.BigInteger(), nullable=True),
        sa.Column("family_cents", sa.BigInteger(), nullable=True),
        sa.Column("plan_year", sa.Integer(), nullable=True),
        sa.Column("years", postgresql.JSONB(), nullable=False),
        sa.Column("rated_by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("metal", sa.Text(), nullable=True),
        sa.Column("variants", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("kind IN ('medical', 'dental')", name="kind_is_known"),
        sa.CheckConstraint(
            "metal IN ('platinum', 'gold', 'silver', 'bronze', 'expanded-bronze', 'catastrophic', 'high', 'low')",
            name="metal_is_known",
        ),
        sa.CheckConstraint("rated_by IN ('tier', 'age')", name="rated_by_is_known"),
        sa.CheckConstraint(
            "(rated_by = 'tier') = (single_cents IS NOT NULL AND couple_cents IS NOT NULL "
            "AND parent_cents IS NOT NULL AND family_cents IS NOT NULL)",
            name="rated_by_tier_has_prices",
        ),
        sa.CheckConstraint(
            "rated_by = 'tier' OR coalesce(single_cents, couple_cents, parent_cents, family_cents) IS NULL",
            name="rated_by_age_has_no_prices",
        ),
        sa.CheckConstraint(
            "least(single_cents, couple_cents, parent_cents, family_cents) >= 0",
            name="prices_are_not_negative",
        ),
        sa.PrimaryKeyConstraint("plan"),
    )
    op.create_table(
        "age_rates",
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("plan_year", sa.Integer(), nullable=False),
        sa.Column("rating_area", sa.Integer(), nullable=False),
        sa.Column("cents", postgresql.JSONB(), nullable=False),
        sa.Column("child_until_age", sa.Integer(), nullable=False),
        sa.Column("counted_children", sa.Integer(), nullable=False),
        sa.Column("derived_from", sa.Text(), nullable=True),
        sa.Column("tobacco_cents", postgresql.JSONB(), nullable=False),
        sa.Column("tobacco_from_age", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan"],
            ["plans.plan"],
        ),
        sa.PrimaryKeyConstraint("plan", "plan_year", "rating_area"),
        comment="of plans that are rated by age: a rate for each age (ENR-17)",
    )
    op.create_table(
        "contacts",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("contact_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("responsible_name", sa.Text(), nullable=True),
        sa.Column("responsible_latin_name", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household"],
            ["households.household"],
        ),
        sa.PrimaryKeyConstraint("household"),
        comment="personal data",
    )
    op.create_table(
        "household_acts",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('registered', 'contact-recorded', 'verification-wanted', 'verification-decided', 'forgotten')",
            name="kind_is_known",
        ),
        sa.ForeignKeyConstraint(
            ["household"],
            ["households.household"],
        ),
        sa.PrimaryKeyConstraint("household", "kind", "number"),
        comment="what became of a household itself, for its timeline; only ever added to",
    )
    op.create_table(
        "members",
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("latin_name", sa.Text(), nullable=False),
        sa.Column("born", sa.Text(), nullable=False),
        sa.Column("ssn", sa.Text(), nullable=True),
        sa.Column("joined", sa.Date(), nullable=True),
        sa.Column("left", sa.Date(), nullable=True),
        sa.Column("left_for", sa.Text(), nullable=True),
        sa.Column("medicaid", postgresql.JSONB(), nullable=False),
        sa.Column("uses_tobacco", sa.Boolean(), nullable=False),
        sa.Column("tobacco_uses", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("relation IN ('self', 'spouse', 'child')", name="relation_is_known"),
        sa.ForeignKeyConstraint(
            ["household"],
            ["households.household"],
        ),
        sa.PrimaryKeyConstraint("member"),
        sa.UniqueConstraint("household", "position", name="members_household_position"),
        sa.UniqueConstraint("household", "ssn", name="members_household_ssn"),
        comment="personal data",
    )
    op.create_index(
        "members_ssn", "members", ["ssn"], unique=False, postgresql_where=sa.text("ssn IS NOT NULL")
    )
    op.create_index(
        "members_children",
        "members",
        ["born"],
        unique=False,
        postgresql_where=sa.text("relation = 'child' AND \"left\" IS NULL"),
    )
    op.create_table(
        "selections",
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("selected_on", sa.Date(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("event_kind", sa.Text(), nullable=True),
        sa.Column("event_on", sa.Date(), nullable=True),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("binder_required", sa.Boolean(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("transferred_from", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "event_kind IN ('birth', 'adoption', 'foster', 'marriage', 'loss', 'medicaid-loss', 'move', 'income', "
            "'other')",
            name="event_kind_is_known",
        ),
        sa.CheckConstraint("via IN ('web', 'phone', 'navigator', 'paper', 'renewal')", name="via_is_known"),
        sa.CheckConstraint("(event_kind IS NULL) = (event_on IS NULL)", name="event_has_a_date"),
        sa.CheckConstraint("selected_on <= entered_on", name="selected_before_entered"),
        sa.ForeignKeyConstraint(
            ["household"],
            ["households.household"],
        ),
        sa.PrimaryKeyConstraint("selection"),
        sa.UniqueConstraint("household", "number", name="selections_household_number"),
    )
    op.create_table(
        "policies",
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("members", postgresql.JSONB(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("coverage_ends", sa.Date(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("aptc_cents", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("partial_month", sa.Text(), nullable=False),
        sa.Column("decision_due", sa.Date(), nullable=False),
        sa.Column("activated_on", sa.Date(), nullable=True),
        sa.Column("lifecycle", sa.Text(), nullable=False),
        sa.Column("acknowledgement", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("grace", sa.String(length=7), nullable=True),
        sa.Column("grace_month", sa.Integer(), nullable=True),
        sa.Column("through", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("ends", postgresql.JSONB(), nullable=False),
        sa.Column("undone", postgresql.JSONB(), nullable=False),
        sa.Column("renews", sa.Text(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("decisions", postgresql.JSONB(), nullable=False),
        sa.Column("billed_by_carrier", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "(lifecycle = 'terminated') = (through IS NOT NULL)", name="terminated_has_a_last_day"
        ),
        sa.CheckConstraint(
            "(lifecycle IN ('canceled', 'terminated')) = (end_reason IS NOT NULL)", name="ended_has_a_reason"
        ),
        sa.CheckConstraint("(standing = 'in-grace') = (grace_month IS NOT NULL)", name="grace_has_a_month"),
        sa.CheckConstraint(
            "acknowledgement IN ('unsent', 'sent', 'effectuated', 'rejected')",
            name="acknowledgement_is_known",
        ),
        sa.CheckConstraint(
            "end_reason IN ('non-payment', 'requested', 'death', 'age', 'medicaid', 'ineligible', 'error', "
            "'prior-year-ended', 'carrier')",
            name="end_reason_is_known",
        ),
        sa.CheckConstraint("kind IN ('medical', 'dental')", name="kind_is_known"),
        sa.CheckConstraint(
            "lifecycle IN ('selected', 'active', 'canceled', 'terminated', 'expired')",
            name="lifecycle_is_known",
        ),
        sa.CheckConstraint(
            "standing IN ('binder-due', 'current', 'in-grace', 'ended')", name="standing_is_known"
        ),
        sa.CheckConstraint("tier IN ('single', 'couple', 'parent', 'family')", name="tier_is_known"),
        sa.CheckConstraint("(end_reason IS NOT NULL) = (ends <> '[]')", name="ended_by_a_decision"),
        sa.CheckConstraint("grace_month IS NULL OR grace IS NOT NULL", name="grace_has_a_first_month"),
        sa.CheckConstraint(
            "lifecycle = 'canceled' OR (lifecycle = 'selected') = (activated_on IS NULL)",
            name="coverage_stands_once_begun",
        ),
        sa.CheckConstraint("partial_month IN ('by-day', 'whole-month')", name="partial_month_is_known"),
        sa.CheckConstraint("effective <= coverage_ends", name="begins_before_it_ends"),
        sa.CheckConstraint(
            "least(gross_cents, aptc_cents, subsidy_cents, net_cents) >= 0", name="not_negative"
        ),
        sa.CheckConstraint("net_cents = gross_cents - aptc_cents - subsidy_cents", name="net_adds_up"),
        sa.CheckConstraint("through BETWEEN effective AND coverage_ends", name="through_is_a_covered_day"),
        sa.ForeignKeyConstraint(
            ["household"],
            ["households.household"],
        ),
        sa.ForeignKeyConstraint(
            ["plan"],
            ["plans.plan"],
        ),
        sa.ForeignKeyConstraint(
            ["selection"],
            ["selections.selection"],
        ),
        sa.PrimaryKeyConstraint("policy"),
        sa.UniqueConstraint("selection", "plan", name="policies_selection_plan"),
    )
    op.create_index("policies_household", "policies", ["household"], unique=False)
    op.create_index(
        "policies_to_expire",
        "policies",
        ["household", "coverage_ends"],
        unique=False,
        postgresql_where=sa.text("lifecycle = 'active'"),
    )
    op.create_index(
        "policies_undecided",
        "policies",
        ["decision_due"],
        unique=False,
        postgresql_where=sa.text("lifecycle = 'selected'"),
    )
    op.create_table(
        "policy_versions",
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("members", postgresql.JSONB(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("aptc_cents", sa.BigInteger(), nullable=False),
        sa.Column("subsidy_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("rating_area", sa.Integer(), nullable=True),
        sa.Column("rates", postgresql.JSONB(), nullable=False),
        sa.Column("tobacco_users", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "least(gross_cents, aptc_cents, subsidy_cents, net_cents) >= 0", name="not_negative"
        ),
        sa.CheckConstraint("net_cents = gross_cents - aptc_cents - subsidy_cents", name="net_adds_up"),
        sa.CheckConstraint("(rating_area IS NULL) = (rates = '[]')", name="rated_by_age_in_an_area"),
        sa.ForeignKeyConstraint(
            ["household"],
            ["households.household"],
        ),
        sa.ForeignKeyConstraint(
            ["policy"],
            ["policies.policy"],
        ),
        sa.PrimaryKeyConstraint("policy", "number"),
        comment="only ever added to (ENR-13)",
    )
    op.create_index("policy_versions_household", "policy_versions", ["household"], unique=False)
    op.create_table(
        "staff_reinstatements",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("policies", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household"],
            ["households.household"],
        ),
        sa.PrimaryKeyConstraint("household", "number"),
        comment="who of staff undid an end, when and why (INV-13); free text",
    )
    op.create_table(
        "corrections",
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=True),
        sa.Column("dates", postgresql.JSONB(), nullable=True),
        sa.Column("selected_as", sa.Text(), nullable=True),
        sa.Column("ends", postgresql.JSONB(), nullable=False),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("departure", postgresql.JSONB(), nullable=True),
        sa.Column("born", sa.Text(), nullable=True),
        sa.Column("born_before", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("rerated", postgresql.JSONB(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("by_two", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reverses", sa.Text(), nullable=True),
        sa.Column("reversed_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('redate-selection', 'redate-end', 'redate-departure', 'correct-birth-date', 'rerate',"
            " 'merge-households')",
            name="kind_is_known",
        ),
        sa.CheckConstraint(
            "because IN ('keying-error', 'told-wrong', 'rates-wrong', 'registered-twice',"
            " 'correction-in-error', 'other')",
            name="because_is_known",
        ),
        sa.CheckConstraint("cents >= 0", name="cents_are_not_negative"),
        sa.CheckConstraint(
            "state IN ('requested', 'applied', 'declined', 'reversed')", name="state_is_known"
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        sa.CheckConstraint(
            "state <> 'requested' OR (by_two AND decided_at IS NULL)", name="requested_of_a_second"
        ),
        sa.CheckConstraint(
            "NOT by_two OR state IN ('requested', 'declined')"
            " OR (decided_by IS NOT NULL AND decided_by <> asked_by)",
            name="by_two_people",
        ),
        sa.CheckConstraint("(state = 'reversed') = (reversed_by IS NOT NULL)", name="reversed_by_another"),
        sa.CheckConstraint(
            "(kind = 'redate-selection') = (selection IS NOT NULL AND dates IS NOT NULL)",
            name="redates_a_selection",
        ),
        sa.CheckConstraint("(kind = 'redate-end') = (ends <> '[]')", name="redates_ends"),
        sa.CheckConstraint(
            "(kind = 'redate-departure') = (departure IS NOT NULL)", name="redates_a_departure"
        ),
        sa.CheckConstraint(
            "(kind = 'correct-birth-date') = (born IS NOT NULL AND born_before IS NOT NULL)",
            name="corrects_a_birth_date",
        ),
        sa.CheckConstraint(
            "(kind IN ('redate-departure', 'correct-birth-date')) = (member IS NOT NULL)",
            name="about_somebody",
        ),
        sa.CheckConstraint(
            "(kind IN ('correct-birth-date', 'rerate')) = (since IS NOT NULL)", name="rates_since_a_day"
        ),
        sa.CheckConstraint(
            "(kind = 'merge-households') = (merged_into IS NOT NULL)", name="merges_into_another"
        ),
        sa.ForeignKeyConstraint(["merged_into"], ["households.household"]),
        sa.ForeignKeyConstraint(["household"], ["households.household"]),
        sa.ForeignKeyConstraint(["selection"], ["selections.selection"]),
        sa.ForeignKeyConstraint(["member"], ["members.member"]),
        sa.ForeignKeyConstraint(["reverses"], ["corrections.correction"]),
        sa.ForeignKeyConstraint(["reversed_by"], ["corrections.correction"]),
        sa.PrimaryKeyConstraint("correction"),
        comment="what was told wrong and put right, by whom and why (OPS-5); personal data",
    )
    op.create_index("corrections_household", "corrections", ["household"], unique=False)
    op.create_index(
        "corrections_merged_into",
        "corrections",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "corrections_requested",
        "corrections",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_table(
        "crosswalk",
        sa.Column("plan_year", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("next_plan", sa.Text(), nullable=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "because IN ('same-plan', 'discontinued', 'carrier-leaving')", name="because_is_known"
        ),
        sa.ForeignKeyConstraint(
            ["plan"],
            ["plans.plan"],
        ),
        sa.ForeignKeyConstraint(
            ["next_plan"],
            ["plans.plan"],
        ),
        sa.PrimaryKeyConstraint("plan_year", "plan"),
        comment="which plan of a plan year each plan of the year before becomes (ENR-14)",
    )
    op.create_table(
        "renewals",
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("plan_year", sa.Integer(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("net_before_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("obstacle", sa.Text(), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("next_plan", sa.Text(), nullable=True),
        sa.Column("gross_cents", sa.BigInteger(), nullable=True),
        sa.Column("assistance_cents", sa.BigInteger(), nullable=True),
        sa.Column("net_cents", sa.BigInteger(), nullable=True),
        sa.Column("renewed_as", sa.Text(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.CheckConstraint("kind IN ('medical', 'dental')", name="kind_is_known"),
        sa.CheckConstraint(
            "state IN ('planned', 'renewed', 'unmapped', 'chosen', 'owed', 'reversed')", name="state_is_known"
        ),
        sa.CheckConstraint(
            "obstacle IN ('not-in-crosswalk', 'discontinued', 'carrier-leaving', 'not-sold', 'nobody-left', "
            "'not-eligible', 'failed', 'reversal-failed')",
            name="obstacle_is_known",
        ),
        sa.CheckConstraint(
            "because IN ('same-plan', 'discontinued', 'carrier-leaving')", name="because_is_known"
        ),
        sa.CheckConstraint(
            "(state = 'unmapped') = (obstacle IS NOT NULL AND obstacle <> 'reversal-failed')",
            name="unmapped_says_why",
        ),
        sa.CheckConstraint(
            "obstacle IS DISTINCT FROM 'reversal-failed' OR state = 'renewed'",
            name="renewed_until_taken_back",
        ),
        sa.CheckConstraint("(state = 'renewed') = (renewed_as IS NOT NULL)", name="renewed_as_a_policy"),
        sa.ForeignKeyConstraint(
            ["policy"],
            ["policies.policy"],
        ),
        sa.PrimaryKeyConstraint("policy"),
    )
    op.create_index("renewals_household", "renewals", ["household"], unique=False)
    op.create_index("renewals_by_state", "renewals", ["plan_year", "state", "household"], unique=False)
    op.create_table(
        "renewal_runs",
        sa.Column("plan_year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("policies", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at_once", sa.Integer(), nullable=True),
        sa.Column("tried_alone", sa.Integer(), nullable=False),
        sa.Column("slow_in_a_row", sa.Integer(), nullable=False),
        sa.CheckConstraint("act IN ('plan', 'run', 'reverse')", name="act_is_known"),
        sa.CheckConstraint("state IN ('running', 'done')", name="state_is_known"),
        sa.CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done_has_an_instant"),
        sa.PrimaryKeyConstraint("plan_year", "number"),
        comment="what operators, and the nightly duty, asked for: done in chunks by the worker (ENR-14)",
    )


def downgrade() -> None:
    op.drop_table("renewal_runs")
    op.drop_index("renewals_by_state", table_name="renewals")
    op.drop_index("renewals_household", table_name="renewals")
    op.drop_table("renewals")
    op.drop_table("crosswalk")
    op.drop_index(
        "corrections_requested", table_name="corrections", postgresql_where=sa.text("state = 'requested'")
    )
    op.drop_index(
        "corrections_merged_into",
        table_name="corrections",
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.drop_index("corrections_household", table_name="corrections")
    op.drop_table("corrections")
    op.drop_table("staff_reinstatements")
    op.drop_index("policy_versions_household", table_name="policy_versions")
    op.drop_table("policy_versions")
    op.drop_index(
        "policies_undecided", table_name="policies", postgresql_where=sa.text("lifecycle = 'selected'")
    )
    op.drop_index(
        "policies_to_expire", table_name="policies", postgresql_where=sa.text("lifecycle = 'active'")
    )
    op.drop_index("policies_household", table_name="policies")
    op.drop_table("policies")
    op.drop_table("selections")
    op.drop_index(
        "members_children",
        table_name="members",
        postgresql_where=sa.text("relation = 'child' AND \"left\" IS NULL"),
    )
    op.drop_index("members_ssn", table_name="members", postgresql_where=sa.text("ssn IS NOT NULL"))
    op.drop_table("members")
    op.drop_table("household_acts")
    op.drop_table("contacts")
    op.drop_table("age_rates")
    op.drop_table("plans")
    op.drop_table("carriers")
    op.drop_index(
        "households_pending",
        table_name="households",
        postgresql_where=sa.text("verification = 'pending'"),
    )
    op.drop_index(
        "households_merged", table_name="households", postgresql_where=sa.text("merged_into IS NOT NULL")
    )
    op.drop_index("households_to_ask_about", table_name="households", postgresql_where=sa.text("awaits_hub"))
    op.drop_table("households")
    op.drop_table("online_trials")
    chassis_v1.drop()
