"""The chassis's tables as of their first release, for services' first migrations.

A released migration does not change: what is added later gets a module of its own, called by a migration of
its own.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import MetaData

from bulkhead.persistence.tables import chassis_tables


def create() -> None:
    """Create the tables; called in ``upgrade`` of a service's first migration."""
    metadata = MetaData()
    chassis_tables(metadata)
    metadata.create_all(op.get_bind(), checkfirst=False)


def drop() -> None:
    """Drop the tables; called in ``downgrade`` of the same migration."""
    metadata = MetaData()
    chassis_tables(metadata)
    metadata.drop_all(op.get_bind(), checkfirst=False)
