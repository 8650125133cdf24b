"""The first tables of notifications: contacts, policies, notices, accounts, channels."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bulkhead.persistence import chassis_v1

revision = "0001"
down_revision = None


def upgrade() -> None:
    chassis_v1.create()
    op.create_table(
        "contacts",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("contact_version", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("addressee", sa.Text(), nullable=True),
        sa.Column("estate", sa.Boolean(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "refused_addresses",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("refused_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "preferences",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("by IN ('email', 'paper')", name="by_is_known"),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "merged_households",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("household"),
        comment="whose letters go to another household of the same person (OPS-5)",
    )
    op.create_index("merged_households_into", "merged_households", ["into"])
    op.create_table(
        "policies",
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("selection", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("binder_cents", sa.BigInteger(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("coverage_ends", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("through", sa.Date(), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("contact_version", sa.BigInteger(), nullable=False),
        sa.Column("transferred_from", sa.Text(), nullable=True),
        sa.Column("billed_by_carrier", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "state IN ('selected', 'active', 'canceled', 'terminated')", name="state_is_known"
        ),
        sa.PrimaryKeyConstraint("policy"),
    )
    op.create_index("policies_household", "policies", ["household"])
    op.create_table(
        "notices",
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("contact_version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("email_refused_on", sa.Date(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("doors", postgresql.JSONB(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("says", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'queued', 'sending', 'stuck', 'sent', 'withdrawn')", name="state_is_known"
        ),
        sa.CheckConstraint("by IN ('email', 'paper')", name="by_is_known"),
        sa.CheckConstraint("(state = 'waiting') = (waits_for is not null)", name="notices_waits_for"),
        sa.CheckConstraint("(state = 'sending') = (claimed_by is not null)", name="notices_claimed"),
        sa.CheckConstraint(
            "state <> 'sent' or (sent_on is not null and says is not null)", name="notices_sent"
        ),
        sa.CheckConstraint(
            "sent_on is null or state = 'sent' or email_refused_on is not null", name="notices_came_back"
        ),
        sa.PrimaryKeyConstraint("notice"),
        sa.UniqueConstraint("type", "about", name="notices_once"),
        sa.UniqueConstraint("household", "number", name="notices_in_order"),
    )
    op.create_index(
        "notices_to_send",
        "notices",
        ["by", "household", "type", "created_at"],
        postgresql_where=sa.text("state in ('queued', 'sending', 'stuck')"),
    )
    op.create_index(
        "notices_unsent",
        "notices",
        ["created_at"],
        postgresql_where=sa.text("state not in ('sent', 'withdrawn')"),
    )
    op.create_table(
        "sent_copies",
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("by IN ('email', 'paper')", name="by_is_known"),
        sa.PrimaryKeyConstraint("notice", "by"),
        comment="what was sent, byte for byte: an e-mail's or a letter's",
    )
    op.create_table(
        "printed_letters",
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("printed_on", sa.Date(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("postal_class", sa.Text(), nullable=False),
        sa.Column("mail_by", sa.Date(), nullable=False),
        sa.Column("batch", sa.Date(), nullable=True),
        sa.Column("mailed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("mailed_on is null or batch is not null", name="mailed_in_a_batch"),
        sa.PrimaryKeyConstraint("notice"),
        comment="letters on their way to the post, and their postal dates",
    )
    op.create_index("printed_letters_household", "printed_letters", ["household"])
    op.create_index("printed_letters_batch", "printed_letters", ["batch", "notice"])
    op.create_index(
        "printed_letters_unbatched",
        "printed_letters",
        ["printed_on", "notice"],
        postgresql_where=sa.text("batch is null"),
    )
    op.create_index(
        "printed_letters_unmailed",
        "printed_letters",
        ["mail_by", "notice"],
        postgresql_where=sa.text("mailed_on is null"),
    )
    op.create_table(
        "print_batches",
        sa.Column("batch", sa.Date(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('to-write', 'written')", name="state_is_known"),
        sa.PrimaryKeyConstraint("batch"),
    )
    op.create_table(
        "notice_numbers",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "accounts",
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("payments", sa.BigInteger(), nullable=False),
        sa.Column("invoices", sa.BigInteger(), nullable=False),
        sa.Column("invoiced_payments", sa.BigInteger(), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("came", postgresql.JSONB(), nullable=False),
        sa.Column("settled", postgresql.JSONB(), nullable=False),
        sa.Column("closed", postgresql.JSONB(), nullable=False),
        sa.Column("autopay", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("household"),
    )
    op.create_table(
        "channels",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('up', 'down', 'maintenance')", name="state_is_known"),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "channel_watches",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("unlike", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_open_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(unlike > 0) = (since IS NOT NULL)", name="since_the_first"),
        sa.CheckConstraint("(unlike > 0) = (tried_at IS NOT NULL)", name="until_the_last"),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "outages",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("end_evidence", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (end_evidence IS NULL)", name="ended_by_something"),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        "outages_lasting",
        "outages",
        ["channel"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "announced_maintenances",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("maintenance", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('payments-online', 'enrollment-online', 'phone', 'mail', 'carrier-exchange', 'hub')",
            name="channel_is_known",
        ),
        sa.CheckConstraint("begins_at <= ends_at", name="in_order"),
        sa.PrimaryKeyConstraint("channel", "maintenance"),
    )
    op.create_index("announced_maintenances_by_end", "announced_maintenances", ["ends_at"], unique=False)
    op.create_table(
        "notice_stops",
        sa.Column("stop", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_by", sa.Text(), nullable=False),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumed_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "because IN ('wrong-wording', 'wrong-facts', 'closed-door', 'other')", name="because_is_known"
        ),
        sa.CheckConstraint(
            "type IS NOT NULL OR household IS NOT NULL OR made_on IS NOT NULL", name="is_of_something"
        ),
        sa.CheckConstraint("(resumed_at IS NULL) = (resumed_by IS NULL)", name="resumed_by_somebody"),
        sa.PrimaryKeyConstraint("stop"),
    )
    op.create_index(
        "notice_stops_standing",
        "notice_stops",
        ["stop"],
        unique=False,
        postgresql_where=sa.text("resumed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("notice_stops")
    op.drop_table("announced_maintenances")
    op.drop_table("outages")
    op.drop_table("channel_watches")
    op.drop_table("channels")
    op.drop_table("accounts")
    op.drop_table("notice_numbers")
    op.drop_table("print_batches")
    op.drop_table("printed_letters")
    op.drop_table("sent_copies")
    op.drop_table("notices")
    op.drop_table("policies")
    op.drop_table("refused_addresses")
    op.drop_table("merged_households")
    op.drop_table("preferences")
    op.drop_table("contacts")
    chassis_v1.drop()
