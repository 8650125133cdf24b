"""Rates by use of tobacco, where a state lets them differ: who is asked, what it costs, from when on (ENR-17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from bulkhead.contracts import wire
from bulkhead.kernel.errors import NotFound
from enrollment.application.import_crosswalk import import_crosswalk
from enrollment.application.offer_plan import AreaPrices
from enrollment.application.renew_policies import renew_policies
from enrollment.application.rerate_policies import Changed
from enrollment.application.state_tobacco_use import state_tobacco_use
from enrollment.domain.age_rates import AGE_BANDS, AgeRates, RatesRefused
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.endings import AskedBy
from enrollment.domain.events import ContactRecorded, PolicyChanged
from enrollment.domain.households import Household, Member, Relation
from enrollment.domain.months import PolicyVersion
from enrollment.domain.parameters import TobaccoRating
from enrollment.domain.people import Person
from enrollment.domain.tobacco import CannotStateTobaccoUse, TobaccoNotAsked, TobaccoStatement
from services.enrollment.tests.builders import DELAWARE, Desk, parameters_in, person
from services.enrollment.tests.catalog_rows import SILVER, all_ages, family_option, plan_row, rate_row
from services.enrollment.tests.rated import AGED, WORCESTER, by_age, massachusetts
from services.enrollment.tests.unit.test_catalog import refusal, take

DOVER = "10 Main Street, Dover DE 19901"
BY_TOBACCO = {"Tobacco": "Tobacco User/Non-Tobacco User"}


def user(name: str = "June Example", *, born: str = "1983-03-02", relation: Relation = "self") -> Person:
    """Return somebody who is said to use tobacco, 34 on January 1, 2018."""
    return replace(person(name, born=born, relation=relation), uses_tobacco=True)


def rates(year: int = 2018, *, none: int = 30000, tobacco: int | None = 39000) -> AreaPrices:
    """Return what 21 costs in Delaware who uses none, and who does."""
    return AreaPrices(
        plan_year=year,
        rating_area=1,
        monthly_cents={"21": none},
        tobacco_cents=None if tobacco is None else {"21": tobacco},
    )


async def delaware(*areas: AreaPrices) -> Desk:
    """Return a desk of Delaware in its open enrollment for 2018, with the plan in its catalog."""
    desk = Desk()
    desk.parameters = parameters_in(DELAWARE)
    desk.at(date(2017, 11, 3))
    await desk.offer(AGED, areas=areas or (rates(), rates(2019)))
    return desk


async def state(
    desk: Desk, uses: bool, since: date, *, member: str = "h-1", by: AskedBy = "household"
) -> Changed:
    """State whether a member uses tobacco from a day on."""
    statement = TobaccoStatement(member=member, since=since, uses=uses, by=by)
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        return await state_tobacco_use(uow, "h", statement, parameters=desk.parameters)


async def months(desk: Desk) -> dict[str, int]:
    return {str(each.month): each.net_cents for each in await desk.months(desk.policy("AGED"))}


async def test_ENR_17_who_uses_tobacco_costs_its_rate_and_who_does_not_the_other() -> None:
    desk = await delaware()
    # 34: 1.214 times 300.00 and 390.00; the spouse, 21: once; the child of 17 is of no age for it: 0.885 times 300.00
    people = [
        person("Al", born="1996-05-05", relation="spouse"),
        user("Bo", born="2000-06-06", relation="child"),
    ]
    await desk.register_at(DOVER, "h", user(), *people)
    await desk.select("AGED")
    (version,) = desk.database.rows(PolicyVersion)
    assert [each.cents for each in version.rates] == [47346, 30000, 26550]
    assert version.tobacco_users == ("h-1", "h-3")
    reason = next(each for each in desk.policy("AGED").reasons if each.rule == "ENR-17")
    assert reason.facts["tobacco_rated"] == "1"
    assert (
        "Of 1 the rate is that of who is 18 or older and used tobacco 4 or more times a week" in reason.says
    )
    assert "147.102(a)(1)(iv)" in reason.citation


async def test_ENR_8_assistance_is_as_much_for_who_uses_tobacco() -> None:
    desk = await delaware()
    await desk.register_at(DOVER, "h", user())
    await desk.change_assistance(date(2018, 1, 1), aptc=40000)
    await desk.select("AGED")
    policy = desk.policy("AGED")
    assert (policy.gross_cents, policy.aptc_cents, policy.net_cents) == (47346, 40000, 7346)


async def test_ENR_13_who_stops_costs_less_from_the_day_that_is_stated() -> None:
    desk = await delaware()
    await desk.register_at(DOVER, "h", user())
    await desk.covered("AGED")
    desk.at(date(2018, 4, 10))
    changed = await state(desk, False, date(2018, 5, 1))
    assert [each.gross_cents for each in changed.policies] == [36420]
    found = await months(desk)
    assert (found["2018-04"], found["2018-05"], found["2018-12"]) == (47346, 36420, 36420)
    (said,) = desk.said(PolicyChanged)
    assert (said.changed, said.since) == ("rates", date(2018, 5, 1))
    assert changed.reasons[0].facts == {"tobacco_since": "2018-05-01"}
    # and starts again, in mid-month: 14 days of 30 at 364.20 and 16 at 473.46
    await state(desk, True, date(2018, 6, 15))
    assert (await months(desk))["2018-06"] == 42247


async def test_ENR_13_the_last_statement_counts_for_all_days_it_speaks_of() -> None:
    desk = await delaware()
    await desk.register_at(DOVER, "h", person(born="1983-03-02"))
    await desk.covered("AGED")
    desk.at(date(2018, 4, 10))
    await state(desk, True, date(2018, 6, 1))
    await state(desk, False, date(2018, 5, 1))
    assert set((await months(desk)).values()) == {36420}
    await state(desk, True, date(2018, 1, 1), by="operator")
    assert set((await months(desk)).values()) == {47346}


async def test_ENR_13_a_household_states_nothing_of_days_gone_by() -> None:
    desk = await delaware()
    await desk.register_at(DOVER, "h", user())
    await desk.covered("AGED")
    desk.at(date(2018, 4, 10))
    with pytest.raises(CannotStateTobaccoUse) as refused:
        await state(desk, False, date(2018, 4, 9))
    assert refused.value.reasons[0].facts == {"would_do": "2018-04-10"}
    with pytest.raises(NotFound):
        await state(desk, False, date(2018, 5, 1), member="h-9")
    assert desk.said(PolicyChanged) == []


def told(desk: Desk) -> list[list[tuple[date | None, str]]]:
    """Return what carriers are told of each member's use of tobacco, as of the last version of the contact."""
    members = desk.said(ContactRecorded)[-1].members
    return [[(each.since, each.uses.reveal()) for each in member.tobacco] for member in members]


