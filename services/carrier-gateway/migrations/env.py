"""Alembic's environment for the gateway's tables."""

from bulkhead.persistence.migrations import run_env
from carrier_gateway.adapters.postgres.tables import GatewayTable

run_env(GatewayTable.metadata)
