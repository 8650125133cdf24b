"""Dates of coverage and of business."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest

from bulkhead.kernel.calendar import (
    CoverageMonth,
    add_business_days,
    add_months,
    business_day_on_or_after,
    in_exchange_time,
    is_business_day,
    last_business_day,
    local,
    local_date,
    next_business_day,
)
from bulkhead.kernel.errors import InvalidValue


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        (date(2016, 1, 1), False),  # New Year's Day
        (date(2016, 1, 18), False),  # Martin Luther King Jr. Day
        (date(2016, 2, 15), False),  # Washington's Birthday
        (date(2016, 5, 30), False),  # Memorial Day
        (date(2016, 7, 4), False),
        (date(2016, 9, 5), False),
        (date(2016, 10, 10), False),
        (date(2016, 11, 11), False),
        (date(2016, 11, 24), False),
        (date(2016, 12, 26), False),  # Christmas Day was a Sunday: the Monday is observed
        (date(2015, 7, 3), True),  # Independence Day was a Saturday: the Friday is not observed
        (date(2016, 11, 25), True),  # the day after Thanksgiving
        (date(2016, 12, 24), False),  # a Saturday
        (date(2020, 6, 19), True),  # Juneteenth was no holiday of the Reserve yet
        (date(2023, 6, 19), False),
    ],
)
def test_CAL_2_business_days_are_those_of_the_federal_reserve(day: date, is_one: bool) -> None:
    assert is_business_day(day) is is_one


@pytest.mark.parametrize("year", range(1999, 2100))
def test_CAL_2_the_holidays_are_those_that_the_library_of_holidays_knows(year: int) -> None:
    known = holidays.financial_holidays("FED", years=[year])
    days = [date(year, 1, 1) + timedelta(days=each) for each in range(366)]
    assert [each for each in days if is_business_day(each)] == [
        each for each in days if each.weekday() < 5 and each not in known
    ]


def test_CAL_2_a_pack_may_add_state_holidays() -> None:
    bennington = frozenset({date(2016, 8, 16)})
    assert is_business_day(date(2016, 8, 16))
    assert not is_business_day(date(2016, 8, 16), extra_holidays=bennington)
    assert next_business_day(date(2016, 8, 15), extra_holidays=bennington) == date(2016, 8, 17)


def test_CAL_2_counting_business_days_passes_over_weekends_and_holidays() -> None:
    assert add_business_days(date(2015, 12, 5), 2) == date(2015, 12, 8)  # Saturday plus 2 is Tuesday
    assert add_business_days(date(2015, 12, 7), 2) == date(2015, 12, 9)  # Monday's money, Wednesday
    assert add_business_days(date(2015, 12, 24), 1) == date(2015, 12, 28)
    assert business_day_on_or_after(date(2016, 1, 1)) == date(2016, 1, 4)
    assert business_day_on_or_after(date(2016, 1, 4)) == date(2016, 1, 4)
    assert last_business_day(CoverageMonth(2016, 1)) == date(2016, 1, 29)
    with pytest.raises(InvalidValue):
        add_business_days(date(2016, 1, 4), 0)


def test_a_month_is_written_and_read_as_year_and_month() -> None:
    month = CoverageMonth.parse("2016-02")
    assert (str(month), month.year, month.month) == ("2016-02", 2016, 2)
    assert (month.first_day, month.last_day) == (date(2016, 2, 1), date(2016, 2, 29))
    assert repr(month) == "CoverageMonth(2016, 2)"


@pytest.mark.parametrize(
    "text", ["2016-13", "2016-00", "2016-1", "16-01", "2016-01-01", " 2016-01", "", "2016-01\n", "٢٠١٦-01"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        CoverageMonth.parse(text)


def test_a_month_does_not_change_and_travels_whole() -> None:
    month = CoverageMonth(2016, 1)
    with pytest.raises(AttributeError):
        month._index = 3
    assert pickle.loads(pickle.dumps(month)) == month
    assert month != "2016-01"


def test_months_until_include_both_ends() -> None:
    first = CoverageMonth(2015, 11)
    assert [str(each) for each in first.until(CoverageMonth(2016, 2))] == [
        "2015-11",
        "2015-12",
        "2016-01",
        "2016-02",
    ]
    assert list(first.until(CoverageMonth(2015, 10))) == []


def test_the_same_day_months_later_stays_in_its_month() -> None:
    assert add_months(date(2016, 1, 31), 1) == date(2016, 2, 29)
    assert add_months(date(2016, 1, 31), -2) == date(2015, 11, 30)
    assert add_months(date(2016, 12, 15), 1) == date(2017, 1, 15)


def test_CAL_1_the_hour_that_comes_twice_a_year_is_two_hours() -> None:
    first, second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 5, tzinfo=UTC)
    before, after = in_exchange_time(first), in_exchange_time(second)
    assert (before.isoformat(), after.isoformat()) == (
        "2026-11-01T01:30:00-04:00",
        "2026-11-01T01:05:00-05:00",
    )
    assert before < after
    assert after - before == timedelta(minutes=35)
    assert before + timedelta(minutes=35) == after
    assert in_exchange_time(before + timedelta(minutes=35)).isoformat() == after.isoformat()
    assert after + timedelta(seconds=30) == datetime(2026, 11, 1, 6, 5, 30, tzinfo=UTC)


def test_CAL_1_the_hour_that_is_left_out_is_the_one_after_it() -> None:
    assert local(date(2026, 3, 8), 2, 30).isoformat() == "2026-03-08T03:30:00-04:00"


def test_CAL_1_the_exchange_lives_in_new_york() -> None:
    assert local(date(2016, 1, 5), 2) == datetime(2016, 1, 5, 7, tzinfo=UTC)
    assert local(date(2016, 7, 5), 2) == datetime(2016, 7, 5, 6, tzinfo=UTC)
    assert local_date(datetime(2016, 1, 5, 4, 59, tzinfo=UTC)) == date(2016, 1, 4)
    with pytest.raises(InvalidValue):
        local_date(datetime(2016, 1, 5))  # noqa: DTZ001 - that it is naive is the point
