"""Invoicing's first tables: positions and their ledger, policies, charges, invoices, payments, grace, lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bulkhead.persistence import chassis_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    chassis_v1.create()
    op.create_table(
        "decisions",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("decided", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "decided IN ('invoice-voided', 'invoice-restored', 'binder-satisfied', 'binder-lapsed',"
            " 'premium-unsettled', 'grace-entered', 'grace-advanced', 'grace-exited', 'grace-expired', 'listed',"
            " 'reinstated', 'refund-approved', 'credit-passed-on',"
            " 'credit-called-back', 'deadline-moved', 'deadline-moved-back')",
            name="decided_is_known",
        ),
        sa.PrimaryKeyConstraint("household", "number"),
        comment="only ever added to: what is explained for as long as the household is kept",
    )
    op.create_table(
        "delinquency_list_rows",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("list_part", sa.Integer(), nullable=False),
        sa.Column("policies", postgresql.JSONB(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("past_due_cents", sa.BigInteger(), nullable=False),
        sa.Column("pay_by", sa.Date(), nullable=True),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("carrier", "on", "household"),
    )
    op.create_index("delinquency_list_rows_household", "delinquency_list_rows", ["household"], unique=False)
    op.create_table(
        "delinquency_lists",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("list_part", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("carrier", "on", "list_part"),
    )
    op.create_table(
        "grace_periods",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("first_month", sa.String(length=7), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("assisted", sa.Boolean(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("exit_on_time_date", sa.Date(), nullable=True),
        sa.Column("ended_policies", postgresql.JSONB(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'exited', 'expired', 'reinstated')", name="state_is_known"),
        sa.PrimaryKeyConstraint("household", "first_month"),
    )
    op.create_index("grace_periods_ended", "grace_periods", ["ended_on"], unique=False)
    op.create_index(
        "grace_periods_one_open",
        "grace_periods",
        ["household"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "reinstatement_requests",
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("plan_year", sa.Integer(), nullable=False),
        sa.Column("pay_by", sa.Date(), nullable=False),
        sa.Column("comes_by", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (decided_on IS NULL)", name="decided_has_a_date"),
        sa.CheckConstraint("state IN ('waiting', 'granted', 'unpaid', 'not-needed')", name="state_is_known"),
        sa.PrimaryKeyConstraint("decision"),
    )
    op.create_index("reinstatement_requests_household", "reinstatement_requests", ["household"], unique=False)
    op.create_index(
        "reinstatement_requests_waiting",
        "reinstatement_requests",
        ["pay_by"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "corrections",
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("adjustments", postgresql.JSONB(), nullable=False),
        sa.Column("by_two", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reverses", sa.Text(), nullable=True),
        sa.Column("reversed_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('void-invoice', 'restore-invoice', 'refund-credit')", name="kind_is_known"
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'applied', 'declined', 'reversed')", name="state_is_known"
        ),
        sa.CheckConstraint(
            "because IN ('wrong-amount', 'wrong-dates', 'wrong-selection', 'correction-in-error', 'other',"
            " 'credit-asked-for')",
            name="because_is_known",
        ),
        sa.CheckConstraint("cents >= 0", name="cents_are_not_negative"),
        sa.CheckConstraint("(kind = 'refund-credit') = (invoice IS NULL)", name="invoice_unless_a_refund"),
        sa.CheckConstraint(
            "(kind = 'refund-credit') = (because = 'credit-asked-for')", name="because_of_its_kind"
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
        sa.ForeignKeyConstraint(["reverses"], ["corrections.correction"]),
        sa.ForeignKeyConstraint(["reversed_by"], ["corrections.correction"]),
        sa.PrimaryKeyConstraint("correction"),
    )
    _index_corrections()
    op.create_table(
        "invoices",
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=True),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("on_time_until", sa.Date(), nullable=False),
        sa.Column("charges", postgresql.JSONB(), nullable=False),
        sa.Column("adjustments", postgresql.JSONB(), nullable=False),
        sa.Column("adjustments_cents", sa.BigInteger(), nullable=False),
        sa.Column("unpaid_before_cents", sa.BigInteger(), nullable=False),
        sa.Column("held_cents", sa.BigInteger(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("received_cents", sa.BigInteger(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("voided_on", sa.Date(), nullable=True),
        sa.Column("correction", sa.Text(), nullable=True),
        sa.CheckConstraint("(kind = 'initial') = (selection IS NOT NULL)", name="initial_is_of_a_selection"),
        sa.CheckConstraint("kind IN ('initial', 'monthly')", name="kind_is_known"),
        sa.CheckConstraint("(voided_on IS NULL) = (correction IS NULL)", name="void_by_a_correction"),
        sa.ForeignKeyConstraint(["correction"], ["corrections.correction"]),
        sa.PrimaryKeyConstraint("invoice"),
        sa.UniqueConstraint("household", "number", name="invoices_household_number"),
    )
    op.create_table(
        "list_decisions",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("on", "household"),
    )
    op.create_table(
        "payments",
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("unapplied_cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("postmarked_on", sa.Date(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at_selection", sa.Boolean(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=True),
        sa.Column("toward", postgresql.JSONB(), nullable=False),
        sa.Column("waits_until", sa.Date(), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("moved_cents", sa.BigInteger(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=True),
        sa.Column("counts_as_of", sa.Date(), nullable=True),
        sa.CheckConstraint("cents > 0", name="cents_are_positive"),
        sa.CheckConstraint("counts_as_of < received_on", name="counts_as_of_an_earlier_day"),
        sa.CheckConstraint("moved_cents BETWEEN 0 AND cents", name="moved_within_payment"),
        sa.CheckConstraint(
            "CASE WHEN returned_on IS NULL THEN unapplied_cents BETWEEN -moved_cents AND cents - moved_cents"
            " ELSE unapplied_cents BETWEEN -cents AND 0 END",
            name="unapplied_within_payment",
        ),
        sa.PrimaryKeyConstraint("payment"),
    )
    op.create_index("payments_household", "payments", ["household", "received_on"], unique=False)
    op.create_index("payments_received", "payments", ["received_on"], unique=False)
    op.create_index(
        "payments_unapplied",
        "payments",
        ["household"],
        unique=False,
        postgresql_where=sa.text("unapplied_cents > 0"),
    )
    op.create_index(
        "payments_waiting",
        "payments",
        ["waits_until"],
        unique=False,
        postgresql_where=sa.text("waits_until IS NOT NULL"),
    )
    op.create_table(
        "money_redated",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("postmarked_on", sa.Date(), nullable=True),
        sa.Column("received_before", sa.Date(), nullable=False),
        sa.Column("postmarked_before", sa.Date(), nullable=True),
        sa.Column("redated_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("reverses", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["payment"], ["payments.payment"]),
        sa.PrimaryKeyConstraint("household", "number"),
    )
    op.create_table(
        "merged_households",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("household"),
        comment="whose credit goes to another household of the same person (OPS-5)",
    )
    op.create_table(
        "money_moved",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("reverses", sa.Text(), nullable=True),
        sa.CheckConstraint("cents > 0", name="cents_are_positive"),
        sa.ForeignKeyConstraint(["payment"], ["payments.payment"]),
        sa.PrimaryKeyConstraint("household", "number"),
    )
    op.create_table(
        "positions",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.Column("owed_cents", sa.BigInteger(), nullable=False),
        sa.Column("unapplied_cents", sa.BigInteger(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.CheckConstraint("owed_cents >= 0", name="owed_is_not_negative"),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "refunds",
        sa.Column("refund", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=True),
        sa.Column("withdrawn", postgresql.JSONB(), nullable=False),
        sa.Column("withdrawn_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("cents > 0", name="cents_are_positive"),
        sa.CheckConstraint("withdrawn_cents BETWEEN 0 AND cents", name="no_more_is_withdrawn"),
        sa.PrimaryKeyConstraint("refund"),
    )
    op.create_index("refunds_household", "refunds", ["household"], unique=False)
    op.create_table(
        "selections",
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("invoice_on", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("invoiced", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("counted_cents", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("selected_as", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'lapsed') = (decision IS NOT NULL)", name="lapsed_by_a_decision"),
        sa.CheckConstraint(
            "state IN ('open', 'satisfied', 'not-required', 'lapsed', 'canceled')", name="state_is_known"
        ),
        sa.PrimaryKeyConstraint("selection"),
    )
    op.create_index("selections_household", "selections", ["household"], unique=False)
    op.create_index(
        "selections_open_due", "selections", ["due"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index(
        "selections_to_invoice",
        "selections",
        ["invoice_on"],
        unique=False,
        postgresql_where=sa.text("NOT invoiced"),
    )
    op.create_table(
        "transfers",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "credit IN ('cash', 'unapplied', 'receivable', 'premium', 'refunds')", name="credit_is_known"
        ),
        sa.CheckConstraint(
            "debit IN ('cash', 'unapplied', 'receivable', 'premium', 'refunds')", name="debit_is_known"
        ),
        sa.CheckConstraint("cents > 0 AND debit <> credit", name="moves_something"),
        sa.PrimaryKeyConstraint("household", "number"),
    )
    op.create_table(
        "watermarks",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("partition"),
    )
    op.create_table(
        "outages",
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ended_at >= began_at", name="ends_after_it_begins"),
        sa.PrimaryKeyConstraint("began_at"),
        comment="whiles in which nobody could pay online, as they were heard of",
    )
    op.create_table(
        "deadline_extensions",
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("cutoff", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("told_through", sa.Text(), nullable=True),
        sa.CheckConstraint("ground IN ('outage', 'declared')", name="ground_is_known"),
        sa.CheckConstraint("until > cutoff", name="moves_ahead"),
        sa.CheckConstraint("(ground = 'outage') = (minutes IS NOT NULL)", name="measured_or_declared"),
        sa.CheckConstraint("(ground = 'declared') = (recorded_by IS NOT NULL)", name="declared_by_somebody"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"),
        sa.PrimaryKeyConstraint("extension"),
    )
    op.create_index(
        "deadline_extensions_to_tell",
        "deadline_extensions",
        ["recorded_at"],
        unique=False,
        postgresql_where=sa.text("told_through IS NOT NULL"),
    )
    op.create_table(
        "policies",
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("plan_year_ends", sa.Date(), nullable=False),
        sa.Column("months", postgresql.JSONB(), nullable=False),
        sa.Column("billed_through", sa.String(length=7), nullable=False),
        sa.Column("bill_next", sa.String(length=7), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled", sa.Boolean(), nullable=False),
        sa.Column("lapsed", sa.Boolean(), nullable=False),
        sa.Column("asked_through", sa.Date(), nullable=True),
        sa.Column("unpaid_through", sa.Date(), nullable=True),
        sa.Column("unpaid_decision", sa.Text(), nullable=True),
        sa.Column("superseded", postgresql.JSONB(), nullable=False),
        sa.Column("renewal", sa.Boolean(), nullable=False),
        sa.Column("billed_by_carrier", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(unpaid_through IS NULL) = (unpaid_decision IS NULL)", name="unpaid_end_has_a_decision"
        ),
        sa.ForeignKeyConstraint(
            ["selection"],
            ["selections.selection"],
        ),
        sa.PrimaryKeyConstraint("policy"),
    )
    op.create_index("policies_carrier", "policies", ["carrier"], unique=False)
    op.create_index("policies_household", "policies", ["household", "plan_year_ends"], unique=False)
    op.create_index(
        "policies_to_bill",
        "policies",
        ["household", "bill_next"],
        unique=False,
        postgresql_where=sa.text("bill_next IS NOT NULL"),
    )
    op.create_table(
        "charges",
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("charged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("binder", sa.Text(), nullable=True),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.Column("void_invoice", sa.Text(), nullable=True),
        sa.Column("invoiced_cents", sa.BigInteger(), nullable=True),
        sa.Column("invoiced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_time_until", sa.Date(), nullable=True),
        sa.Column("settlement", sa.Integer(), nullable=False),
        sa.Column("settled_as", sa.Text(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("funded_by", postgresql.JSONB(), nullable=False),
        sa.Column("rises", postgresql.JSONB(), nullable=False),
        sa.Column("reopenings", postgresql.JSONB(), nullable=False),
        sa.Column("rest_cents", sa.BigInteger(), nullable=False),
        sa.Column("earlier_cents", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("(state = 'settled') = (settled_on IS NOT NULL)", name="settled_has_a_date"),
        sa.CheckConstraint("cents >= 0 AND (cents = 0) = (state = 'reversed')", name="reversed_is_nothing"),
        sa.CheckConstraint(
            "rest_cents >= 0 AND (rest_cents = 0 OR state = 'settled')", name="rest_of_what_is_settled"
        ),
        sa.CheckConstraint("state IN ('open', 'settled', 'reversed')", name="state_is_known"),
        sa.ForeignKeyConstraint(
            ["policy"],
            ["policies.policy"],
        ),
        sa.PrimaryKeyConstraint("charge"),
    )
    op.create_index("charges_household", "charges", ["household", "month"], unique=False)
    op.create_index(
        "charges_open",
        "charges",
        ["household", "on_time_until"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("charges_policy_month", "charges", ["policy", "month"], unique=True)
    op.create_index(
        "charges_settled",
        "charges",
        ["household", "settled_on"],
        unique=False,
        postgresql_where=sa.text("state = 'settled'"),
    )
    op.create_index(
        "charges_short",
        "charges",
        ["household"],
        unique=False,
        postgresql_where=sa.text("rest_cents > 0"),
    )
    op.create_index(
        "charges_shown_again",
        "charges",
        ["household"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND invoice IS NULL AND void_invoice IS NOT NULL"),
    )
    op.create_index(
        "charges_settled_lately",
        "charges",
        ["settled_on", "household"],
        unique=False,
        postgresql_where=sa.text("state = 'settled'"),
    )
    op.create_table(
        "adjustments",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("was_paid", sa.Boolean(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.Column("invoiced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["charge"],
            ["charges.charge"],
        ),
        sa.PrimaryKeyConstraint("household", "number"),
    )
    op.create_index(
        "adjustments_not_shown",
        "adjustments",
        ["household"],
        unique=False,
        postgresql_where=sa.text("invoice IS NULL"),
    )


def _index_corrections() -> None:
    op.create_index("corrections_household", "corrections", ["household"], unique=False)
    op.create_index("corrections_asked", "corrections", ["asked_by", "asked_at"], unique=False)
    op.create_index(
        "corrections_requested",
        "corrections",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("state = 'requested'"),
    )
