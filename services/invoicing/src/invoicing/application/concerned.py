"""Whom a maintenance window of invoicing would concern: who has something open by a day (OPS-2)."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.maintenance import DeadlineKind
from bulkhead.persistence.ports import UnitOfWork
from invoicing.domain.records import Charge, Selection


async def concerned(uow: UnitOfWork, kind: DeadlineKind, day: date) -> int | None:
    """Return how many households a deadline concerns, None where invoicing does not know it."""
    match kind:
        case "binder-due":
            return len(await uow.records(Selection).distinct("household", state="open", due=day))
        case "monthly-due" | "month-end":
            month_end = CoverageMonth.of(day).last_day
            open_by_then = await uow.records(Charge).distinct(
                "household", state="open", on_time_until=month_end, binder=None
            )
            return len(open_by_then)
        case "selection-cutoff" | "open-enrollment-ends" | "remittance":
            return None
