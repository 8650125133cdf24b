"""What a service's windows are held against: the deadlines there are, and who is concerned (OPS-2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.maintenance import (
    Deadline,
    DeadlineKind,
    HasMaintenance,
    MaintenanceTerms,
    days_to_look_at,
)
from bulkhead.kernel.parameters import DatedParameters
from bulkhead.persistence.ports import UnitOfWork

Concerned: TypeAlias = Callable[[UnitOfWork, DeadlineKind, date], Awaitable[int | None]]
"""Returns how many households a deadline on a day concerns by what the service knows, None where it cannot know."""


async def nobody_known(_uow: UnitOfWork, _kind: DeadlineKind, _day: date) -> int | None:
    """Return None: whom a deadline concerns is not known here."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceGuard:
    """When a service may be taken out: by which parameters, and who is ``concerned`` by a deadline."""

    parameters: DatedParameters[HasMaintenance]
    concerned: Concerned = nobody_known

    def terms(self, now: datetime) -> tuple[MaintenanceTerms, str]:
        """Return the terms in force, and where they come from."""
        standing = self.parameters.as_of(local_date(now))
        return standing.maintenance, standing.citations.get("maintenance", "")

    async def touched(self, uow: UnitOfWork, begins_at: datetime, ends_at: datetime) -> tuple[Deadline, ...]:
        """Return the deadlines that a window touches, by day: those of the calendar whoever they concern, and the days
        on which somebody's first premium is due.
        """
        terms, _ = self.terms(uow.now)
        found: list[Deadline] = []
        for day in days_to_look_at(begins_at, ends_at, terms=terms):
            standing = self.parameters.as_of(day).maintenance
            households = await self.concerned(uow, "binder-due", day)
            if households:
                found.append(Deadline(kind="binder-due", on=day, households=households))
            for kind in standing.deadlines_on(day):
                found.append(Deadline(kind=kind, on=day, households=await self.concerned(uow, kind, day)))
        return tuple(found)
