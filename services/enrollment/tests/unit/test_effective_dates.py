"""From what day coverage counts, and what a refusal says would do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from enrollment.domain.effective_dates import (
    OutsideEnrollment,
    QualifyingEvent,
    StartNotOffered,
    coverage_end,
    decide_effective_date,
)
from enrollment.domain.parameters import EventKind, StartRule
from services.enrollment.tests.builders import MASSACHUSETTS, PARAMETERS, parameters_in


def effective(
    selected_on: str,
    kind: EventKind | None = None,
    on: str | None = None,
    starts: StartRule | None = None,
    *,
    rules: Sequence[str] = (),
) -> str:
    day = date.fromisoformat(selected_on)
    event = QualifyingEvent(kind=kind, on=date.fromisoformat(on), starts=starts) if kind and on else None
    decided = decide_effective_date(selected_on=day, event=event, parameters=PARAMETERS.as_of(day))
    assert [reason.rule for reason in decided.reasons] == list(rules or ["ENR-3" if event else "ENR-2"])
    assert decided.reasons[0].facts["effective"] == str(decided.effective)
    assert decided.reasons[0].citation
    return str(decided.effective)


@pytest.mark.parametrize(
    ("selected_on", "first_day"),
    [
        ("2015-11-01", "2016-01-01"),  # the first day of open enrollment
        ("2015-12-15", "2016-01-01"),
        ("2015-12-16", "2016-02-01"),
        ("2016-01-01", "2016-02-01"),
        ("2016-01-15", "2016-02-01"),
        ("2016-01-16", "2016-03-01"),
        ("2016-01-31", "2016-03-01"),  # and its last
        ("2016-12-31", "2017-02-01"),  # the next one
    ],
)
def test_ENR_2_open_enrollment_gives_the_first_day_by_the_date_selected(
    selected_on: str, first_day: str
) -> None:
    assert effective(selected_on) == first_day


@pytest.mark.parametrize(
    ("selected_on", "first_day"),
    [
        ("2014-11-15", "2015-01-01"),
        ("2014-12-23", "2015-01-01"),  # N2: "Last Tuesday was the deadline to select a plan"
        ("2014-12-24", "2015-02-01"),  # N2: "will not be able to get coverage until Feb. 1"
        ("2015-02-15", "2015-03-01"),
    ],
)
def test_ENR_2_another_exchange_has_other_dates_and_the_same_code(selected_on: str, first_day: str) -> None:
    day = date.fromisoformat(selected_on)
    parameters = parameters_in(MASSACHUSETTS).as_of(day)
    decided = decide_effective_date(selected_on=day, event=None, parameters=parameters)
    assert str(decided.effective) == first_day


@pytest.mark.parametrize(
    ("selected_on", "says"),
    [
        ("2015-10-31", "It is open from 2015-11-01 to 2016-01-31."),
        ("2016-02-01", "it was from 2015-11-01 to 2016-01-31. It is open from 2016-11-01 to 2017-01-31."),
        ("2017-02-01", "it was from 2016-11-01 to 2017-01-31. The next one is not announced yet."),
    ],
)
def test_ENR_1_outside_the_window_a_selection_is_refused_with_the_dates_that_would_do(
    selected_on: str, says: str
) -> None:
    with pytest.raises(OutsideEnrollment) as refused:
        effective(selected_on)
    closed, needed = refused.value.reasons
    assert (closed.rule, needed.rule) == ("ENR-1", "ENR-3")
    assert says in closed.says
    assert "within 60 days after it (loss: also 60 days before it)" in needed.says


def test_ENR_1_the_facts_of_a_refusal_are_dates_a_program_can_read() -> None:
    with pytest.raises(OutsideEnrollment) as refused:
        effective("2016-03-10")
    closed, needed = refused.value.reasons
    assert closed.facts == {
        "selected_on": "2016-03-10",
        "last_opened": "2015-11-01",
        "last_closed": "2016-01-31",
        "next_opens": "2016-11-01",
        "next_closes": "2017-01-31",
    }
    assert needed.facts == {"selected_on": "2016-03-10", "earliest_event": "2016-01-10"}


@pytest.mark.parametrize(
    ("kind", "on", "selected_on", "first_day"),
    [
        ("birth", "2016-05-20", "2016-06-30", "2016-05-20"),
        ("adoption", "2016-05-20", "2016-05-20", "2016-05-20"),
        ("foster", "2016-05-20", "2016-07-19", "2016-05-20"),  # day 60
        ("marriage", "2016-05-20", "2016-05-31", "2016-06-01"),
        ("marriage", "2016-05-20", "2016-06-01", "2016-07-01"),
        ("loss", "2016-06-30", "2016-05-01", "2016-07-01"),  # day 60 before it
        ("loss", "2016-06-30", "2016-06-30", "2016-07-01"),
        ("loss", "2016-06-30", "2016-07-01", "2016-08-01"),
        ("loss", "2016-06-15", "2016-05-20", "2016-07-01"),
        ("move", "2016-05-02", "2016-05-15", "2016-06-01"),
        ("move", "2016-05-02", "2016-05-16", "2016-07-01"),
        ("income", "2016-05-02", "2016-06-15", "2016-07-01"),
        ("other", "2016-05-02", "2016-06-16", "2016-08-01"),
        ("move", "2016-10-25", "2016-10-31", "2016-12-01"),
        ("move", "2016-10-20", "2016-10-15", None),  # has not happened yet
    ],
)
def test_ENR_3_a_qualifying_event_gives_the_first_day_by_its_kind(
    kind: EventKind, on: str, selected_on: str, first_day: str | None
) -> None:
    if first_day is None:
        with pytest.raises(OutsideEnrollment):
            effective(selected_on, kind, on)
    else:
        assert effective(selected_on, kind, on) == first_day


@pytest.mark.parametrize(
    ("kind", "on", "selected_on", "first", "last"),
    [
        ("birth", "2016-05-20", "2016-07-20", "2016-05-20", "2016-07-19"),  # day 61
        ("birth", "2016-05-20", "2016-05-19", "2016-05-20", "2016-07-19"),
        ("loss", "2016-06-30", "2016-04-30", "2016-05-01", "2016-08-29"),  # 61 days before
        ("loss", "2016-06-30", "2016-08-30", "2016-05-01", "2016-08-29"),
    ],
)
def test_ENR_3_too_late_or_too_early_is_refused_with_the_days_the_event_allows(
    kind: EventKind, on: str, selected_on: str, first: str, last: str
) -> None:
    with pytest.raises(OutsideEnrollment) as refused:
        effective(selected_on, kind, on)
    needed = refused.value.reasons[1]
    assert needed.rule == "ENR-3"
    assert (needed.facts["select_from"], needed.facts["select_until"]) == (first, last)
    assert refused.value.field == "/event"


@pytest.mark.parametrize(
    ("kind", "on", "selected_on", "first_day"),
    [
        # This year's event in next year's window: this year's coverage.
        ("birth", "2016-11-05", "2016-11-08", "2016-11-05"),
        ("birth", "2016-10-25", "2016-10-28", "2016-10-25"),  # the window is not open yet
        ("birth", "2016-10-25", "2016-11-08", "2016-10-25"),
        ("adoption", "2016-12-31", "2016-12-31", "2016-12-31"),
        ("foster", "2016-11-20", "2016-12-20", "2016-11-20"),
        ("marriage", "2016-11-05", "2016-11-30", "2016-12-01"),
        ("marriage", "2016-11-05", "2016-12-01", "2017-01-01"),
        ("move", "2016-11-05", "2016-11-15", "2016-12-01"),
        ("move", "2016-11-05", "2016-11-16", "2017-01-01"),
        ("income", "2016-12-01", "2016-12-15", "2017-01-01"),
        ("income", "2016-12-01", "2016-12-16", "2017-02-01"),
        ("other", "2016-12-20", "2017-01-15", "2017-02-01"),
        ("other", "2016-12-20", "2017-01-16", "2017-03-01"),
        ("loss", "2016-11-10", "2016-11-08", "2016-12-01"),
        ("loss", "2016-12-31", "2016-11-08", "2017-01-01"),
        ("loss", "2016-12-31", "2017-01-10", "2017-02-01"),
        ("loss", "2017-02-28", "2017-01-10", "2017-03-01"),
        # An event of the last year, selected in this one: its plan year is over.
        ("birth", "2016-12-20", "2017-01-10", "2017-01-01"),
        ("adoption", "2016-12-31", "2017-02-28", "2017-01-01"),
        ("foster", "2016-12-31", "2017-03-01", "2017-01-01"),  # day 60
        ("birth", "2017-01-10", "2017-01-20", "2017-01-10"),
    ],
)
def test_ENR_3_a_selection_that_names_an_event_follows_it_in_open_enrollment_too(
    kind: EventKind, on: str, selected_on: str, first_day: str
) -> None:
    assert effective(selected_on, kind, on) == first_day


@pytest.mark.parametrize(
    ("kind", "on", "selected_on", "first_day"),
    [
        ("birth", "2016-09-01", "2016-11-08", "2017-01-01"),  # day 68
        ("move", "2016-10-10", "2016-12-20", "2017-02-01"),
        ("marriage", "2016-11-20", "2016-11-08", "2017-01-01"),  # has not happened yet
        ("loss", "2017-03-30", "2017-01-10", "2017-02-01"),  # 79 days ahead
        ("other", "2016-06-01", "2017-01-20", "2017-03-01"),
    ],
)
def test_ENR_3_an_event_whose_days_are_over_leaves_it_to_open_enrollment(
    kind: EventKind, on: str, selected_on: str, first_day: str
) -> None:
    assert effective(selected_on, kind, on, rules=["ENR-2", "ENR-3"]) == first_day


@pytest.mark.parametrize("kind", ["birth", "adoption", "foster"])
def test_ENR_3_for_a_birth_the_first_of_the_month_after_the_selection_may_be_asked_for(
    kind: EventKind,
) -> None:
    assert effective("2016-11-08", kind, "2016-11-05", "next-month") == "2016-12-01"
    assert effective("2016-11-08", kind, "2016-11-05", "event-date") == "2016-11-05"
    assert effective("2016-12-08", kind, "2016-11-05", "next-month") == "2017-01-01"
    assert effective("2016-06-30", kind, "2016-05-20", "next-month") == "2016-07-01"


@pytest.mark.parametrize("kind", ["loss", "move", "income", "other", "marriage"])
def test_ENR_3_another_start_than_the_event_gives_is_refused_with_the_day_that_would_do(
    kind: EventKind,
) -> None:
    with pytest.raises(StartNotOffered) as refused:
        effective("2016-11-08", kind, "2016-11-05", "event-date")
    assert refused.value.field == "/event/starts"
    (reason,) = refused.value.reasons
    assert (reason.rule, reason.facts["event_on"]) == ("ENR-3", "2016-11-05")
    assert "2016-12-01" in reason.says


def test_ENR_3_the_reason_names_the_plan_year_or_says_that_the_event_s_is_over() -> None:
    day = date(2017, 1, 10)
    event = QualifyingEvent(kind="birth", on=date(2016, 12, 20))
    (reason,) = decide_effective_date(selected_on=day, event=event, parameters=PARAMETERS.as_of(day)).reasons
    assert "its plan year is over, and coverage begins with the present one, on 2017-01-01" in reason.says
    assert reason.facts == {
        "event": "birth",
        "event_on": "2016-12-20",
        "selected_on": "2017-01-10",
        "starts": "event-date",
        "effective": "2017-01-01",
    }


@pytest.mark.parametrize(
    ("first_day", "last_day"),
    [("2016-01-01", "2016-12-31"), ("2016-12-01", "2016-12-31"), ("2016-05-20", "2016-12-31")],
)
def test_CAL_3_coverage_ends_on_december_31_whenever_it_began(first_day: str, last_day: str) -> None:
    assert str(coverage_end(effective=date.fromisoformat(first_day))) == last_day
