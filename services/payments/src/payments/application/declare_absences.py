"""An operator says that there was no lockbox file on a day (PAY-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.domain.lockbox import LockboxDay, business_days, checked_absence


@dataclass(frozen=True, slots=True, kw_only=True)
class Absences:
    """The business days of a range: those that are absent now, and those whose file is loaded."""

    absent: tuple[date, ...]
    loaded: tuple[date, ...]


async def declare_absences(
    uow: UnitOfWork, *, first: date, last: date, operator: str, parameters: Parameters
) -> Absences:
    """Declare every business day of a range absent whose file was not loaded, and return how the days stand
    (PAY-10).

    A loaded day stays loaded; a day that was declared before stays so. Raises `InvalidValue` for a range that
    is none and `DayNotOver` for one that reaches into today.
    """
    checked_absence(first=first, last=last, today=uow.today)
    days = business_days(first=first, last=last, parameters=parameters.as_of(uow.today))
    await uow.records(LockboxDay).add_new(
        LockboxDay(day=day, state="absent", recorded_at=uow.now, declared_by=operator) for day in days
    )
    known = await uow.records(LockboxDay).select(day=days)
    return Absences(
        absent=tuple(each.day for each in known if each.state == "absent"),
        loaded=tuple(each.day for each in known if each.state == "loaded"),
    )
