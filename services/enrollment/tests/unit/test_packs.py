"""The policy packs: every value dated and cited, and contradictions found when they are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bulkhead.policy import PolicyError, PolicyPack
from enrollment.domain.parameters import (
    OpenEnrollment,
    PackContradictsItself,
    QualifyingEventTerms,
    Start,
)
from services.enrollment.tests.builders import MASSACHUSETTS, PARAMETERS, VERMONT, parameters_in

DAY = date(2015, 12, 1)
EVENTS = {"birth", "adoption", "foster", "marriage", "loss", "move", "income", "other"}


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
        "min_spouse_age",
        "inconsistency_days",
        "partial_month",
        "selection_decided_within_days",
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


def window(first: date, last: date, *starts: tuple[date, date]) -> OpenEnrollment:
    rows = tuple(Start(selected_by=by, effective=effective) for by, effective in starts)
    return OpenEnrollment(plan_year=2016, first=first, last=last, starts=rows)


def test_an_effective_date_table_must_reach_exactly_to_the_last_day() -> None:
    with pytest.raises(PackContradictsItself):
        window(date(2015, 11, 1), date(2016, 1, 31), (date(2015, 12, 15), date(2016, 1, 1)))


def test_an_effective_date_table_must_rise() -> None:
    with pytest.raises(PackContradictsItself):
        window(
            date(2015, 11, 1),
            date(2016, 1, 31),
            (date(2016, 2, 15), date(2016, 1, 1)),
            (date(2016, 1, 31), date(2016, 3, 1)),
        )


def test_coverage_of_an_open_enrollment_must_begin_in_its_plan_year() -> None:
    with pytest.raises(PackContradictsItself):
        window(date(2015, 11, 1), date(2016, 1, 31), (date(2016, 1, 31), date(2017, 3, 1)))


def test_an_open_enrollment_without_rows_is_none() -> None:
    with pytest.raises(PackContradictsItself):
        window(date(2015, 11, 1), date(2015, 11, 1))


def test_open_enrollments_must_not_overlap_and_events_have_one_set_of_terms() -> None:
    parameters = PARAMETERS.as_of(DAY)
    one = parameters.open_enrollments[0]
    twice = QualifyingEventTerms(kind="birth", days_before=0, days_after=60, starts="event-date")
    overlap, double = (
        replace(parameters, open_enrollments=(one, one)),
        replace(parameters, qualifying_events=(twice, twice)),
    )
    assert [(each.parameter, each.rule) for each in overlap.faults()] == [("open_enrollments", "ENR-1")]
    assert [(each.parameter, each.rule) for each in double.faults()] == [("qualifying_events", "ENR-3")]
    assert parameters.faults() == []
