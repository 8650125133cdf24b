"""Dates and money: what holds for every day and every amount."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.domain.assistance import Assistance, lower_premiums
from enrollment.domain.effective_dates import (
    EffectiveDate,
    OutsideEnrollment,
    QualifyingEvent,
    coverage_end,
    decide_effective_date,
    selection_days,
)
from enrollment.domain.months import PartialMonth, covered_months, premium_months
from enrollment.domain.parameters import EventKind
from services.enrollment.tests.builders import PARAMETERS, policy, version

OPEN = st.dates(date(2015, 11, 1), date(2016, 1, 31))
CLOSED = st.dates(date(2016, 2, 1), date(2016, 10, 31))
KINDS = st.sampled_from(get_args(EventKind))
CENTS = st.integers(0, 300_000)


def decided(selected_on: date, event: QualifyingEvent | None = None) -> EffectiveDate:
    return decide_effective_date(
        selected_on=selected_on, event=event, parameters=PARAMETERS.as_of(selected_on)
    )


@given(OPEN, OPEN)
def test_ENR_2_who_selects_later_is_never_covered_earlier(one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert decided(first).effective <= decided(second).effective


@given(OPEN)
def test_ENR_2_coverage_begins_with_a_month_after_the_selection(selected_on: date) -> None:
    effective = decided(selected_on).effective
    assert effective.day == 1
    assert effective > selected_on
    assert coverage_end(effective=effective) == date(2016, 12, 31)


@given(CLOSED)
def test_ENR_1_no_day_outside_the_window_does_without_an_event(selected_on: date) -> None:
    with pytest.raises(OutsideEnrollment) as refused:
        decided(selected_on)
    assert [reason.rule for reason in refused.value.reasons] == ["ENR-1", "ENR-3"]


@given(KINDS, CLOSED, st.integers(-130, 130))
def test_ENR_3_an_event_allows_exactly_the_days_its_terms_say(
    kind: EventKind, selected_on: date, days_before: int
) -> None:
    event = QualifyingEvent(kind=kind, on=selected_on - timedelta(days=days_before))
    terms = PARAMETERS.as_of(selected_on).terms_of(kind)
    assert terms is not None
    first, last = selection_days(event_on=event.on, terms=terms)
    if first <= selected_on <= last:
        effective = decided(selected_on, event).effective
        if terms.starts == "event-date":
            assert effective == max(event.on, date(2016, 1, 1))
        else:
            assert effective.day == 1
            assert selected_on < effective <= selected_on + timedelta(days=62 + max(0, -days_before))
            assert effective > event.on or kind not in ("loss", "marriage")
    else:
        with pytest.raises(OutsideEnrollment):
            decided(selected_on, event)


@given(st.dates(date(2015, 11, 1), date(2017, 1, 31)), KINDS, st.integers(-130, 400))
def test_ENR_3_an_event_gives_the_same_day_whether_open_enrollment_is_open_or_not(
    selected_on: date, kind: EventKind, days_before: int
) -> None:
    event = QualifyingEvent(kind=kind, on=selected_on - timedelta(days=days_before))
    parameters = PARAMETERS.as_of(selected_on)
    closed = replace(parameters, open_enrollments=())
    try:
        by_event = decide_effective_date(selected_on=selected_on, event=event, parameters=closed)
    except OutsideEnrollment:
        if parameters.window_on(selected_on) is not None:
            assert decided(selected_on, event).effective == decided(selected_on).effective
        return
    assert decided(selected_on, event) == by_event
    assert by_event.effective.year >= selected_on.year


@given(st.lists(CENTS, max_size=4), CENTS, CENTS)
def test_ENR_8_no_cent_of_assistance_is_lost_and_no_premium_is_below_0(
    gross: list[int], aptc: int, subsidy: int
) -> None:
    premiums = lower_premiums(gross, assistance=Assistance(aptc_cents=aptc, subsidy_cents=subsidy))
    assert [each.gross_cents for each in premiums] == gross
    assert all(min(each.aptc_cents, each.subsidy_cents, each.net_cents) >= 0 for each in premiums)
    assert all(each.aptc_cents + each.subsidy_cents + each.net_cents == each.gross_cents for each in premiums)
    assert sum(each.aptc_cents for each in premiums) == min(aptc, sum(gross))
    assert sum(each.net_cents for each in premiums) == max(0, sum(gross) - aptc - subsidy)


@given(st.lists(CENTS, min_size=2, max_size=2), CENTS, CENTS)
def test_ENR_8_a_later_plan_is_lowered_only_once_the_earlier_costs_nothing(
    gross: list[int], aptc: int, subsidy: int
) -> None:
    first, second = lower_premiums(gross, assistance=Assistance(aptc_cents=aptc, subsidy_cents=subsidy))
    assert second.aptc_cents == 0 or first.aptc_cents == first.gross_cents
    assert second.subsidy_cents == 0 or first.net_cents == 0


@given(st.dates(date(2016, 1, 1), date(2016, 12, 31)), st.integers(0, 365), CENTS, CENTS, CENTS)
def test_INV_18_a_month_in_part_costs_no_more_than_the_whole_one_and_its_parts_add_up(
    first: date, days: int, gross: int, aptc: int, subsidy: int
) -> None:
    (premium,) = lower_premiums([gross], assistance=Assistance(aptc_cents=aptc, subsidy_cents=subsidy))
    last = min(first + timedelta(days=days), date(2016, 12, 31))
    of = policy(
        effective=first,
        gross_cents=premium.gross_cents,
        aptc_cents=premium.aptc_cents,
        subsidy_cents=premium.subsidy_cents,
        net_cents=premium.net_cents,
    )
    months = covered_months([version(of)], first=first, last=last, partial_month="by-day")
    assert sum(each.days_covered for each in months) == (last - first).days + 1
    for each in months:
        assert each.net_cents == each.gross_cents - each.aptc_cents - each.subsidy_cents
        for part, whole in (
            (each.net_cents, premium.net_cents),
            (each.aptc_cents, premium.aptc_cents),
            (each.subsidy_cents, premium.subsidy_cents),
        ):
            assert 0 <= part <= whole
            # Within half a cent of its share: it is rounded once.
            assert abs(2 * part * each.days_in_month - 2 * whole * each.days_covered) <= each.days_in_month
            assert part == whole or not each.is_whole
    runs = premium_months([version(of)], first=first, last=last, partial_month="by-day")
    assert [(month, run.net_cents) for run in runs for month in run.first.until(run.last)] == [
        (each.month, each.net_cents) for each in months
    ]


@given(
    first=st.dates(min_value=date(2016, 1, 1), max_value=date(2016, 12, 31)),
    days=st.integers(min_value=0, max_value=366),
    later=st.lists(
        st.tuples(st.dates(date(2016, 1, 1), date(2016, 12, 31)), st.sampled_from([0, 40000, 50000])),
        max_size=4,
    ),
    since=st.none() | st.integers(1, 12),
    partial_month=st.sampled_from(["by-day", "whole-month"]),
)
def test_INV_18_runs_of_months_say_what_is_charged_for_each(
    first: date, days: int, later: list[tuple[date, int]], since: int | None, partial_month: PartialMonth
) -> None:
    last = min(first + timedelta(days=days), date(2016, 12, 31))
    of = policy(effective=first)
    versions = [version(of)]
    for number, (begin, cents) in enumerate(later, start=2):
        versions.append(version(of, number=number, since=begin, gross_cents=cents, net_cents=cents))
    from_month = None if since is None else CoverageMonth(2016, since)
    charged = covered_months(versions, first=first, last=last, partial_month=partial_month)
    runs = premium_months(versions, first=first, last=last, partial_month=partial_month, since=from_month)
    assert [(month, run.net_cents) for run in runs for month in run.first.until(run.last)] == [
        (each.month, each.net_cents) for each in charged if from_month is None or each.month >= from_month
    ]
    whole = {each.month: each.is_whole for each in charged}
    for earlier, following in pairwise(runs):
        same = earlier.net_cents == following.net_cents
        assert not (same and whole[earlier.last] and whole[following.first])
    assert all(run.first == run.last for run in runs if not whole[run.first])
