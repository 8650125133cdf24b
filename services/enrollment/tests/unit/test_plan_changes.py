"""A household that has coverage changes its plan in the course of a year (ENR-3, ENR-5, ENR-13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from enrollment.application.expire_coverage import expire_coverage
from enrollment.application.select_plans import Choice, change_plans
from enrollment.domain.effective_dates import OutsideEnrollment, QualifyingEvent
from enrollment.domain.events import PlansSelected, PolicyActivated, PolicyCanceled, PolicyTerminated
from enrollment.domain.plan_changes import PlanNotChangeable
from enrollment.domain.selections import Selected
from services.enrollment.tests.builders import Desk, expired, granted, person, plan
from services.enrollment.tests.renewing import Season

JULY, EVE = date(2016, 7, 1), date(2016, 6, 30)
MOVE = QualifyingEvent(kind="move", on=date(2016, 6, 7))


async def covered(*plans: str, aptc: int = 0) -> Desk:
    """Return a desk on June 10 whose household h has these plans from January 1, paid for."""
    desk = Desk()
    await desk.offer()
    await desk.register("h", aptc=aptc)
    await desk.covered(*plans)
    return desk.at(date(2016, 6, 10))


async def change(desk: Desk, *plans: str, event: QualifyingEvent | None = MOVE) -> Selected:
    choice = Choice(household="h", plans=plans, via="web", received_on=None, event=event)
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        return await change_plans(uow, choice, parameters=desk.parameters)


async def test_ENR_5_the_old_plan_ends_the_day_before_and_the_new_one_stands_at_once() -> None:
    desk = await covered("SILVER")
    selected = await change(desk, "GOLD")
    old, new = desk.policies()
    assert (old.lifecycle, old.through, old.end_reason) == ("terminated", EVE, "requested")
    assert (new.lifecycle, new.effective, new.coverage_ends) == ("active", JULY, date(2016, 12, 31))
    assert not selected.selection.binder_required
    assert [each.rule for each in selected.selection.reasons] == ["ENR-3", "ENR-5"]
    said = [type(each) for each in desk.database.events][-3:]
    assert said == [PolicyTerminated, PlansSelected, PolicyActivated]


async def test_ENR_8_the_assistance_that_the_old_plan_used_goes_to_the_new_one() -> None:
    desk = await covered("SILVER", "TEETH", aptc=20000)
    await change(desk, "GOLD")
    assert desk.policy("GOLD").net_cents == 50000
    assert desk.policy("TEETH").net_cents == 3000


async def test_ENR_8_what_a_cheaper_plan_leaves_of_it_goes_to_the_dental_plan() -> None:
    desk = await covered("GOLD", "TEETH", aptc=60000)
    await change(desk, "SILVER")
    # of 600.00 the cheaper plan needs 500.00
    assert [each.net_cents for each in await desk.months(desk.policy("TEETH"))] == [3000] * 6 + [0] * 6
    assert desk.policy("SILVER").net_cents == 0


async def test_ENR_3_a_change_needs_an_event_outside_open_enrollment() -> None:
    desk = await covered("SILVER")
    with pytest.raises(OutsideEnrollment):
        await change(desk, "GOLD", event=None)
    assert [each.plan for each in desk.policies()] == ["SILVER"]
    soon = desk.at(date(2016, 1, 10))  # open enrollment: from February on
    await change(soon, "GOLD", event=None)
    assert desk.policy("GOLD").effective == date(2016, 2, 1)


@pytest.mark.parametrize("plans", [("SILVER",), ("TEETH",), ("GOLD", "TEETH")])
async def test_ENR_13_only_what_there_is_of_a_kind_is_changed_and_for_another(plans: tuple[str, ...]) -> None:
    desk = await covered("SILVER")
    with pytest.raises(PlanNotChangeable) as refused:
        await change(desk, *plans)
    assert (refused.value.field, refused.value.reasons[0].rule) == ("/plans", "ENR-13")
    assert [each.lifecycle for each in desk.policies()] == ["active"]


async def test_ENR_13_what_is_not_paid_for_yet_or_ended_for_that_is_not_changed() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    (selected,) = (await desk.select("SILVER")).policies
    desk.at(date(2015, 12, 20))
    with pytest.raises(PlanNotChangeable):
        await change(desk, "GOLD", event=None)
    await desk.pay_binder(selected)
    desk.at(date(2016, 6, 10))
    await desk.hear(expired(desk.policy(), through=date(2016, 7, 31)))
    with pytest.raises(PlanNotChangeable):
        await change(desk, "GOLD")


async def test_ENR_13_a_change_before_an_end_that_was_asked_for_keeps_that_end() -> None:
    desk = await covered("SILVER", "TEETH")
    await desk.end(date(2016, 8, 31), "SILVER")
    selected = await change(desk, "GOLD")
    assert (desk.policy("SILVER").lifecycle, desk.policy("SILVER").through) == ("terminated", EVE)
    (gold,) = selected.policies
    assert (gold.lifecycle, gold.effective, gold.through, gold.end_reason) == (
        "terminated",
        JULY,
        date(2016, 8, 31),
        "requested",
    )
    assert gold.reasons[-1].facts == {"instead_of": "SILVER", "through": "2016-08-31"}
    assert [(each.plan, each.through) for each in desk.said(PolicyTerminated)] == [
        ("SILVER", date(2016, 8, 31)),
        ("SILVER", EVE),
        ("GOLD", date(2016, 8, 31)),
    ]
    assert desk.policy("TEETH").lifecycle == "active"
    assert [each.net_cents for each in await desk.months(gold)] == [70000] * 2


async def test_ENR_13_a_change_with_an_end_gives_way_to_a_later_one_before_it_begins() -> None:
    desk = await covered("SILVER")
    await desk.end(date(2016, 8, 31))
    await change(desk, "GOLD")
    (again,) = (await change(desk, "SILVER")).policies
    assert (desk.policy("GOLD").lifecycle, again.effective, again.through) == (
        "canceled",
        JULY,
        date(2016, 8, 31),
    )


async def test_ENR_13_a_change_from_an_earlier_day_than_one_of_before_covers_until_that_begins() -> None:
    desk = await covered("SILVER")
    desk.at(date(2016, 6, 20))
    await change(desk, "GOLD")
    choice = Choice(household="h", plans=("SILVER",), via="paper", received_on=date(2016, 6, 10), event=MOVE)
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        with pytest.raises(PlanNotChangeable):
            await change_plans(uow, choice, parameters=desk.parameters)
    await desk.offer(plan("BRONZE", single=40000))
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        (bronze,) = (
            await change_plans(uow, replace(choice, plans=("BRONZE",)), parameters=desk.parameters)
        ).policies
    assert [(each.plan, each.effective, each.last_covered_day) for each in desk.policies()] == [
        ("SILVER", date(2016, 1, 1), EVE),
        ("BRONZE", JULY, date(2016, 7, 31)),
        ("GOLD", date(2016, 8, 1), date(2016, 12, 31)),
    ]
    assert bronze.net_cents == 40000


async def test_ENR_13_a_change_gives_way_to_a_later_one_before_it_begins_and_no_day_is_left_out() -> None:
    desk = await covered("SILVER", aptc=20000)
    await change(desk, "GOLD")
    desk.at(date(2016, 6, 14))
    selected = await change(desk, "SILVER")
    assert not selected.selection.binder_required
    gold = desk.policy("GOLD")
    before, now = (each for each in desk.policies() if each.plan == "SILVER")
    assert (before.lifecycle, before.through) == ("terminated", EVE)
    assert (gold.lifecycle, gold.effective) == ("canceled", JULY)
    assert (now.lifecycle, now.effective, now.through) == ("active", JULY, None)
    (said,) = desk.said(PolicyCanceled)
    assert (said.plan, said.reason) == ("GOLD", "requested")
    assert gold.reasons[-1].says == "The household changed to SILVER: GOLD never begins."
    assert [each.net_cents for each in await desk.months(now)] == [30000] * 6


async def test_ENR_5_a_first_plan_is_no_change_and_what_replaces_it_is_called_off_and_selected() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.covered("SILVER")
    desk.at(date(2015, 12, 14))
    with pytest.raises(PlanNotChangeable) as refused:
        await change(desk, "GOLD", event=None)
    assert "called off first" in refused.value.reasons[0].says


async def test_INV_18_after_a_birth_the_plan_changes_on_its_day() -> None:
    desk = await covered("SILVER")
    await desk.join(person("Baby", born="2016-06-07", relation="child"), "birth", date(2016, 6, 7))
    await change(desk, "GOLD", event=QualifyingEvent(kind="birth", on=date(2016, 6, 7)))
    assert (desk.policy("SILVER").through, desk.policy("GOLD").effective) == (
        date(2016, 6, 6),
        date(2016, 6, 7),
    )
    assert desk.policy("GOLD").members == ("h-1", "h-2")


async def test_INV_11_a_grace_that_runs_out_ends_both_plans_and_a_postmark_restores_both() -> None:
    desk = await covered("SILVER")
    old, new = (await change(desk, "GOLD"), desk.policies())[1]
    desk.at(date(2016, 9, 1))
    await desk.hear(expired(old, new, through=EVE, decision="unpaid"))
    assert [(each.lifecycle, each.end_reason) for each in desk.policies()] == [
        ("terminated", "requested"),
        ("canceled", "non-payment"),
    ]
    await desk.hear(granted(old, new, undoes="unpaid"))
    assert [(each.lifecycle, each.through) for each in desk.policies()] == [
        ("terminated", EVE),
        ("active", None),
    ]


async def test_ENR_14_the_renewal_of_the_old_plan_falls_with_it_and_the_new_one_is_renewed() -> None:
    desk = await Season().begin()
    await desk.renew()
    await change(desk, "GOLD", event=QualifyingEvent(kind="move", on=date(2016, 10, 10)))
    await desk.renew()
    assert [(each.plan, each.effective.year, each.lifecycle) for each in desk.policies()] == [
        ("SILVER", 2016, "terminated"),
        ("GOLD", 2016, "active"),
        ("GOLD", 2017, "active"),
        ("SILVER", 2017, "canceled"),
    ]


async def test_ENR_14_a_change_of_december_that_is_typed_in_january_is_renewed_that_night() -> None:
    desk = await Season().begin()
    await desk.renew()
    desk.at(date(2017, 1, 5))
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await expire_coverage(uow, date(2017, 1, 1), ["h"])
    await desk.night()
    choice = Choice(
        household="h",
        plans=("GOLD",),
        via="paper",
        received_on=date(2016, 12, 28),
        event=QualifyingEvent(kind="birth", on=date(2016, 12, 20)),
    )
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await change_plans(uow, choice, parameters=desk.parameters)
    assert ("h", "GOLD", "owed", None) in await desk.renewals()
    await desk.at(date(2017, 1, 6)).night()
    assert [(each.plan, each.effective, each.lifecycle) for each in desk.policies()] == [
        ("SILVER", date(2016, 1, 1), "terminated"),
        ("GOLD", date(2016, 12, 20), "expired"),
        ("GOLD", date(2017, 1, 1), "active"),
        ("SILVER", date(2017, 1, 1), "canceled"),
    ]
