"""Alembic's environment for the tables of notifications."""

from bulkhead.persistence.migrations import run_env
from bulkhead.persistence.tables import chassis_tables
from notifications.adapters.postgres.tables import metadata

chassis_tables(metadata)
run_env(metadata)
