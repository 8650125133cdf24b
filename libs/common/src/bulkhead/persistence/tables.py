"""Every table the chassis keeps in a service's own database, added to the service's own metadata."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sqlalchemy import MetaData, Table

from bulkhead.persistence.event_tables import event_tables

# By name and not by import: these parts of the chassis stand on storage, so storage must not stand on them.
# Each has ``tables(metadata) -> dict[type, Table]``.
_ELSEWHERE = (
    "bulkhead.duties.tables",
    "bulkhead.retries.tables",
    "bulkhead.web.tables",
    "bulkhead.clock_tables",
)

_COLLECTED = "bulkhead.chassis_tables"


def chassis_tables(metadata: MetaData) -> dict[type, Table]:
    """Add the chassis's tables to ``metadata`` and return each chassis record with its table.

    A second call on the same metadata returns the same tables: services call it beside their own tables, so
    that one migration covers both, and the unit of work calls it again.
    """
    if _COLLECTED not in metadata.info:
        collected = event_tables(metadata)
        for name in _ELSEWHERE:
            module: Any = import_module(name)
            collected |= module.tables(metadata)
        metadata.info[_COLLECTED] = collected
    found: dict[type, Table] = metadata.info[_COLLECTED]
    return {**found}
