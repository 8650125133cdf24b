"""The chassis's tables as of their first release, for services' first migrations.

A released migration does not change: what is added later gets a module of its own, called by a migration of
its own. That this says the same as `bulkhead.chassis_tables` is tested.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

_TICKET = (
    "GREATEST(pg_current_xact_id()::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)"
)


def create() -> None:
    """Create the tables; called in ``upgrade`` of a service's first migration."""
    _create_messaging()
    _create_duties()
    _create_retries()
    _create_edges()
    _create_maintenance()
    _create_audit()


def drop() -> None:
    """Drop the tables; called in ``downgrade`` of the same migration."""
    for name in (
        "audit_entries",
        "maintenance_windows",
        "simulation_clock",
        "idempotency_keys",
        "retries",
        "duty_calendars",
        "duty_claims",
        "duties",
        "sealed_events",
        "household_keys",
        "stopped_partitions",
        "topic_partitions",
        "forgotten_types",
        "passed_over_types",
        "parked_events",
        "pruned_tables",
        "read_offsets",
        "consumer_offsets",
        "inbox",
        "relay_position",
        "outbox",
        "household_locks",
    ):
        op.drop_table(name)
    op.execute("DROP FUNCTION audit_entries_stay()")


def _create_messaging() -> None:
    op.create_table("household_locks", sa.Column("household", sa.Text(), primary_key=True))
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("ticket", sa.BigInteger(), nullable=False, server_default=sa.text(_TICKET)),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("broadcast", sa.Boolean(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), primary_key=True, server_default=sa.func.now()),
        postgresql_partition_by="RANGE (written_at)",
    )
    # The months are made and dropped by the worker; what no month takes is taken here.
    op.execute("CREATE TABLE outbox_default PARTITION OF outbox DEFAULT")
    op.create_index("outbox_in_relay_order", "outbox", ["ticket", "seq"])
    op.create_index("outbox_of_household", "outbox", ["household", "seq"])
    op.create_table(
        "relay_position",
        sa.Column("relay", sa.Text(), primary_key=True),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Text(), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), primary_key=True, server_default=sa.func.now()),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.execute("CREATE TABLE inbox_default PARTITION OF inbox DEFAULT")
    op.create_table(
        "consumer_offsets",
        sa.Column("topic", sa.Text(), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("again_until", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "read_offsets",
        sa.Column("topic", sa.Text(), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "pruned_tables",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("through_seq", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "parked_events",
        sa.Column("household", sa.Text(), primary_key=True),
        sa.Column("position", sa.BigInteger(), primary_key=True),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discard_reason", sa.Text(), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=False),
    )
    op.create_index("parked_events_by_state", "parked_events", ["state", "household", "position"])
    op.create_index("parked_events_of_late", "parked_events", ["state", "parked_at"])
    op.create_table(
        "passed_over_types",
        sa.Column("topic", sa.Text(), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True),
        sa.Column("type", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("first_offset", sa.BigInteger(), nullable=False),
        sa.Column("first_event", sa.Text(), nullable=False),
        sa.Column("through_offset", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "forgotten_types",
        sa.Column("topic", sa.Text(), primary_key=True),
        sa.Column("type", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("forgotten_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "topic_partitions",
        sa.Column("topic", sa.Text(), primary_key=True),
        sa.Column("partitions", sa.Integer(), nullable=False),
    )
    op.create_table(
        "stopped_partitions",
        sa.Column("topic", sa.Text(), primary_key=True),
        sa.Column("partition", sa.Integer(), primary_key=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "household_keys",
        sa.Column("household", sa.Text(), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
    )
    op.create_index("household_keys_by_key", "household_keys", ["key", "household"])
    op.create_table(
        "sealed_events",
        sa.Column("household", sa.Text(), primary_key=True),
        sa.Column("event_id", sa.Text(), primary_key=True),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    )


def _create_duties() -> None:
    op.create_table(
        "duties",
        sa.Column("duty", sa.Text(), primary_key=True),
        sa.Column("on_date", sa.Date(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.Column("waits_on", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_through", sa.Text(), nullable=False),
    )
    op.create_index(
        "duties_not_done", "duties", ["duty", "on_date"], postgresql_where=sa.text("state <> 'done'")
    )
    op.create_table(
        "duty_claims",
        sa.Column("duty", sa.Text(), primary_key=True),
        sa.Column("on_date", sa.Date(), primary_key=True),
        sa.Column("through", sa.Text(), primary_key=True),
        sa.Column("after", sa.Text(), nullable=False),
    )
    op.create_table(
        "duty_calendars",
        sa.Column("duty", sa.Text(), primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_through", sa.Date(), nullable=True),
    )


def _create_retries() -> None:
    op.create_table(
        "retries",
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("item", sa.Text(), primary_key=True),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stuck", sa.Boolean(), nullable=False),
    )
    op.create_index("retries_by_time", "retries", ["kind", "retry_at"])


def _create_edges() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("household", sa.Text(), nullable=True),
    )
    op.create_index("idempotency_keys_by_age", "idempotency_keys", ["created_at"])
    op.create_index(
        "idempotency_keys_refused",
        "idempotency_keys",
        ["household", "created_at"],
        postgresql_where=sa.text("household IS NOT NULL"),
    )
    op.create_table(
        "simulation_clock",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("now", sa.DateTime(timezone=True), nullable=False),
    )


def _create_maintenance() -> None:
    op.create_table(
        "maintenance_windows",
        sa.Column("maintenance", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("override", sa.Text(), nullable=True),
        sa.Column("deadlines", postgresql.JSONB(), nullable=False),
        sa.Column("by_two", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'scheduled', 'declined', 'withdrawn', 'ended')", name="state_is_known"
        ),
        sa.CheckConstraint("told IN ('nothing', 'scheduled', 'started', 'ended')", name="told_is_known"),
        sa.CheckConstraint("begins_at < ends_at", name="some_time_long"),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by_somebody"),
        sa.CheckConstraint(
            "(closed_at IS NOT NULL) = (state IN ('withdrawn', 'ended'))", name="closed_as_it_says"
        ),
        sa.CheckConstraint("NOT by_two OR override IS NOT NULL", name="by_two_for_a_reason"),
        sa.CheckConstraint(
            "NOT by_two OR state IN ('requested', 'declined', 'withdrawn')"
            " OR (decided_by IS NOT NULL AND decided_by <> asked_by)",
            name="by_two_people",
        ),
    )
    op.create_index(
        "maintenance_windows_open",
        "maintenance_windows",
        ["ends_at"],
        postgresql_where=sa.text("told <> 'ended'"),
    )


def _create_audit() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("entry", sa.Text(), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=True),
        sa.Column("named", postgresql.JSONB(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("chained", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('read', 'done', 'begun', 'tried', 'repeated', 'refused', 'failed')",
            name="outcome_is_known",
        ),
        sa.CheckConstraint("(number IS NULL) = (chained IS NULL)", name="chained_in_its_place"),
    )
    op.create_index("audit_entries_in_chain", "audit_entries", ["number"], unique=True)
    op.create_index(
        "audit_entries_not_chained",
        "audit_entries",
        ["at", "entry"],
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_index("audit_entries_of_household", "audit_entries", ["household", "number"])
    op.create_index("audit_entries_of_actor", "audit_entries", ["actor", "number"])
    # Once, an entry gets its place in the chain. Nothing else of one ever changes, and none goes.
    op.execute("""
CREATE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.number IS NULL
            AND (to_jsonb(NEW) - 'number' - 'chained') = (to_jsonb(OLD) - 'number' - 'chained')
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'an entry of the audit log stays as it is' USING ERRCODE = 'restrict_violation';
END
$$
""")
    op.execute(
        "CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries"
        " FOR EACH ROW EXECUTE FUNCTION audit_entries_stay()"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_stay_all BEFORE TRUNCATE ON audit_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_stay()"
    )
