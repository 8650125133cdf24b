"""Whether an act of selection waits for its first premium."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import PlansSelected, PolicyActivated
from services.enrollment.tests.builders import Desk, expired, plan


async def desk_with(**assistance: int) -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h", **assistance)
    return desk


def rules(selected: Any) -> list[str]:
    return [reason.rule for reason in selected.reasons]


async def test_ENR_7_no_binder_is_needed_where_the_whole_first_premium_is_0() -> None:
    desk = await desk_with(aptc=53000)
    selected = await desk.select("SILVER", "TEETH")
    assert not selected.selection.binder_required
    assert {(each.lifecycle, each.standing) for each in selected.policies} == {("active", "current")}
    assert [type(each) for each in desk.database.events[3:]] == [
        PlansSelected,
        PolicyActivated,
        PolicyActivated,
    ]
    assert desk.said(PlansSelected)[0].binder_required is False
    assert rules(selected.selection)[-1] == "ENR-7"
    assert tuple(desk.policies()) == selected.policies


async def test_ENR_7_one_cent_to_pay_holds_all_plans_of_the_act() -> None:
    desk = await desk_with(aptc=52999)
    selected = await desk.select("SILVER", "TEETH")
    assert [each.net_cents for each in selected.policies] == [0, 1]
    assert {each.lifecycle for each in selected.policies} == {"selected"}


async def test_ENR_5_another_act_does_not_hold_a_free_plan_paid_for_or_not() -> None:
    for paid in (False, True):
        desk = await desk_with()
        await desk.offer(plan("FREE", kind="dental", single=0))
        await (desk.covered("SILVER") if paid else desk.select("SILVER"))
        selected = await desk.select("FREE")
        assert not selected.selection.binder_required
        assert selected.policies[0].lifecycle == "active"
        assert desk.policy("SILVER").lifecycle == ("active" if paid else "selected")


async def test_ENR_7_the_first_premium_is_that_of_the_days_covered() -> None:
    desk = (await desk_with()).at(date(2016, 6, 30))
    event = QualifyingEvent(kind="birth", on=date(2016, 6, 30))
    selected = await desk.select("SILVER", event=event)
    assert selected.selection.reasons[-1].facts == {"first_premium_cents": "1667"}  # 500.00 * 1/30
    other = (await desk_with()).at(date(2016, 6, 30))
    await other.offer(plan("PENNY", single=14))  # 0.14 * 1/30 is no cent
    selected = await other.select("PENNY", event=event)
    assert (selected.selection.binder_required, rules(selected.selection)[-1]) == (False, "ENR-7")
    assert [each.net_cents for each in await other.months(other.policy("PENNY"))] == [0] + 6 * [14]


async def renewing(*plans: str) -> Desk:
    desk = await desk_with()
    await desk.covered(*plans)
    return desk.at(date(2016, 12, 5))


async def test_ENR_5_who_is_covered_through_december_31_renews_by_hand_without_a_binder() -> None:
    desk = await renewing("SILVER")
    selected = await desk.select("GOLD")
    assert (selected.selection.effective, selected.selection.binder_required) == (date(2017, 1, 1), False)
    assert [each.lifecycle for each in selected.policies] == ["active"]
    (reason,) = selected.selection.reasons[-1:]
    assert (reason.rule, reason.facts) == ("ENR-5", {"first_premium_cents": "70000", "renewed": "medical"})
    assert desk.said(PlansSelected)[-1].binder_required is False
    assert desk.said(PolicyActivated)[-1].effective == date(2017, 1, 1)


async def test_ENR_5_an_act_with_a_kind_that_is_new_needs_its_binder_and_says_so() -> None:
    desk = await renewing("SILVER")
    selected = await desk.select("GOLD", "TEETH")
    assert selected.selection.binder_required
    assert {each.lifecycle for each in selected.policies} == {"selected"}
    (reason,) = selected.selection.reasons[-1:]
    assert reason.rule == "ENR-5"
    assert "The medical plan would renew; the dental plan is new" in reason.says
    both = await renewing("SILVER", "TEETH")
    assert not (await both.select("GOLD", "TEETH")).selection.binder_required


@pytest.mark.parametrize("what", ["only selected", "ended", "called off", "unpaid", "from February 1"])
async def test_ENR_5_who_is_not_covered_through_december_31_or_selects_later_begins_anew(what: str) -> None:
    desk = await desk_with()
    held = (await desk.select("SILVER")).policies
    if what != "only selected":
        await desk.pay_binder(*held)
    if what == "ended":
        await desk.end(date(2016, 12, 30))
    if what == "called off":
        await desk.end(date(2015, 12, 31))
    if what == "unpaid":
        await desk.hear(expired(*held, through=date(2016, 12, 31)))
    desk.at(date(2016, 12, 20) if what == "from February 1" else date(2016, 12, 5))
    selected = await desk.select("GOLD")
    assert selected.selection.binder_required
    assert {each.lifecycle for each in selected.policies} == {"selected"}


async def test_ENR_5_an_end_asked_for_with_december_31_leaves_the_year_covered_and_renewed() -> None:
    desk = await renewing("SILVER")
    await desk.end(date(2016, 12, 31))
    assert not (await desk.select("GOLD")).selection.binder_required
