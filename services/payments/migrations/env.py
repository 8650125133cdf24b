"""Alembic's environment for payments' tables."""

from bulkhead.persistence.migrations import run_env
from payments.adapters.postgres.tables import PaymentsTable

run_env(PaymentsTable.metadata)
