"""Alembic's environment for the tables of notifications."""

from bulkhead.persistence.migrations import run_env
from notifications.adapters.postgres.tables import NotificationsTable

run_env(NotificationsTable.metadata)
