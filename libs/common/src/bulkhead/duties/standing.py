"""How late each duty is, done or not: what is read off its calendar and its records, whoever may be doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from bulkhead.duties.calendar import date_after, due_at, first_date_since
from bulkhead.duties.ports import Duty
from bulkhead.duties.tables import DutyCalendar, DutyRecord
from bulkhead.persistence.ports import UnitOfWork

NOTHING_DUE: Final = "nothing-due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How late a duty's first date not done is, in seconds, and why in a word: ``nothing-due``, ``not-begun``,
    ``begun``, ``failing``, or what it waits for (`Postponed`).
    """

    duty: str
    late_seconds: float
    why: str


async def is_done(uow: UnitOfWork, duty: str, on_date: date) -> bool:
    """Return whether a duty is done for a date."""
    return await uow.records(DutyRecord).get(duty=duty, on_date=on_date, state="done") is not None


async def standings(uow: UnitOfWork, duties: Sequence[Duty]) -> list[Standing]:
    """Return how each of the duties stands as of ``uow.now``."""
    calendars = {each.duty: each for each in await uow.records(DutyCalendar).select()}
    records = await uow.records(DutyRecord).select(state__ne="done")
    return [_standing(duty, calendars.get(duty.name), records, now=uow.now) for duty in duties]


def _standing(
    duty: Duty, calendar: DutyCalendar | None, records: Sequence[DutyRecord], *, now: datetime
) -> Standing:
    on_time = Standing(duty=duty.name, late_seconds=0.0, why=NOTHING_DUE)
    if calendar is None:
        return on_time
    if calendar.done_through is None:
        on_date = first_date_since(duty, started_at=calendar.started_at)
    else:
        on_date = date_after(duty, calendar.done_through)
    if on_date is None or due_at(duty, on_date) > now:
        return on_time
    record = next((each for each in records if (each.duty, each.on_date) == (duty.name, on_date)), None)
    late_seconds = (now - due_at(duty, on_date)).total_seconds()
    return Standing(duty=duty.name, late_seconds=late_seconds, why=_why(record))


def _why(record: DutyRecord | None) -> str:
    if record is None:
        return "not-begun"
    if record.state == "waiting":
        return record.waits_on or "other"
    return "failing" if record.failure else "begun"
