"""The table of a service's maintenance windows, in its own database."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from sqlmodel import CheckConstraint, Field, Index, text

from bulkhead.kernel.maintenance import Deadline, Told, WindowState
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.tables import ChassisTable, one_of


class MaintenanceWindows(ChassisTable, table=True):
    maintenance: str = Field(primary_key=True)
    state: str
    begins_at: datetime
    ends_at: datetime
    reason: Masked
    override: Masked | None
    deadlines: tuple[Deadline, ...]
    by_two: bool
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    closed_at: datetime | None
    closed_by: str | None
    told: str

    __table_args__ = (
        one_of("state", *get_args(WindowState)),
        one_of("told", *get_args(Told)),
        CheckConstraint("begins_at < ends_at", name="some_time_long"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by_somebody"),
        CheckConstraint(
            "(closed_at IS NOT NULL) = (state IN ('withdrawn', 'ended'))", name="closed_as_it_says"
        ),
        CheckConstraint("NOT by_two OR override IS NOT NULL", name="by_two_for_a_reason"),
        CheckConstraint(
            "NOT by_two OR state IN ('requested', 'declined', 'withdrawn')"
            " OR (decided_by IS NOT NULL AND decided_by <> asked_by)",
            name="by_two_people",
        ),
        Index("maintenance_windows_open", "ends_at", postgresql_where=text("told <> 'ended'")),
    )
