"""Coverage is ended because somebody asked."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import NotFound, Refused
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.endings import AskedBy, AskedReason, CannotEndThen, NothingToEnd
from enrollment.domain.events import PolicyCanceled, PolicyTerminated
from services.enrollment.tests.builders import Desk

MARCH_31 = date(2016, 3, 31)


async def covered(*plans: str) -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.covered(*(plans or ("SILVER",)))
    return desk.at(date(2016, 3, 10))


async def refused(
    desk: Desk, on: date, kind: type[Refused], *plans: str, by: AskedBy = "household"
) -> Refused:
    before = (desk.policies(), list(desk.database.events))
    with pytest.raises(kind) as raised:
        await desk.end(on, *plans, by=by)
    assert (desk.policies(), desk.database.events) == before
    return raised.value


async def test_ENR_13_coverage_ends_with_the_month_asked_for() -> None:
    desk = await covered()
    ended = await desk.end(MARCH_31)
    (policy,) = ended.policies
    assert (policy.lifecycle, policy.through, policy.end_reason) == ("terminated", MARCH_31, "requested")
    assert policy == desk.policy()
    (said,) = desk.said(PolicyTerminated)
    assert (said.through, said.reason) == (MARCH_31, "requested")
    assert policy.reasons[-1].rule == "ENR-13"


async def test_a_policy_that_was_ended_counts_as_paid_up_until_its_last_day_has_passed() -> None:
    desk = await covered()
    (policy,) = (await desk.end(MARCH_31)).policies
    assert policy.standing_on(MARCH_31) == ("current", None)
    assert policy.standing_on(date(2016, 4, 1)) == ("ended", None)


async def test_all_plans_end_unless_some_are_named() -> None:
    desk = await covered("SILVER", "TEETH")
    await desk.end(MARCH_31, "TEETH")
    assert (desk.policy("SILVER").lifecycle, desk.policy("TEETH").lifecycle) == ("active", "terminated")
    other = await covered("SILVER", "TEETH")
    await other.end(MARCH_31)
    assert {each.through for each in other.policies()} == {MARCH_31}


async def test_a_death_ends_coverage_in_the_past_too() -> None:
    desk = await covered()
    await desk.end(date(2016, 2, 29), reason="death")
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 2, 29), "death")


@pytest.mark.parametrize("reason", ["requested", "death"])
async def test_ENR_9_before_its_first_day_coverage_is_called_off(reason: AskedReason) -> None:
    desk = (await covered()).at(date(2015, 12, 20))
    await desk.end(date(2015, 12, 20), reason=reason)
    assert (desk.policy().lifecycle, desk.policy().end_reason) == ("canceled", "requested")
    assert [each.reason for each in desk.said(PolicyCanceled)] == ["requested"]
    assert desk.said(PolicyTerminated) == []


async def test_ENR_9_a_selection_can_be_called_off_before_its_binder_is_paid() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER")
    await desk.end(date(2015, 12, 31))
    assert desk.policy().lifecycle == "canceled"


async def test_ENR_9_a_selection_that_is_not_paid_cannot_end_on_a_day_it_would_cover() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER")
    error = await refused(desk, date(2016, 1, 31), CannotEndThen)
    assert [each.rule for each in error.reasons] == ["ENR-9"]


async def test_INV_18_coverage_ends_within_a_month_as_asked() -> None:
    desk = await covered()
    await desk.end(date(2016, 5, 12))
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 5, 12))
    await desk.end(date(2016, 3, 10))  # today
    assert desk.policy().through == date(2016, 3, 10)


async def test_INV_18_a_death_ends_coverage_with_its_day() -> None:
    desk = await covered()
    await desk.end(date(2016, 2, 17), reason="death")
    (said,) = desk.said(PolicyTerminated)
    assert (said.through, said.reason) == (date(2016, 2, 17), "death")
    assert [(str(each.first), each.net_cents) for each in said.months] == [("2016-02", 29310)]


async def test_ENR_13_only_staff_ends_coverage_on_days_gone_by() -> None:
    desk = await covered()
    error = await refused(desk, date(2016, 2, 29), CannotEndThen)
    assert [(each.rule, each.facts["would_do"]) for each in error.reasons] == [("ENR-13", "2016-03-10")]
    await desk.end(date(2016, 2, 29), by="operator")
    assert desk.policy().through == date(2016, 2, 29)


async def test_CAL_3_coverage_does_not_end_after_its_plan_year() -> None:
    desk = await covered()
    error = await refused(desk, date(2017, 1, 31), CannotEndThen)
    assert [(each.rule, each.facts["would_do"]) for each in error.reasons] == [("CAL-3", "2016-12-31")]
    await desk.end(date(2016, 12, 31))
    assert desk.policy().through == date(2016, 12, 31)


async def test_ENR_13_an_end_can_be_moved_earlier_and_not_later() -> None:
    desk = await covered()
    await desk.end(date(2016, 5, 31))
    await desk.end(date(2016, 4, 30))
    assert desk.policy().through == date(2016, 4, 30)
    error = await refused(desk, date(2016, 5, 31), CannotEndThen)
    assert [each.rule for each in error.reasons] == ["ENR-13"]


async def test_ending_again_with_the_same_day_is_already_so() -> None:
    desk = await covered()
    await desk.end(MARCH_31)
    ended = await desk.end(MARCH_31)
    assert ended.policies[0].through == MARCH_31
    assert len(desk.said(PolicyTerminated)) == 1


async def test_an_end_to_come_is_moved_with_the_others_where_no_plan_is_named() -> None:
    desk = await covered("SILVER", "TEETH")
    await desk.end(date(2016, 8, 31), "SILVER")
    await desk.end(date(2016, 5, 31))
    assert {each.through for each in desk.policies()} == {date(2016, 5, 31)}


async def test_what_ends_earlier_already_keeps_no_other_plan_from_ending() -> None:
    desk = await covered("SILVER", "TEETH")
    await desk.end(date(2016, 4, 30), "SILVER")
    await desk.end(date(2016, 8, 31))
    assert [each.through for each in desk.policies()] == [date(2016, 4, 30), date(2016, 8, 31)]


async def test_a_plan_selected_again_after_it_ended_is_ended_by_its_name() -> None:
    desk = await covered()
    await desk.end(MARCH_31)
    event = QualifyingEvent(kind="move", on=date(2016, 3, 1))
    await desk.pay_binder(*(await desk.select("SILVER", event=event)).policies)
    await desk.end(date(2016, 9, 30), "SILVER")
    assert [each.through for each in desk.policies()] == [MARCH_31, date(2016, 9, 30)]


async def test_a_death_told_in_january_ends_last_year_s_coverage_and_calls_off_this_year_s() -> None:
    desk = (await covered()).at(date(2016, 12, 5))
    await desk.select("SILVER")
    await desk.at(date(2017, 1, 5)).end(date(2016, 12, 20), reason="death")
    assert [(each.lifecycle, each.through) for each in desk.policies()] == [
        ("terminated", date(2016, 12, 20)),
        ("canceled", None),
    ]


async def test_where_one_plan_cannot_end_then_none_does() -> None:
    desk = await covered("SILVER", "TEETH")
    await desk.end(date(2016, 4, 30), "TEETH")
    await refused(desk, date(2016, 5, 31), CannotEndThen, "SILVER", "TEETH")


async def test_a_plan_the_household_does_not_have_cannot_be_ended() -> None:
    desk = await covered()
    assert (await refused(desk, MARCH_31, NothingToEnd, "SILVER", "TEETH")).field == "/plans"


async def test_a_household_without_coverage_has_nothing_to_end() -> None:
    desk = Desk()
    await desk.register("h")
    await refused(desk, MARCH_31, NothingToEnd)
    with pytest.raises(NotFound):
        await desk.end(MARCH_31, household="nobody")
