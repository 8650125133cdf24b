"""Payments' first tables: attempts, payments, suspense, lockbox, settlements, remittances, refunds, books."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bulkhead.persistence import chassis_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    chassis_v1.create()
    _create_what_others_say()
    op.create_table(
        "attempts",
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("at_selection", sa.Boolean(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=True),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("postmarked_on", sa.Date(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("open_tries", sa.Integer(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=True),
        sa.Column("decline", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'captured') = (charge IS NOT NULL)", name="captured_has_a_charge"),
        sa.CheckConstraint("(state = 'declined') = (decline IS NOT NULL)", name="declined_has_a_reason"),
        sa.CheckConstraint("selection IS NULL OR invoice IS NULL", name="named_for_one_thing"),
        sa.CheckConstraint(
            "decline IN ('insufficient-funds', 'limit-exceeded', 'expired', 'account-closed', 'wrong-details',"
            " 'not-authorized')",
            name="decline_is_known",
        ),
        sa.CheckConstraint("method IN ('card', 'bank')", name="method_is_known"),
        sa.CheckConstraint(
            "state IN ('started', 'missing', 'not-taken', 'captured', 'declined')", name="state_is_known"
        ),
        sa.CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        sa.PrimaryKeyConstraint("payment"),
    )
    op.create_index(
        "attempts_undecided",
        "attempts",
        ["payment"],
        unique=False,
        postgresql_where=sa.text("state IN ('started', 'missing')"),
    )
    op.create_table(
        "carrier_balances",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("carried_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("carrier"),
    )
    op.create_table(
        "closed_books",
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("through"),
    )
    op.create_table(
        "corrections",
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("moves", postgresql.JSONB(), nullable=False),
        sa.Column("redates", postgresql.JSONB(), nullable=True),
        sa.Column("by_two", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reverses", sa.Text(), nullable=True),
        sa.Column("reversed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('move-payment', 'redate-payment')", name="kind_is_known"),
        sa.CheckConstraint(
            "(kind = 'redate-payment') = (redates IS NOT NULL)", name="does_what_its_kind_says"
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'applied', 'declined', 'reversed')", name="state_is_known"
        ),
        sa.CheckConstraint(
            "because IN ('keying-error', 'payer-named-another', 'paid-for-several', 'registered-twice',"
            " 'correction-in-error', 'other')",
            name="because_is_known",
        ),
        sa.CheckConstraint("cents > 0", name="cents_are_positive"),
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
    op.create_index(
        "corrections_requested",
        "corrections",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_index("corrections_asked", "corrections", ["asked_by", "asked_at"], unique=False)
    op.create_table(
        "known_accounts",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "lockbox_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('loaded', 'absent')", name="state_is_known"),
        sa.PrimaryKeyConstraint("day"),
    )
    _create_lockbox_files()
    op.create_table(
        "online_trials",
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint("door IN ('online')", name="door_is_known"),
        sa.CheckConstraint(
            "outcome IN ('ok', 'not-open', 'maintenance', 'processor-away', 'processor-silent', 'processor-declines',"
            " 'processor-misunderstood')",
            name="outcome_is_known",
        ),
        sa.PrimaryKeyConstraint("door"),
    )
    op.create_table(
        "payments",
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("postmarked_on", sa.Date(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at_selection", sa.Boolean(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=True),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.Column("clears_on", sa.Date(), nullable=False),
        sa.Column("cleared_on", sa.Date(), nullable=True),
        sa.Column("unapplied_cents", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("moved_cents", sa.BigInteger(), nullable=False),
        sa.Column("moved_from", sa.Text(), nullable=True),
        sa.Column("correction", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("identification", sa.Text(), nullable=True),
        sa.CheckConstraint("method IN ('card', 'bank', 'check', 'cash', 'phone')", name="method_is_known"),
        sa.CheckConstraint(
            "source IN ('online', 'counter', 'lockbox', 'return-file', 'web-debit', 'ppd-debit')",
            name="source_is_known",
        ),
        sa.CheckConstraint("number > 0", name="number_is_positive"),
        sa.CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        sa.CheckConstraint(
            "CASE WHEN returned_on IS NULL THEN unapplied_cents BETWEEN -moved_cents AND amount_cents - moved_cents"
            " ELSE unapplied_cents BETWEEN -amount_cents AND 0 END",
            name="used_within_its_amount",
        ),
        sa.CheckConstraint("moved_cents BETWEEN 0 AND amount_cents", name="moved_within_its_amount"),
        sa.CheckConstraint("(moved_from IS NULL) = (correction IS NULL)", name="moved_by_a_correction"),
        sa.CheckConstraint("identification IS NULL OR method = 'bank'", name="called_at_the_banks"),
        sa.ForeignKeyConstraint(["moved_from"], ["payments.payment"]),
        sa.CheckConstraint("selection IS NULL OR invoice IS NULL", name="named_for_one_thing"),
        sa.PrimaryKeyConstraint("payment"),
    )
    op.create_index("payments_household", "payments", ["household", "number"], unique=False)
    op.create_index(
        "payments_moved_from",
        "payments",
        ["moved_from"],
        unique=False,
        postgresql_where=sa.text("moved_from IS NOT NULL"),
    )
    op.create_index(
        "payments_returned",
        "payments",
        ["returned_on"],
        unique=False,
        postgresql_where=sa.text("returned_on IS NOT NULL"),
    )
    op.create_index(
        "payments_unapplied",
        "payments",
        ["received_on"],
        unique=False,
        postgresql_where=sa.text("unapplied_cents <> 0"),
    )
    op.create_index(
        "payments_uncleared",
        "payments",
        ["clears_on", "household"],
        unique=False,
        postgresql_where=sa.text("cleared_on IS NULL AND returned_on IS NULL"),
    )
    op.create_table(
        "refunds",
        sa.Column("refund", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_on_a_date"),
        sa.CheckConstraint("state IN ('due', 'paid', 'withdrawn')", name="state_is_known"),
        sa.PrimaryKeyConstraint("refund"),
    )
    op.create_index(
        "refunds_due",
        "refunds",
        ["approved_on"],
        unique=False,
        postgresql_where=sa.text("state = 'due'"),
    )
    _create_remittances()
    op.create_table(
        "settlements",
        sa.Column("settlement", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.Column("funded_by", postgresql.JSONB(), nullable=False),
        sa.Column("remit_from", sa.Date(), nullable=False),
        sa.Column("remittance", sa.Text(), nullable=True),
        sa.Column("unsettled_on", sa.Date(), nullable=True),
        sa.Column("recovery", sa.Text(), nullable=True),
        sa.CheckConstraint("cents >= 0", name="cents_are_not_negative"),
        sa.CheckConstraint(
            "recovery IS NULL"
            " OR (remittance IS NOT NULL AND unsettled_on IS NOT NULL AND recovery <> remittance)",
            name="recovered_after_it_was_remitted_and_fell",
        ),
        sa.PrimaryKeyConstraint("settlement"),
    )
    op.create_index("settlements_household", "settlements", ["household"], unique=False)
    op.create_index(
        "settlements_to_recover",
        "settlements",
        ["unsettled_on", "household"],
        unique=False,
        postgresql_where=sa.text("remittance IS NOT NULL AND unsettled_on IS NOT NULL AND recovery IS NULL"),
    )
    op.create_index(
        "settlements_to_remit",
        "settlements",
        ["remit_from", "household"],
        unique=False,
        postgresql_where=sa.text("remittance IS NULL AND unsettled_on IS NULL AND cents > 0"),
    )
    op.create_table(
        "lockbox_contents",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file"],
            ["lockbox_files.file"],
        ),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_table(
        "refund_parts",
        sa.Column("refund", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_on_a_date"),
        sa.CheckConstraint("(way = 'processor') = (charge IS NOT NULL)", name="processor_needs_a_charge"),
        sa.CheckConstraint("state IN ('due', 'paid', 'withdrawn')", name="state_is_known"),
        sa.CheckConstraint("way IN ('processor', 'check')", name="way_is_known"),
        sa.ForeignKeyConstraint(
            ["payment"],
            ["payments.payment"],
        ),
        sa.ForeignKeyConstraint(
            ["refund"],
            ["refunds.refund"],
        ),
        sa.PrimaryKeyConstraint("refund", "payment"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index(
        "refund_parts_due",
        "refund_parts",
        ["reference"],
        unique=False,
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_table(
        "payment_returns",
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("together", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('nsf', 'closed-account', 'chargeback', 'other')", name="kind_is_known"),
        sa.CheckConstraint("cents > 0", name="cents_are_positive"),
        sa.ForeignKeyConstraint(["payment"], ["payments.payment"]),
        sa.ForeignKeyConstraint(["together"], ["third_party_payments.file"]),
        sa.PrimaryKeyConstraint("payment"),
    )
    op.create_table(
        "remittance_lines",
        sa.Column("settlement", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("remittance", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(direction = 'paid') = (cents > 0)", name="sign_follows_direction"),
        sa.CheckConstraint("direction IN ('paid', 'taken-back')", name="direction_is_known"),
        sa.ForeignKeyConstraint(
            ["settlement"],
            ["settlements.settlement"],
        ),
        sa.PrimaryKeyConstraint("settlement", "direction"),
    )
    op.create_index("remittance_lines_day", "remittance_lines", ["business_date", "carrier"], unique=False)
    op.create_index(
        "remittance_lines_remittance", "remittance_lines", ["remittance", "household"], unique=False
    )
    op.create_table(
        "suspense_items",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("postmarked_on", sa.Date(), nullable=True),
        sa.Column("held_since", sa.Date(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=True),
        sa.Column("invoice", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=True),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("third_party", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'assigned') = (payment IS NOT NULL AND household IS NOT NULL)",
            name="assigned_to_someone",
        ),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_at_some_time"),
        sa.CheckConstraint(
            "state <> 'dismissed' OR reason = 'possible-double' OR third_party IS NOT NULL",
            name="only_doubles_are_dismissed",
        ),
        sa.ForeignKeyConstraint(["third_party"], ["lockbox_files.file"]),
        sa.CheckConstraint("selection IS NULL OR invoice IS NULL", name="named_for_one_thing"),
        sa.CheckConstraint(
            "reason IN ('unknown-account', 'unreadable', 'possible-double')", name="reason_is_known"
        ),
        sa.CheckConstraint("state IN ('open', 'assigned', 'dismissed')", name="state_is_known"),
        sa.CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        sa.ForeignKeyConstraint(["payment"], ["payments.payment"]),
        sa.PrimaryKeyConstraint("item"),
    )
    op.create_index("suspense_items_instrument", "suspense_items", ["account", "reference"], unique=False)
    op.create_index(
        "suspense_items_open",
        "suspense_items",
        ["account"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "waiting_shares",
        sa.Column("settlement", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment"],
            ["payments.payment"],
        ),
        sa.ForeignKeyConstraint(
            ["settlement"],
            ["settlements.settlement"],
        ),
        sa.PrimaryKeyConstraint("settlement", "payment"),
    )
    op.create_index("waiting_shares_received_on", "waiting_shares", ["received_on"], unique=False)
    op.create_table(
        "billed_invoices",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("on_time_until", sa.Date(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.Column("due_cents", sa.BigInteger(), nullable=False),
        sa.Column("due_payments", sa.Integer(), nullable=False),
        sa.Column("due_because", sa.Text(), nullable=True),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.CheckConstraint("due_because IN ('coverage', 'money')", name="due_because_is_known"),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "payment_counts",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "mandates",
        sa.Column("mandate", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("method IN ('card', 'bank')", name="method_is_known"),
        sa.CheckConstraint("consent IN ('v1')", name="consent_is_known"),
        sa.CheckConstraint("language IN ('en', 'es', 'fr')", name="language_is_known"),
        sa.CheckConstraint("state IN ('on', 'off')", name="state_is_known"),
        sa.CheckConstraint(
            "ended_because IN ('asked', 'replaced', 'declined', 'account-closed', 'account-changed',"
            " 'household-merged', 'lost')",
            name="ended_because_is_known",
        ),
        sa.CheckConstraint("(state = 'off') = (ended_at IS NOT NULL)", name="off_at_some_time"),
        sa.CheckConstraint("(state = 'off') = (ended_because IS NOT NULL)", name="off_for_a_reason"),
        sa.PrimaryKeyConstraint("mandate"),
    )
    op.create_index(
        "mandates_on", "mandates", ["household"], unique=True, postgresql_where=sa.text("state = 'on'")
    )
    op.create_table(
        "draws",
        sa.Column("draw", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("mandate", sa.Text(), nullable=False),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("on_time_until", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("payment", sa.Text(), nullable=True),
        sa.Column("decline", sa.Text(), nullable=True),
        sa.Column("nothing_because", sa.Text(), nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.CheckConstraint("way IN ('processor', 'debit')", name="way_is_known"),
        sa.CheckConstraint(
            "state IN ('planned', 'drawing', 'drawn', 'nothing-due', 'declined', 'withdrawn')",
            name="state_is_known",
        ),
        sa.CheckConstraint(
            "decline IN ('insufficient-funds', 'limit-exceeded', 'expired', 'account-closed', 'wrong-details',"
            " 'not-authorized')",
            name="decline_is_known",
        ),
        sa.CheckConstraint(
            "state <> 'drawing' OR (payment IS NOT NULL AND amount_cents > 0)", name="drawing_something"
        ),
        sa.CheckConstraint(
            "nothing_because IN ('paid', 'not-asked', 'later-invoice', 'void')",
            name="nothing_because_is_known",
        ),
        sa.CheckConstraint(
            "(state = 'nothing-due') = (nothing_because IS NOT NULL)", name="nothing_due_for_a_reason"
        ),
        sa.ForeignKeyConstraint(["mandate"], ["mandates.mandate"]),
        sa.PrimaryKeyConstraint("draw"),
    )
    op.create_index(
        "draws_drawing", "draws", ["draw"], unique=False, postgresql_where=sa.text("state = 'drawing'")
    )
    op.create_index("draws_household", "draws", ["household"], unique=False)
    op.create_index(
        "draws_payment",
        "draws",
        ["payment"],
        unique=False,
        postgresql_where=sa.text("payment IS NOT NULL"),
    )
    op.create_index(
        "draws_to_come",
        "draws",
        ["next_on", "draw"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'drawing')"),
    )
    op.create_index(
        "draws_planned",
        "draws",
        ["next_on", "household"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    _create_return_files()
    _create_indexes_of_timelines()


def _create_indexes_of_timelines() -> None:
    _lead_to_what_moved()
    op.create_index(
        "payments_charge",
        "payments",
        ["reference"],
        unique=False,
        postgresql_where=sa.text("source = 'online'"),
    )
    op.create_index(
        "attempts_declined",
        "attempts",
        ["household"],
        unique=False,
        postgresql_where=sa.text("state = 'declined'"),
    )
    op.create_index("mandates_household", "mandates", ["household"], unique=False)
    op.create_index("refunds_household", "refunds", ["household"], unique=False)
    op.create_index(
        "suspense_items_household",
        "suspense_items",
        ["household"],
        unique=False,
        postgresql_where=sa.text("household IS NOT NULL"),
    )


def _create_remittances() -> None:
    op.create_table(
        "remittances",
        sa.Column("remittance", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("brought_forward_cents", sa.BigInteger(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("carried_cents", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("file_state", sa.Text(), nullable=False),
        sa.CheckConstraint("file_state IN ('to-write', 'written')", name="file_state_is_known"),
        sa.CheckConstraint(
            "total_cents >= 0 AND carried_cents >= 0 AND brought_forward_cents >= 0"
            " AND net_cents - brought_forward_cents = total_cents - carried_cents",
            name="amounts_add_up",
        ),
        sa.PrimaryKeyConstraint("remittance"),
        sa.UniqueConstraint("carrier", "business_date", name="remittances_one_a_day"),
        sa.UniqueConstraint("carrier", "sequence", name="remittances_without_a_gap"),
    )
    op.create_index(
        "remittances_to_write",
        "remittances",
        ["remittance"],
        unique=False,
        postgresql_where=sa.text("file_state = 'to-write'"),
    )
    op.create_table(
        "remittances_to_tell",
        sa.Column("remittance", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("beyond", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["remittance"], ["remittances.remittance"]),
        sa.PrimaryKeyConstraint("remittance"),
    )


def _create_lockbox_files() -> None:
    op.create_table(
        "lockbox_files",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("deposit_date", sa.Date(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("accepted_rows", sa.Integer(), nullable=False),
        sa.Column("accepted_cents", sa.BigInteger(), nullable=False),
        sa.Column("refused_rows", postgresql.JSONB(), nullable=False),
        sa.Column("noted_rows", postgresql.JSONB(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("became", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_total", sa.Integer(), nullable=False),
        sa.Column("noted_total", sa.Integer(), nullable=False),
        sa.CheckConstraint("state <> 'loaded' OR loaded_at IS NOT NULL", name="loaded_at_some_time"),
        sa.CheckConstraint(
            "(became IS NULL) = (decided_at IS NULL) AND (became IS NULL) = (decided_by IS NULL)",
            name="decided_by_somebody",
        ),
        sa.CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_for_a_reason"),
        sa.CheckConstraint("NOT waits OR became IS NULL", name="waits_for_a_person"),
        sa.CheckConstraint("became IN ('replaced', 'by-hand', 'nothing-missing')", name="became_is_known"),
        sa.CheckConstraint("state IN ('loaded', 'refused') OR NOT waits", name="waits_once_it_is_read"),
        sa.CheckConstraint("state IN ('stored', 'set-aside', 'loaded', 'refused')", name="state_is_known"),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_index(
        "lockbox_files_deposit",
        "lockbox_files",
        ["deposit_date", "sequence"],
        unique=True,
        postgresql_where=sa.text("state = 'loaded'"),
    )
    op.create_index(
        "lockbox_files_loaded",
        "lockbox_files",
        ["loaded_at"],
        unique=False,
        postgresql_where=sa.text("state = 'loaded'"),
    )
    op.create_index("lockbox_files_stored", "lockbox_files", ["stored_at", "file"], unique=False)
    op.create_index(
        "lockbox_files_unread",
        "lockbox_files",
        ["file"],
        unique=False,
        postgresql_where=sa.text("state IN ('stored', 'set-aside')"),
    )
    op.create_index(
        "lockbox_files_waiting",
        "lockbox_files",
        ["stored_at", "file"],
        unique=False,
        postgresql_where=sa.text("waits"),
    )
    _create_third_parties()


def _create_return_files() -> None:
    op.create_index(
        "payments_identification",
        "payments",
        ["identification"],
        unique=True,
        postgresql_where=sa.text("identification IS NOT NULL"),
    )
    op.create_table(
        "return_files",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("created_on", sa.Date(), nullable=True),
        sa.Column("modifier", sa.Text(), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("debit_cents", sa.BigInteger(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("became", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(became IS NULL) = (decided_at IS NULL) AND (became IS NULL) = (decided_by IS NULL)",
            name="decided_by_somebody",
        ),
        sa.CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_for_a_reason"),
        sa.CheckConstraint("NOT waits OR became IS NULL", name="waits_for_a_person"),
        sa.CheckConstraint("became IN ('replaced', 'by-hand', 'nothing-missing')", name="became_is_known"),
        sa.CheckConstraint("state IN ('loaded', 'refused') OR NOT waits", name="waits_once_it_is_read"),
        sa.CheckConstraint("state IN ('stored', 'set-aside', 'loaded', 'refused')", name="state_is_known"),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_index(
        "return_files_named",
        "return_files",
        ["origin", "created_on", "modifier"],
        unique=True,
        postgresql_where=sa.text("state <> 'refused'"),
    )
    op.create_index("return_files_stored", "return_files", ["stored_at", "file"], unique=False)
    op.create_index(
        "return_files_unread",
        "return_files",
        ["file"],
        unique=False,
        postgresql_where=sa.text("state IN ('stored', 'set-aside')"),
    )
    op.create_index(
        "return_files_waiting",
        "return_files",
        ["stored_at", "file"],
        unique=False,
        postgresql_where=sa.text("waits"),
    )
    op.create_table(
        "return_file_contents",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["return_files.file"]),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_table(
        "return_items",
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("identification", sa.Text(), nullable=True),
        sa.Column("original_trace", sa.Text(), nullable=True),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=True),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("direction IN ('debit', 'credit')", name="direction_is_known"),
        sa.CheckConstraint(
            "state IN ('recorded', 'confirmed', 'came-again', 'changed', 'open', 'assigned', 'dismissed')",
            name="state_is_known",
        ),
        sa.CheckConstraint(
            "reason IN ('unreadable', 'unknown-code', 'account-changed', 'kept-account-changed', 'not-drawn-from',"
            " 'disputed', 'credit', 'unknown-payment', 'moved', 'wrong-amount', 'wrong-date', 'returned-before')",
            name="reason_is_known",
        ),
        sa.CheckConstraint("amount_cents >= 0", name="amount_is_not_negative"),
        sa.CheckConstraint(
            "(state IN ('recorded', 'confirmed', 'came-again')) = (reason IS NULL)", name="waits_for_a_reason"
        ),
        sa.CheckConstraint(
            "(state IN ('assigned', 'dismissed')) = (decided_at IS NOT NULL)", name="decided_at_some_time"
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        sa.CheckConstraint("note IS NULL OR decided_by IS NOT NULL", name="noted_by_somebody"),
        sa.CheckConstraint("(payment IS NULL) = (household IS NULL)", name="of_a_household"),
        sa.CheckConstraint(
            "state NOT IN ('recorded', 'confirmed', 'came-again', 'assigned') OR payment IS NOT NULL",
            name="is_of_a_payment",
        ),
        sa.ForeignKeyConstraint(["file"], ["return_files.file"]),
        sa.ForeignKeyConstraint(["payment"], ["payments.payment"]),
        sa.PrimaryKeyConstraint("item"),
    )
    op.create_index("return_items_file", "return_items", ["file", "line"], unique=False)
    op.create_index(
        "return_items_open",
        "return_items",
        ["recorded_at", "item"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "return_items_unknown",
        "return_items",
        ["identification"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND payment IS NULL"),
    )
    op.create_index(
        "return_items_done",
        "return_items",
        ["payment"],
        unique=True,
        postgresql_where=sa.text("state IN ('recorded', 'confirmed', 'assigned')"),
    )
    op.create_table(
        "processor_events",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint("about IN ('charge', 'dispute', 'refund')", name="about_is_known"),
        sa.CheckConstraint("state IN ('waiting', 'open', 'dismissed')", name="state_is_known"),
        sa.CheckConstraint(
            "reason IN ('unknown-reference', 'disputed', 'dispute-won', 'dispute-lost', 'charge-failed',"
            " 'refund-failed')",
            name="reason_is_known",
        ),
        sa.CheckConstraint("(state = 'waiting') = (reason IS NULL)", name="waits_for_a_reason"),
        sa.CheckConstraint("(state = 'dismissed') = (decided_at IS NOT NULL)", name="decided_at_some_time"),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        sa.PrimaryKeyConstraint("event"),
    )
    op.create_index(
        "processor_events_waiting",
        "processor_events",
        ["event"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "processor_events_open",
        "processor_events",
        ["heard_at", "event"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )


def _create_what_others_say() -> None:
    _create_what_maintenance_concerns()
    _create_tables_of_merges()


def _create_tables_of_merges() -> None:
    _create_the_bank()
    _create_direct_debit()
    op.create_table(
        "merged_households",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("household"),
        comment="whose money goes to another household of the same person (OPS-5)",
    )
    op.create_table(
        "passings",
        sa.Column("passing", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=False),
        sa.Column("merge", sa.Text(), nullable=False),
        sa.Column("back", sa.Boolean(), nullable=False),
        sa.Column("taken_from", postgresql.JSONB(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('due', 'done')", name="state_is_known"),
        sa.PrimaryKeyConstraint("passing"),
        comment="credit that goes from a household that was merged to the other, or back (OPS-5)",
    )
    op.create_index("passings_household", "passings", ["household"], unique=False)
    op.create_index(
        "passings_due",
        "passings",
        ["passing"],
        unique=False,
        postgresql_where=sa.text("state = 'due'"),
    )


def _create_what_maintenance_concerns() -> None:
    op.create_table(
        "binder_invoices",
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("invoice"),
    )
    op.create_index("binder_invoices_due", "binder_invoices", ["due"], unique=False)
    op.create_index("binder_invoices_of_household", "binder_invoices", ["household"], unique=False)
    op.create_table(
        "maintenance_tellings",
        sa.Column("maintenance", sa.Text(), nullable=False),
        sa.Column("told_through", sa.Text(), nullable=True),
        sa.Column("called_off_through", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("maintenance"),
    )


def downgrade() -> None:
    op.drop_table("ach_debits")
    op.drop_table("ach_file_contents")
    op.drop_table("ach_numbers")
    op.drop_table("ach_files")
    op.drop_table("bank_accounts")
    op.drop_table("processor_events")
    op.drop_table("return_items")
    op.drop_table("return_file_contents")
    op.drop_table("return_files")
    op.drop_table("draws")
    op.drop_table("mandates")
    op.drop_table("payment_counts")
    op.drop_table("passings")
    op.drop_table("merged_households")
    op.drop_table("maintenance_tellings")
    op.drop_table("binder_invoices")
    op.drop_table("billed_invoices")
    op.drop_table("waiting_shares")
    op.drop_table("payment_returns")
    op.drop_table("suspense_items")
    op.drop_table("remittance_lines")
    op.drop_table("refund_parts")
    op.drop_table("lockbox_contents")
    op.drop_table("third_party_payments")
    op.drop_table("settlements")
    op.drop_table("remittances_to_tell")
    op.drop_table("remittances")
    op.drop_table("refunds")
    op.drop_table("payments")
    op.drop_table("lockbox_files")
    op.drop_table("lockbox_days")
    op.drop_table("online_trials")
    op.drop_table("known_accounts")
    op.drop_table("closed_books")
    op.drop_table("carrier_balances")
    op.drop_table("attempts")
    chassis_v1.drop()


def _create_the_bank() -> None:
    """What the bank says of the trust account, what the books moved on it, and what people decided about both."""
    op.create_table(
        "bank_files",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("became", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("last_page", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(message IS NULL) = (page IS NULL)", name="page_of_a_message"),
        sa.CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_for_a_reason"),
        sa.CheckConstraint("became IN ('replaced', 'by-hand', 'nothing-missing')", name="became_is_known"),
        sa.CheckConstraint("format IN ('bai2', 'camt.053')", name="format_is_known"),
        sa.CheckConstraint("state IN ('loaded', 'refused') OR NOT waits", name="waits_once_it_is_read"),
        sa.CheckConstraint("state IN ('stored', 'set-aside', 'loaded', 'refused')", name="state_is_known"),
        sa.CheckConstraint(
            "(became IS NULL) = (decided_at IS NULL) AND (became IS NULL) = (decided_by IS NULL)",
            name="decided_by_somebody",
        ),
        sa.CheckConstraint("NOT waits OR became IS NULL", name="waits_for_a_person"),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_index(
        "bank_files_message",
        "bank_files",
        ["message", "page"],
        unique=False,
        postgresql_where=sa.text("message IS NOT NULL"),
    )
    op.create_index("bank_files_stored", "bank_files", ["stored_at", "file"], unique=False)
    op.create_index(
        "bank_files_unread",
        "bank_files",
        ["file"],
        unique=False,
        postgresql_where=sa.text("state IN ('stored', 'set-aside')"),
    )
    op.create_index(
        "bank_files_waiting",
        "bank_files",
        ["stored_at", "file"],
        unique=False,
        postgresql_where=sa.text("waits"),
    )
    op.create_table(
        "bank_file_contents",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["bank_files.file"]),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_table(
        "bank_statements",
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("opening_cents", sa.BigInteger(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        sa.Column("debit_cents", sa.BigInteger(), nullable=False),
        sa.Column("closing_cents", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("opening_cents + credit_cents - debit_cents = closing_cents", name="adds_up"),
        sa.ForeignKeyConstraint(["file"], ["bank_files.file"]),
        sa.PrimaryKeyConstraint("statement"),
    )
    op.create_index("bank_statements_day", "bank_statements", ["day"], unique=True)
    op.create_table(
        "bank_entries",
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("bank_reference", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("apart_from", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'matched') = (settled_on IS NOT NULL)", name="matched_some_day"),
        sa.CheckConstraint("(state = 'open') = (settled_by IS NULL)", name="settled_by_something"),
        sa.CheckConstraint("direction IN ('credit', 'debit')", name="direction_is_known"),
        sa.CheckConstraint("state IN ('open', 'matched', 'noted')", name="state_is_known"),
        sa.CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        sa.ForeignKeyConstraint(["file"], ["bank_files.file"]),
        sa.ForeignKeyConstraint(["statement"], ["bank_statements.statement"]),
        sa.PrimaryKeyConstraint("entry"),
    )
    op.create_index(
        "bank_entries_alone",
        "bank_entries",
        ["day"],
        unique=False,
        postgresql_where=sa.text("settled_on IS NULL"),
    )
    op.create_index(
        "bank_entries_open",
        "bank_entries",
        ["booked_on", "entry"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("bank_entries_settled_by", "bank_entries", ["settled_by"], unique=False)
    op.create_index("bank_entries_settled_on", "bank_entries", ["settled_on", "day"], unique=False)
    op.create_index("bank_entries_statement", "bank_entries", ["statement", "entry"], unique=False)
    op.create_table(
        "trust_movements",
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("called", sa.Text(), nullable=True),
        sa.Column("apart_from", sa.Text(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'matched') = (settled_on IS NOT NULL)", name="matched_some_day"),
        sa.CheckConstraint("(state = 'open') = (settled_by IS NULL)", name="settled_by_something"),
        sa.CheckConstraint("direction IN ('credit', 'debit')", name="direction_is_known"),
        sa.CheckConstraint(
            "kind IN ('lockbox', 'processor', 'counter', 'web-debits', 'ppd-debits', 'came-again', 'double', 'return',"
            " 'refund', 'remittance')",
            name="kind_is_known",
        ),
        sa.CheckConstraint("state IN ('open', 'matched', 'noted')", name="state_is_known"),
        sa.CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        sa.PrimaryKeyConstraint("movement"),
    )
    op.create_index(
        "trust_movements_alone",
        "trust_movements",
        ["on"],
        unique=False,
        postgresql_where=sa.text("settled_on IS NULL"),
    )
    op.create_index(
        "trust_movements_apart_from",
        "trust_movements",
        ["apart_from"],
        unique=False,
        postgresql_where=sa.text("apart_from IS NOT NULL"),
    )
    op.create_index(
        "trust_movements_called",
        "trust_movements",
        ["called"],
        unique=False,
        postgresql_where=sa.text("called IS NOT NULL"),
    )
    op.create_index("trust_movements_of", "trust_movements", ["kind", "of"], unique=True)
    op.create_index("trust_movements_on", "trust_movements", ["on"], unique=False)
    op.create_index(
        "trust_movements_open",
        "trust_movements",
        ["on", "movement"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("trust_movements_settled_by", "trust_movements", ["settled_by"], unique=False)
    op.create_index("trust_movements_settled_on", "trust_movements", ["settled_on", "on"], unique=False)
    op.create_table(
        "trust_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ledger_cents", sa.BigInteger(), nullable=False),
        sa.Column("older_cents", sa.BigInteger(), nullable=False),
        sa.Column("movements_cents", sa.BigInteger(), nullable=False),
        sa.Column("derived_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "bank_decisions",
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("entries", postgresql.JSONB(), nullable=False),
        sa.Column("movements", postgresql.JSONB(), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("by_two", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reverses", sa.Text(), nullable=True),
        sa.Column("reversed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(kind = 'separate') = (settled_by IS NOT NULL)", name="takes_a_match_apart"),
        sa.CheckConstraint("(state = 'reversed') = (reversed_by IS NOT NULL)", name="reversed_by_another"),
        sa.CheckConstraint(
            "NOT by_two OR state IN ('requested', 'declined') OR (decided_by IS NOT NULL AND decided_by <> asked_by)",
            name="by_two_people",
        ),
        sa.CheckConstraint(
            "because IN ('same-money', 'not-the-same', 'fee', 'interest', 'bank-error', 'our-error',"
            " 'before-statements', 'other')",
            name="because_is_known",
        ),
        sa.CheckConstraint("(kind = 'take-back') = (file IS NOT NULL)", name="takes_a_file_back"),
        sa.CheckConstraint("kind IN ('match', 'note', 'separate', 'take-back')", name="kind_is_known"),
        sa.CheckConstraint(
            "state <> 'requested' OR (by_two AND decided_at IS NULL)", name="requested_of_a_second"
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'applied', 'declined', 'reversed')", name="state_is_known"
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        sa.CheckConstraint("cents > 0 OR kind = 'take-back' AND cents = 0", name="cents_are_positive"),
        sa.ForeignKeyConstraint(["file"], ["bank_files.file"]),
        sa.ForeignKeyConstraint(["reversed_by"], ["bank_decisions.correction"]),
        sa.ForeignKeyConstraint(["reverses"], ["bank_decisions.correction"]),
        sa.PrimaryKeyConstraint("correction"),
    )
    op.create_index("bank_decisions_asked", "bank_decisions", ["asked_by", "asked_at"], unique=False)
    op.create_index(
        "bank_decisions_requested",
        "bank_decisions",
        ["asked_at"],
        unique=False,
        postgresql_where=sa.text("state = 'requested'"),
    )


def _lead_to_what_moved() -> None:
    """What leads to the money that came or went on a day, and to what may have come before."""
    op.create_index("payments_known", "payments", ["known_at"], unique=False)
    op.create_index(
        "payments_lockbox",
        "payments",
        ["amount_cents"],
        unique=False,
        postgresql_where=sa.text("source = 'lockbox'"),
    )
    op.create_index(
        "refund_parts_paid",
        "refund_parts",
        ["paid_on"],
        unique=False,
        postgresql_where=sa.text("paid_on IS NOT NULL"),
    )
    op.create_index("payment_returns_recorded", "payment_returns", ["recorded_at"], unique=False)
    op.create_index("suspense_items_recorded", "suspense_items", ["recorded_at"], unique=False)
    op.create_index(
        "suspense_items_decided",
        "suspense_items",
        ["decided_at"],
        unique=False,
        postgresql_where=sa.text("decided_at IS NOT NULL"),
    )
    op.create_index("remittances_issued", "remittances", ["issued_on"], unique=False)


def _create_third_parties() -> None:
    """What third parties paid for many households, each in one sum."""
    op.create_table(
        "third_party_payments",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("payer_kind", sa.Text(), nullable=False),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("called", sa.Text(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("postmarked_on", sa.Date(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("returned_cents", sa.BigInteger(), nullable=False),
        sa.Column("return_kind", sa.Text(), nullable=True),
        sa.Column("return_reference", sa.Text(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "payer_kind IN ('ryan-white', 'tribe', 'government', 'employer', 'family', 'charity', 'provider')",
            name="payer_kind_is_known",
        ),
        sa.CheckConstraint("means IN ('check', 'bank-entry', 'suspense')", name="means_is_known"),
        sa.CheckConstraint(
            "return_kind IN ('nsf', 'closed-account', 'chargeback', 'other')", name="return_kind_is_known"
        ),
        sa.CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        sa.CheckConstraint("(returned_on IS NULL) = (returned_at IS NULL)", name="returned_some_day"),
        sa.ForeignKeyConstraint(["file"], ["lockbox_files.file"]),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_index("third_party_payments_called", "third_party_payments", ["called"], unique=False)
    op.create_index(
        "third_party_payments_returned",
        "third_party_payments",
        ["returned_at"],
        unique=False,
        postgresql_where=sa.text("returned_at IS NOT NULL"),
    )


def _create_direct_debit() -> None:
    """Bank accounts kept here, and the files by which they are debited."""
    op.create_table(
        "bank_accounts",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("routing_number", sa.Text(), nullable=False),
        sa.Column("account_type", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("last_four", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("authorized", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_because", sa.Text(), nullable=True),
        sa.CheckConstraint("account_type IN ('checking', 'savings')", name="account_type_is_known"),
        sa.CheckConstraint("consent IN ('debit-v1')", name="consent_is_known"),
        sa.CheckConstraint("language IN ('en', 'es', 'fr')", name="language_is_known"),
        sa.CheckConstraint("authorized IN ('online', 'in-writing')", name="authorized_is_known"),
        sa.CheckConstraint(
            "closed_because IN ('asked', 'returned', 'not-correctable')", name="closed_because_is_known"
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_because IS NULL)", name="closed_for_a_reason"),
        sa.CheckConstraint("length(last_four) = 4", name="shows_four_digits"),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_index("bank_accounts_household", "bank_accounts", ["household"], unique=False)
    op.create_index("bank_accounts_key", "bank_accounts", ["key", "household", "account"], unique=False)
    op.create_table(
        "ach_files",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("modifier", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("drawn_cents", sa.BigInteger(), nullable=False),
        sa.Column("debit_cents", sa.BigInteger(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('to-write', 'written', 'withdrawn')", name="state_is_known"),
        sa.CheckConstraint("(state = 'written') = (written_at IS NOT NULL)", name="written_at_some_time"),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_index("ach_files_named", "ach_files", ["created_on", "modifier"], unique=True)
    op.create_index("ach_files_name", "ach_files", ["name"], unique=True)
    op.create_index(
        "ach_files_to_write",
        "ach_files",
        ["file"],
        unique=False,
        postgresql_where=sa.text("state = 'to-write'"),
    )
    op.create_table(
        "ach_numbers",
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("modifier", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("restored_on", sa.Date(), nullable=True),
        sa.CheckConstraint("numbers IN ('debits')", name="numbers_is_known"),
        sa.CheckConstraint("(made_on IS NULL) = (modifier IS NULL)", name="made_with_a_modifier"),
        sa.CheckConstraint("sequence BETWEEN 0 AND 9999999", name="numbered_in_seven_digits"),
        sa.PrimaryKeyConstraint("numbers"),
    )
    op.create_table(
        "ach_file_contents",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["ach_files.file"]),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_index("ach_file_contents_key", "ach_file_contents", ["key", "file"], unique=False)
    op.create_table(
        "ach_debits",
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("entry_class", sa.Text(), nullable=False),
        sa.Column("recurring", sa.Boolean(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("trace", sa.Text(), nullable=True),
        sa.Column("asked_cents", sa.BigInteger(), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.CheckConstraint("entry_class IN ('WEB', 'PPD')", name="entry_class_is_known"),
        sa.CheckConstraint(
            "state IN ('to-send', 'sent', 'to-call-off', 'called-off', 'held')", name="state_is_known"
        ),
        sa.CheckConstraint("amount_cents > 0", name="amount_is_positive"),
        sa.CheckConstraint("because IN ('went-back', 'account-closed')", name="because_is_known"),
        sa.CheckConstraint("(file IS NULL) = (trace IS NULL)", name="traced_in_its_file"),
        sa.CheckConstraint("(file IS NULL) = (asked_cents IS NULL)", name="asked_for_by_its_file"),
        sa.CheckConstraint("asked_cents BETWEEN 1 AND amount_cents", name="asked_for_its_amount_at_most"),
        sa.CheckConstraint("file IS NULL OR state IN ('sent', 'held')", name="sent_by_its_file"),
        sa.CheckConstraint("(state = 'called-off') = (because IS NOT NULL)", name="called_off_for_a_reason"),
        sa.ForeignKeyConstraint(["account"], ["bank_accounts.account"]),
        sa.ForeignKeyConstraint(["file"], ["ach_files.file"]),
        sa.PrimaryKeyConstraint("payment"),
    )
    op.create_index("ach_debits_household", "ach_debits", ["household"], unique=False)
    op.create_index(
        "ach_debits_account",
        "ach_debits",
        ["account"],
        unique=False,
        postgresql_where=sa.text("state = 'to-send'"),
    )
    op.create_index(
        "ach_debits_of_no_file",
        "ach_debits",
        ["payment"],
        unique=False,
        postgresql_where=sa.text("file IS NULL"),
    )
    op.create_index("ach_debits_file", "ach_debits", ["file", "trace"], unique=False)
    op.create_index(
        "ach_debits_trace",
        "ach_debits",
        ["trace"],
        unique=False,
        postgresql_where=sa.text("trace IS NOT NULL"),
    )
    op.create_index(
        "ach_debits_waiting",
        "ach_debits",
        ["household", "drawn_on"],
        unique=False,
        postgresql_where=sa.text("state IN ('to-send', 'to-call-off', 'held')"),
    )
