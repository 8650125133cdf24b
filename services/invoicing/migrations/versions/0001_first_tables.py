"""Invoicing's first tables: selections, policies, charges, invoices, payments, grace, lists, ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bulkhead.persistence import chassis_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    chassis_v1.create()
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
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("exit_on_time_date", sa.Date(), nullable=True),
        sa.Column("ended_policies", postgresql.JSONB(), nullable=False),
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
        "invoices",
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
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
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('initial', 'monthly')", name="kind_is_known"),
        sa.PrimaryKeyConstraint("invoice"),
    )
    op.create_index("invoices_household", "invoices", ["household"], unique=False)
    op.create_table(
        "ledger_lines",
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "account IN ('cash', 'unapplied', 'receivable', 'premium', 'refunds')", name="account_is_known"
        ),
        sa.PrimaryKeyConstraint("entry", "account"),
    )
    op.create_index(
        "ledger_lines_account", "ledger_lines", ["account"], unique=False, postgresql_include=["cents"]
    )
    op.create_index("ledger_lines_household", "ledger_lines", ["household"], unique=False)
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
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("postmarked_on", sa.Date(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at_selection", sa.Boolean(), nullable=False),
        sa.Column("refunded_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("cents > 0", name="cents_are_positive"),
        sa.CheckConstraint("refunded_cents BETWEEN 0 AND cents", name="refunded_within_payment"),
        sa.PrimaryKeyConstraint("payment"),
    )
    op.create_index("payments_household", "payments", ["household"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("refund", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=True),
        sa.CheckConstraint("cents > 0", name="cents_are_positive"),
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
        sa.Column("state", sa.Text(), nullable=False),
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
        postgresql_where=sa.text("due IS NULL"),
    )
    op.create_table(
        "watermarks",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("partition"),
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
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("assisted", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('selected', 'active', 'lapsed', 'canceled', 'terminated')", name="state_is_known"
        ),
        sa.CheckConstraint("net_cents >= 0", name="net_is_not_negative"),
        sa.ForeignKeyConstraint(
            ["selection"],
            ["selections.selection"],
        ),
        sa.PrimaryKeyConstraint("policy"),
    )
    op.create_index("policies_carrier", "policies", ["carrier"], unique=False)
    op.create_index("policies_household", "policies", ["household"], unique=False)
    op.create_table(
        "charges",
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("charged_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("binder", sa.Text(), nullable=True),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.Column("invoiced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_time_until", sa.Date(), nullable=True),
        sa.Column("settlement", sa.Integer(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("funded_by", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("(state = 'settled') = (settled_on IS NOT NULL)", name="settled_has_a_date"),
        sa.CheckConstraint("state IN ('open', 'settled', 'reversed')", name="state_is_known"),
        sa.CheckConstraint("cents > 0", name="cents_are_positive"),
        sa.ForeignKeyConstraint(
            ["policy"],
            ["policies.policy"],
        ),
        sa.PrimaryKeyConstraint("charge"),
    )
    op.create_index("charges_household", "charges", ["household"], unique=False)
    op.create_index(
        "charges_open",
        "charges",
        ["on_time_until", "household"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("charges_policy_month", "charges", ["policy", "month"], unique=True)
    op.create_index(
        "charges_settled",
        "charges",
        ["settled_on", "household"],
        unique=False,
        postgresql_where=sa.text("state = 'settled'"),
    )
    op.create_table(
        "adjustments",
        sa.Column("adjustment", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("became_credit", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge"],
            ["charges.charge"],
        ),
        sa.PrimaryKeyConstraint("adjustment"),
    )
    op.create_index("adjustments_household", "adjustments", ["household"], unique=False)
