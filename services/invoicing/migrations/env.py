"""Alembic's environment for invoicing's tables."""

from bulkhead.persistence.migrations import run_env
from invoicing.adapters.postgres.tables import InvoicingTable

run_env(InvoicingTable.metadata)
