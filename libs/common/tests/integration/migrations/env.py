"""Alembic's environment for a service that has nothing but the chassis's tables."""

from sqlalchemy import MetaData

from bulkhead.persistence.migrations import run_env
from bulkhead.persistence.tables import chassis_tables

metadata = MetaData()
chassis_tables(metadata)
run_env(metadata)
