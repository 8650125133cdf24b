"""What a wrong departure called off before its binder was paid is made again when that is put right: once, and only
what it had called off (OPS-5, ENR-4, ENR-13).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from enrollment.application.age_out_children import AgeOutChildren
from enrollment.application.determine_medicaid import determine_medicaid, end_medicaid
from enrollment.domain.changes import with_assistance_again
from enrollment.domain.events import PlansSelected
from enrollment.domain.households import AssistanceChange, Household, MedicaidSpan, Member
from enrollment.domain.medicaid import Eligible
from services.enrollment.tests.builders import Desk, person
from services.enrollment.tests.correcting import Corrector


async def couple(selected_on: date) -> Desk:
    """Return a desk where a couple has selected a plan, and has not paid for it."""
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), person("Max Example", born="1979-01-05", relation="spouse"))
    await desk.at(selected_on).select("SILVER")
    return desk


async def in_medicaid(desk: Desk, member: str, begins: date) -> None:
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=(member,), begins=begins),
            parameters=desk.parameters,
        )


async def out_of_medicaid(desk: Desk, *members: str, through: date) -> None:
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await end_medicaid(
            uow, household="h", members=members or None, through=through, parameters=desk.parameters
        )


def standing(desk: Desk) -> list[str]:
    return sorted(each.lifecycle for each in desk.policies())


async def test_ENR_13_a_selection_that_a_wrong_death_called_off_is_made_again_with_the_correction() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER", "TEETH")
    await desk.at(date(2015, 12, 8)).leave("h-1", "death", date(2015, 12, 6))
    assert {each.lifecycle for each in desk.policies()} == {"canceled"}
    staff = Corrector(desk.at(date(2015, 12, 20)))
    made = await staff.redate_departure("h-1")
    # after December 15, and for January 1 all the same: it had been selected on the 3rd
    first, again = desk.said(PlansSelected)
    assert (again.selected_on, again.effective, again.correction) == (
        first.selected_on,
        first.effective,
        made.correction,
    )
    assert (again.entered_on, again.binder_required) == (date(2015, 12, 20), True)
    standing = [each for each in desk.policies() if each.lifecycle == "selected"]
    assert [each.plan for each in standing] == ["SILVER", "TEETH"]
    await desk.pay_binder(*standing)
    await staff.decide(await staff.reverse(made))
    assert {each.lifecycle for each in desk.policies()} == {"canceled"}


@pytest.mark.parametrize(("today", "standing"), [(date(2016, 12, 2), 2), (date(2016, 12, 3), 0)])
async def test_OPS_5_a_selection_of_too_long_ago_stays_called_off_where_nobody_died(
    today: date, standing: int
) -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER", "TEETH")
    await desk.at(date(2015, 12, 8)).leave("h-1", "death", date(2015, 12, 6))
    await Corrector(desk.at(today)).redate_departure("h-1")
    assert sum(each.lifecycle == "selected" for each in desk.policies()) == standing


async def test_ENR_13_of_two_wrong_deaths_undone_only_the_first_makes_a_selection_again() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), person("Max Example", born="1979-01-05", relation="spouse"))
    await desk.select("SILVER")
    await desk.at(date(2015, 12, 8)).leave("h-2", "death", date(2015, 12, 6))
    await desk.leave("h-1", "death", date(2015, 12, 7))
    staff = Corrector(desk)
    await staff.redate_departure("h-2")
    (standing,) = [each for each in desk.policies() if each.lifecycle == "selected"]
    assert (standing.members, standing.net_cents) == (("h-2",), 50000)
    await staff.redate_departure("h-1")
    (standing,) = [each for each in desk.policies() if each.lifecycle == "selected"]
    assert (standing.members, standing.net_cents) == (("h-1", "h-2"), 100000)


async def test_ENR_4_what_medicaid_called_off_is_not_made_again_because_somebody_had_not_left() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), person("Max Example", born="1979-01-05", relation="spouse"))
    await desk.at(date(2016, 1, 15)).select("SILVER")
    desk.at(date(2016, 1, 22))
    for member in ("h-1", "h-2"):
        await in_medicaid(desk, member, date(2016, 1, 1))
    assert {each.lifecycle for each in desk.policies()} == {"canceled"}
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await end_medicaid(
            uow, household="h", members=None, through=date(2016, 1, 31), parameters=desk.parameters
        )
    await desk.at(date(2016, 5, 19)).leave("h-2", "divorce", date(2016, 5, 17))
    await Corrector(desk.at(date(2016, 8, 26))).redate_departure("h-2")
    assert {each.lifecycle for each in desk.policies()} == {"canceled"}


@pytest.mark.parametrize("over", [False, True], ids=["medicaid goes on", "medicaid is over"])
async def test_ENR_13_a_selection_that_a_wrong_death_called_off_is_made_again_whatever_came_since(
    over: bool,
) -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), person("Max Example", born="1979-01-05", relation="spouse"))
    await desk.at(date(2016, 1, 15)).select("SILVER")
    await in_medicaid(desk.at(date(2016, 1, 22)), "h-2", date(2016, 1, 1))
    await desk.at(date(2016, 1, 25)).leave("h-1", "death", date(2016, 1, 20))
    if over:
        async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
            await end_medicaid(
                uow, household="h", members=("h-2",), through=date(2016, 1, 31), parameters=desk.parameters
            )
    await Corrector(desk.at(date(2016, 1, 28))).redate_departure("h-1")
    assert [each.lifecycle for each in desk.policies()] == ["canceled", "selected"]


async def test_ENR_4_what_was_called_off_before_a_wrong_departure_was_told_is_not_made_again() -> None:
    desk = await couple(date(2016, 1, 15))
    await in_medicaid(desk.at(date(2016, 1, 16)), "h-2", date(2016, 1, 1))
    await desk.at(date(2016, 1, 22)).leave("h-1", "death", date(2016, 1, 20))
    assert standing(desk) == ["canceled"]
    await out_of_medicaid(desk, "h-2", through=date(2016, 1, 31))
    # the one who is left seems to have died, too, before coverage would have begun
    await desk.at(date(2016, 2, 5)).leave("h-2", "death", date(2016, 1, 30))
    await Corrector(desk.at(date(2016, 2, 8))).redate_departure("h-2")
    assert standing(desk) == ["canceled"]


async def test_ENR_13_somebody_in_medicaid_who_seemed_to_have_left_took_nothing_from_a_selection() -> None:
    desk = await couple(date(2016, 1, 15))
    await in_medicaid(desk.at(date(2016, 1, 16)), "h-2", date(2016, 1, 1))
    await desk.at(date(2016, 1, 21)).leave("h-2", "death", date(2016, 1, 19))
    await desk.at(date(2016, 1, 22)).leave("h-1", "death", date(2016, 1, 20))
    await Corrector(desk.at(date(2016, 1, 25))).redate_departure("h-2")
    assert standing(desk) == ["canceled"]


@pytest.mark.parametrize("how", ["ended by request", "lapsed"])
async def test_OPS_5_what_was_made_again_and_ended_is_not_made_a_third_time(how: str) -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER")
    await desk.at(date(2015, 12, 8)).leave("h-1", "death", date(2015, 12, 6))
    staff = Corrector(desk.at(date(2015, 12, 20)))
    await staff.redate_departure("h-1")
    (again,) = [each for each in desk.policies() if each.lifecycle == "selected"]
    if how == "lapsed":
        await desk.at(date(2016, 2, 1)).lapse_binder(again, due=date(2016, 1, 31))
    else:
        await desk.at(date(2015, 12, 22)).end(date(2015, 12, 31))
    assert standing(desk) == ["canceled", "canceled"]
    await desk.at(date(2016, 2, 5)).leave("h-1", "death", date(2015, 12, 30))
    desk.at(date(2016, 2, 8))
    await staff.redate_departure("h-1")
    assert standing(desk) == ["canceled", "canceled"]


async def test_OPS_5_what_was_made_again_for_the_one_and_ended_is_not_made_again_for_the_other() -> None:
    desk = await couple(date(2015, 12, 3))
    await desk.at(date(2015, 12, 8)).leave("h-2", "death", date(2015, 12, 6))
    await desk.leave("h-1", "death", date(2015, 12, 7))
    staff = Corrector(desk)
    await staff.redate_departure("h-2")
    await desk.at(date(2015, 12, 10)).end(date(2015, 12, 31))
    await staff.redate_departure("h-1")
    assert standing(desk) == ["canceled", "canceled"]


async def test_ENR_13_what_was_made_again_is_made_again_where_another_wrong_death_called_it_off() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER")
    staff = Corrector(desk)
    for day in (8, 12):
        await desk.at(date(2015, 12, day)).leave("h-1", "death", date(2015, 12, day - 1))
        desk.at(date(2015, 12, day + 2))
        await staff.redate_departure("h-1")
    assert standing(desk) == ["canceled", "canceled", "selected"]


async def test_ENR_13_a_selection_called_off_by_a_wrong_death_after_its_first_day_is_made_again() -> None:
    desk = await couple(date(2016, 1, 15))  # for February 1
    await in_medicaid(desk, "h-2", date(2016, 2, 1))
    await desk.at(date(2016, 2, 4)).leave("h-1", "death", date(2016, 2, 3))
    assert standing(desk) == ["canceled"]
    staff = Corrector(desk.at(date(2016, 2, 6)))
    # another day of the death would have called off what waited for its binder just so
    await staff.redate_departure("h-1", "death", date(2016, 2, 2))
    assert standing(desk) == ["canceled"]
    await staff.redate_departure("h-1")
    assert standing(desk) == ["canceled", "selected"]
    (again,) = [each for each in desk.policies() if each.lifecycle == "selected"]
    assert (again.effective, again.members) == (date(2016, 2, 1), ("h-1",))


async def test_ENR_13_a_selection_that_a_wrong_birth_date_called_off_is_made_again() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), person("Kim Example", born="1990-02-10", relation="child"))
    await desk.at(date(2016, 1, 15)).select("SILVER")  # for February 1
    await in_medicaid(desk.at(date(2016, 1, 16)), "h-1", date(2016, 1, 1))
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await AgeOutChildren(desk.parameters).run(uow, date(2016, 1, 16), ["h"])
    assert standing(desk) == ["canceled"]
    await Corrector(desk.at(date(2016, 1, 20))).correct_birth_date("h-2", "1992-02-10")
    assert standing(desk) == ["canceled", "selected"]


@pytest.mark.parametrize(("lacks", "aptc"), [((), 0), (("h-1",), 20000)])
async def test_ENR_4_assistance_that_ended_before_a_wrong_departure_was_told_stays_ended(
    lacks: tuple[str, ...], aptc: int
) -> None:
    desk = Desk()
    await desk.register("h", aptc=20000)
    (found,), (lives,) = desk.database.rows(Household), desk.database.rows(Member)
    # a pack where plans last through the first month of Medicaid, which was over with it
    span = MedicaidSpan(begins=date(2016, 4, 1), off_plans=date(2016, 5, 1), through=date(2016, 4, 30))
    lives = replace(lives, medicaid=(span,))
    none = AssistanceChange(
        since=date(2016, 5, 1), aptc_cents=0, subsidy_cents=0, because="medicaid", lacks=lacks
    )
    known = replace(found, assistance_changes=(none,))
    died = replace(lives, left=date(2016, 4, 21), left_for="death")
    again = with_assistance_again(known, members=[lives], recorded=[died])
    assert again.assistance_on(date(2016, 5, 1)).aptc_cents == aptc
