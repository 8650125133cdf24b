"""The age curve of a plan year: what follows from one rate, and which rates do not follow it (ENR-17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from enrollment.application.offer_plan import AreaPrices
from enrollment.domain.age_rates import AgeRates, RatesRefused
from enrollment.domain.parameters import AgeCurve
from services.enrollment.tests.builders import DELAWARE, Desk, parameters_in, person
from services.enrollment.tests.catalog_rows import (
    DENTAL,
    SILVER,
    SMILE,
    all_ages,
    plan_row,
    rate_row,
)
from services.enrollment.tests.rated import AGED, WORCESTER, by_age, massachusetts, rated
from services.enrollment.tests.unit.test_catalog import refusal, take

FEDERAL = parameters_in(DELAWARE).as_of(date(2018, 1, 1))


def one(age: str, cents: int) -> AreaPrices:
    """Return rates of 2015 in Worcester's area of which one is stated."""
    return AreaPrices(plan_year=2015, rating_area=2, monthly_cents={age: cents})


async def test_ENR_17_a_file_with_one_rate_of_a_plan_and_area_has_the_others_by_the_curve() -> None:
    desk = massachusetts(Desk())
    taken = await take(desk, [plan_row(SILVER)], [rate_row(SILVER, "21", "241.37")])
    (rates,) = taken.rates
    # 241.37 is 1.183 times the base rate: 0.751 and 2.365 times that are 153.2289... and 482.5360...
    assert (rates.cents[0], rates.cents[7], rates.cents[-1]) == (15323, 24137, 48254)
    assert rates.derived_from == "21"
    # 34: 1.346 times the base rate, 274.6269...
    assert rates.cents_at(34) == 27463


@pytest.mark.parametrize(("age", "cents"), [("0-14", 15020), ("21", 23660), ("64 and over", 47300)])
async def test_ENR_17_whichever_age_is_stated_makes_all_others(age: str, cents: int) -> None:
    desk = massachusetts(Desk())
    await desk.offer(AGED, areas=[one(age, cents)])
    (rates,) = desk.database.rows(AgeRates)
    assert rates == AgeRates(
        plan="AGED",
        plan_year=2015,
        rating_area=2,
        cents=tuple(by_age().monthly_cents.values()),
        child_until_age=21,
        counted_children=3,
        derived_from=age,
    )


async def test_ENR_17_a_premium_says_that_its_rates_follow_from_another_ages() -> None:
    desk = await rated(one("21", 23660))
    await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
    await desk.select("AGED")
    policy = desk.policy("AGED")
    reason = next(each for each in policy.reasons if each.rule == "ENR-17")
    assert (policy.gross_cents, reason.facts["derived_from"]) == (26920, "21")
    assert reason.says.endswith("The rates of other ages follow from that of 21 by the age curve.")
    assert "147.102(e)" in reason.citation


async def test_ENR_17_lines_off_the_curve_are_named_with_what_they_would_be() -> None:
    rates = all_ages()
    rates[7] |= {"IndividualRate": "236.60"}
    rates[20] |= {"IndividualRate": "265.00"}
    rates[50] |= {"IndividualRate": "473.02"}
    # a cent is a half rounded the other way, two are not
    assert await refusal([plan_row(SILVER)], rates) == [
        f"rates, line 22: IndividualRate of {SILVER} of 34 is 265.00, and by the age curve it would be 269.20: "
        "1.346 times the base rate",
        f"rates, line 52: IndividualRate of {SILVER} of 64 and over is 473.02, and by the age curve it would be "
        "473.00: 2.365 times the base rate",
    ]


async def test_ENR_17_what_most_ages_say_decides_which_line_is_wrong() -> None:
    rates = all_ages()
    rates[7] |= {"IndividualRate": "240.00"}
    assert await refusal([plan_row(SILVER)], rates) == [
        f"rates, line 9: IndividualRate of {SILVER} of 21 is 240.00, and by the age curve it would be 236.60: "
        "1.183 times the base rate"
    ]


async def test_ENR_17_a_line_of_several_ages_off_the_curve_is_named_once() -> None:
    rates = [rate_row(SILVER, "0-20", "150.00"), *all_ages()[7:]]
    assert await refusal([plan_row(SILVER)], rates) == [
        f"rates, line 2: IndividualRate of {SILVER} of 0-14 is 150.00, and by the age curve it would be 150.20: "
        "0.751 times the base rate"
    ]


async def test_ENR_17_rates_of_a_base_rate_with_parts_of_a_cent_follow_the_curve() -> None:
    desk = massachusetts(Desk())
    # 203.3371: 21 costs 240.5477..., which alone would make 64 and over 480.8960... and not 480.8922...
    exact = by_age(base=20000).monthly_cents
    odd = {
        age: int(Fraction(cents, 20000) * Fraction("20333.71") + Fraction(1, 2))
        for age, cents in exact.items()
    }
    assert (odd["21"], odd["64 and over"]) == (24055, 48089)
    await desk.offer(AGED, areas=[AreaPrices(plan_year=2015, rating_area=2, monthly_cents=odd)])
    (rates,) = desk.database.rows(AgeRates)
    assert (rates.cents, rates.derived_from) == (tuple(odd.values()), None)


