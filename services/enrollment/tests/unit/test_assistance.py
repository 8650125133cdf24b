"""APTC, then state subsidy, lower premiums: medical first, then dental, never below 0."""

from __future__ import annotations

from datetime import date

import pytest

from enrollment.domain.assistance import Assistance, Use, assistance_left, lower_premiums


@pytest.mark.parametrize(
    ("aptc", "subsidy", "expected"),
    [
        (0, 0, [(50000, 0, 0, 50000), (3000, 0, 0, 3000)]),
        (30000, 0, [(50000, 30000, 0, 20000), (3000, 0, 0, 3000)]),
        (30000, 15000, [(50000, 30000, 15000, 5000), (3000, 0, 0, 3000)]),
        (51000, 15000, [(50000, 50000, 0, 0), (3000, 1000, 2000, 0)]),
        (49000, 3000, [(50000, 49000, 1000, 0), (3000, 0, 2000, 1000)]),
        (90000, 90000, [(50000, 50000, 0, 0), (3000, 3000, 0, 0)]),
    ],
)
def test_ENR_8_assistance_lowers_the_medical_premium_first_and_none_below_0(
    aptc: int, subsidy: int, expected: list[tuple[int, int, int, int]]
) -> None:
    premiums = lower_premiums([50000, 3000], assistance=Assistance(aptc_cents=aptc, subsidy_cents=subsidy))
    assert [
        (each.gross_cents, each.aptc_cents, each.subsidy_cents, each.net_cents) for each in premiums
    ] == expected


def left(*uses: tuple[str, str, int, int]) -> tuple[int, int]:
    found = assistance_left(
        assistance=Assistance(aptc_cents=40000, subsidy_cents=10000),
        uses=[
            Use(
                first=date.fromisoformat(first),
                last=date.fromisoformat(last),
                aptc_cents=aptc,
                subsidy_cents=subsidy,
            )
            for first, last, aptc, subsidy in uses
        ],
        effective=date(2016, 3, 1),
        coverage_ends=date(2016, 12, 31),
    )
    return found.aptc_cents, found.subsidy_cents


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([], (40000, 10000)),
        ([("2016-01-01", "2016-12-31", 30000, 0)], (10000, 10000)),
        ([("2016-01-01", "2016-02-29", 30000, 10000)], (40000, 10000)),  # over before
        ([("2016-01-01", "2016-03-10", 30000, 10000)], (10000, 0)),  # a day of the first month
        ([("2016-12-20", "2016-12-31", 1000, 0)], (39000, 10000)),  # a day of the last month
        # One after the other: no month has both.
        ([("2016-01-01", "2016-05-31", 30000, 0), ("2016-06-01", "2016-12-31", 20000, 0)], (10000, 10000)),
        ([("2016-01-01", "2016-12-31", 30000, 0), ("2016-06-01", "2016-12-31", 5000, 0)], (5000, 10000)),
        ([("2016-01-01", "2016-12-31", 90000, 90000)], (0, 0)),  # assistance was cut since
    ],
)
def test_ENR_8_a_later_selection_may_use_what_earlier_policies_leave_in_every_month(
    uses: list[tuple[str, str, int, int]], expected: tuple[int, int]
) -> None:
    assert left(*uses) == expected
