"""What a plan would cost a household from a day on: as a selection of it alone would say (ENR-8, ENR-17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from enrollment.application.list_offers import list_offers
from enrollment.domain.choices import NobodyToCover
from enrollment.domain.determination import CsrVariant, Determination
from enrollment.domain.households import Household, Member
from enrollment.domain.offers import Offer
from enrollment.domain.plans import Kind
from services.enrollment.tests.builders import Desk, person
from services.enrollment.tests.rated import AGED, BOSTON, WORCESTER, by_age, rated

JANUARY = date(2015, 1, 1)
SMILE = replace(
    AGED,
    plan="SMILE",
    kind="dental",
    single_cents=3000,
    couple_cents=6000,
    parent_cents=5790,
    family_cents=8430,
    rated_by="tier",
)


async def offers(
    desk: Desk,
    *,
    effective: date = JANUARY,
    kind: Kind | None = None,
    after: str = "",
    limit: int = 10,
) -> list[Offer]:
    async with desk.uows.begin(now=desk.now) as uow:
        return await list_offers(
            uow, "h", effective=effective, kind=kind, after=after, limit=limit, parameters=desk.parameters
        )


async def worcester() -> Desk:
    """Who lives in Worcester, 34 on January 1, with a child of 4, at a plan rated by age and a dental one by tier."""
    desk = await rated()
    await desk.offer(SMILE)
    people = person(born="1980-03-02"), person("Al", relation="child", born="2010-01-02")
    await desk.register_at(WORCESTER, "h", *people)
    return desk


async def test_ENR_17_plans_cost_what_each_ones_age_and_the_place_make_of_them() -> None:
    aged, smile = await offers(await worcester())
    assert aged.gross is not None and aged.premium is not None
    # 34: 1.346 times 200.00; a child: 0.751 times
    assert (aged.gross.rating_area, [each.cents for each in aged.gross.rates]) == (2, [26920, 15020])
    assert (aged.premium.gross_cents, aged.premium.net_cents) == (41940, 41940)
    assert [each.rule for each in aged.reasons] == ["ENR-17"]
    assert smile.premium is not None
    assert (smile.premium.net_cents, smile.reasons) == (5790, ())


async def test_ENR_17_a_birthday_before_the_first_day_counts_and_the_years_rates_do() -> None:
    desk = await worcester()
    await desk.offer(AGED, areas=[by_age(2016, base=25000)])
    (aged,) = await offers(desk, effective=date(2016, 4, 1), kind="medical")
    # 36: 1.358 times 250.00; a child: 0.751 times, 187.75
    assert aged.gross is not None and [each.cents for each in aged.gross.rates] == [33950, 18775]


async def test_ENR_17_a_plan_without_a_rate_for_the_place_is_shown_with_why() -> None:
    desk = await rated(by_age())
    await desk.register_at(BOSTON, "h", person(born="1980-03-02"))
    (aged,) = await offers(desk)
    assert (aged.gross, aged.premium) == (None, None)
    assert [(each.rule, each.facts["unrated"]) for each in aged.reasons] == [("ENR-17", "AGED")]


async def test_ENR_8_assistance_goes_to_what_is_held_first_and_the_rest_to_what_is_looked_at() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register(aptc=51000, subsidy=500)
    assert await nets(desk) == {"GOLD": 18500, "SILVER": 0, "TEETH": 0}
    await desk.select("SILVER")
    # 500.00 of the 510.00 is SILVER's now: 30.00 less 10.00 and 5.00
    assert await nets(desk) == {"GOLD": 18500, "SILVER": 0, "TEETH": 1500}
    (teeth,) = await offers(desk, effective=date(2016, 1, 1), kind="dental")
    assert [(each.rule, each.facts["net_cents"]) for each in teeth.reasons] == [("ENR-8", "1500")]


async def nets(desk: Desk) -> dict[str, int | None]:
    """Return what each plan would cost from January 2016 on."""
    found = await offers(desk, effective=date(2016, 1, 1))
    return {each.plan.plan: None if each.premium is None else each.premium.net_cents for each in found}


@pytest.mark.parametrize(
    ("granted", "has"), [(None, "01"), ("01", "01"), ("05", "05"), ("02", "01")], ids=str
)
async def test_ENR_10_the_variant_is_the_one_the_hub_grants_where_the_plan_has_it(
    granted: CsrVariant | None, has: CsrVariant
) -> None:
    desk = await worcester()
    await desk.offer(replace(AGED, variants=("01", "04", "05", "06")), areas=[by_age()])
    if granted is not None:
        (household,) = desk.database.rows(Household)
        said = Determination(
            aptc_cents=0,
            subsidy_cents=0,
            csr_variant=granted,
            income_confirmed=True,
            citizenship_confirmed=True,
            incarcerated=False,
            medicaid=False,
        )
        async with desk.uows.begin(now=desk.now) as uow:
            await uow.records(Household).put([replace(household, determination=said)])
    aged, smile = await offers(desk)
    assert (aged.variant, smile.variant) == (has, None)


async def test_ENR_17_plans_come_a_page_at_a_time_those_of_another_year_left_out() -> None:
    desk = await worcester()
    for number in range(5):
        await desk.offer(replace(SMILE, plan=f"SMILE-{number}", plan_year=2014 if number % 2 else 2015))
    names = [each.plan.plan for each in await offers(desk)]
    assert names == ["AGED", "SMILE", "SMILE-0", "SMILE-2", "SMILE-4"]
    for limit in range(1, 6):
        assert [each.plan.plan for each in await offers(desk, limit=limit)] == names[:limit]
        paged = await offers(desk, after="SMILE", limit=limit)
        assert [each.plan.plan for each in paged] == names[2 : 2 + limit]


async def test_ENR_13_what_it_costs_to_cover_nobody_is_not_shown() -> None:
    desk = await worcester()
    async with desk.uows.begin(now=desk.now) as uow:
        await uow.records(Member).put([replace(each, left=JANUARY) for each in desk.database.rows(Member)])
    with pytest.raises(NobodyToCover):
        await offers(desk)
