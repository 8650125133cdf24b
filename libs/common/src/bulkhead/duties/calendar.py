"""When a duty is due: dates and hours, from its declaration alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bulkhead.duties.ports import Duty
from bulkhead.kernel.calendar import local, local_date

FURTHEST_DAYS = 400
"""A duty that has no date within so many days has none."""


def due_at(duty: Duty, on_date: date) -> datetime:
    """Return the instant at which the duty of a date is due, in the exchange's zone."""
    return local(on_date, duty.at.hour, duty.at.minute)


def first_date(duty: Duty, *, from_date: date) -> date | None:
    """Return the first date not before ``from_date`` that has this duty, or None within `FURTHEST_DAYS`."""
    for days in range(FURTHEST_DAYS):
        day = from_date + timedelta(days=days)
        if duty.runs_on(day):
            return day
    return None


def first_date_since(duty: Duty, *, started_at: datetime) -> date | None:
    """Return the first date whose hour is not before a calendar's start."""
    day = local_date(started_at)
    if due_at(duty, day) < started_at:
        day += timedelta(days=1)
    return first_date(duty, from_date=day)


def date_after(duty: Duty, on_date: date) -> date | None:
    """Return the date of the duty's next turn after that of ``on_date``."""
    return first_date(duty, from_date=on_date + timedelta(days=1))
