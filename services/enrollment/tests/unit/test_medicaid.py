"""Whoever is eligible for Medicaid leaves the plans for it, and comes back by a selection (ENR-4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from enrollment.application.determine_medicaid import MedicaidOver, determine_medicaid, end_medicaid
from enrollment.application.rerate_policies import Changed
from enrollment.application.select_plans import Choice, change_plans
from enrollment.domain.changes import CannotLeave
from enrollment.domain.choices import NobodyToCover
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import (
    MedicaidBegun,
    MedicaidEnded,
    PolicyCanceled,
    PolicyChanged,
    PolicyReinstated,
    PolicyTerminated,
)
from enrollment.domain.households import Household, MedicaidSpan, Member
from enrollment.domain.medicaid import (
    ChildLeftInPlans,
    Eligible,
    MedicaidFrom,
    MedicaidTooFarAhead,
    NotEligibleThen,
    UnknownMember,
    begin,
)
from enrollment.domain.people import Person
from enrollment.domain.plan_changes import PlanNotChangeable
from enrollment.domain.restorations import RestorationBlocked
from services.enrollment.tests.builders import PARAMETERS, Desk, person
from services.enrollment.tests.renewing import ALL, Season

JUNE, JULY, OCTOBER = (date(2016, month, 1) for month in (6, 7, 10))
SPOUSE = person("Sam Example", born="1981-01-01", relation="spouse")
KIM = person("Kim Example", born="2010-05-05", relation="child")


async def covered(*people: Person, aptc: int = 0, plans: tuple[str, ...] = ("SILVER",)) -> Desk:
    """Return a desk on May 10 whose household h has these plans from January 1, paid for."""
    desk = Desk()
    await desk.offer()
    await desk.register("h", *people, aptc=aptc)
    await desk.covered(*plans)
    return desk.at(date(2016, 5, 10))


async def found_eligible(desk: Desk, *members: str, begins: date = JUNE) -> Changed:
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        return await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=members or None, begins=begins),
            parameters=desk.parameters,
        )


async def over(desk: Desk, *members: str, through: date) -> MedicaidOver:
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        return await end_medicaid(
            uow, household="h", members=members or None, through=through, parameters=desk.parameters
        )


async def net(desk: Desk, plan: str = "SILVER") -> list[int]:
    return [each.net_cents for each in await desk.months(desk.policy(plan))]


async def test_ENR_4_plans_end_before_medicaid_begins_where_nobody_is_left_in_them_and_assistance_with_them() -> (
    None
):
    desk = await covered(aptc=10000, plans=("SILVER", "TEETH"))
    changed = await found_eligible(desk)
    assert [(each.lifecycle, each.through, each.end_reason) for each in desk.policies()] == [
        ("terminated", date(2016, 5, 31), "medicaid")
    ] * 2
    assert {each.reason for each in desk.said(PolicyTerminated)} == {"medicaid"}
    (household,) = desk.database.rows(Household)
    assert household.assistance_on(date(2016, 5, 31)).aptc_cents == 10000
    assert household.assistance_on(JUNE).aptc_cents == 0
    (reason,) = changed.reasons
    assert reason.rule == "ENR-4"
    assert reason.citation == PARAMETERS.as_of(JUNE).citation("medicaid_ends_plans")
    assert desk.said(MedicaidBegun) == [
        MedicaidBegun(
            household="h",
            contact_version=1,
            members=("h-1",),
            program="Green Mountain Care",
            begins=JUNE,
            plans_through=date(2016, 5, 31),
        )
    ]


async def test_ENR_4_who_is_not_eligible_stays_in_the_plan_at_the_price_of_who_is_left() -> None:
    desk = await covered(person(), SPOUSE, KIM)
    await found_eligible(desk, "h-3")
    assert await net(desk) == [150000] * 5 + [100000] * 7
    (said,) = desk.said(PolicyChanged)
    assert [each.members for each in said.versions] == [("h-1", "h-2")]
    assert desk.policy().lifecycle == "active"


async def test_ENR_4_the_last_who_leaves_ends_the_plans_whoever_left_before() -> None:
    desk = await covered(person(), SPOUSE)
    await found_eligible(desk, "h-2")
    await found_eligible(desk, begins=JULY)
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 6, 30))
    assert await net(desk) == [100000] * 5 + [50000]


async def test_ENR_4_what_was_only_selected_is_called_off() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER")
    await found_eligible(desk, begins=date(2016, 1, 1))
    assert desk.policy().lifecycle == "canceled"
    assert [each.reason for each in desk.said(PolicyCanceled)] == ["medicaid"]


async def test_ENR_4_a_renewal_falls_with_the_plan_and_nobody_in_medicaid_is_renewed() -> None:
    desk = await Season().begin()
    await desk.renew()
    await found_eligible(desk, begins=date(2016, 11, 1))
    assert [each.lifecycle for each in desk.policies()] == ["terminated", "canceled"]
    other = await Season().begin()
    await found_eligible(other, begins=date(2017, 1, 1))
    await other.renew()
    assert [each.effective.year for each in other.policies()] == [2016]


async def test_ENR_4_where_the_pack_says_so_plans_last_through_the_month_in_which_medicaid_begins() -> None:
    parameters = replace(PARAMETERS.as_of(JUNE), medicaid_ends_plans="month_of")
    desk = await covered()
    (member,) = begin(
        desk.database.rows(Member),
        Eligible(members=None, begins=JUNE),
        today=date(2016, 5, 10),
        parameters=parameters,
    )
    assert (member.medicaid[0].begins, member.medicaid[0].off_plans) == (JUNE, JULY)
    silver = desk.policy().policy
    assert member.is_covered_on(date(2016, 6, 30), policy=silver)
    assert not member.is_covered_on(JULY, policy=silver)


@pytest.mark.parametrize(
    ("begins", "would_do"), [(date(2016, 6, 2), "2016-06-01"), (date(2016, 1, 1), "2016-02-01")]
)
async def test_ENR_4_medicaid_begins_with_a_month_and_three_months_back_at_most(
    begins: date, would_do: str
) -> None:
    desk = await covered()
    with pytest.raises(MedicaidFrom) as refused:
        await found_eligible(desk, begins=begins)
    assert (refused.value.field, refused.value.reasons[0].facts["would_do"]) == ("/from", would_do)
    assert desk.policy().lifecycle == "active"
    await found_eligible(desk, begins=date(2016, 2, 1))


async def test_ENR_4_medicaid_is_told_of_twelve_months_ahead_at_most() -> None:
    desk = await covered()
    for begins in (date(2017, 6, 1), date(2199, 1, 1)):
        with pytest.raises(MedicaidTooFarAhead) as refused:
            await found_eligible(desk, begins=begins)
        assert (refused.value.field, refused.value.reasons[0].facts["would_do"]) == ("/from", "2017-05-01")
    assert desk.said(MedicaidBegun) == []
    await found_eligible(desk, begins=date(2017, 5, 1))
    with pytest.raises(MedicaidTooFarAhead) as late:
        await over(desk, through=date(2017, 6, 1))
    assert (late.value.field, late.value.reasons[0].facts["would_do"]) == ("/through", "2017-05-31")
    await over(desk, through=date(2017, 5, 31))


async def test_ENR_4_nobody_is_found_eligible_twice_or_without_being_there() -> None:
    desk = await covered(person(), SPOUSE)
    with pytest.raises(UnknownMember) as unknown:
        await found_eligible(desk, "h-1", "h-9")
    assert unknown.value.field == "/members/1"
    await found_eligible(desk, "h-2")
    with pytest.raises(NotEligibleThen):
        await found_eligible(desk, "h-2", begins=JULY)
    with pytest.raises(NotEligibleThen):
        await over(desk, "h-1", through=JULY)
    assert len(desk.said(MedicaidBegun)) == 1


async def test_ENR_4_medicaid_found_to_begin_earlier_moves_its_begin_and_the_way_back_stays_open() -> None:
    desk = await covered(aptc=10000)
    await found_eligible(desk, begins=JULY)
    await found_eligible(desk, begins=date(2016, 4, 1))
    (member,) = desk.database.rows(Member)
    assert member.medicaid == (MedicaidSpan(begins=date(2016, 4, 1), off_plans=date(2016, 4, 1)),)
    assert [each.begins for each in desk.said(MedicaidBegun)] == [JULY, date(2016, 4, 1)]
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 3, 31))
    assert await net(desk) == [40000] * 3
    desk.at(date(2016, 9, 12))
    await over(desk, through=date(2016, 9, 30))
    selected = await desk.select("GOLD", event=QualifyingEvent(kind="medicaid-loss", on=date(2016, 9, 30)))
    assert [each.members for each in selected.policies] == [("h-1",)]


async def test_ENR_4_whoever_is_found_eligible_again_before_a_selection_comes_back_by_a_later_one() -> None:
    desk = await covered()
    await found_eligible(desk)
    await over(desk, through=date(2016, 6, 30))
    desk.at(date(2016, 8, 20))
    await found_eligible(desk, begins=date(2016, 8, 1))
    with pytest.raises(NotEligibleThen):
        await over(desk, through=date(2016, 6, 30))
    await over(desk, through=date(2016, 9, 30))
    selected = await desk.select("GOLD", event=QualifyingEvent(kind="medicaid-loss", on=date(2016, 9, 30)))
    assert [each.members for each in selected.policies] == [("h-1",)]


async def test_ENR_4_an_earlier_begin_of_what_has_ended_takes_no_assistance_of_what_was_selected_since() -> (
    None
):
    desk = await covered(aptc=10000)
    await found_eligible(desk)
    await over(desk, through=JULY.replace(day=31))
    desk.at(date(2016, 7, 12))
    await desk.change_assistance(date(2016, 8, 1), aptc=20000)
    event = QualifyingEvent(kind="medicaid-loss", on=date(2016, 7, 31))
    selected = await desk.select("GOLD", event=event)
    await desk.pay_binder(*selected.policies)
    await found_eligible(desk, begins=date(2016, 5, 1))
    gold = desk.policy("GOLD")
    assert (gold.lifecycle, gold.through, gold.aptc_cents) == ("active", None, 20000)
    assert (desk.policy().through, desk.database.rows(Member)[0].medicaid) == (
        date(2016, 4, 30),
        (
            MedicaidSpan(
                begins=date(2016, 5, 1),
                off_plans=date(2016, 5, 1),
                through=date(2016, 7, 31),
                plans_again=(gold.policy,),
            ),
        ),
    )


async def test_ENR_4_the_same_begin_found_again_changes_nothing_and_is_told_to_nobody() -> None:
    desk = await covered(person(), SPOUSE)
    await found_eligible(desk, "h-2")
    said = len(desk.database.events)
    again = await found_eligible(desk, "h-2")
    assert (again.policies, [each.facts["members"] for each in again.reasons]) == ((), ["h-2"])
    assert len(desk.database.events) == said
    await found_eligible(desk)
    assert [each.members for each in desk.said(MedicaidBegun)] == [("h-2",), ("h-1",)]


async def kim_out_of_medicaid(*plans: str) -> Desk:
    """Return a desk on June 20 whose household h has these plans, without the child, whose Medicaid ends with June."""
    desk = await covered(person(), KIM, plans=plans)
    await found_eligible(desk, "h-2")
    desk.at(date(2016, 6, 20))
    await over(desk, "h-2", through=date(2016, 6, 30))
    return desk


async def changed_to(
    desk: Desk, plan: str, *, event: QualifyingEvent, received_on: date | None = None
) -> None:
    choice = Choice(
        household="h",
        plans=(plan,),
        via="web" if received_on is None else "paper",
        received_on=received_on,
        event=event,
    )
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await change_plans(uow, choice, parameters=desk.parameters)


LOSS = QualifyingEvent(kind="medicaid-loss", on=date(2016, 6, 30))


async def test_ENR_4_a_selection_brings_back_into_the_plans_it_selects_and_no_others() -> None:
    desk = await kim_out_of_medicaid("SILVER")
    selected = await desk.select("TEETH", event=LOSS)
    assert [each.members for each in selected.policies] == [("h-1", "h-2")]
    assert (desk.policy().members, await net(desk)) == (("h-1",), [100000] * 5 + [50000] * 7)
    await desk.pay_binder(*selected.policies)
    await desk.change_assistance(date(2016, 9, 1), aptc=10000)
    assert await net(desk) == [100000] * 5 + [50000] * 3 + [40000] * 4
    assert desk.policy("TEETH").members == ("h-1", "h-2")


async def test_ENR_4_a_selection_that_lapses_brings_nobody_back() -> None:
    desk = await kim_out_of_medicaid("SILVER")
    selected = await desk.select("TEETH", event=LOSS)
    desk.at(date(2016, 7, 20))
    await desk.lapse_binder(*selected.policies, due=date(2016, 7, 12))
    assert desk.policy("TEETH").lifecycle == "canceled"
    assert (desk.policy().members, await net(desk)) == (("h-1",), [100000] * 5 + [50000] * 7)


async def test_ENR_4_whoever_is_out_of_medicaid_comes_back_into_the_plan_the_others_have_by_a_change() -> (
    None
):
    desk = await kim_out_of_medicaid("SILVER")
    await changed_to(desk, "SILVER", event=LOSS)
    before, now = desk.policies()
    assert (before.lifecycle, before.through, before.members) == ("terminated", date(2016, 6, 30), ("h-1",))
    assert (now.lifecycle, now.effective, now.members) == ("active", JULY, ("h-1", "h-2"))
    assert now.net_cents == 100000
    with pytest.raises(PlanNotChangeable):
        await changed_to(desk, "SILVER", event=LOSS)


async def test_ENR_14_a_renewal_covers_whom_the_plan_covers_that_it_renews() -> None:
    desk = Season()
    await desk.offer()
    await desk.register("h", person(), KIM)
    await desk.covered("SILVER")
    desk.at(date(2016, 5, 10))
    await found_eligible(desk, "h-2")
    await over(desk, "h-2", through=date(2016, 6, 30))
    desk.at(date(2016, 6, 20))
    selected = await desk.select("TEETH", event=LOSS)
    await desk.pay_binder(*selected.policies)
    desk.at(date(2016, 10, 14))
    await desk.crosswalk(*ALL[:3])
    await desk.renew()
    renewed = {each.plan: each.members for each in desk.policies() if each.effective.year == 2017}
    assert renewed == {"SILVER": ("h-1",), "TEETH": ("h-1", "h-2")}
    await desk.change_assistance(date(2017, 3, 1), aptc=10000)
    (silver,) = [each for each in desk.policies() if each.plan == "SILVER" and each.renews is not None]
    assert (silver.members, silver.tier) == (("h-1",), "single")


async def test_ENR_11_a_change_on_paper_from_before_medicaid_was_known_ends_with_the_plan() -> None:
    desk = await covered()
    desk.at(date(2016, 7, 20))
    await found_eligible(desk, begins=date(2016, 9, 1))
    desk.at(date(2016, 8, 10))
    move = QualifyingEvent(kind="move", on=date(2016, 6, 7))
    await changed_to(desk, "GOLD", event=move, received_on=date(2016, 6, 10))
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 6, 30), "requested")
    gold = desk.policy("GOLD")
    assert (gold.effective, gold.lifecycle, gold.through, gold.end_reason) == (
        JULY,
        "terminated",
        date(2016, 8, 31),
        "medicaid",
    )


async def test_ENR_11_a_change_on_paper_from_before_medicaid_is_taken_beside_what_was_selected_after_it() -> (
    None
):
    desk = await covered()
    await found_eligible(desk, begins=JULY)
    await over(desk, through=date(2016, 7, 31))
    desk.at(date(2016, 6, 5))
    selected = await desk.select("SILVER", event=QualifyingEvent(kind="medicaid-loss", on=date(2016, 7, 31)))
    await desk.pay_binder(*selected.policies)
    move = QualifyingEvent(kind="move", on=date(2016, 4, 7))
    await changed_to(desk, "GOLD", event=move, received_on=date(2016, 4, 10))
    assert [(each.plan, each.effective, each.last_covered_day) for each in desk.policies()] == [
        ("SILVER", date(2016, 1, 1), date(2016, 4, 30)),
        ("GOLD", date(2016, 5, 1), date(2016, 6, 30)),
        ("SILVER", date(2016, 8, 1), date(2016, 12, 31)),
    ]


async def test_ENR_4_no_child_is_left_in_a_plan_alone_on_any_day_of_it() -> None:
    desk = await covered(person(), SPOUSE, KIM)
    desk.at(date(2016, 5, 12))
    await desk.leave("h-2", "death", date(2016, 5, 10))
    with pytest.raises(ChildLeftInPlans) as refused:
        await found_eligible(desk, "h-1", begins=date(2016, 3, 1))
    assert refused.value.reasons[0].facts["from"] == "2016-05-11"
    assert desk.said(MedicaidBegun) == []


async def test_ENR_4_no_child_is_left_alone_in_a_plan_that_an_adult_is_not_in() -> None:
    desk = await covered(person(), SPOUSE, KIM)
    await found_eligible(desk, "h-1", "h-3")
    await over(desk, "h-3", through=date(2016, 6, 30))
    teeth = await desk.select("TEETH", event=LOSS)
    assert [each.members for each in teeth.policies] == [("h-2", "h-3")]
    await desk.pay_binder(*teeth.policies)
    desk.at(date(2016, 8, 20))
    with pytest.raises(CannotLeave) as refused:
        await desk.leave("h-2", "death", date(2016, 8, 15))
    assert (refused.value.field, "2016-08-16" in refused.value.reasons[0].says) == ("/responsible", True)
    await desk.leave("h-2", "death", date(2016, 8, 15), responsible="Pat Example")
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 8, 15), "death")
    assert (desk.policy("TEETH").lifecycle, desk.policy("TEETH").members) == ("active", ("h-3",))


async def test_ENR_13_nothing_is_selected_for_a_child_alone_unless_somebody_acts_for_it() -> None:
    desk = await covered(person(), KIM)
    await found_eligible(desk)
    await over(desk, "h-2", through=date(2016, 6, 30))
    with pytest.raises(ChildLeftInPlans) as refused:
        await desk.select("GOLD", event=LOSS)
    assert (refused.value.field, refused.value.reasons[0].facts["from"]) == ("/plans", "2016-07-01")
    assert [each.plan for each in desk.policies()] == ["SILVER"]


async def test_INV_13_staff_restores_nothing_that_would_cover_a_child_alone() -> None:
    desk = await covered(person(), KIM)
    await desk.end(date(2016, 5, 31))
    await found_eligible(desk, "h-1", begins=JULY)
    with pytest.raises(ChildLeftInPlans) as refused:
        await desk.restore()
    assert (refused.value.field, refused.value.reasons[0].facts["from"]) == (None, "2016-07-01")
    assert (desk.policy().through, desk.said(PolicyReinstated)) == (date(2016, 5, 31), [])


async def test_ENR_4_no_child_is_left_in_a_plan_alone() -> None:
    desk = await covered(person(), KIM)
    with pytest.raises(ChildLeftInPlans):
        await found_eligible(desk, "h-1")
    await found_eligible(desk)
    assert desk.policy().lifecycle == "terminated"


async def test_ENR_3_the_loss_of_medicaid_lets_a_household_select_and_plans_cover_it_again() -> None:
    desk = await covered(person(), SPOUSE, aptc=10000)
    await found_eligible(desk)
    desk.at(date(2016, 9, 12))
    with pytest.raises(NobodyToCover):
        await desk.select("SILVER", event=QualifyingEvent(kind="move", on=date(2016, 9, 1)))
    ended = await over(desk, through=date(2016, 9, 30))
    assert ended.reasons[0].rule == "ENR-3"
    (said,) = desk.said(MedicaidEnded)
    assert (said.members, said.select_from, said.select_until) == (
        ("h-1", "h-2"),
        date(2016, 8, 1),
        date(2016, 11, 29),
    )
    event = QualifyingEvent(kind="medicaid-loss", on=date(2016, 9, 30))
    selected = await desk.select("SILVER", event=event)
    assert selected.selection.effective == OCTOBER
    assert selected.selection.reasons[0].rule == "ENR-3"
    (policy,) = selected.policies
    assert (policy.members, policy.net_cents) == (("h-1", "h-2"), 100000)
    with pytest.raises(NotEligibleThen):
        await over(desk, through=date(2016, 10, 31))


async def test_ENR_4_who_died_meanwhile_leaves_the_plan_to_nobody_and_it_ends() -> None:
    desk = await covered(person(), SPOUSE)
    await found_eligible(desk, "h-2")
    desk.at(date(2016, 8, 20))
    await desk.leave("h-1", "death", date(2016, 8, 15))
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 8, 15))


async def test_ENR_4_whoever_is_in_medicaid_stays_out_of_what_the_others_change() -> None:
    desk = await covered(person(), SPOUSE)
    await found_eligible(desk, "h-2")
    await desk.change_assistance(JULY, aptc=10000)
    assert await net(desk) == [100000] * 5 + [50000] + [40000] * 6


async def test_ENR_4_staff_restores_no_plan_beside_medicaid() -> None:
    desk = await covered()
    await found_eligible(desk)
    with pytest.raises(RestorationBlocked) as refused:
        await desk.restore()
    assert refused.value.reasons[0].rule == "ENR-4"
    assert desk.policy().lifecycle == "terminated"


async def test_INV_13_staff_restores_a_plan_up_to_the_day_before_medicaid_begins() -> None:
    desk = await covered()
    await desk.end(date(2016, 5, 20), by="operator")
    await found_eligible(desk, begins=JULY)
    assert desk.policy().through == date(2016, 5, 20)
    restored = await desk.restore()
    assert [(each.lifecycle, each.through, each.end_reason) for each in restored.policies] == [
        ("terminated", date(2016, 6, 30), "medicaid")
    ]
    assert [each.coverage_ends for each in desk.said(PolicyReinstated)] == [date(2016, 12, 31)]
    assert [(each.through, each.reason) for each in desk.said(PolicyTerminated)] == [
        (date(2016, 5, 20), "requested"),
        (date(2016, 6, 30), "medicaid"),
    ]
    assert await net(desk) == [50000] * 6
    with pytest.raises(RestorationBlocked):
        await desk.restore()


async def test_INV_13_staff_restores_what_ended_before_medicaid_that_is_over_since() -> None:
    desk = await covered()
    await desk.end(date(2016, 4, 30), by="operator")
    await found_eligible(desk)
    await over(desk, through=date(2016, 6, 30))
    desk.at(date(2016, 7, 5))
    await desk.restore()
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 5, 31), "medicaid")


async def test_INV_13_a_plan_selected_since_is_not_in_the_way_of_days_before_medicaid() -> None:
    desk = await covered()
    await desk.end(date(2016, 4, 30), by="operator")
    await found_eligible(desk)
    await over(desk, through=date(2016, 6, 30))
    event = QualifyingEvent(kind="medicaid-loss", on=date(2016, 6, 30))
    selected = await desk.select("GOLD", event=event)
    await desk.pay_binder(*selected.policies)
    await desk.restore("SILVER")
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 5, 31), "medicaid")
    assert (desk.policy("GOLD").lifecycle, desk.policy("GOLD").effective) == ("active", JULY)


async def test_ENR_4_plans_end_where_they_would_cover_nobody_until_somebody_comes() -> None:
    desk = await covered(person(), aptc=10000)
    await desk.join(SPOUSE, "marriage", date(2016, 5, 8))
    changed = await found_eligible(desk, "h-1", begins=date(2016, 5, 1))
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 4, 30))
    assert [(each.policy, each.through) for each in changed.policies] == [
        (desk.policy().policy, date(2016, 4, 30))
    ]
    assert await net(desk) == [40000] * 4


async def test_ENR_4_what_begins_for_who_comes_after_those_days_stands() -> None:
    desk = await covered(person())
    await desk.end(date(2016, 5, 31))
    desk.at(date(2016, 6, 9))
    await desk.join(SPOUSE, "marriage", date(2016, 6, 8))
    selected = await desk.select("GOLD", event=QualifyingEvent(kind="marriage", on=date(2016, 6, 8)))
    await desk.pay_binder(*selected.policies)
    await found_eligible(desk, "h-1")
    gold = desk.policy("GOLD")
    assert (gold.lifecycle, gold.effective, gold.members) == ("active", JULY, ("h-2",))
    assert desk.policy().through == date(2016, 5, 31)


async def test_ENR_4_no_child_who_comes_later_is_left_in_a_plan_alone() -> None:
    desk = await covered(person())
    await desk.join(KIM, "adoption", date(2016, 5, 8))
    with pytest.raises(ChildLeftInPlans) as refused:
        await found_eligible(desk, "h-1", begins=date(2016, 5, 1))
    assert refused.value.reasons[0].facts["from"] == "2016-05-08"


async def test_ENR_4_plans_selected_before_medicaid_begins_cover_through_the_month_before_it() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await found_eligible(desk, begins=date(2016, 2, 1))
    selected = await desk.select("SILVER")
    assert desk.policy().lifecycle == "selected"
    await desk.pay_binder(*selected.policies)
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 1, 31))
    assert [each.reason for each in desk.said(PolicyTerminated)] == ["medicaid"]
    assert desk.policy().reasons[-1].facts == {"nobody_on": "2016-02-01", "through": "2016-01-31"}


async def test_ENR_4_a_selection_for_the_months_before_medicaid_awaits_its_binder() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    selected = await desk.select("SILVER")
    await found_eligible(desk, begins=date(2016, 2, 1))
    assert desk.policy().lifecycle == "selected"
    await desk.pay_binder(*selected.policies)
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 1, 31))


async def test_ENR_4_january_is_renewed_where_medicaid_begins_in_february() -> None:
    desk = await Season().begin()
    await found_eligible(desk, begins=date(2017, 2, 1))
    await desk.renew()
    assert [each.last_covered_day for each in desk.policies()] == [date(2016, 12, 31), date(2017, 1, 31)]


async def test_ENR_13_no_death_leaves_a_child_in_a_plan_alone_while_another_adult_is_in_medicaid() -> None:
    desk = await covered(person(), SPOUSE, KIM)
    await found_eligible(desk, "h-2")
    desk.at(date(2016, 8, 20))
    with pytest.raises(CannotLeave) as refused:
        await desk.leave("h-1", "death", date(2016, 8, 15))
    assert refused.value.field == "/responsible"
