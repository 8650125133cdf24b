"""Alembic's environment for a service that has nothing but the chassis's tables."""

from bulkhead.chassis_tables import service_registry
from bulkhead.persistence.migrations import run_env

run_env(service_registry().metadata)
