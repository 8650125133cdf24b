"""Properties of the calendar of money (PAY-4, PAY-6)."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.kernel.calendar import is_business_day
from payments.domain.payments import clearing_date
from payments.domain.remittances import is_remittance_day, next_remittance_day
from services.payments.tests.builders import IN_2016, PARAMETERS

DAYS = st.dates(min_value=date(2014, 1, 1), max_value=date(2035, 12, 31))


@given(DAYS)
def test_PAY_4_money_clears_on_a_business_day_with_exactly_one_between(received: date) -> None:
    clears = clearing_date(received_on=received, parameters=IN_2016)
    assert is_business_day(clears)
    between = [received + timedelta(days=n) for n in range(1, (clears - received).days)]
    assert sum(is_business_day(day) for day in between) == 1


@given(DAYS, DAYS)
def test_PAY_4_what_is_received_later_never_clears_earlier(one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert clearing_date(received_on=first, parameters=IN_2016) <= clearing_date(
        received_on=second, parameters=IN_2016
    )


@given(DAYS)
def test_PAY_6_each_week_of_each_year_has_its_remittance(day: date) -> None:
    wednesday = day - timedelta(days=(day.weekday() - 2) % 7)
    following = next_remittance_day(wednesday, parameters=PARAMETERS)
    assert is_business_day(following)
    assert following - wednesday <= timedelta(days=2)
    assert is_remittance_day(following, parameters=IN_2016)
