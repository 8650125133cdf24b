"""The days on which the Federal Reserve Banks are closed.

They are those of 5 U.S.C. 6103, but that a Saturday's moves to no other day. The library that knows them knows 250
countries too, and to load it is a tenth of a service's start: it is what they are tested against.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_MONDAY, _THURSDAY, _SUNDAY = 0, 3, 6

_ON_A_DATE = (
    (1999, 1, 1),  # New Year's Day
    (2021, 6, 19),  # Juneteenth
    (1999, 7, 4),  # Independence Day
    (1999, 11, 11),  # Veterans Day
    (1999, 12, 25),  # Christmas Day
)
"""The first year, the month, the day."""

_ON_A_WEEKDAY = (
    (1, _MONDAY, 3),  # Martin Luther King, Jr.
    (2, _MONDAY, 3),  # Washington's Birthday
    (9, _MONDAY, 1),  # Labor Day
    (10, _MONDAY, 2),  # Columbus Day
    (11, _THURSDAY, 4),  # Thanksgiving Day
)
"""The month, the weekday, the how manieth."""


@lru_cache(maxsize=64)
def federal_reserve_holidays(year: int) -> frozenset[date]:
    """Return a year's holidays of the Federal Reserve Banks, each on the day it is observed, from 1999 on (CAL-2)."""
    of_a_date = (date(year, month, day) for first, month, day in _ON_A_DATE if year >= first)
    of_a_weekday = (_nth(date(year, month, 1), weekday, count) for month, weekday, count in _ON_A_WEEKDAY)
    memorial_day = _nth(date(year, 5, 25), _MONDAY, 1)  # the last Monday of May
    return frozenset((*map(_observed, of_a_date), *of_a_weekday, memorial_day))


def _observed(day: date) -> date:
    return day + timedelta(days=1) if day.weekday() == _SUNDAY else day


def _nth(first: date, weekday: int, count: int) -> date:
    """Return the ``count``-th such weekday from a day on."""
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))
