"""An end that somebody asked for stands beside what a wrong departure ended, and counts when that is put right; what
follows from whom a policy covers follows anew (OPS-5, ENR-4, ENR-13).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from enrollment.application.determine_medicaid import determine_medicaid
from enrollment.application.select_plans import Choice, change_plans
from enrollment.domain.corrections import Correction, NothingToCorrect
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.ends import End, counting, with_asked
from enrollment.domain.events import PolicyReinstated, PolicyTerminated
from enrollment.domain.households import Household
from enrollment.domain.medicaid import Eligible
from enrollment.domain.restorations import RestorationBlocked
from services.enrollment.tests.builders import Desk, person
from services.enrollment.tests.correcting import Corrector

MARCH_31, APRIL_30, LAST = date(2016, 3, 31), date(2016, 4, 30), date(2016, 12, 31)


async def household(*more: str, aptc: int = 0) -> tuple[Desk, Corrector]:
    """Return a desk where somebody is covered, with a spouse if one is named, and staff who correct."""
    desk = Desk()
    await desk.offer()
    spouses = [person(name, born="1979-01-05", relation="spouse") for name in more]
    await desk.register("h", person(), *spouses, aptc=aptc)
    await desk.covered("SILVER")
    return desk.at(date(2016, 3, 5)), Corrector(desk)


async def in_medicaid(desk: Desk, member: str, begins: date) -> None:
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=(member,), begins=begins),
            parameters=desk.parameters,
        )


def end_of(desk: Desk, plan: str = "SILVER") -> tuple[date | None, str | None]:
    policy = desk.policy(plan)
    return policy.through, policy.end_reason


async def test_OPS_5_a_wrong_death_undone_leaves_the_end_that_was_asked_for_before_it() -> None:
    desk, staff = await household()
    await desk.end(MARCH_31)
    await desk.at(date(2016, 3, 12)).leave("h-1", "death", date(2016, 3, 10))
    assert end_of(desk) == (date(2016, 3, 10), "death")
    made = await staff.redate_departure("h-1")
    assert end_of(desk) == (MARCH_31, "requested")
    asked, _, again = desk.said(PolicyTerminated)
    assert (again.decision, again.through, again.correction) == (asked.decision, MARCH_31, made.correction)
    assert len(desk.said(PolicyReinstated)) == 1
    # and the death is back where the correction was wrong itself
    await staff.decide(await staff.reverse(made))
    assert end_of(desk) == (date(2016, 3, 10), "death")


async def test_OPS_5_a_death_redated_beyond_an_end_that_was_asked_for_leaves_that() -> None:
    desk, staff = await household()
    await desk.end(MARCH_31)
    await desk.at(date(2016, 3, 12)).leave("h-1", "death", date(2016, 3, 10))
    desk.at(date(2016, 4, 27))
    await staff.redate_departure("h-1", "death", date(2016, 4, 25))
    assert end_of(desk) == (MARCH_31, "requested")
    # and an end that is put right then is no later than the death
    await staff.redate_end(through=date(2016, 4, 25))
    assert end_of(desk) == (date(2016, 4, 25), "requested")


async def test_ENR_13_an_end_of_the_day_of_a_wrong_death_was_asked_for_all_the_same() -> None:
    desk, staff = await household()
    await desk.at(date(2016, 3, 1)).end(date(2016, 3, 10))
    await desk.at(date(2016, 3, 12)).leave("h-1", "death", date(2016, 3, 10))
    await staff.redate_departure("h-1")
    assert end_of(desk) == (date(2016, 3, 10), "requested")


async def test_ENR_4_somebody_who_lives_is_covered_after_the_other_went_into_medicaid() -> None:
    desk, staff = await household("Max Example", aptc=20000)
    await desk.at(date(2016, 4, 12)).leave("h-2", "death", date(2016, 4, 10))
    await in_medicaid(desk, "h-1", date(2016, 5, 1))
    assert end_of(desk) == (APRIL_30, "medicaid")
    await staff.redate_departure("h-2")
    assert desk.policy().lifecycle == "active"
    months = await desk.months(desk.policy())
    assert [each.net_cents for each in months[3:]] == [80000] + [30000] * 8
    assert (desk.policy().members, months[-1].aptc_cents) == (("h-2",), 20000)


async def test_ENR_4_the_other_is_dead_again_where_that_was_no_error() -> None:
    desk, staff = await household("Max Example", aptc=20000)
    await desk.at(date(2016, 4, 12)).leave("h-2", "death", date(2016, 4, 10))
    await in_medicaid(desk, "h-1", date(2016, 5, 1))
    made = await staff.redate_departure("h-2")
    await staff.decide(await staff.reverse(made))
    assert end_of(desk)[0] == APRIL_30


@pytest.mark.parametrize("stated", ["before", "after", "undone"])
async def test_ENR_4_assistance_is_as_after_a_death_whose_undoing_was_taken_back(stated: str) -> None:
    desk, staff = await household("Max Example", aptc=20000)
    await desk.at(date(2016, 4, 12)).leave("h-2", "death", date(2016, 4, 10))
    if stated == "before":
        await desk.change_assistance(date(2016, 6, 1), aptc=10000)
    await in_medicaid(desk, "h-1", date(2016, 5, 1))
    if stated == "after":
        await desk.change_assistance(date(2016, 6, 1), aptc=10000)
    died = desk.database.rows(Household)[0]
    made = await staff.redate_departure("h-2")
    if stated == "undone":
        await desk.change_assistance(date(2016, 6, 1), aptc=10000)
    assert desk.database.rows(Household)[0].assistance_on(date(2016, 5, 1)).aptc_cents == 20000
    await staff.decide(await staff.reverse(made))
    again = desk.database.rows(Household)[0]
    assert again.assistance_on(date(2016, 5, 1)).aptc_cents == 0
    assert again.assistance_on(date(2016, 6, 1)).aptc_cents == (0 if stated == "before" else 10000)
    if stated != "undone":
        assert again.assistance_changes == died.assistance_changes


async def test_ENR_13_an_end_in_medicaid_behind_an_asked_one_goes_with_the_death_it_came_of() -> None:
    desk, staff = await household("Max Example")
    await desk.at(date(2016, 4, 12)).leave("h-2", "death", date(2016, 4, 10))
    await in_medicaid(desk, "h-1", date(2016, 6, 1))
    await desk.end(APRIL_30)
    await staff.redate_departure("h-2")
    assert end_of(desk) == (APRIL_30, "requested")
    await staff.redate_end(through=None)
    assert (desk.policy().lifecycle, desk.policy().ends) == ("active", ())


async def dead_with_the_other_in_medicaid() -> tuple[Desk, Corrector]:
    """Return a desk where coverage ended with a death on April 10, for the other of the two is in Medicaid."""
    desk, staff = await household("Max Example")
    await in_medicaid(desk, "h-2", date(2016, 4, 1))
    await desk.at(date(2016, 4, 12)).leave("h-1", "death", date(2016, 4, 10))
    assert end_of(desk) == (date(2016, 4, 10), "death")
    return desk, staff


@pytest.mark.parametrize(
    ("died", "begins", "ends"),
    [
        # whom the plan covered last died, or went into Medicaid
        (date(2016, 4, 10), date(2016, 4, 1), (date(2016, 4, 10), "death")),
        (date(2016, 4, 10), date(2016, 5, 1), (APRIL_30, "medicaid")),
        (APRIL_30, date(2016, 5, 1), (APRIL_30, "medicaid")),
    ],
)
@pytest.mark.parametrize("first", ["death", "medicaid"])
async def test_ENR_13_why_nobody_is_left_is_so_in_whatever_order_that_is_told(
    first: str, died: date, begins: date, ends: tuple[date, str]
) -> None:
    desk, _ = await household("Max Example")
    desk.at(date(2016, 5, 2))
    for told in ("death", "medicaid") if first == "death" else ("medicaid", "death"):
        if told == "death":
            await desk.leave("h-1", "death", died)
        else:
            await in_medicaid(desk, "h-2", begins)
    assert end_of(desk) == ends


@pytest.mark.parametrize("through", [None, APRIL_30])
async def test_ENR_13_an_end_that_follows_from_people_is_not_taken_back_as_one_that_was_asked_for(
    through: date | None,
) -> None:
    desk, staff = await dead_with_the_other_in_medicaid()
    with pytest.raises(RestorationBlocked) as refused:
        await staff.redate_end(through=through)
    assert refused.value.reasons[0].facts["through"] == "2016-04-10"
    assert refused.value.reasons[0].says.endswith("when they did is corrected first.")
    assert end_of(desk) == (date(2016, 4, 10), "death")
    assert desk.database.rows(Correction) == []


async def test_OPS_5_an_earlier_end_than_one_that_follows_from_people_is_taken_back_without_a_trace() -> None:
    desk, staff = await dead_with_the_other_in_medicaid()
    ends = desk.policy().ends
    made = await staff.redate_end(through=MARCH_31)
    assert end_of(desk) == (MARCH_31, "death")
    await staff.reverse(made)
    assert desk.policy().ends == ends
    await staff.redate_departure("h-1")
    assert desk.policy().lifecycle == "active"


@pytest.mark.parametrize("first", ["asked", "medicaid"])
@pytest.mark.parametrize("through", [None, date(2016, 5, 31), APRIL_30])
async def test_ENR_13_an_asked_end_and_one_in_medicaid_are_corrected_alike_whichever_came_first(
    first: str, through: date | None
) -> None:
    desk, staff = await household()
    if first == "medicaid":
        await in_medicaid(desk, "h-1", date(2016, 5, 1))
    await desk.end(MARCH_31)
    if first == "asked":
        await in_medicaid(desk, "h-1", date(2016, 5, 1))
    if through != APRIL_30:
        with pytest.raises(RestorationBlocked) as refused:
            await staff.redate_end(through=through)
        assert refused.value.reasons[0].facts["through"] == "2016-04-30"
        assert end_of(desk) == (MARCH_31, "requested")
        return
    made = await staff.redate_end(through=through)
    assert end_of(desk) == (APRIL_30, "requested")
    await staff.reverse(made)
    assert end_of(desk) == (MARCH_31, "requested")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
def test_ENR_13_ends_of_several_kinds_all_stay_in_whatever_order_they_are_decided(
    order: Sequence[int],
) -> None:
    decided = [
        End(decided_by="enrollment", decision="a", through=MARCH_31, reason="requested"),
        End(decided_by="enrollment", decision="b", through=APRIL_30, reason="ineligible"),
        End(decided_by="enrollment", decision="c", through=MARCH_31, reason="medicaid", cause="nobody-left"),
    ]
    standing: tuple[End, ...] = ()
    for each in order:
        standing = with_asked(standing, decided[each])
    assert {each.decision for each in standing} == {"a", "b", "c"}
    assert counting(standing) == decided[0]
    later = End(decided_by="enrollment", decision="d", through=LAST, reason="requested")
    assert with_asked(standing, later) == standing
    assert {each.decision for each in with_asked((later,), decided[0])} == {"a"}


async def test_ENR_13_the_end_that_a_change_of_plan_is_was_asked_for_by_nobody() -> None:
    desk, staff = await household()
    choice = Choice(
        household="h",
        plans=("GOLD",),
        via="web",
        received_on=None,
        event=QualifyingEvent(kind="move", on=date(2016, 4, 8)),
    )
    async with desk.at(date(2016, 4, 10)).uows.begin(now=desk.now, households=["h"]) as uow:
        await change_plans(uow, choice, parameters=desk.parameters)
    assert end_of(desk) == (APRIL_30, "requested")
    with pytest.raises(NothingToCorrect):
        await staff.redate_end(through=None)
    with pytest.raises(NothingToCorrect):
        await staff.redate_end("SILVER", through=MARCH_31)
    await desk.end(date(2016, 6, 30))
    await staff.redate_end(through=date(2016, 7, 31))
    assert end_of(desk, "GOLD") == (date(2016, 7, 31), "requested")
