"""APTC, then state subsidy, lower premiums: medical first, then dental, never below 0."""

from __future__ import annotations

import pytest

from enrollment.domain.assistance import Assistance, lower_premiums


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
