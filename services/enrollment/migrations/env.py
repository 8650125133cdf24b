"""Alembic's environment for enrollment's tables."""

from bulkhead.persistence.migrations import run_env
from bulkhead.persistence.tables import chassis_tables
from enrollment.adapters.postgres.tables import METADATA

chassis_tables(METADATA)
run_env(METADATA)
