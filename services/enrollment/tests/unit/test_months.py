"""What each month costs: whole, or by the day where it is covered in part (INV-18)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import PlansSelected, PolicyReinstated, PolicyTerminated
from enrollment.domain.months import (
    PartialMonth,
    PolicyVersion,
    PremiumMonths,
    covered_months,
    premium_months,
)
from enrollment.domain.policies import months_of
from services.enrollment.tests.builders import Desk, expired, granted, policy, version

BORN = QualifyingEvent(kind="birth", on=date(2016, 6, 10))


def charged(
    first: date, last: date, *, gross: int, aptc: int = 0, subsidy: int = 0, partial: PartialMonth = "by-day"
) -> list[tuple[str, int, int, int, int, int]]:
    of = policy(gross_cents=gross, aptc_cents=aptc, subsidy_cents=subsidy, net_cents=gross - aptc - subsidy)
    months = covered_months([version(of)], first=first, last=last, partial_month=partial)
    return [
        (str(m.month), m.gross_cents, m.aptc_cents, m.subsidy_cents, m.net_cents, m.days_covered)
        for m in months
    ]


@pytest.mark.parametrize(
    ("first", "last", "gross", "aptc", "subsidy", "expected"),
    [
        # 300.00 * 21/30
        (date(2016, 6, 10), date(2016, 6, 30), 50000, 20000, 0, (35000, 14000, 0, 21000, 21)),
        # 500.00 * 5/29 = 86.206..; a leap year's February
        (date(2016, 2, 25), date(2016, 2, 29), 50000, 0, 0, (8621, 0, 0, 8621, 5)),
        # halves up: 1.01 * 15/30 = 0.505 each; the gross premium is the sum of what was rounded
        (date(2016, 4, 1), date(2016, 4, 15), 303, 101, 101, (153, 51, 51, 51, 15)),
        # both ends in one month: 310.00 * 11/31
        (date(2016, 1, 10), date(2016, 1, 20), 31000, 0, 0, (11000, 0, 0, 11000, 11)),
        (date(2016, 6, 10), date(2016, 6, 30), 50000, 50000, 0, (35000, 35000, 0, 0, 21)),
    ],
)
def test_INV_18_a_month_covered_in_part_is_charged_by_the_day_each_amount_rounded_once(
    first: date, last: date, gross: int, aptc: int, subsidy: int, expected: tuple[int, ...]
) -> None:
    ((_, *amounts),) = charged(first, last, gross=gross, aptc=aptc, subsidy=subsidy)
    assert tuple(amounts) == expected


def test_INV_18_a_whole_month_is_never_split() -> None:
    months = charged(date(2016, 1, 1), date(2016, 12, 31), gross=50001, aptc=1)
    assert {row[1:5] for row in months} == {(50001, 1, 0, 50000)}


def test_INV_18_a_pack_may_charge_whole_months() -> None:
    months = charged(date(2016, 6, 10), date(2016, 7, 4), gross=50000, aptc=20000, partial="whole-month")
    assert months == [
        ("2016-06", 50000, 20000, 0, 30000, 21),
        ("2016-07", 50000, 20000, 0, 30000, 4),
    ]


def test_INV_18_months_that_are_alike_are_one_run_and_one_covered_in_part_stands_alone() -> None:
    runs = premium_months(
        [version(policy())], first=date(2016, 6, 10), last=date(2016, 9, 15), partial_month="by-day"
    )
    assert [(str(run.first), str(run.last), run.net_cents) for run in runs] == [
        ("2016-06", "2016-06", 35000),
        ("2016-07", "2016-08", 50000),
        ("2016-09", "2016-09", 25000),
    ]
    free = version(policy(gross_cents=0, net_cents=0))
    nothing = premium_months([free], first=date(2016, 6, 10), last=date(2016, 8, 31), partial_month="by-day")
    assert [(str(run.first), str(run.last)) for run in nothing] == [
        ("2016-06", "2016-06"),
        ("2016-07", "2016-08"),
    ]


def test_ENR_13_of_the_versions_that_speak_of_a_month_the_latest_counts() -> None:
    first = version(policy())
    second = version(
        policy(),
        number=2,
        since=date(2016, 3, 1),
        gross_cents=60000,
        net_cents=60000,
        members=("h-1", "h-2"),
    )
    versions, begin, end = [second, first], date(2016, 1, 1), date(2016, 4, 30)
    months = covered_months(versions, first=begin, last=end, partial_month="by-day")
    assert [(m.net_cents, m.members) for m in months] == [
        (50000, ("h-1",)),
        (50000, ("h-1",)),
        (60000, ("h-1", "h-2")),
        (60000, ("h-1", "h-2")),
    ]
    runs = premium_months(versions, first=begin, last=end, partial_month="by-day")
    assert [(str(run.first), str(run.last)) for run in runs] == [
        ("2016-01", "2016-02"),
        ("2016-03", "2016-04"),
    ]
    since = premium_months(
        versions, first=begin, last=end, partial_month="by-day", since=CoverageMonth(2016, 2)
    )
    assert [(str(run.first), str(run.last)) for run in since] == [
        ("2016-02", "2016-02"),
        ("2016-03", "2016-04"),
    ]


def test_a_policy_that_was_called_off_has_no_months() -> None:
    assert months_of(policy(lifecycle="canceled"), [version(policy())]) == ()


async def born_in_june(aptc: int = 20000) -> Desk:
    desk = Desk().at(date(2016, 6, 20))
    await desk.offer()
    await desk.register("h", aptc=aptc)
    await desk.pay_binder(*(await desk.select("SILVER", event=BORN)).policies)
    return desk


def run(first: int, last: int, *, gross: int, aptc: int) -> PremiumMonths:
    return PremiumMonths(
        first=CoverageMonth(2016, first),
        last=CoverageMonth(2016, last),
        members=("h-1",),
        gross_cents=gross,
        aptc_cents=aptc,
        subsidy_cents=0,
        net_cents=gross - aptc,
    )


async def test_INV_18_a_selection_tells_every_month_the_first_one_in_part() -> None:
    desk = await born_in_june()
    (event,) = desk.said(PlansSelected)
    assert event.policies[0].months == (
        run(6, 6, gross=35000, aptc=14000),
        run(7, 12, gross=50000, aptc=20000),
    )
    assert event.policies[0].net_cents == 30000  # of a whole month


async def test_INV_18_an_end_within_a_month_tells_what_that_month_now_costs() -> None:
    desk = await born_in_june()
    await desk.at(date(2016, 9, 1)).end(date(2016, 9, 15))
    await desk.end(date(2016, 9, 10))
    await desk.end(date(2016, 9, 1), by="operator")
    assert [each.months for each in desk.said(PolicyTerminated)] == [
        (run(9, 9, gross=25000, aptc=10000),),
        (run(9, 9, gross=16667, aptc=6667),),
        (run(9, 9, gross=1667, aptc=667),),
    ]


@pytest.mark.parametrize("last", [date(2016, 8, 31), date(2016, 6, 30)])
async def test_INV_18_an_end_with_a_month_changes_what_no_month_costs(last: date) -> None:
    desk = await born_in_june()
    await desk.end(last)
    assert desk.said(PolicyTerminated)[0].months == ()


async def test_INV_18_a_reinstatement_tells_every_month_from_that_in_which_coverage_had_ended() -> None:
    desk = await born_in_june()
    await desk.end(date(2016, 11, 20))
    await desk.at(date(2016, 10, 1)).hear(expired(desk.policy(), through=date(2016, 6, 30)))
    await desk.hear(granted(desk.policy(), undoes="unpaid"))
    (reinstated,) = desk.said(PolicyReinstated)
    assert reinstated.months == (
        run(6, 6, gross=35000, aptc=14000),
        run(7, 10, gross=50000, aptc=20000),
        run(11, 11, gross=33333, aptc=13333),
    )
    assert desk.said(PolicyTerminated)[-1].months == (run(11, 11, gross=33333, aptc=13333),)
    assert [(each.days_covered, each.days_in_month) for each in await desk.months(desk.policy())] == [
        (21, 30),
        (31, 31),
        (31, 31),
        (30, 30),
        (31, 31),
        (20, 30),
    ]


async def test_ENR_13_every_version_of_a_policy_is_kept_whatever_became_of_it() -> None:
    desk = await born_in_june()
    before = desk.database.rows(PolicyVersion)
    assert [(each.number, each.since, each.net_cents) for each in before] == [(1, date(2016, 6, 10), 30000)]
    whole = await desk.months(desk.policy())
    assert [(str(each.month), each.net_cents) for each in whole] == [
        ("2016-06", 21000),  # 21 of 30 days
        *((f"2016-{month:02}", 30000) for month in range(7, 13)),
    ]
    await desk.end(date(2016, 6, 20))
    await desk.restore()
    assert desk.database.rows(PolicyVersion) == before
    assert await desk.months(desk.policy()) == whole
