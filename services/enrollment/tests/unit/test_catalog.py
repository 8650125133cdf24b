"""A plan year's catalog as CMS publishes one: read line by line, taken whole or not at all (ENR-17)."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO

import pytest

from bulkhead.kernel.calendar import local
from enrollment.adapters.catalog_files import PLAN_COLUMNS, RATE_COLUMNS, read_plans, read_rates
from enrollment.application.import_catalog import check_catalog, import_catalog
from enrollment.domain.age_rates import AgeRates
from enrollment.domain.catalog import Catalog, CatalogReading, CatalogRefused
from enrollment.domain.plans import Plan
from services.enrollment.tests.builders import Desk, person
from services.enrollment.tests.catalog_rows import (
    DENTAL,
    SHOP,
    SILVER,
    SMILE,
    Row,
    all_ages,
    family_option,
    plan_row,
    rate_row,
    text_of,
)
from services.enrollment.tests.rated import WORCESTER, massachusetts


async def take(
    desk: Desk, plans: list[Row], rates: list[Row], *, do: str = "import", year: int = 2015
) -> Catalog:
    """Import a catalog, or only look at it."""
    reading = CatalogReading(year=year, parameters=desk.parameters.as_of(desk.now.date()))
    for plan in read_plans(text_of(plans, PLAN_COLUMNS), year=year, state="MA"):
        reading.take(plan)
    for rate in read_rates(text_of(rates, RATE_COLUMNS), year=year, state="MA"):
        reading.take(rate)
    async with desk.uows.begin(now=desk.now) as uow:
        return await (import_catalog if do == "import" else check_catalog)(uow, reading)


async def refusal(plans: list[Row], rates: list[Row]) -> list[str]:
    desk = massachusetts(Desk())
    with pytest.raises(CatalogRefused) as refused:
        await take(desk, plans, rates)
    assert desk.database.rows(Plan) == desk.database.rows(AgeRates) == []
    return str(refused.value).splitlines()


async def test_ENR_17_a_catalog_is_taken_as_cms_publishes_it_and_selected_from() -> None:
    desk = massachusetts(Desk())
    others = [
        plan_row(SHOP, MarketCoverage="SHOP (Small Group)"),
        plan_row("12345VT0010001", BusinessYear="2014"),
    ]
    variants = [plan_row(SILVER, PlanId=f"{SILVER}-{each}") for each in ("00", "06", "01", "04")]
    plans = [*variants, plan_row(SMILE, **DENTAL), *others]
    taken = await take(
        desk,
        plans,
        [*all_ages(), *all_ages(RatingAreaId="Rating Area 5"), family_option(), *all_ages(SHOP)],
    )
    assert [(each.plan, each.carrier, each.kind, each.rated_by) for each in taken.plans] == [
        (SILVER, "88806", "medical", "age"),
        (SMILE, "18076", "dental", "tier"),
    ]
    assert [(each.name, each.metal, each.variants) for each in taken.plans] == [
        ("Silver, 70%", "silver", ("01", "04", "06")),
        ("Smile", "high", ("01",)),
    ]
    assert [(each.plan, each.rating_area, each.cents[0], each.cents[-1]) for each in taken.rates] == [
        (SILVER, 2, 15020, 47300),
        (SILVER, 5, 15020, 47300),
    ]
    await desk.register_at(
        WORCESTER, "h", person(born="1980-03-02"), person("Al", relation="child", born="2010-01-01")
    )
    await desk.select(SILVER, SMILE)
    # 34: 1.346 times 200.00; a child: 0.751 times; a parent's dental plan 57.90
    assert [each.gross_cents for each in desk.policies()] == [26920 + 15020, 5790]


async def test_ENR_17_a_look_takes_nothing() -> None:
    desk = massachusetts(Desk())
    looked_at = await take(desk, [plan_row(SILVER)], all_ages(), do="look")
    assert len(looked_at.rates) == 1
    assert desk.database.rows(Plan) == desk.database.rows(AgeRates) == []


async def test_ENR_17_the_next_years_rates_leave_those_of_before() -> None:
    desk = massachusetts(Desk())
    await take(desk, [plan_row(SILVER), plan_row(SMILE, **DENTAL)], [*all_ages(), family_option()])
    year = {"BusinessYear": "2016"}
    period = year | {"RateEffectiveDate": "2016-01-01", "RateExpirationDate": "2016-12-31"}
    desk.now = local(desk.now.date().replace(year=2015), 10)
    await take(
        desk,
        [plan_row(SILVER, **year), plan_row(SMILE, **(DENTAL | year))],
        [*all_ages(**period), family_option(**(period | {"IndividualRate": "32.00"}))],
        year=2016,
    )
    assert [each.plan_year for each in desk.database.rows(AgeRates)] == [2015, 2016]
    (smile,) = [each for each in desk.database.rows(Plan) if each.plan == SMILE]
    assert [smile.monthly_cents("single", year=year) for year in (2015, 2016, 2017)] == [3000, 3200, 3000]


async def test_ENR_17_ages_as_they_were_named_until_2017_are_read() -> None:
    desk = massachusetts(Desk())
    old = [rate_row(SILVER, "0-20", "150.20"), *all_ages()[7:-1]]
    old += [rate_row(SILVER, "64", "473.00"), rate_row(SILVER, "65 and over", "473.00")]
    taken = await take(desk, [plan_row(SILVER)], old)
    assert (taken.rates[0].cents[:8], taken.rates[0].cents[-1]) == ((15020,) * 7 + (23660,), 47300)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"BusinessYear": "2014"}, "BusinessYear must be 2015"),
        ({"PlanId": "SILVER"}, "PlanId must be 14 characters such as 12345MA0010001"),
        ({"PlanId": SHOP}, f"PlanId {SHOP} is not in the plans file"),
        ({"RatingAreaId": "Worcester"}, "RatingAreaId must be such as Rating Area 1"),
        (
            {"RateEffectiveDate": "2015-04-01"},
            "RateEffectiveDate must be 2015-01-01: a rate is for the whole plan year",
        ),
        ({"Age": "14"}, "Age must be 0-14, 15 to 64 and over, or Family Option"),
        ({"Age": "30"}, f"Age 30 of {SILVER} has a rate before"),
        ({"IndividualRate": "twenty"}, "IndividualRate must be an amount in dollars, such as 254.13"),
        (
            {"IndividualRate": "9999"},
            "IndividualRate must be above 0 and below 9999: with that a plan is not offered",
        ),
        ({"Tobacco": "Tobacco User"}, "Tobacco must be No Preference or Tobacco User/Non-Tobacco User"),
        ({"Age": "Family Option"}, "Couple must be an amount in dollars, such as 254.13"),
    ],
)
async def test_ENR_17_a_line_that_cannot_be_meant_is_named_with_its_column(
    changed: Mapping[str, str], said: str
) -> None:
    rates = [*all_ages(), {**rate_row(SILVER, "31", "245.00"), **changed}]
    assert f"rates, line 53: {said}" in await refusal([plan_row(SILVER)], rates)


async def test_ENR_17_all_faults_of_both_files_are_said_at_once() -> None:
    plans = [
        plan_row(SILVER),
        plan_row(SILVER, IssuerId="11111", PlanId=f"{SILVER}-04"),
        plan_row(SMILE, DentalOnlyPlan="perhaps"),
        plan_row("88806MA0019999"),
    ]
    rates = [*all_ages()[:-3], *all_ages(RatingAreaId="Rating Area 9"), *all_ages("88806MA0010777")[:1]]
    assert await refusal(plans, rates) == [
        f"plans, line 3: IssuerId is not that of {SILVER} on line 2",
        "plans, line 4: DentalOnlyPlan must be Yes or No",
        f"rates, line 2: Age lacks 62, 63, 64 and over of {SILVER} in Rating Area 2",
        f"rates, line 50: RatingAreaId of {SILVER} must be one of 1, 2, 3, 4, 5, 6, 7",
        "rates, line 101: PlanId 88806MA0010777 is not in the plans file",
    ]


async def test_ENR_17_rates_beyond_what_the_state_allows_are_refused_at_their_first_line() -> None:
    dear = [*all_ages()[:-1], rate_row(SILVER, "64 and over", "473.21")]
    said = await refusal([plan_row(SILVER)], dear)
    assert said[0] == (
        f"rates, line 2: IndividualRate of {SILVER} must not be more than 2 times as high for one adult age as for "
        "another"
    )


async def test_ENR_17_a_plan_is_rated_in_one_way_and_has_rates() -> None:
    said = await refusal([plan_row(SILVER)], [*all_ages(), family_option(SILVER)])
    assert said == [f"rates, line 53: Age is Family Option, and {SILVER} has ages before"]
    assert await refusal([plan_row(SILVER)], []) == [
        f"plans, line 2: StandardComponentId {SILVER} has no rate"
    ]
    prices = [family_option(), family_option(RatingAreaId="Rating Area 5", IndividualRate="31.00")]
    assert await refusal([plan_row(SMILE, **DENTAL)], prices) == [
        "rates, line 3: IndividualRate differs from line 2: a plan with Family Option has one price everywhere"
    ]


async def test_ENR_17_a_plan_of_the_catalog_is_not_rated_otherwise_than_before() -> None:
    desk = massachusetts(Desk())
    await take(desk, [plan_row(SMILE, **DENTAL)], [family_option()])
    with pytest.raises(
        CatalogRefused, match=f"plans, line 2: StandardComponentId of {SMILE} is rated by age"
    ):
        await take(desk, [plan_row(SMILE, **DENTAL)], all_ages(SMILE))
    assert desk.database.rows(AgeRates) == []


async def test_ENR_17_what_is_sold_outside_the_exchange_alone_is_passed_over_with_its_rates() -> None:
    desk = massachusetts(Desk())
    plans = [plan_row(SILVER), plan_row(SMILE, PlanId=f"{SMILE}-00", **DENTAL)]
    taken = await take(desk, plans, [*all_ages(), family_option()])
    assert [each.plan for each in taken.plans] == [SILVER]
    said = await refusal([plan_row(SILVER, PlanId=f"{SILVER}-00")], all_ages())
    assert said == [
        "plans, line 1: StandardComponentId has no plan of the state's individual market that is sold on an exchange"
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"PlanId": f"{SMILE}-01"},
            f"plans, line 3: PlanId must be {SILVER}- and one of 00, 01, 02, 03, 04, 05, 06",
        ),
        ({}, f"plans, line 3: PlanId has the variant 01 of {SILVER} twice"),
        (
            {"PlanId": f"{SILVER}-04", "MetalLevel": "Gold"},
            f"plans, line 3: MetalLevel is not that of {SILVER} on line 2",
        ),
        (
            {"PlanId": f"{SILVER}-04", "MetalLevel": "Tin"},
            "plans, line 3: MetalLevel must be Platinum or Gold or Silver or Bronze or Expanded Bronze or "
            "Catastrophic or High or Low",
        ),
        (
            {"PlanId": f"{SILVER}-04", "PlanMarketingName": ""},
            "plans, line 3: PlanMarketingName must be 1 to 200 characters in one line",
        ),
    ],
)
async def test_ENR_17_a_variant_is_one_of_its_plan_and_named_once(
    changed: Mapping[str, str], said: str
) -> None:
    assert await refusal([plan_row(SILVER), plan_row(SILVER, **changed)], all_ages()) == [said]


async def test_ENR_17_a_plan_on_the_exchange_has_a_standard_variant() -> None:
    said = await refusal([plan_row(SILVER, PlanId=f"{SILVER}-04")], all_ages())
    assert said == [f"plans, line 2: PlanId lacks {SILVER}-01, the standard variant"]


def test_a_file_without_its_columns_or_in_another_encoding_is_named() -> None:
    faults = [str(each) for each in read_plans(StringIO("BusinessYear,StateCode\n"), year=2015, state="MA")]
    assert faults[0] == "plans, line 1: IssuerId is missing"
    assert len(faults) == len(PLAN_COLUMNS) - 2


async def test_no_more_than_a_hundred_faults_are_listed_and_the_others_counted() -> None:
    said = await refusal([plan_row(SILVER)], all_ages(IndividualRate="x") * 3)
    assert (len(said), said[-1]) == (101, "and 53 more")
