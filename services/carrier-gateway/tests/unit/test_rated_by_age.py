"""A plan that is rated by age: its 834 says what each member is of the premium, and where (ENR-17, CAR-2)."""

from __future__ import annotations

from datetime import date

import pytest
from gateway_builders import FAMILY, Gateway, activated, contact, paid, profile, selected, terms, value_of

from carrier_gateway.domain.records import MemberRate, VersionTerms

RATES = (
    MemberRate(member="june-1", cents=27000),
    MemberRate(member="june-2", cents=24500),
    MemberRate(member="june-3", cents=12000),
)
BY_AGE = terms(
    members=("june-1", "june-2", "june-3"),
    gross_cents=63500,
    aptc_cents=20000,
    rating_area=5,
    rates=RATES,
)


async def told(*, monthly: bool = False) -> str:
    gateway = await Gateway().open()
    await gateway.profile(profile(monthly_amounts=monthly))
    await gateway.tell(contact(*FAMILY), selected(BY_AGE), paid(), activated())
    (sent,) = gateway.sets()
    return sent


async def test_CAR_2_each_members_own_premium_and_the_households_rating_area_are_told() -> None:
    sent = await told()
    assert value_of(sent, "PRE AMT 1") == ["270.00", "245.00", "120.00"]
    assert value_of(sent, "PRE AMT TOT") == ["635.00"]
    assert value_of(sent, "TOT RES AMT") == ["435.00"]
    assert value_of(sent, "RATING AREA") == ["R-VT005"]


async def test_CAR_2_each_month_has_each_members_own_premium_where_a_carrier_takes_months() -> None:
    sent = await told(monthly=True)
    assert value_of(sent, "PRE AMT 1") == ["270.00"] * 13 + ["245.00"] * 13 + ["120.00"] * 13


@pytest.mark.parametrize(
    ("cents", "parts"),
    [(63500, [27000, 24500, 12000]), (21167, [9000, 8166, 4001]), (1, [0, 0, 1]), (0, [0, 0, 0])],
)
def test_INV_18_parts_of_a_part_of_a_month_are_the_whole_of_it(cents: int, parts: list[int]) -> None:
    version = VersionTerms(
        since=date(2016, 1, 1),
        members=tuple(each.member for each in RATES),
        gross_cents=63500,
        aptc_cents=0,
        subsidy_cents=0,
        net_cents=63500,
        rating_area=5,
        rates=RATES,
    )
    found = [version.share_of(each.member, cents) for each in RATES]
    assert (found, sum(found)) == (parts, cents)
    assert version.share_of("somebody-else", cents) == 0