async def test_ENR_17_carriers_are_told_by_day_who_uses_tobacco_as_of_a_new_version_of_the_contact() -> None:
    desk = await delaware()
    await desk.register_at(DOVER, "h", user(), person("Al", born="1984-05-05", relation="spouse"))
    assert told(desk) == [[(None, "yes")], [(None, "no")]]
    await desk.covered("AGED")
    desk.at(date(2018, 4, 10))
    await state(desk, False, date(2018, 6, 1))
    assert told(desk) == [[(None, "yes"), (date(2018, 6, 1), "no")], [(None, "no")]]
    assert desk.said(ContactRecorded)[-1].contact_version == 2
    assert desk.said(PolicyChanged)[-1].contact_version == 2
    # of the days from May on the last statement counts, and says what that of June said
    await state(desk, False, date(2018, 5, 1))
    assert told(desk) == [[(None, "yes"), (date(2018, 5, 1), "no")], [(None, "no")]]
    assert (
        desk.database.rows(Household)[0].contact_version
        == desk.said(ContactRecorded)[-1].contact_version
        == 3
    )


async def test_ENR_17_a_statement_that_is_refused_makes_no_version_of_the_contact() -> None:
    desk = await delaware()
    await desk.register_at(DOVER, "h", user())
    desk.at(date(2018, 4, 10))
    with pytest.raises(CannotStateTobaccoUse):
        await state(desk, False, date(2018, 4, 9))
    assert [each.contact_version for each in desk.said(ContactRecorded)] == [1]


