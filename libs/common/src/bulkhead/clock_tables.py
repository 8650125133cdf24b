"""The record of a simulated clock, in every service's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, DateTime, MetaData, Table, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRecord:
    """The one row that remembers a simulated clock, so that a restarted process knows what time it is."""

    name: str
    now: datetime


def tables(metadata: MetaData) -> dict[type, Table]:
    """Add the table to a service's metadata; return the record with its table."""
    return {
        ClockRecord: Table(
            "simulation_clock",
            metadata,
            Column("name", Text, primary_key=True),
            Column("now", DateTime(timezone=True), nullable=False),
        )
    }
