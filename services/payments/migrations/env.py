"""Alembic's environment for payments' tables."""

from bulkhead.persistence.migrations import run_env
from bulkhead.persistence.tables import chassis_tables
from payments.adapters.postgres.tables import metadata

chassis_tables(metadata)
run_env(metadata)
