"""The gateway's first tables: carriers, policies and contacts, transmissions, lists, inbound files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bulkhead.persistence import chassis_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    chassis_v1.create()
    op.create_table(
        "sealing_keys",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "binder_releases",
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("satisfied_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("policy"),
    )
    op.create_index("binder_releases_household", "binder_releases", ["household"], unique=False)
    op.create_table(
        "carrier_profiles",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("receiver_id", sa.Text(), nullable=False),
        sa.Column("qhp_id", sa.Text(), nullable=False),
        sa.Column("receiver_qualifier", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("usage", sa.Text(), nullable=False),
        sa.Column("acknowledge", sa.Boolean(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("list_file_name", sa.Text(), nullable=False),
        sa.Column("list_delimiter", sa.Text(), nullable=False),
        sa.Column("plan_ids", postgresql.JSONB(), nullable=False),
        sa.Column("coverage_on_end", sa.Boolean(), nullable=False),
        sa.Column("additional_reasons", postgresql.JSONB(), nullable=False),
        sa.Column("monthly_amounts", sa.Boolean(), nullable=False),
        sa.Column("time_code", sa.Boolean(), nullable=False),
        sa.Column("plan_id_dashes", sa.Boolean(), nullable=False),
        sa.Column("master_policy", sa.Text(), nullable=False),
        sa.Column("other_categories", postgresql.JSONB(), nullable=False),
        sa.Column("category_names", postgresql.JSONB(), nullable=False),
        sa.Column("policy_on_members", sa.Boolean(), nullable=False),
        sa.Column("member_references", postgresql.JSONB(), nullable=False),
        sa.Column("billing", sa.Text(), nullable=False),
        sa.Column("billing_from", sa.Integer(), nullable=True),
        sa.Column("login_keys", postgresql.JSONB(), nullable=False),
        sa.Column("host", postgresql.JSONB(), nullable=True),
        sa.Column("interchange_file_name", sa.Text(), nullable=False),
        sa.Column("group_file_name", sa.Text(), nullable=False),
        sa.Column("interchange_within_hours", sa.Integer(), nullable=True),
        sa.Column("group_within_business_days", sa.Integer(), nullable=True),
        sa.Column("remittances", sa.Boolean(), nullable=False),
        sa.Column("remittance_file", sa.Text(), nullable=False),
        sa.Column("payment_types", postgresql.JSONB(), nullable=False),
        sa.Column("payment_references", postgresql.JSONB(), nullable=False),
        sa.Column("balance_report", sa.Text(), nullable=False),
        sa.Column("audits", sa.Boolean(), nullable=False),
        sa.Column("audit_file_name", sa.Text(), nullable=False),
        sa.CheckConstraint("usage IN ('P', 'T')", name="usage_is_known"),
        sa.CheckConstraint("billing IN ('exchange', 'carrier', 'subsidy-only')", name="billing_is_known"),
        sa.PrimaryKeyConstraint("carrier"),
    )
    op.create_table(
        "contact_members",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("contact_version", sa.BigInteger(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("latin_name", sa.LargeBinary(), nullable=False),
        sa.Column("born", sa.LargeBinary(), nullable=False),
        sa.Column("ssn", sa.LargeBinary(), nullable=True),
        sa.Column("tobacco", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("relation IN ('self', 'spouse', 'child')", name="relation_is_known"),
        sa.PrimaryKeyConstraint("household", "contact_version", "member"),
    )
    op.create_table(
        "contacts",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("contact_version", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("responsible_name", sa.LargeBinary(), nullable=True),
        sa.Column("responsible_latin_name", sa.LargeBinary(), nullable=True),
        sa.Column("responsible_until_age", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("household", "contact_version"),
    )
    op.create_table(
        "contacts_to_forget",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("contact_version", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "control_numbers",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last BETWEEN 1 AND 999999999", name="last_has_nine_digits"),
        sa.PrimaryKeyConstraint("carrier"),
    )
    op.create_table(
        "deliveries",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('going', 'delivered')", name="state_is_known"),
        sa.PrimaryKeyConstraint("carrier", "file"),
    )
    op.create_table(
        "delinquency_lists",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("list_part", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("written_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (content IS NULL)", name="built_has_content"),
        sa.CheckConstraint("(state = 'written') = (written_on IS NOT NULL)", name="written_has_a_date"),
        sa.CheckConstraint("state IN ('waiting', 'built', 'written')", name="state_is_known"),
        sa.PrimaryKeyConstraint("carrier", "on", "list_part"),
    )
    op.create_index("delinquency_lists_state", "delinquency_lists", ["state"], unique=False)
    op.create_table(
        "delinquency_rows",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("list_part", sa.Integer(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("policies", postgresql.JSONB(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("past_due_cents", sa.BigInteger(), nullable=False),
        sa.Column("pay_by", sa.Date(), nullable=True),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "action IN ('dunning', 'pend-claims', 'termination-notice', 'terminate', 'cancel')",
            name="action_is_known",
        ),
        sa.CheckConstraint("claims IN ('pay', 'pend')", name="claims_is_known"),
        sa.PrimaryKeyConstraint("carrier", "on", "list_part", "household"),
    )
    op.create_index("delinquency_rows_household", "delinquency_rows", ["household"], unique=False)
    op.create_table(
        "inbound_files",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("filed", sa.Boolean(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("state IN ('stored', 'processed', 'refused')", name="state_is_known"),
        sa.PrimaryKeyConstraint("file"),
        sa.UniqueConstraint("carrier", "sha256", name="inbound_files_same_bytes_once"),
    )
    op.create_index("inbound_files_state", "inbound_files", ["state", "carrier"], unique=False)
    op.create_table(
        "met_carriers",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("carrier"),
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
        sa.Column("coverage_ends", sa.Date(), nullable=False),
        sa.Column("versions", postgresql.JSONB(), nullable=False),
        sa.Column("months", postgresql.JSONB(), nullable=False),
        sa.Column("contact_version", sa.BigInteger(), nullable=False),
        sa.Column("renewed_from", sa.Text(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("lifecycle", sa.Text(), nullable=False),
        sa.Column("through", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("asked_reason", sa.Text(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("told_through", sa.Date(), nullable=True),
        sa.Column("told_versions", postgresql.JSONB(), nullable=False),
        sa.Column("told_anew_after", sa.Date(), nullable=True),
        sa.Column("succeeded", postgresql.JSONB(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("effectuated_on", sa.Date(), nullable=True),
        sa.Column("confirmed", postgresql.JSONB(), nullable=False),
        sa.Column("issuer_subscriber", sa.Text(), nullable=False),
        sa.Column("issuer_policy", sa.Text(), nullable=False),
        sa.Column("issuer_members", postgresql.JSONB(), nullable=False),
        sa.Column("carrier_word", postgresql.JSONB(), nullable=True),
        sa.Column("ended_by_carrier", sa.Boolean(), nullable=False),
        sa.Column("billing", sa.Text(), nullable=False),
        sa.Column("people_missing_since", sa.Date(), nullable=True),
        sa.CheckConstraint("billing IN ('exchange', 'carrier')", name="billing_is_known"),
        sa.CheckConstraint(
            "(lifecycle = 'terminated') = (through IS NOT NULL)", name="terminated_has_a_last_day"
        ),
        sa.CheckConstraint("renewed_from IN ('same-carrier', 'other-carrier')", name="renewed_from_is_known"),
        sa.CheckConstraint("(told = 'ended') = (told_through IS NOT NULL)", name="told_ended_has_a_last_day"),
        sa.CheckConstraint("kind IN ('medical', 'dental')", name="kind_is_known"),
        sa.CheckConstraint(
            "lifecycle IN ('selected', 'active', 'canceled', 'terminated')", name="lifecycle_is_known"
        ),
        sa.CheckConstraint("told = 'nothing' OR released_on IS NOT NULL", name="told_only_when_released"),
        sa.CheckConstraint("told IN ('nothing', 'covered', 'ended', 'canceled')", name="told_is_known"),
        sa.PrimaryKeyConstraint("policy"),
    )
    op.create_index("policies_carrier", "policies", ["carrier", "policy"], unique=False)
    op.create_index("policies_household", "policies", ["household"], unique=False)
    op.create_index(
        "policies_undecided",
        "policies",
        ["policy"],
        unique=False,
        postgresql_where=sa.text("carrier_word IS NOT NULL"),
    )
    op.create_index(
        "policies_not_told",
        "policies",
        ["people_missing_since"],
        unique=False,
        postgresql_where=sa.text("people_missing_since IS NOT NULL"),
    )
    op.create_table(
        "remittance_parts",
        sa.Column("remittance", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("remittance", "part"),
    )
    op.create_table(
        "remittances",
        sa.Column("remittance", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("brought_forward_cents", sa.BigInteger(), nullable=False),
        sa.Column("carried_cents", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("composed_parts", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("entities", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("plan_cents", postgresql.JSONB(), nullable=False),
        sa.Column("control_number", sa.BigInteger(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("written_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'written') = (written_on IS NOT NULL)", name="written_has_a_date"),
        sa.CheckConstraint("(state IN ('built', 'written')) = (sha256 IS NOT NULL)", name="built_has_a_hash"),
        sa.CheckConstraint(
            "(state IN ('numbered', 'built', 'written')) = (control_number IS NOT NULL)",
            name="numbered_has_a_control_number",
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'numbered', 'built', 'written', 'unwanted')", name="state_is_known"
        ),
        sa.PrimaryKeyConstraint("remittance"),
        sa.UniqueConstraint("carrier", "control_number", name="remittances_control_number_once"),
        sa.UniqueConstraint("carrier", "file", name="remittances_file_once"),
    )
    op.create_index("remittances_carrier", "remittances", ["carrier", "sequence"], unique=False)
    op.create_index(
        "remittances_open",
        "remittances",
        ["heard_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'numbered', 'built')"),
    )
    op.create_table(
        "taken_back_months",
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("policy", "month", "carrier", "sequence"),
    )
    op.create_table(
        "remittance_contents",
        sa.Column("remittance", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("twin", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance"],
            ["remittances.remittance"],
        ),
        sa.PrimaryKeyConstraint("remittance", "number"),
    )
    op.create_table(
        "inbound_contents",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file"],
            ["inbound_files.file"],
        ),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_table(
        "inbound_interchanges",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("control_number", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file"],
            ["inbound_files.file"],
        ),
        sa.PrimaryKeyConstraint("carrier", "control_number"),
    )
    op.create_table(
        "inbound_records",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("effective", sa.Date(), nullable=True),
        sa.Column("paid_through", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("outcome IN ('accepted', 'refused', 'set-apart')", name="outcome_is_known"),
        sa.ForeignKeyConstraint(
            ["file"],
            ["inbound_files.file"],
        ),
        sa.PrimaryKeyConstraint("file", "number"),
        sa.UniqueConstraint("record", name="inbound_records_one_id"),
    )
    op.create_index("inbound_records_carrier", "inbound_records", ["carrier", "record"], unique=False)
    op.create_index("inbound_records_outcome", "inbound_records", ["outcome", "record"], unique=False)
    op.create_index("inbound_records_household", "inbound_records", ["household"], unique=False)
    op.create_index(
        "inbound_records_waiting",
        "inbound_records",
        ["waits_since"],
        unique=False,
        postgresql_where=sa.text("waits_since IS NOT NULL"),
    )
    op.create_table(
        "inbound_record_decisions",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("decision IN ('resolve', 'resend', 'ask', 'discard')", name="decision_is_known"),
        sa.ForeignKeyConstraint(["record"], ["inbound_records.record"]),
        sa.PrimaryKeyConstraint("record", "number"),
    )
    op.create_table(
        "transmissions",
        sa.Column("transmission", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("control_number", sa.BigInteger(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("interchange_verdict", sa.Text(), nullable=True),
        sa.Column("group_verdict", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("again_of", sa.Text(), nullable=True),
        sa.CheckConstraint("(sent_on IS NULL) = (sent_at IS NULL)", name="sent_has_an_hour"),
        sa.CheckConstraint("(state = 'sent') = (sent_on IS NOT NULL)", name="sent_has_a_date"),
        sa.CheckConstraint(
            "(state IN ('built', 'sent')) = (control_number IS NOT NULL)", name="built_has_a_control_number"
        ),
        sa.CheckConstraint(
            "kind IN ('initial', 'renewal', 'change', 'cancel', 'termination', 'reinstatement')",
            name="kind_is_known",
        ),
        sa.CheckConstraint(
            "answer IN ('awaited', 'accepted', 'rejected', 'settled')", name="answer_is_known"
        ),
        sa.CheckConstraint(
            "group_verdict IN ('accepted', 'accepted-with-errors', 'partially-accepted', 'rejected')",
            name="group_verdict_is_known",
        ),
        sa.CheckConstraint(
            "interchange_verdict IN ('accepted', 'accepted-with-errors', 'rejected')",
            name="interchange_verdict_is_known",
        ),
        sa.CheckConstraint("state IN ('waiting', 'built', 'sent', 'withdrawn')", name="state_is_known"),
        sa.ForeignKeyConstraint(
            ["policy"],
            ["policies.policy"],
        ),
        sa.PrimaryKeyConstraint("transmission"),
        sa.UniqueConstraint("carrier", "control_number", name="transmissions_control_number_once"),
        sa.UniqueConstraint("carrier", "file", name="transmissions_file_once"),
        sa.UniqueConstraint("policy", "number", name="transmissions_one_number_a_policy"),
    )
    op.create_index("transmissions_household", "transmissions", ["household"], unique=False)
    op.create_index("transmissions_state", "transmissions", ["state", "carrier"], unique=False)
    op.create_index(
        "transmissions_rejected",
        "transmissions",
        ["carrier"],
        unique=False,
        postgresql_where=sa.text("answer = 'rejected'"),
    )
    op.create_index(
        "transmissions_awaited",
        "transmissions",
        ["carrier", "sent_at"],
        unique=False,
        postgresql_where=sa.text("answer = 'awaited'"),
    )
    op.create_table(
        "transmission_contents",
        sa.Column("transmission", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("category_names", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transmission"],
            ["transmissions.transmission"],
        ),
        sa.PrimaryKeyConstraint("transmission"),
    )
    op.create_table(
        "transmission_decisions",
        sa.Column("transmission", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_again", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("decision IN ('send-again', 'leave')", name="decision_is_known"),
        sa.ForeignKeyConstraint(["transmission"], ["transmissions.transmission"]),
        sa.PrimaryKeyConstraint("transmission", "number"),
    )
    op.create_table(
        "received_acknowledgements",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("control_number", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("errors", postgresql.JSONB(), nullable=False),
        sa.Column("transmission", sa.Text(), nullable=True),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('TA1', '999')", name="kind_is_known"),
        sa.CheckConstraint("outcome IN ('noted', 'repeated', 'set-apart')", name="outcome_is_known"),
        sa.ForeignKeyConstraint(["file"], ["inbound_files.file"]),
        sa.ForeignKeyConstraint(["transmission"], ["transmissions.transmission"]),
        sa.PrimaryKeyConstraint("file", "number"),
    )
    op.create_index(
        "received_acknowledgements_transmission", "received_acknowledgements", ["transmission"], unique=False
    )
    op.create_table(
        "written_acknowledgements",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("control_number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("errors", postgresql.JSONB(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'written') = (written_on IS NOT NULL)", name="written_has_its_date"),
        sa.CheckConstraint("kind IN ('TA1', '999')", name="kind_is_known"),
        sa.CheckConstraint("state IN ('built', 'written')", name="state_is_known"),
        sa.ForeignKeyConstraint(["file"], ["inbound_files.file"]),
        sa.PrimaryKeyConstraint("carrier", "control_number"),
        sa.UniqueConstraint("carrier", "name", name="written_acknowledgements_name_once"),
        sa.UniqueConstraint("file", "kind", "position", name="written_acknowledgements_once"),
    )
    op.create_index(
        "written_acknowledgements_built",
        "written_acknowledgements",
        ["carrier"],
        unique=False,
        postgresql_where=sa.text("state = 'built'"),
    )
    _reconciliation()
    # ### end Alembic commands ###


def _reconciliation() -> None:
    op.create_table(
        "audit_contents",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("carrier", "on", "number"),
    )
    op.create_table(
        "audits",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("control_number", sa.BigInteger(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("through_policy", sa.Text(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("sets", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (control_number IS NULL)", name="numbered_has_a_control_number"
        ),
        sa.CheckConstraint("(state = 'written') = (written_on IS NOT NULL)", name="written_has_a_date"),
        sa.CheckConstraint("state IN ('waiting', 'numbered', 'built', 'written')", name="state_is_known"),
        sa.PrimaryKeyConstraint("carrier", "on"),
        sa.UniqueConstraint("carrier", "control_number", name="audits_control_number_once"),
        sa.UniqueConstraint("carrier", "file", name="audits_file_once"),
    )
    op.create_index(
        "audits_open", "audits", ["begun_at"], unique=False, postgresql_where=sa.text("state <> 'written'")
    )
    op.create_table(
        "book_answers",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file", "number"),
    )
    op.create_table(
        "book_contents",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("goes_on", sa.Boolean(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file", "number"),
    )
    op.create_table(
        "book_faults",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("file", "line", "field"),
    )
    op.create_table(
        "book_rows",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("is_subscriber", sa.Boolean(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("begin", sa.Date(), nullable=True),
        sa.Column("end", sa.Date(), nullable=True),
        sa.Column("premium_cents", sa.BigInteger(), nullable=True),
        sa.Column("aptc_cents", sa.BigInteger(), nullable=True),
        sa.Column("is_effectuated", sa.Boolean(), nullable=True),
        sa.Column("last_name", sa.LargeBinary(), nullable=True),
        sa.Column("first_name", sa.LargeBinary(), nullable=True),
        sa.Column("born", sa.LargeBinary(), nullable=True),
        sa.Column("is_faulty", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("file", "line"),
    )
    op.create_index("book_rows_policy", "book_rows", ["file", "policy", "line"], unique=False)
    op.create_table(
        "discrepancies",
        sa.Column("discrepancy", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.Column("wins", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("first_seen", sa.Date(), nullable=False),
        sa.Column("open_since", sa.Date(), nullable=False),
        sa.Column("last_seen", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("is_left", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name="closed_has_a_date"),
        sa.CheckConstraint(
            "kind IN ('missing-there', 'missing-here', 'repeated', 'begin', 'end', 'effectuated', 'premium', 'aptc',"
            " 'plan', 'subscriber', 'name', 'born')",
            name="kind_is_known",
        ),
        sa.CheckConstraint("state IN ('open', 'closed')", name="state_is_known"),
        sa.CheckConstraint("wins IN ('exchange', 'carrier')", name="wins_is_known"),
        sa.PrimaryKeyConstraint("discrepancy"),
    )
    op.create_index("discrepancies_carrier", "discrepancies", ["carrier", "state"], unique=False)
    op.create_index("discrepancies_household", "discrepancies", ["household"], unique=False)
    op.create_index(
        "discrepancies_open",
        "discrepancies",
        ["open_since"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND NOT is_left"),
    )
    op.create_table(
        "carrier_books",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("loaded_pieces", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("bad_rows", sa.Integer(), nullable=False),
        sa.Column("compared_through", sa.Text(), nullable=False),
        sa.Column("agreeing", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answer_pieces", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('stored', 'loaded')) = (answer IS NULL)", name="decided_has_an_answer"
        ),
        sa.CheckConstraint("layout IN ('RCNI', '834')", name="layout_is_known"),
        sa.CheckConstraint(
            "state IN ('stored', 'loaded', 'compared', 'answered', 'refused', 'returned')",
            name="state_is_known",
        ),
        sa.ForeignKeyConstraint(
            ["file"],
            ["inbound_files.file"],
        ),
        sa.PrimaryKeyConstraint("file"),
    )
    op.create_index("carrier_books_carrier", "carrier_books", ["carrier", "came_at"], unique=False)
    op.create_index(
        "carrier_books_open",
        "carrier_books",
        ["came_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('stored', 'loaded', 'compared', 'refused')"),
    )
    op.create_table(
        "discrepancy_decisions",
        sa.Column("discrepancy", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_again", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("decision IN ('send-again', 'leave', 'note')", name="decision_is_known"),
        sa.ForeignKeyConstraint(
            ["discrepancy"],
            ["discrepancies.discrepancy"],
        ),
        sa.PrimaryKeyConstraint("discrepancy", "number"),
    )
