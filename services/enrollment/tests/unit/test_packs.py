"""The policy packs: every value dated and cited, and contradictions found when they are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from bulkhead.policy import PolicyError, PolicyPack
from enrollment.domain.parameters import (
    OpenEnrollment,
    QualifyingEventTerms,
    RatingArea,
    Start,
)
from services.enrollment.tests.builders import MASSACHUSETTS, PARAMETERS, VERMONT, parameters_in

DAY = date(2015, 12, 1)
EVENTS = {"birth", "adoption", "foster", "marriage", "loss", "medicaid-loss", "move", "income", "other"}


@pytest.mark.parametrize("pack", [VERMONT, MASSACHUSETTS], ids=lambda pack: pack.name)
def test_ENR_3_every_pack_has_terms_for_every_kind_of_event_and_a_citation_for_every_value(
    pack: PolicyPack,
) -> None:
    parameters = parameters_in(pack).as_of(DAY)
    assert {terms.kind for terms in parameters.qualifying_events} == EVENTS
    assert set(parameters.citations) == {
        "open_enrollments",
        "qualifying_events",
        "cutoff_day",
        "maintenance",
        "min_spouse_age",
        "adult_age",
        "child_age_limit",
        "child_leaves",
        "child_age_notice_days",
        "medicaid_program",
        "medicaid_ends_plans",
        "medicaid_months_back",
        "medicaid_months_ahead",
        "inconsistency_days",
        "verification_reminder_days",
        "unverified_notice_days",
        "unverified_coverage",
        "partial_month",
        "selection_decided_within_days",
        "binder_late",
        "rating_areas",
        "adult_age_ratio",
        "correction_alone_cents",
        "correction_alone_days",
        "coverage_corrections_by_two",
        "correction_overdue_days",
        "selected_anew_days",
        "free_look_days",
        "child_rated_until_age",
        "counted_children",
        "age_curves",
        "tobacco",
    }
    assert all(parameters.citations.values())


def test_ENR_1_the_window_of_vermont_2016_is_november_1_to_january_31() -> None:
    window = PARAMETERS.as_of(DAY).open_enrollments[0]
    assert (window.plan_year, window.first, window.last) == (2016, date(2015, 11, 1), date(2016, 1, 31))


@pytest.mark.parametrize("pack", [VERMONT, MASSACHUSETTS], ids=lambda pack: pack.name)
def test_ENR_3_a_birth_and_its_like_leave_the_choice_of_the_start(pack: PolicyPack) -> None:
    offered = {each.kind: each.offered for each in parameters_in(pack).as_of(DAY).qualifying_events}
    both = {kind for kind, starts in offered.items() if starts == ("event-date", "next-month")}
    assert both == {"birth", "adoption", "foster"}
    assert all(len(starts) == 1 for kind, starts in offered.items() if kind not in both)


def test_a_pack_says_nothing_of_days_before_there_were_exchanges() -> None:
    with pytest.raises(PolicyError):
        PARAMETERS.as_of(date(2013, 9, 30))


FIRST, LAST = date(2015, 11, 1), date(2016, 1, 31)
RISE = "must have selected_by rise from 2015-11-01, the first day"
DECEMBER, JANUARY, MARCH = date(2015, 12, 15), date(2016, 1, 1), date(2016, 3, 1)


@pytest.mark.parametrize(
    ("starts", "problems"),
    [
        ([(DECEMBER, JANUARY), (LAST, MARCH)], []),
        ([], ["must end with a row selected_by 2016-01-31, the last day"]),
        ([(DECEMBER, JANUARY)], ["must end with a row selected_by 2016-01-31, the last day"]),
        (
            [(LAST, JANUARY), (DECEMBER, MARCH), (LAST, date(2016, 4, 1))],
            [RISE],
        ),
        ([(DECEMBER, MARCH), (LAST, MARCH)], ["must begin coverage later in each row"]),
        ([(LAST, date(2017, 3, 1))], ["begins coverage on 2017-03-01: it must be in the plan year 2016"]),
    ],
)
def test_ENR_1_ENR_2_an_effective_date_table_rises_to_the_last_day_within_its_plan_year(
    starts: list[tuple[date, date]], problems: list[str]
) -> None:
    rows = tuple(Start(selected_by=by, effective=effective) for by, effective in starts)
    window = OpenEnrollment(plan_year=2016, first=FIRST, last=LAST, starts=rows)
    assert [each.problem for each in window.faults()] == problems


@pytest.mark.parametrize(
    ("effective", "problem"),
    [
        (date(2016, 3, 15), "is 2016-03-15: it must be the first of a month"),
        (date(2016, 1, 1), "is 2016-01-01: it must be after 2016-01-31, when it was selected"),
    ],
)
def test_ENR_2_coverage_begins_on_the_first_of_a_month_after_its_selection(
    effective: date, problem: str
) -> None:
    faults = Start(selected_by=LAST, effective=effective).faults()
    assert [(each.parameter, each.problem, each.rule) for each in faults] == [("effective", problem, "ENR-2")]


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"days_after": 6_000_000}, "days_after"),
        ({"days_before": -1}, "days_before"),
        ({"days_after": 0}, "days_after"),
        ({"instead": "event-date"}, "instead"),
    ],
)
def test_ENR_3_the_days_of_an_event_are_some_and_at_most_a_year(
    change: dict[str, Any], parameter: str
) -> None:
    terms = QualifyingEventTerms(kind="birth", days_before=0, days_after=60, starts="event-date")
    assert terms.faults() == []
    assert [each.parameter for each in replace(terms, **change).faults()] == [parameter]


def test_open_enrollments_must_not_overlap_and_events_have_one_set_of_terms() -> None:
    parameters = PARAMETERS.as_of(DAY)
    one = parameters.open_enrollments[0]
    twice = QualifyingEventTerms(kind="birth", days_before=0, days_after=60, starts="event-date")
    overlap, double = (
        replace(parameters, open_enrollments=(one, one)),
        replace(parameters, qualifying_events=(twice, twice)),
    )
    of_it = [(each.parameter, each.rule) for each in overlap.faults() if each.parameter != "maintenance"]
    assert of_it == [("open_enrollments", "ENR-1")]
    assert [(each.parameter, each.rule) for each in double.faults()] == [("qualifying_events", "ENR-3")]
    assert parameters.faults() == []


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"adult_age_ratio": Fraction(4)}, "adult_age_ratio"),
        ({"adult_age_ratio": Fraction(1, 2)}, "adult_age_ratio"),
        ({"child_rated_until_age": 12}, "child_rated_until_age"),
        ({"counted_children": 0}, "counted_children"),
        (
            {
                "rating_areas": (
                    RatingArea(rating_area=1, zips=("050",)),
                    RatingArea(rating_area=2, zips=("050",)),
                )
            },
            "rating_areas",
        ),
    ],
)
def test_ENR_17_what_rates_by_age_depend_on_is_within_what_the_law_allows(
    change: dict[str, Any], parameter: str
) -> None:
    (fault,) = replace(PARAMETERS.as_of(DAY), **change).faults()
    assert (fault.parameter, fault.rule) == (parameter, "ENR-17")


def test_ENR_17_an_area_is_named_by_the_first_three_digits_of_its_zip_codes() -> None:
    faults = RatingArea(rating_area=0, zips=("050", "5401")).faults()
    assert [each.parameter for each in faults] == ["rating_area", "zips"]
    assert PARAMETERS.as_of(DAY).area_of_zip("05602") == 1
    assert PARAMETERS.as_of(DAY).area_of_zip("01608") is None