async def test_ENR_17_nobody_is_told_of_tobacco_where_no_rate_may_differ_by_it() -> None:
    desk = massachusetts(Desk())
    await desk.register_at(WORCESTER, "h", person())
    assert told(desk) == [[]]


async def test_ENR_17_no_event_but_the_contact_says_who_uses_tobacco() -> None:
    desk = await delaware()
    await desk.register_at(DOVER, "h", user())
    await desk.covered("AGED")
    desk.at(date(2018, 4, 10))
    await state(desk, False, date(2018, 5, 1))
    saying = {type(event) for event in desk.database.events if "tobacco" in wire.encode(event).decode()}
    assert saying == {ContactRecorded}
    assert "yes" not in repr(desk.said(ContactRecorded))


async def test_ENR_17_a_statement_that_changes_no_rate_makes_no_version() -> None:
    desk = await delaware(rates(tobacco=None))
    await desk.register_at(DOVER, "h", person(born="1983-03-02"))
    await desk.covered("AGED")
    desk.at(date(2018, 4, 10))
    changed = await state(desk, True, date(2018, 5, 1))
    assert (changed.policies, len(desk.database.rows(PolicyVersion))) == ((), 1)


async def test_ENR_14_a_renewal_rates_everybody_as_was_stated_for_january_1() -> None:
    desk = await delaware()
    await desk.register_at(DOVER, "h", user())
    await desk.covered("AGED")
    desk.at(date(2018, 10, 1))
    await state(desk, False, date(2019, 1, 1))
    desk.at(date(2018, 10, 14))
    entry = CrosswalkEntry(plan_year=2019, plan="AGED", next_plan="AGED", because="same-plan")
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await import_crosswalk(uow, [entry], year=2019)
        await renew_policies(uow, ["h"], year=2019, parameters=desk.parameters)
    before, after = desk.policies()
    # 35 by then: 1.222 times 300.00
    assert (before.gross_cents, after.gross_cents) == (47346, 36660)


async def test_ENR_17_who_comes_later_is_asked_too() -> None:
    desk = await delaware()
    await desk.register_at(DOVER, "h", person(born="1983-03-02"))
    await desk.covered("AGED")
    desk.at(date(2018, 7, 10))
    await desk.join(user("Al", born="1984-05-05", relation="spouse"), "marriage", date(2018, 7, 8))
    last = max(desk.database.rows(PolicyVersion), key=lambda each: each.number)
    # 34 by then: 1.214 times 390.00
    assert [each.cents for each in last.rates] == [36420, 47346]


async def test_ENR_17_nobody_is_asked_where_no_rate_may_differ() -> None:
    desk = massachusetts(Desk())
    with pytest.raises(TobaccoNotAsked) as refused:
        await desk.register_at(WORCESTER, "h", person(), user("Bo", born="2000-06-06", relation="child"))
    assert refused.value.field == "/members/1/uses_tobacco"
    assert desk.database.rows(Member) == []
    await desk.register_at(WORCESTER, "h", person())
    with pytest.raises(TobaccoNotAsked) as refused:
        await desk.join(user("Al", relation="spouse"), "marriage", date(2014, 12, 1))
    assert refused.value.field == "/person/uses_tobacco"
    with pytest.raises(TobaccoNotAsked) as refused:
        await state(desk, True, date(2015, 1, 1))
    assert refused.value.field == "/uses_tobacco"
    assert "176J" in refused.value.reasons[0].citation


@pytest.mark.parametrize("tobacco", [57511, 38339])
async def test_ENR_17_rates_by_tobacco_differ_as_far_as_the_state_allows(tobacco: int) -> None:
    desk = await delaware()
    (kept,) = (each for each in desk.database.rows(AgeRates) if each.plan_year == 2018)
    ages = dict(zip(AGE_BANDS, kept.cents, strict=True))
    # 40 costs 383.40 who uses none
    wrong = replace(rates(), monthly_cents=ages, tobacco_cents=ages | {"40": tobacco})
    with pytest.raises(RatesRefused) as refused:
        await desk.offer(AGED, areas=[wrong])
    assert refused.value.field == "/ages/0/tobacco_monthly_cents/40"
    (reason,) = refused.value.reasons
    assert (reason.facts["cents"], reason.facts["tobacco_most_cents"]) == ("38340", "57510")
    # what somebody under 18 would pay is no rate of anybody's
    await desk.offer(AGED, areas=[replace(wrong, tobacco_cents=ages | {"17": tobacco})])


