"""What holds for every amount, month and day."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.kernel.calendar import (
    CoverageMonth,
    add_business_days,
    add_months,
    business_day_on_or_after,
    is_business_day,
    last_business_day,
    local,
    local_date,
    next_business_day,
)
from bulkhead.kernel.money import format_cents, parse_cents, round_half_up
from bulkhead.kernel.personal import Masked

cents = st.integers(min_value=-(10**12), max_value=10**12)
days = st.dates(min_value=date(2013, 1, 1), max_value=date(2035, 12, 31))
months = st.builds(CoverageMonth, st.integers(2000, 2100), st.integers(1, 12))


@given(cents)
def test_amounts_come_back_from_their_text(amount: int) -> None:
    assert parse_cents(format_cents(amount)) == amount


@given(st.fractions())
def test_rounding_is_never_off_by_more_than_half_and_is_symmetric(amount: Fraction) -> None:
    rounded = round_half_up(amount)
    assert abs(rounded - amount) <= Fraction(1, 2)
    assert round_half_up(-amount) == -rounded


@given(months, st.integers(-600, 600), st.integers(-600, 600))
def test_months_add_up(month: CoverageMonth, first: int, second: int) -> None:
    assert month.plus(first).plus(second) == month.plus(first + second)
    assert (month.plus(first) > month) == (first > 0)
    assert CoverageMonth.parse(str(month)) == month
    assert hash(CoverageMonth.parse(str(month))) == hash(month)


@given(months)
def test_months_follow_each_other_without_a_gap(month: CoverageMonth) -> None:
    assert month.last_day + timedelta(days=1) == month.plus(1).first_day
    assert CoverageMonth.of(month.first_day) == CoverageMonth.of(month.last_day) == month


@given(days, st.integers(-36, 36))
def test_months_later_lands_in_that_month(day: date, count: int) -> None:
    later = add_months(day, count)
    assert CoverageMonth.of(later) == CoverageMonth.of(day).plus(count)
    assert later.day <= day.day


@given(days, st.integers(1, 30))
def test_CAL_2_business_days_are_counted_one_by_one(day: date, count: int) -> None:
    reached = add_business_days(day, count)
    between = [day + timedelta(days=ahead) for ahead in range(1, (reached - day).days + 1)]
    assert sum(is_business_day(each) for each in between) == count
    assert is_business_day(reached)


@given(days)
def test_CAL_2_the_next_business_day_is_close(day: date) -> None:
    assert day < next_business_day(day) <= day + timedelta(days=5)
    assert business_day_on_or_after(day) == (day if is_business_day(day) else next_business_day(day))
    month = CoverageMonth.of(day)
    assert CoverageMonth.of(last_business_day(month)) == month


@given(days, st.integers(0, 23))
def test_CAL_1_a_local_hour_lies_on_its_day(day: date, hour: int) -> None:
    assert local_date(local(day, hour)) == day


@given(st.text(min_size=1))
def test_personal_data_of_any_kind_is_masked(text: str) -> None:
    masked = Masked(text)
    assert repr(masked) == str(masked) == f"{masked}" == "***"
