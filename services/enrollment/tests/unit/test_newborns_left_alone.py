"""A child born before coverage ends for want of people is covered, whichever is told of first (ENR-13, ENR-3)."""

from __future__ import annotations

from datetime import date

import pytest

from enrollment.application.determine_medicaid import determine_medicaid
from enrollment.domain.changes import CannotJoin
from enrollment.domain.effective_dates import OutsideEnrollment
from enrollment.domain.events import PolicyReinstated, PolicyTerminated
from enrollment.domain.households import Contact, Household
from enrollment.domain.medicaid import Eligible
from enrollment.domain.people import Person
from services.enrollment.tests.builders import Desk, person

APRIL_10, LAST = date(2016, 4, 10), date(2016, 12, 31)


async def mother(*, aptc: int = 0) -> Desk:
    """Return a desk where a mother alone is covered since January, in April."""
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), aptc=aptc)
    await desk.covered("SILVER")
    return desk.at(date(2016, 4, 12))


def child(born: date = APRIL_10) -> Person:
    return person("Nora Example", born=str(born), relation="child")


async def test_ENR_13_a_child_whose_mother_died_at_its_birth_is_covered_in_whatever_order_that_is_told() -> (
    None
):
    told_last = await mother()
    await told_last.leave("h-1", "death", APRIL_10)
    assert told_last.policy().through == APRIL_10
    changed = await told_last.at(date(2016, 5, 20)).join(
        child(), "birth", APRIL_10, responsible="Grandma Example"
    )
    told_first = await mother()
    await told_first.join(child(), "birth", APRIL_10)
    await told_first.leave("h-1", "death", APRIL_10, responsible="Grandma Example")
    for desk in (told_last, told_first):
        policy = desk.policy()
        assert (policy.lifecycle, policy.through, policy.ends) == ("active", None, ())
        assert (policy.members, policy.tier) == (("h-2",), "single")
        (contact,) = desk.database.rows(Contact)
        assert contact.responsible_name is not None
        assert contact.responsible_name.reveal() == "Grandma Example"
    months = [await desk.months(desk.policy()) for desk in (told_last, told_first)]
    assert [[each.net_cents for each in of] for of in months] == [
        # 9 days at 500.00, one at 1000.00 and 20 at 500.00
        [50000] * 3 + [51667] + [50000] * 8
    ] * 2
    assert changed.policies == (told_last.policy(),)
    (ended,), (again,) = told_last.said(PolicyTerminated), told_last.said(PolicyReinstated)
    assert (again.undoes, again.coverage_ends) == (ended.decision, LAST)
    assert told_last.policy().reasons[-1].citation == "45 CFR 155.420(b)(2)(i)"


async def test_ENR_13_who_acts_for_a_child_that_is_left_is_named_with_its_birth() -> None:
    desk = await mother()
    await desk.leave("h-1", "death", APRIL_10)
    before = (desk.policies(), list(desk.database.events))
    with pytest.raises(CannotJoin) as refused:
        await desk.join(child(), "birth", APRIL_10)
    assert refused.value.field == "/responsible"
    assert refused.value.reasons[0].says == (
        "The subscriber from 2016-04-11 on would be under 18: name the person who acts for them."
    )
    assert (desk.policies(), desk.database.events) == before


async def test_ENR_13_nobody_is_named_where_nobody_is_under_age() -> None:
    desk = await mother()
    spouse = person("Max Example", born="1979-01-05", relation="spouse")
    with pytest.raises(CannotJoin) as refused:
        await desk.join(spouse, "marriage", APRIL_10, responsible="Grandma Example")
    assert refused.value.field == "/responsible"


async def test_ENR_3_a_child_is_told_of_within_sixty_days_all_the_same() -> None:
    desk = await mother()
    await desk.leave("h-1", "death", APRIL_10)
    with pytest.raises(OutsideEnrollment):
        await desk.at(date(2016, 6, 10)).join(child(), "birth", APRIL_10, responsible="Grandma Example")
    await desk.at(date(2016, 6, 9)).join(child(), "birth", APRIL_10, responsible="Grandma Example")
    assert desk.policy().lifecycle == "active"


async def test_ENR_13_a_child_that_came_after_coverage_had_ended_is_not_covered_by_it() -> None:
    desk = await mother()
    await desk.leave("h-1", "death", APRIL_10)
    with pytest.raises(CannotJoin) as refused:
        await desk.join(child(date(2016, 4, 11)), "birth", date(2016, 4, 11), responsible="Grandma Example")
    assert refused.value.reasons[0].says.endswith("register them as a household of their own.")


async def test_ENR_4_a_child_born_before_its_mother_goes_into_medicaid_keeps_plan_and_assistance() -> None:
    desk = await mother(aptc=20000)
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=("h-1",), begins=date(2016, 5, 1)),
            parameters=desk.parameters,
        )
    assert desk.policy().through == date(2016, 4, 30)
    await desk.at(date(2016, 5, 20)).join(child(), "birth", APRIL_10, responsible="Ada Example")
    assert (desk.policy().lifecycle, desk.policy().members) == ("active", ("h-2",))
    assert desk.database.rows(Household)[0].assistance_on(date(2016, 5, 1)).aptc_cents == 20000
    months = await desk.months(desk.policy())
    assert [each.net_cents for each in months[4:]] == [30000] * 8


async def test_ENR_13_an_end_that_was_asked_for_stays_when_a_child_comes() -> None:
    desk = await mother()
    await desk.end(date(2016, 4, 30))
    await desk.leave("h-1", "death", APRIL_10)
    await desk.join(child(), "birth", APRIL_10, responsible="Grandma Example")
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 4, 30), "requested")
