"""Plans that are rated by age and area (ENR-17): the premium is the sum of its people's rates."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from bulkhead.kernel.personal import Masked
from enrollment.application.import_crosswalk import import_crosswalk
from enrollment.application.offer_plan import AreaPrices
from enrollment.application.renew_policies import renew_policies
from enrollment.domain.age_rates import NotRatedHere, RatesRefused, age_on
from enrollment.domain.areas import area_of
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.households import Household
from enrollment.domain.months import MemberRate, PolicyVersion
from enrollment.domain.plans import Plan
from enrollment.domain.renewals import Renewal
from services.enrollment.tests.builders import (
    MASSACHUSETTS,
    TEETH,
    Desk,
    parameters_in,
    person,
    plan,
)
from services.enrollment.tests.rated import AGED, BOSTON, WORCESTER, by_age, massachusetts, rated

JANUARY = date(2015, 1, 1)


async def test_ENR_17_each_is_rated_at_their_age_on_the_first_day_of_coverage() -> None:
    desk = await rated()
    # 34 until the day before coverage begins, 35 on it; 64 and older cost what 64 does
    await desk.register_at(
        WORCESTER, "h", person(born="1980-01-01"), person("Al", born="1940-05-05", relation="spouse")
    )
    await desk.select("AGED")
    policy = desk.policy("AGED")
    (version,) = desk.database.rows(PolicyVersion)
    assert version.rates == (MemberRate(member="h-1", cents=27040), MemberRate(member="h-2", cents=47300))
    assert (version.rating_area, policy.gross_cents, policy.tier) == (2, 74340, "couple")
    reason = next(each for each in policy.reasons if each.rule == "ENR-17")
    assert reason.facts == {
        "plan": "AGED",
        "issued": "2015-01-01",
        "rating_area": "2",
        "gross_cents": "74340",
        "rates": "h-1:27040 h-2:47300",
    }
    assert reason.citation.startswith("45 CFR 147.102(c)(1)")


async def test_ENR_17_no_more_than_the_three_oldest_children_under_21_count() -> None:
    desk = await rated()
    born = ["2010-03-01", "1994-06-01", "2001-02-01", "2012-01-01", "2005-01-01"]
    children = [person(f"Child {day}", born=day, relation="child") for day in born]
    await desk.register_at(WORCESTER, "h", person(born="1970-01-01"), *children)
    await desk.select("AGED")
    (version,) = desk.database.rows(PolicyVersion)
    # 45 at 302.20; the child of 20 counts as one of the three, and the youngest two cost nothing
    assert [each.cents for each in version.rates] == [30220, 0, 15020, 15020, 0, 15020]
    assert version.gross_cents == 75280


async def test_ENR_17_a_child_of_21_counts_as_an_adult_beside_three_children() -> None:
    desk = await rated()
    born = ["1993-12-31", "2001-02-01", "2005-01-01", "2008-01-01", "2012-01-01"]
    children = [person(f"Child {day}", born=day, relation="child") for day in born]
    await desk.register_at(WORCESTER, "h", person(born="1970-01-01"), *children)
    await desk.select("AGED")
    (version,) = desk.database.rows(PolicyVersion)
    assert [each.cents for each in version.rates] == [30220, 23660, 15020, 15020, 15020, 0]


async def test_ENR_17_who_comes_later_is_rated_at_their_age_then_and_a_birthday_changes_nothing() -> None:
    desk = await rated()
    await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
    (policy,) = await desk.covered("AGED")
    assert policy.gross_cents == 26920
    # married in July to somebody who was 29 in January and is 30 by then; the subscriber, 34 in January, is 35
    await desk.at(date(2015, 7, 10)).join(
        person("Al", born="1985-05-05", relation="spouse"), "marriage", date(2015, 7, 8)
    )
    last = max(desk.database.rows(PolicyVersion), key=lambda each: each.number)
    assert (last.since, [each.cents for each in last.rates]) == (date(2015, 8, 1), [26920, 25740])
    assert desk.policy("AGED").reasons[-1].facts["rates"] == "h-1:26920 h-2:25740"


async def test_ENR_17_assistance_that_changes_leaves_the_rates_as_they_are() -> None:
    desk = await rated()
    await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
    await desk.covered("AGED")
    await desk.offer(AGED, areas=[by_age(base=25000)])
    await desk.at(date(2015, 4, 10)).change_assistance(date(2015, 5, 1), aptc=10000)
    policy = desk.policy("AGED")
    assert (policy.gross_cents, policy.net_cents) == (26920, 16920)


async def test_ENR_17_a_plan_without_a_rate_where_the_household_lives_is_refused() -> None:
    desk = await rated()
    await desk.register("nowhere", person())
    await desk.register_at("1 Elm Street, Burlington VT 05401", "vermont")
    await desk.register_at("1 Merrimack Street, Lowell MA 01852", "lowell")
    for household in ("nowhere", "vermont", "lowell"):
        with pytest.raises(NotRatedHere) as refused:
            await desk.select("AGED", household=household)
        assert refused.value.reasons[0].facts["unrated"] == "AGED"
    assert desk.policies("nowhere") == []


async def test_ENR_17_an_area_follows_from_the_last_zip_code_of_the_address() -> None:
    desk = massachusetts(Desk())
    await desk.register_at(WORCESTER, "w", person())
    await desk.register_at(BOSTON, "b", person())
    areas = {each.household: each.rating_area for each in desk.database.rows(Household)}
    assert areas == {"w": 2, "b": 5}
    parameters = desk.parameters.as_of(JANUARY)
    assert area_of(Masked("10001 Main Street, Lowell MA 01852"), parameters=parameters) == 4
    assert area_of(Masked("Box 018521, no ZIP"), parameters=parameters) is None


@pytest.mark.parametrize(
    ("areas", "field"),
    [
        ([], "/ages"),
        ([by_age(), by_age()], "/ages"),
        ([by_age(area=8)], "/ages/0/rating_area"),
        (
            [AreaPrices(plan_year=2015, rating_area=2, monthly_cents={"21": 100, "30": 200})],
            "/ages/0/monthly_cents",
        ),
        (
            [
                AreaPrices(
                    plan_year=2015,
                    rating_area=2,
                    monthly_cents=by_age().monthly_cents | {"64 and over": 47400},
                )
            ],
            "/ages/0/monthly_cents",
        ),
    ],
)
async def test_ENR_17_rates_that_cannot_be_are_refused(areas: list[AreaPrices], field: str) -> None:
    desk = massachusetts(Desk())
    with pytest.raises(RatesRefused) as refused:
        await desk.offer(AGED, areas=areas)
    assert refused.value.field == field
    assert desk.database.rows(Plan) == []


async def test_ENR_17_medical_rates_do_not_vary_by_age_in_vermont_and_dental_may() -> None:
    desk = Desk()
    with pytest.raises(RatesRefused, match="must be tier"):
        await desk.offer(AGED, areas=[by_age(2016, area=1)])
    dental = Plan(
        plan="TEETH",
        carrier="DELTA",
        kind="dental",
        single_cents=None,
        couple_cents=None,
        parent_cents=None,
        family_cents=None,
        plan_year=None,
        rated_by="age",
    )
    await desk.offer(dental, areas=[by_age(2016, area=1)])
    with pytest.raises(RatesRefused, match="must be age"):
        await desk.offer(TEETH)
    assert parameters_in(MASSACHUSETTS).as_of(JANUARY).adult_age_ratio == Fraction(2)


async def test_ENR_17_a_plan_by_tier_has_prices_and_no_ages() -> None:
    desk = massachusetts(Desk())
    with pytest.raises(RatesRefused, match="must be left out"):
        await desk.offer(plan("SILVER"), areas=[by_age()])


def test_somebody_born_on_february_29_is_older_from_march_1_on() -> None:
    born = date(2000, 2, 29)
    assert (age_on(born, date(2015, 2, 28)), age_on(born, date(2015, 3, 1))) == (14, 15)


async def test_ENR_17_a_newborn_of_an_event_is_rated_on_the_day_of_birth() -> None:
    desk = await rated()
    await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
    await desk.covered("AGED")
    await desk.at(date(2015, 5, 20)).join(
        person("Baby", born="2015-05-10", relation="child"), "birth", date(2015, 5, 10)
    )
    last = max(desk.database.rows(PolicyVersion), key=lambda each: each.number)
    assert (last.since, last.gross_cents) == (date(2015, 5, 10), 26920 + 15020)


async def test_ENR_14_a_renewal_rates_everybody_at_their_age_on_january_1() -> None:
    desk = await rated()
    await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
    await desk.register_at(BOSTON, "b", person(born="1980-03-02"))
    for household in ("h", "b"):
        await desk.covered("AGED", household=household)
    entry = CrosswalkEntry(plan_year=2016, plan="AGED", next_plan="AGED", because="same-plan")
    desk.at(date(2015, 10, 14))
    async with desk.uows.begin(now=desk.now, households=["b", "h"]) as uow:
        await import_crosswalk(uow, [entry], year=2016)
        await renew_policies(uow, ["b", "h"], year=2016, parameters=desk.parameters)
    # 34 on January 1, 2015, and 35 a year later
    before, after = desk.policies("h")
    assert (before.gross_cents, after.effective, after.gross_cents) == (26920, date(2016, 1, 1), 27040)
    assert next(each for each in after.reasons if each.rule == "ENR-17").facts["issued"] == "2016-01-01"
    # Boston has no rate of 2016: staff mends that
    (renewal,) = [each for each in desk.database.rows(Renewal) if each.household == "b"]
    assert (renewal.state, renewal.obstacle) == ("unmapped", "not-sold")
