"""Children who grow too old are taken out ahead of time, and their households are told (ENR-13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.application.age_out_children import AgeOutChildren
from enrollment.application.determine_medicaid import determine_medicaid
from enrollment.domain.ages import aged_out, last_birth_too_old, last_day_as_child, told_on
from enrollment.domain.changes import CannotLeave
from enrollment.domain.corrections import Correction
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import ChildrenAgeOut, ContactRecorded, PolicyChanged, PolicyTerminated
from enrollment.domain.households import Member
from enrollment.domain.medicaid import Eligible
from enrollment.domain.parameters import ChildLeaves, EnrollmentParameters
from enrollment.domain.people import Person, TooOldForChild
from enrollment.domain.renewals import Renewal
from services.enrollment.tests.builders import PARAMETERS, Desk, person
from services.enrollment.tests.correcting import Corrector
from services.enrollment.tests.renewing import ALL, OCTOBER, SILVER, Season, dearer

TODAY = date(2016, 1, 1)
MONTH_END = PARAMETERS.as_of(TODAY)
YEAR_END = replace(MONTH_END, child_leaves="year_end")
SPOUSE = person("Sam Example", born="1965-01-01", relation="spouse")
SUBSCRIBER = person(born="1962-03-02")
KIM = person("Kim Example", born="1990-05-05", relation="child")
LEE = person("Lee Example", born="2001-05-05", relation="child")


async def covered(*people: Person, on: date = date(2015, 12, 3)) -> Desk:
    """Return a desk whose household h has SILVER from January 1, paid for."""
    desk = Desk().at(on)
    await desk.offer()
    await desk.register("h", *people)
    await desk.covered("SILVER")
    return desk


async def perform(desk: Desk, on: date, *, chunk: int = 500, hour: int = 1) -> list[str]:
    """Do the duty of a day as the runner does; return the households it had work for."""
    duty = AgeOutChildren(desk.parameters)
    desk.at(on, hour)
    done: list[str] = []
    while True:
        async with desk.uows.begin(now=desk.now) as uow:
            found = await duty.households(uow, on, done[-1] if done else "", chunk)
        if not found:
            return done
        async with desk.uows.begin(now=desk.now, households=found) as uow:
            await duty.run(uow, on, found)
        done += found


async def in_medicaid(desk: Desk, *members: str) -> None:
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        found = Eligible(members=members, begins=date(2016, 2, 1))
        await determine_medicaid(uow, household="h", eligible=found, parameters=desk.parameters)


async def net(desk: Desk) -> list[int]:
    return [each.net_cents for each in await desk.months(desk.policy())]


@pytest.mark.parametrize(
    ("born", "parameters", "last"),
    [
        (date(1990, 5, 5), MONTH_END, date(2016, 5, 31)),
        (date(1990, 5, 1), MONTH_END, date(2016, 5, 31)),
        (date(1990, 5, 31), MONTH_END, date(2016, 5, 31)),
        (date(1988, 2, 29), MONTH_END, date(2014, 2, 28)),
        (date(1990, 5, 5), YEAR_END, date(2016, 12, 31)),
        (date(1990, 12, 31), YEAR_END, date(2016, 12, 31)),
    ],
)
def test_ENR_13_a_child_is_covered_through_the_month_or_the_year_of_the_birthday(
    born: date, parameters: EnrollmentParameters, last: date
) -> None:
    assert last_day_as_child(born, parameters) == last
    assert told_on(born, parameters) == last - timedelta(days=60)


@given(
    born=st.dates(date(1985, 1, 1), date(2010, 12, 31)),
    by=st.dates(date(2010, 1, 1), date(2040, 12, 31)),
    leaves=st.sampled_from(["month_end", "year_end"]),
)
def test_ENR_13_whoever_is_too_old_by_a_day_is_found_by_the_date_of_birth(
    born: date, by: date, leaves: ChildLeaves
) -> None:
    parameters = replace(MONTH_END, child_leaves=leaves)
    assert (born <= last_birth_too_old(by, parameters)) == (last_day_as_child(born, parameters) <= by)


async def test_ENR_13_a_child_who_will_be_26_leaves_at_the_end_of_the_month_and_that_is_told_60_days_ahead() -> (
    None
):
    desk = await covered(SUBSCRIBER, SPOUSE, KIM)
    assert await perform(desk, date(2016, 3, 31)) == []
    assert await perform(desk, date(2016, 4, 1)) == ["h"]
    assert [each.left for each in desk.database.rows(Member)] == [None, None, date(2016, 6, 1)]
    assert await net(desk) == [150000] * 5 + [100000] * 7
    (said,) = desk.said(PolicyChanged)
    assert (said.since, said.changed) == (date(2016, 6, 1), "members")
    assert [each.members for each in said.versions] == [("h-1", "h-2")]
    assert desk.said(ChildrenAgeOut) == [
        ChildrenAgeOut(
            household="h",
            contact_version=1,
            members=("h-3",),
            age_limit=26,
            through=date(2016, 5, 31),
            select_from=date(2016, 4, 1),
            select_until=date(2016, 7, 30),
        )
    ]
    assert await perform(desk, date(2016, 4, 2)) == []


async def test_ENR_13_the_reason_has_the_pack_s_citation() -> None:
    desk = await covered(SUBSCRIBER, KIM)
    await perform(desk, date(2016, 4, 1))
    leaving = [each for each in desk.database.rows(Member) if each.left]
    (reason,) = aged_out(leaving, MONTH_END)
    assert (reason.rule, reason.citation) == ("ENR-13", MONTH_END.citation("child_leaves"))
    assert reason.citation
    assert reason.facts["from"] == "2016-06-01"


async def test_ENR_13_the_others_of_the_household_stay_and_the_price_follows_who_is_left() -> None:
    desk = await covered(SUBSCRIBER, KIM, LEE)
    await perform(desk, date(2016, 4, 1))
    # parent either way: 2 x 500.00
    assert await net(desk) == [100000] * 12
    (said,) = desk.said(PolicyChanged)
    assert [each.members for each in said.versions] == [("h-1", "h-3")]
    assert [each.rule for each in desk.policy().reasons[-2:]] == ["ENR-13", "ENR-8"]
    assert desk.policy().decisions[-1].reasons == 2


async def test_ENR_13_the_duty_does_each_household_once_in_chunks() -> None:
    desk = Desk()
    await desk.offer()
    for name in ("a", "b", "c"):
        await desk.register(name, SUBSCRIBER, KIM)
        await desk.covered("SILVER", household=name)
    assert await perform(desk, date(2016, 4, 1), chunk=1) == ["a", "b", "c"]
    assert await perform(desk, date(2016, 4, 1)) == []
    assert len(desk.said(ChildrenAgeOut)) == 3


async def test_ENR_13_a_chunk_is_filled_past_households_whose_child_is_the_subscriber() -> None:
    desk = Desk()
    await desk.offer()
    for name in ("a", "b", "c", "d"):
        await desk.register(name, SUBSCRIBER, KIM)
    for name in ("a", "c"):
        await desk.leave(f"{name}-1", "death", date(2015, 12, 1), household=name)
    assert await perform(desk, date(2016, 4, 1), chunk=2) == ["b", "d"]


async def test_ENR_13_next_work_is_the_day_on_which_the_oldest_child_is_told_of() -> None:
    desk = await covered(SUBSCRIBER, LEE, KIM)
    duty = AgeOutChildren(desk.parameters)
    async with desk.uows.begin(now=desk.now) as uow:
        assert await duty.next_work(uow, TODAY) == date(2016, 4, 1)
    alone = await covered()
    async with alone.uows.begin(now=alone.now) as uow:
        assert await duty.next_work(uow, TODAY) is None


async def test_ENR_13_who_has_no_coverage_yet_is_told_too_and_selects_without_the_child_from_then_on() -> (
    None
):
    desk = Desk()
    await desk.offer()
    await desk.register("h", SUBSCRIBER, KIM)
    await perform(desk, date(2016, 4, 1))
    assert len(desk.said(ChildrenAgeOut)) == 1
    desk.at(date(2016, 4, 10))
    await desk.select("SILVER", event=QualifyingEvent(kind="move", on=date(2016, 4, 2)))
    assert await net(desk) == [100000] + [50000] * 7


async def test_ENR_13_two_children_who_leave_on_one_day_are_told_of_together() -> None:
    twin = person("Max Example", born="1990-05-05", relation="child")
    later = person("Pat Example", born="1990-06-05", relation="child")
    desk = await covered(SUBSCRIBER, KIM, twin, later)
    await perform(desk, date(2016, 5, 1))  # the day of before was missed
    assert [(each.members, each.through) for each in desk.said(ChildrenAgeOut)] == [
        (("h-2", "h-3"), date(2016, 5, 31)),
        (("h-4",), date(2016, 6, 30)),
    ]


async def test_ENR_13_who_is_found_too_late_stays_to_the_end_of_the_month() -> None:
    desk = await covered(SUBSCRIBER, KIM)
    await perform(desk, date(2016, 8, 9))
    assert await net(desk) == [100000] * 8 + [50000] * 4


async def test_ENR_13_a_child_who_is_the_subscriber_is_nobody_s_child_and_stays() -> None:
    desk = await covered(SUBSCRIBER, KIM, LEE)
    desk.at(date(2016, 2, 1))
    await desk.leave("h-1", "death", date(2016, 1, 31), responsible="Pat Guardian")
    assert await perform(desk, date(2016, 4, 1)) == []
    assert desk.said(ChildrenAgeOut) == []
    assert [each.left for each in desk.database.rows(Member)][1:] == [None, None]
    async with desk.uows.begin(now=desk.now) as uow:
        told = await AgeOutChildren(desk.parameters).next_work(uow, date(2016, 4, 1))
    assert told == told_on(date(2001, 5, 5), MONTH_END)


async def test_ENR_13_nobody_is_registered_as_a_child_who_is_too_old() -> None:
    desk = Desk().at(date(2016, 6, 1))
    with pytest.raises(TooOldForChild) as refused:
        await desk.register("h", SUBSCRIBER, KIM)
    assert refused.value.field == "/members/1/born"
    assert refused.value.reasons[0].rule == "ENR-13"
    assert "household of their own" in refused.value.reasons[0].says
    await desk.at(date(2016, 5, 31)).register("h", SUBSCRIBER, KIM)


async def test_ENR_13_no_age_is_told_of_that_is_later_than_the_limit() -> None:
    desk = await covered(SUBSCRIBER, KIM)
    with pytest.raises(CannotLeave) as refused:
        await desk.leave("h-2", "age", date(2016, 6, 1))
    assert refused.value.field == "/on"
    assert "2016-05-31" in refused.value.reasons[0].says
    await desk.leave("h-2", "age", date(2016, 5, 31))


async def test_ENR_13_no_age_is_told_of_that_a_child_does_not_reach_by_then() -> None:
    desk = await covered(SUBSCRIBER, KIM, LEE)
    for member, on, would_do in (
        ("h-3", date(2016, 5, 31), "2027-05-31"),
        ("h-2", date(2016, 5, 4), "2016-05-31"),
    ):
        with pytest.raises(CannotLeave) as refused:
            await desk.leave(member, "age", on)
        assert refused.value.field == "/on"
        (reason,) = refused.value.reasons
        assert (reason.rule, reason.facts["would_do"]) == ("ENR-13", would_do)
    assert [each.left for each in desk.database.rows(Member)] == [None] * 3
    await desk.leave("h-2", "age", date(2016, 5, 5))


async def test_ENR_13_a_child_in_medicaid_is_told_of_no_plan_that_it_is_not_in() -> None:
    desk = await covered(SUBSCRIBER, KIM)
    await in_medicaid(desk, "h-2")
    await perform(desk, date(2016, 4, 1))
    assert desk.said(ChildrenAgeOut) == []
    assert [each.left for each in desk.database.rows(Member)] == [None, date(2016, 6, 1)]


async def test_ENR_14_who_will_be_too_old_on_january_1_is_not_renewed_with_the_household() -> None:
    december = person("Kim Example", born="1990-12-20", relation="child")
    desk = Season()
    await desk.offer(dearer(SILVER, year=2017, single=54000))
    await desk.register("h", SUBSCRIBER, december)
    await desk.covered("SILVER")
    desk.at(OCTOBER)
    await desk.crosswalk(*ALL[:1])
    await desk.renew("plan")
    assert [(each.state, each.net_cents) for each in desk.database.rows(Renewal)] == [("planned", 54000)]
    assert desk.said(ChildrenAgeOut) == []
    await desk.renew()
    prior, renewed = desk.policies()
    assert (prior.members, renewed.members) == (("h-1", "h-2"), ("h-1",))
    assert (renewed.tier, renewed.net_cents) == ("single", 54000)
    (said,) = desk.said(ChildrenAgeOut)
    assert (said.through, said.members) == (date(2016, 12, 31), ("h-2",))
    assert await perform(desk, date(2016, 11, 1)) == []


async def test_ENR_13_a_child_who_was_found_too_late_keeps_no_newborn_out() -> None:
    desk = await covered(SUBSCRIBER, KIM)
    desk.at(date(2016, 8, 9))
    too_old = person("Ada Example", born="1989-01-01", relation="child")
    with pytest.raises(TooOldForChild) as refused:
        await desk.join(too_old, "adoption", date(2016, 8, 1))
    assert refused.value.field == "/person/born"
    await desk.join(person("Bo Example", born="2016-08-01", relation="child"), "birth", date(2016, 8, 1))
    changed = desk.said(PolicyChanged)[-1]
    assert [(each.since, each.members) for each in changed.versions] == [
        (date(2016, 8, 1), ("h-1", "h-2", "h-3")),
        (date(2016, 9, 1), ("h-1", "h-3")),
    ]


async def test_ENR_13_who_applies_with_a_child_soon_too_old_selects_without_it() -> None:
    desk = await covered(SUBSCRIBER, person("Kim Example", born="1989-12-28", relation="child"))
    (told,) = desk.said(ChildrenAgeOut)
    assert (told.members, told.through) == (("h-2",), date(2015, 12, 31))
    assert (desk.policy().members, await net(desk)) == (("h-1",), [50000] * 12)


async def test_ENR_13_plans_end_with_the_last_child_in_them_whose_parent_is_in_medicaid() -> None:
    desk = await covered(SUBSCRIBER, KIM, LEE)
    await in_medicaid(desk, "h-1", "h-3")
    await perform(desk, date(2016, 4, 1))
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 5, 31))
    assert await net(desk) == [100000] + [50000] * 4
    assert desk.policy().reasons[-1].rule == "ENR-13"
    assert [each.through for each in desk.said(ChildrenAgeOut)] == [date(2016, 5, 31)]
    (said,) = desk.said(PolicyTerminated)
    assert (said.through, said.reason) == (date(2016, 5, 31), "age")


async def test_ENR_14_what_the_last_child_loses_in_the_year_is_not_renewed() -> None:
    november = person("Kim Example", born="1990-11-20", relation="child")
    desk = Season()
    await desk.offer(dearer(SILVER, year=2017, single=54000))
    await desk.register("h", SUBSCRIBER, november)
    await desk.covered("SILVER")
    await in_medicaid(desk.at(date(2016, 1, 20)), "h-1")
    desk.at(OCTOBER)
    await desk.crosswalk(*ALL[:1])
    await desk.renew()
    assert [(each.effective.year, each.through) for each in desk.policies()] == [(2016, date(2016, 11, 30))]


async def test_ENR_13_plans_end_with_the_last_child_whom_the_household_takes_out_for_its_age() -> None:
    desk = await covered(SUBSCRIBER, KIM)
    await in_medicaid(desk, "h-1")
    await desk.leave("h-2", "age", date(2016, 5, 31))
    assert (desk.policy().end_reason, desk.policy().through) == ("age", date(2016, 5, 31))
    assert desk.policy().reasons[-1].facts["kind"] == "age"


async def corrected(desk: Desk, kim: str, born: str) -> tuple[Corrector, Correction]:
    """Let staff correct when Kim was born, with whatever approval that takes."""
    staff = Corrector(desk)
    made = await staff.correct_birth_date(kim, born)
    return staff, await staff.decide(made) if made.state == "requested" else made


async def left(desk: Desk) -> list[date | None]:
    return [each.left for each in desk.database.rows(Member)]


async def test_ENR_13_a_child_who_is_found_to_be_older_leaves_earlier_than_was_told() -> None:
    desk = await covered(SUBSCRIBER, SPOUSE, KIM)
    await perform(desk, date(2016, 4, 1))
    assert await left(desk) == [None, None, date(2016, 6, 1)]
    staff, made = await corrected(desk.at(date(2016, 4, 5)), "h-3", "1990-04-03")
    assert await left(desk) == [None, None, date(2016, 5, 1)]
    assert desk.said(ChildrenAgeOut)[-1].through == date(2016, 4, 30)
    assert await net(desk) == [150000] * 4 + [100000] * 8
    assert (await staff.reverse(made)).state == "applied"
    assert await left(desk) == [None, None, date(2016, 6, 1)]
    assert await net(desk) == [150000] * 5 + [100000] * 7
    # whoever is told of a change is told who the people are, too
    told = {each.contact_version for each in desk.said(ContactRecorded)}
    assert {each.contact_version for each in desk.said(PolicyChanged)} <= told


async def test_ENR_13_a_child_who_is_found_to_be_younger_stays_though_told_of() -> None:
    desk = await covered(SUBSCRIBER, KIM, LEE)
    before = await net(desk)
    await perform(desk, date(2016, 4, 1))
    await corrected(desk.at(date(2016, 4, 5)), "h-2", "1990-09-03")
    assert await left(desk) == [None, None, None]
    assert await net(desk) == before
    assert await perform(desk, date(2016, 8, 1)) == ["h"]
    assert await left(desk) == [None, date(2016, 10, 1), None]


async def test_ENR_13_plans_go_on_with_a_last_child_who_is_found_to_be_younger() -> None:
    desk = await covered(SUBSCRIBER, KIM)
    await in_medicaid(desk.at(date(2016, 1, 20)), "h-1")
    await perform(desk, date(2016, 4, 1))
    assert desk.policy().through == date(2016, 5, 31)
    await corrected(desk.at(date(2016, 4, 5)), "h-2", "1990-09-03")
    assert desk.policy().through is None
    await perform(desk, date(2016, 8, 1))
    assert desk.policy().through == date(2016, 9, 30)
