"""Alembic's environment for the gateway's tables."""

from bulkhead.persistence.migrations import run_env
from bulkhead.persistence.tables import chassis_tables
from carrier_gateway.adapters.postgres.tables import metadata

chassis_tables(metadata)
run_env(metadata)
