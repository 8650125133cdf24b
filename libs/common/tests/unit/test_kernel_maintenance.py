"""Which deadlines a maintenance window touches, what may be scheduled, and what is told of it (OPS-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import get_args

import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.maintenance import (
    DEADLINES,
    STEPS,
    DeadlineKind,
    MaintenanceEnded,
    MaintenanceOverlaps,
    MaintenanceScheduled,
    MaintenanceStarted,
    MaintenanceTerms,
    MaintenanceWindow,
    MaintenanceWithdrawn,
    Told,
    WindowNotOpen,
    WindowPhase,
    WindowStep,
    days_to_look_at,
    kept_clear,
    refusal_of_intake,
    require_apart,
    require_sensible,
    stepped,
    to_tell,
    touches,
)
from bulkhead.kernel.personal import Masked

TERMS = MaintenanceTerms(
    notice_hours=48,
    furthest_days=21,
    longest_hours=8,
    clear_hours=12,
    due_day=26,
    cutoff_day=15,
    selection_cutoffs=(date(2014, 12, 23),),
    open_enrollment_ends=(date(2015, 2, 15),),
    remittance_weekday="wednesday",
    remit_on_last_business_day=True,
    state_holidays=(),
)
NOW = local(date(2014, 12, 23), 9)
SUNDAY = date(2014, 12, 28)
"""The last day to pay of N2."""


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return local(date(2014, 12, day), hour, minute)


def window(begins_at: datetime = at(27, 8), ends_at: datetime = at(27, 12)) -> MaintenanceWindow:
    return MaintenanceWindow(
        maintenance="m-1",
        state="scheduled",
        begins_at=begins_at,
        ends_at=ends_at,
        reason=Masked("an update"),
        override=None,
        deadlines=(),
        by_two=False,
        asked_at=NOW,
        asked_by="ann",
    )


@pytest.mark.parametrize(
    ("begins_at", "ends_at", "is_so"),
    [
        (at(28, 1), at(28, 5), True),  # N2: the night of the last day
        (at(27, 22), at(28, 2), True),  # over midnight
        (at(27, 20), at(28, 0), True),  # it ends the moment that day begins, and may come back broken
        (at(27, 8), at(27, 12), False),  # it ends the moment twelve hours are left
        (at(27, 8), at(27, 12, 1), True),
        (at(28, 23, 59), at(29, 2), True),
        (at(29, 0), at(29, 2), False),  # it begins the moment that day is over
    ],
)
def test_OPS_2_a_window_touches_a_day_by_an_instant_of_it_or_of_the_hours_kept_clear_before_it(
    begins_at: datetime, ends_at: datetime, is_so: bool
) -> None:
    assert touches(begins_at, ends_at, SUNDAY, terms=TERMS) is is_so
    assert (SUNDAY in days_to_look_at(begins_at, ends_at, terms=TERMS)) is is_so


@pytest.mark.parametrize(
    ("day", "clear_from", "hours"),
    [
        # the night in which 2:00 is skipped
        (date(2016, 3, 14), "2016-03-13T12:00:00-04:00", 36),
        (date(2016, 3, 13), "2016-03-12T12:00:00-05:00", 35),
        # the night in which 1:00 comes twice
        (date(2016, 11, 6), "2016-11-05T12:00:00-04:00", 37),
        (date(2016, 11, 7), "2016-11-06T12:00:00-05:00", 36),
    ],
)
def test_OPS_2_hours_kept_clear_are_hours_and_the_day_is_as_long_as_it_is_where_clocks_change(
    day: date, clear_from: str, hours: int
) -> None:
    begins, ends = kept_clear(day, terms=TERMS)
    assert begins.isoformat() == clear_from
    assert ends - begins == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "clear_from"),
    [(date(2016, 3, 14), "2016-03-12T23:00:00-05:00"), (date(2016, 11, 7), "2016-11-06T01:00:00-04:00")],
)
def test_OPS_2_hours_over_a_night_when_clocks_change_are_counted_by_what_passes(
    day: date, clear_from: str
) -> None:
    assert kept_clear(day, terms=replace(TERMS, clear_hours=24))[0].isoformat() == clear_from


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (date(2015, 1, 26), ["monthly-due"]),
        (date(2014, 12, 26), ["monthly-due"]),
        (date(2015, 1, 15), ["selection-cutoff"]),
        (date(2014, 12, 23), ["selection-cutoff"]),
        (date(2015, 2, 15), ["selection-cutoff", "open-enrollment-ends"]),
        (date(2015, 1, 31), ["month-end"]),  # a Saturday: carriers were paid on Friday
        (date(2015, 1, 30), ["remittance"]),
        (date(2014, 12, 31), ["month-end", "remittance"]),
        (date(2015, 1, 7), ["remittance"]),
        (date(2015, 11, 11), []),  # Veterans Day, a Wednesday
        (date(2015, 11, 12), ["remittance"]),
        (date(2015, 1, 8), []),
    ],
)
def test_OPS_2_PAY_6_the_calendar_has_the_days_that_are_due_whatever_day_of_the_week_and_those_of_banks(
    day: date, kinds: list[DeadlineKind]
) -> None:
    assert TERMS.deadlines_on(day) == kinds


def test_OPS_2_every_kind_of_deadline_has_its_rule_and_its_words() -> None:
    assert set(DEADLINES) == set(get_args(DeadlineKind))


@pytest.mark.parametrize(
    ("begins_at", "ends_at", "field", "says"),
    [
        (
            NOW + timedelta(hours=47, minutes=59),
            NOW + timedelta(hours=50),
            "/begins_at",
            "48 hours from now or later",
        ),
        (
            NOW + timedelta(days=21, seconds=1),
            NOW + timedelta(days=22),
            "/begins_at",
            "21 days from now or earlier",
        ),
        (at(27, 8), at(27, 8), "/ends_at", "must be after it begins"),
        (at(27, 8), at(27, 16, 1), "/ends_at", "8 hours after it begins or earlier"),
    ],
)
def test_OPS_2_a_window_is_announced_in_time_and_bounded(
    begins_at: datetime, ends_at: datetime, field: str, says: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        require_sensible(window(begins_at, ends_at), now=NOW, terms=TERMS, citation="N2")
    assert (refused.value.field, [each.rule for each in refused.value.reasons]) == (field, ["OPS-2"])
    assert says in refused.value.message


def test_OPS_2_a_window_may_begin_as_the_notice_is_over_and_last_as_long_as_it_may() -> None:
    begins_at = NOW + timedelta(hours=48)
    require_sensible(window(begins_at, begins_at + timedelta(hours=8)), now=NOW, terms=TERMS, citation="N2")


def test_OPS_2_windows_of_a_service_are_apart_and_may_meet() -> None:
    other = replace(window(at(27, 12), at(27, 14)), maintenance="m-2")
    require_apart(window(), [other], now=NOW)
    with pytest.raises(MaintenanceOverlaps):
        require_apart(window(at(27, 8), at(27, 12, 1)), [other], now=NOW)
    require_apart(window(at(27, 8), at(27, 13)), [replace(other, state="withdrawn")], now=NOW)


@pytest.mark.parametrize("phase", get_args(WindowPhase))
@pytest.mark.parametrize("step", get_args(WindowStep))
def test_OPS_2_a_step_that_a_window_has_not_is_refused(phase: WindowPhase, step: WindowStep) -> None:
    now = {"scheduled": NOW, "under-way": at(27, 8), "over": at(27, 12)}.get(phase, NOW)
    asked = window() if phase in ("under-way", "over") else replace(window(), state=phase)
    assert asked.phase(now) == phase
    if (phase, step) in STEPS:
        assert stepped(asked, step, by="bob", now=now).state == STEPS[phase, step]
    else:
        with pytest.raises(WindowNotOpen):
            stepped(asked, step, by="bob", now=now)


SCHEDULED, STARTED, ENDED, WITHDRAWN = (
    MaintenanceScheduled,
    MaintenanceStarted,
    MaintenanceEnded,
    MaintenanceWithdrawn,
)


@pytest.mark.parametrize(
    ("told", "now", "says", "then"),
    [
        ("nothing", NOW, [SCHEDULED], "scheduled"),
        ("scheduled", at(27, 7, 59), [], "scheduled"),
        ("scheduled", at(27, 8), [STARTED], "started"),
        ("started", at(27, 11, 59), [], "started"),
        ("started", at(27, 12), [ENDED], "ended"),
        # the worker was away meanwhile
        ("scheduled", at(29, 0), [STARTED, ENDED], "ended"),
        ("ended", at(29, 0), [], "ended"),
    ],
)
def test_OPS_2_what_is_told_of_a_window_is_told_once_and_in_order(
    told: Told, now: datetime, says: list[type], then: Told
) -> None:
    said, kept = to_tell(replace(window(), told=told), service="payments", now=now)
    assert ([type(each) for each in said], kept.told) == (says, then)
    assert to_tell(kept, service="payments", now=now)[0] == []


def test_OPS_2_of_a_window_that_was_only_asked_for_nothing_is_told() -> None:
    asked = replace(window(), state="requested")
    assert to_tell(asked, service="payments", now=NOW) == ([], asked)
    withdrawn = stepped(asked, "withdraw", by="ann", now=NOW)
    assert to_tell(withdrawn, service="payments", now=NOW) == ([], withdrawn)


def test_OPS_2_a_withdrawn_window_is_told_of_and_never_begins() -> None:
    withdrawn = stepped(replace(window(), told="scheduled"), "withdraw", by="ann", now=NOW)
    said, kept = to_tell(withdrawn, service="payments", now=at(27, 9))
    assert (said, kept.told) == ([MaintenanceWithdrawn(maintenance="m-1", service="payments")], "ended")


def test_OPS_2_a_window_that_is_ended_early_is_over_then() -> None:
    ended = stepped(replace(window(), told="started"), "end", by="ann", now=at(27, 9))
    said, _ = to_tell(ended, service="payments", now=at(27, 9))
    assert said == [
        MaintenanceEnded(maintenance="m-1", service="payments", begins_at=at(27, 8), ended_at=at(27, 9))
    ]
    assert ended.until == at(27, 9)


def test_OPS_2_whoever_asks_meanwhile_is_told_until_when() -> None:
    told = refusal_of_intake(window(), now=at(27, 9, 30))
    assert (told.status, told.kind, told.kept, told.retry_after_seconds) == (
        503,
        "under-maintenance",
        False,
        9000,
    )
    assert told.reasons[0].facts == {
        "maintenance": "m-1",
        "began_at": "2014-12-27T08:00:00-05:00",
        "until": "2014-12-27T12:00:00-05:00",
    }