async def test_ENR_17_an_offer_names_the_age_off_the_curve() -> None:
    desk = massachusetts(Desk())
    rates = by_age().monthly_cents | {"34": 26500}
    with pytest.raises(RatesRefused) as refused:
        await desk.offer(AGED, areas=[AreaPrices(plan_year=2015, rating_area=2, monthly_cents=rates)])
    assert refused.value.field == "/ages/0/monthly_cents/34"
    (reason,) = refused.value.reasons
    assert reason.facts == {
        "plan": "AGED",
        "age": "34",
        "cents": "26500",
        "by_curve_cents": "26920",
        "factor": "1.346",
        "curve_since": "2014",
    }
    assert desk.database.rows(AgeRates) == []


async def test_ENR_17_a_dental_plan_follows_no_curve_and_has_a_rate_for_every_age() -> None:
    said = await refusal([plan_row(SMILE, **DENTAL)], [rate_row(SMILE, "21", "30.00")])
    assert said == [f"rates, line 2: Age lacks 0-14, 15, 16 and 47 more of {SMILE} in Rating Area 2"]
    desk = massachusetts(Desk())
    flat = [row | {"IndividualRate": "30.00"} for row in all_ages(SMILE)]
    taken = await take(desk, [plan_row(SMILE, **DENTAL)], flat)
    assert taken.rates[0].cents == (3000,) * 51


async def test_ENR_17_two_rates_that_differ_make_no_others() -> None:
    said = await refusal(
        [plan_row(SILVER)], [rate_row(SILVER, "21", "236.60"), rate_row(SILVER, "34", "269.20")]
    )
    assert said == [f"rates, line 2: Age lacks 0-14, 15, 16 and 46 more of {SILVER} in Rating Area 2"]


async def test_ENR_17_where_a_curve_has_no_factors_every_rate_is_the_carriers() -> None:
    none = AgeCurve(plan_year=2016, factors={})
    parameters = replace(FEDERAL, age_curves=(*FEDERAL.age_curves[:1], none))
    assert (parameters.age_curve_of(2015), parameters.age_curve_of(2016)) == (FEDERAL.age_curves[0], None)


def test_ENR_17_the_federal_curve_of_children_is_another_from_plan_year_2018_on() -> None:
    before, since = FEDERAL.age_curve_of(2017), FEDERAL.age_curve_of(2018)
    assert before is not None and since is not None
    assert [float(before.factor_at(age)) for age in (0, 14, 15, 20, 21, 64)] == [0.635] * 4 + [1, 3]
    assert [float(since.factor_at(age)) for age in (0, 14, 15, 20, 21, 64)] == [
        0.765,
        0.765,
        0.833,
        0.97,
        1,
        3,
    ]
    assert all(before.factor_at(age) == since.factor_at(age) for age in range(21, 65))
    assert FEDERAL.age_curve_of(2013) is None


@pytest.mark.parametrize(
    ("factors", "problem"),
    [
        ({"21": Fraction(1)}, "must have its ages rise from 0"),
        ({"0": Fraction(1), "30": Fraction(1), "21": Fraction(1)}, "must have its ages rise from 0"),
        ({"0": Fraction(1), "10": Fraction(1)}, "has 10: it must be the first age of a band, 0 or 15 to 64"),
        (
            {"0": Fraction(1), "old": Fraction(1)},
            "has old: it must be the first age of a band, 0 or 15 to 64",
        ),
        ({"0": Fraction(0)}, "has 0 at 0: it must be above 0 and at most 10"),
    ],
)
def test_ENR_17_a_curve_has_a_factor_for_every_age(factors: dict[str, Fraction], problem: str) -> None:
    faults = AgeCurve(plan_year=2015, factors=factors).faults()
    assert [(each.problem, each.rule) for each in faults] == [(problem, "ENR-17")]
    assert AgeCurve(plan_year=2015, factors={}).faults() == []


def test_ENR_17_curves_begin_one_after_the_other_and_keep_within_the_ratio() -> None:
    steep = AgeCurve(plan_year=2020, factors={"0": Fraction(1), "64": Fraction(4)})
    flat = AgeCurve(plan_year=2020, factors={"0": Fraction(1)})
    (fault,) = replace(FEDERAL, age_curves=(steep,)).faults()
    assert (
        fault.problem
        == "of 2020 costs an adult more than 3 times another: it must keep within adult_age_ratio"
    )
    (fault,) = replace(FEDERAL, age_curves=(flat, flat)).faults()
    assert fault.problem == "must have its plan years rise: each curve is in force until the next one's"
