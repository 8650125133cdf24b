"""The record of a simulated clock, in every service's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field

from bulkhead.persistence.tables import ChassisTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRecord:
    """The one row that remembers a simulated clock, so that a restarted process knows what time it is."""

    name: str
    now: datetime


class SimulationClock(ChassisTable, table=True):
    name: str = Field(primary_key=True)
    now: datetime
