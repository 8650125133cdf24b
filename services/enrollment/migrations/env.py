"""Alembic's environment for enrollment's tables."""

from bulkhead.persistence.migrations import run_env
from enrollment.adapters.postgres.tables import EnrollmentTable

run_env(EnrollmentTable.metadata)