async def test_ENR_17_a_file_has_rates_by_tobacco_where_they_may_differ() -> None:
    desk = massachusetts(Desk())
    desk.parameters = parameters_in(DELAWARE)
    one = rate_row(SILVER, "21", "300.00", **BY_TOBACCO, IndividualTobaccoRate="390.00")
    one |= {"RatingAreaId": "Rating Area 1"}
    (found,) = (await take(desk, [plan_row(SILVER)], [one])).rates
    assert (found.cents_at(34), found.tobacco_cents_at(34)) == (36420, 47346)
    # who is 17 is of no age for it
    assert (found.cents_at(17), found.tobacco_cents_at(17), found.tobacco_cents_at(18)) == (
        19050,
        19050,
        24765,
    )
    assert found.tobacco_from_age == 18


async def test_ENR_17_lines_whose_rates_by_tobacco_are_not_allowed_are_named() -> None:
    rows = all_ages()
    rows[20] |= BY_TOBACCO | {"IndividualTobaccoRate": "300.00"}
    rows[21] |= BY_TOBACCO | {"IndividualTobaccoRate": rows[21]["IndividualRate"]}
    rows[22] |= {"Tobacco": "perhaps"}
    rows[23] |= BY_TOBACCO
    said = await refusal([plan_row(SILVER)], rows)
    assert said == [
        f"rates, line 2: Age lacks 36, 37 of {SILVER} in Rating Area 2",
        "rates, line 24: Tobacco must be No Preference or Tobacco User/Non-Tobacco User",
        "rates, line 25: IndividualTobaccoRate must be an amount in dollars, such as 254.13",
    ]
    rows[22] |= {"Tobacco": "No Preference"}
    rows[23] |= {"Tobacco": "No Preference"}
    assert await refusal([plan_row(SILVER)], rows) == [
        f"rates, line 22: IndividualTobaccoRate of {SILVER} of 34 is 300.00, and must be 269.20: no rate differs by "
        "use of tobacco here"
    ]
    families = family_option(SILVER, **BY_TOBACCO, IndividualTobaccoRate="31.00")
    assert await refusal([plan_row(SILVER)], [families]) == [
        "rates, line 2: IndividualTobaccoRate must be IndividualRate: a tier has one price",
    ]


async def test_ENR_17_rates_that_are_the_same_for_all_are_kept_as_one() -> None:
    desk = massachusetts(Desk())
    alike = by_age()
    await desk.offer(AGED, areas=[replace(alike, tobacco_cents=alike.monthly_cents)])
    (found,) = desk.database.rows(AgeRates)
    assert (found.tobacco_cents, found.tobacco_from_age) == ((), None)


async def test_ENR_17_rates_by_tobacco_are_of_the_same_ages() -> None:
    with pytest.raises(RatesRefused) as refused:
        await delaware(replace(rates(), tobacco_cents={"22": 39000}))
    assert refused.value.field == "/ages/0/tobacco_monthly_cents"


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"most_times": Fraction(2)}, "most_times"),
        ({"most_times": Fraction(1)}, "most_times"),
        ({"from_age": 17}, "from_age"),
        ({"times_a_week": 3}, "times_a_week"),
        ({"within_months": 7}, "within_months"),
    ],
)
def test_ENR_17_the_terms_of_tobacco_are_within_what_the_law_allows(
    change: dict[str, Any], parameter: str
) -> None:
    terms = TobaccoRating(most_times=Fraction(3, 2), from_age=18, times_a_week=4, within_months=6)
    assert terms.faults() == []
    assert [each.parameter for each in replace(terms, **change).faults()] == [parameter]


def test_ENR_17_the_age_for_tobacco_in_delaware_is_21_since_july_16_2019() -> None:
    found = [parameters_in(DELAWARE).as_of(day).tobacco for day in (date(2019, 7, 15), date(2019, 7, 16))]
    assert [each.from_age for each in found if each is not None] == [18, 21]
