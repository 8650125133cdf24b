"""What became of a household is in order by instant, and where a service knows better, in its own."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bulkhead.kernel.calendar import local
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import Ground
from bulkhead.kernel.timelines import Happened, earliest, in_own_order, marks, placed

DAY = date(2016, 1, 5)
NOON = local(DAY, 12)


def at(instant: datetime, what: str) -> Happened:
    return Happened(at=instant, on=DAY, what=what, about="household", subject="june")


def test_of_a_day_alone_the_earliest_is_its_beginning_or_what_it_came_after() -> None:
    assert earliest(DAY) == local(DAY)
    assert earliest(DAY, None, NOON) == NOON
    assert earliest(DAY, local(date(2015, 12, 31), 12)) == local(DAY)


def test_nothing_is_earlier_than_what_came_before_it_in_its_services_own_order() -> None:
    hour = timedelta(hours=1)
    found = in_own_order([at(NOON, "a"), at(NOON - hour, "b"), at(NOON + hour, "c"), at(NOON, "d")])
    assert [(each.what, each.at) for each in found] == [
        ("a", NOON),
        ("b", NOON),
        ("c", NOON + hour),
        ("d", NOON + hour),
    ]


def test_what_is_of_one_instant_stays_as_it_is_given_and_each_has_a_place_of_its_own() -> None:
    later = NOON + timedelta(microseconds=1)
    found = placed([at(later, "c"), at(NOON, "b"), at(NOON, "a")])
    assert [(place, each.what) for place, each in found] == [
        (("2016-01-05T17:00:00.000000+00:00", "000000000"), "b"),
        (("2016-01-05T17:00:00.000000+00:00", "000000001"), "a"),
        (("2016-01-05T17:00:00.000001+00:00", "000000000"), "c"),
    ]
    assert [place for place, _ in found] == sorted(place for place, _ in found)


def test_a_correction_among_the_grounds_marks_it() -> None:
    grounds = [Ground(reason=Reason(rule=rule, says="")) for rule in ("INV-4", "OPS-5")]
    assert (marks(grounds), marks(grounds[:1]), marks([])) == (True, False, False)
