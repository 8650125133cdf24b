"""Dates of coverage and of business: months, half-open periods, business days.

All dates are the exchange's local dates. Nothing here reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.federal_reserve import federal_reserve_holidays

EXCHANGE_ZONE = ZoneInfo("America/New_York")
"""The exchange's zone (CAL-1)."""

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


class CoverageMonth:
    """One calendar month of coverage, written ``2016-01``. Immutable, ordered, hashable."""

    __slots__ = ("_index",)
    _index: int  # months since year 0: one integer makes order and arithmetic plain

    def __init__(self, year: int, month: int) -> None:
        if not 1 <= month <= 12:
            raise InvalidValue(field="month", problem="must be 1 to 12")
        object.__setattr__(self, "_index", year * 12 + month - 1)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a coverage month does not change")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CoverageMonth) and self._index == other._index

    def __lt__(self, other: CoverageMonth) -> bool:
        return self._index < other._index

    def __le__(self, other: CoverageMonth) -> bool:
        return self._index <= other._index

    def __gt__(self, other: CoverageMonth) -> bool:
        return self._index > other._index

    def __ge__(self, other: CoverageMonth) -> bool:
        return self._index >= other._index

    def __hash__(self) -> int:
        return hash(self._index)

    def __repr__(self) -> str:
        return f"CoverageMonth({self.year}, {self.month})"

    def __reduce__(self) -> tuple[type[CoverageMonth], tuple[int, int]]:
        return CoverageMonth, (self.year, self.month)

    @property
    def year(self) -> int:
        """The calendar year."""
        return self._index // 12

    @property
    def month(self) -> int:
        """The month of the year, 1 to 12."""
        return self._index % 12 + 1

    @classmethod
    def of(cls, day: date) -> CoverageMonth:
        """Return the month a date lies in."""
        return _month_at(day.year * 12 + day.month - 1)

    @classmethod
    def parse(cls, text: str) -> CoverageMonth:
        """Return the month written ``YYYY-MM``; raises `InvalidValue` for anything else."""
        return _month_written(text)

    def plus(self, months: int) -> CoverageMonth:
        """Return the month so many months later, or earlier when negative."""
        return _month_at(self._index + months)

    def until(self, last: CoverageMonth) -> Iterator[CoverageMonth]:
        """Yield the months from this one to ``last``, both included; none when ``last`` is earlier."""
        month = self
        while month <= last:
            yield month
            month = month.plus(1)

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return _first_day_of_month(self._index)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return _last_day_of_month(self._index)

    def __str__(self) -> str:
        return _text_of_month(self._index)


# There are few months, and each is made, read and written millions of times in a run over all households.
@lru_cache(maxsize=4096)
def _month_at(index: int) -> CoverageMonth:
    return CoverageMonth(index // 12, index % 12 + 1)


@lru_cache(maxsize=4096)
def _month_written(text: str) -> CoverageMonth:
    match = _MONTH.fullmatch(text)
    if match is None:
        raise InvalidValue(field="month", problem="must be a month such as 2016-01")
    return CoverageMonth(int(match[1]), int(match[2]))


@lru_cache(maxsize=4096)
def _first_day_of_month(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


@lru_cache(maxsize=4096)
def _last_day_of_month(index: int) -> date:
    return _first_day_of_month(index + 1) - timedelta(days=1)


@lru_cache(maxsize=4096)
def _text_of_month(index: int) -> str:
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


@lru_cache(maxsize=16)
def _offset(offset: timedelta | None) -> timezone:
    return timezone(offset or timedelta())


def is_business_day(day: date, *, extra_holidays: frozenset[date] = frozenset()) -> bool:
    """Whether a day is Monday to Friday and no Federal Reserve holiday (CAL-2)."""
    return day.weekday() < 5 and day not in federal_reserve_holidays(day.year) and day not in extra_holidays


def next_business_day(day: date, *, extra_holidays: frozenset[date] = frozenset()) -> date:
    """Return the first business day after ``day`` (CAL-2)."""
    return add_business_days(day, 1, extra_holidays=extra_holidays)


def business_day_on_or_after(day: date, *, extra_holidays: frozenset[date] = frozenset()) -> date:
    """Return ``day`` if it is a business day, else the next one (CAL-2)."""
    return next_business_day(day - timedelta(days=1), extra_holidays=extra_holidays)


def add_business_days(day: date, count: int, *, extra_holidays: frozenset[date] = frozenset()) -> date:
    """Return the ``count``-th business day after ``day``: Saturday plus 2 is Tuesday (CAL-2)."""
    if count < 1:
        raise InvalidValue(field="count", problem="must be 1 or more")
    while count:
        day += timedelta(days=1)
        count -= is_business_day(day, extra_holidays=extra_holidays)
    return day


def last_business_day(month: CoverageMonth, *, extra_holidays: frozenset[date] = frozenset()) -> date:
    """Return the last business day of a month (CAL-2)."""
    day = month.last_day
    while not is_business_day(day, extra_holidays=extra_holidays):
        day -= timedelta(days=1)
    return day


def is_weekly_business_day(day: date, *, weekday: int, extra_holidays: frozenset[date] = frozenset()) -> bool:
    """Whether a day is what a weekday (Monday is 0) is moved to: itself, or the next business day (CAL-2)."""
    if not is_business_day(day, extra_holidays=extra_holidays):
        return False
    latest = day - timedelta(days=(day.weekday() - weekday) % 7)
    return business_day_on_or_after(latest, extra_holidays=extra_holidays) == day


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the month's last day where there is no such day."""
    month = CoverageMonth.of(day).plus(months)
    return min(month.last_day, date(month.year, month.month, 1) + timedelta(days=day.day - 1))


@lru_cache(maxsize=8192)
def local(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """Return the instant of a local time of day in the exchange's zone (CAL-1)."""
    return in_exchange_time(datetime(day.year, day.month, day.day, hour, minute, tzinfo=EXCHANGE_ZONE))


def in_exchange_time(instant: datetime) -> datetime:
    """Return an instant as the exchange's clocks show it, with their offset at that instant (CAL-1).

    It has the offset and not the zone: Python adds to instants of one zone, and compares them, by what the clocks show,
    and once a year they show an hour twice.
    """
    # One of a zone may be equal to another of it without being the same instant.
    return _shown(instant) if type(instant.tzinfo) is timezone else _shown(instant.astimezone(UTC))


@lru_cache(maxsize=8192)
def _shown(instant: datetime) -> datetime:
    """Return an instant that has an offset: the same few are asked for again and again."""
    shown = instant.astimezone(UTC).astimezone(EXCHANGE_ZONE)
    return shown.replace(tzinfo=_offset(shown.utcoffset()), fold=0)


def local_date(instant: datetime) -> date:
    """Return the exchange's local date of an aware instant (CAL-1); raises `InvalidValue` for a naive one."""
    if instant.tzinfo is None:
        raise InvalidValue(field="instant", problem="must carry a time zone")
    return instant.astimezone(EXCHANGE_ZONE).date()
