"""A household selects plans."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import NotFound, Refused
from enrollment.domain.choices import (
    KindAlreadyHeld,
    NoPlansSelected,
    PaperDates,
    PlanSelectedTwice,
    UnknownPlan,
)
from enrollment.domain.effective_dates import OutsideEnrollment, QualifyingEvent
from enrollment.domain.events import PlansSelected, PolicyActivated, PolicyTerms
from enrollment.domain.months import PremiumMonths
from enrollment.domain.policies import Policy
from enrollment.domain.selections import Selection
from services.enrollment.tests.builders import Desk, person, plan


async def desk_with(**assistance: int) -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h", **assistance)
    return desk


def rules(selected: Any) -> list[str]:
    return [reason.rule for reason in selected.reasons]


async def test_ENR_5_a_selection_waits_for_its_binder() -> None:
    desk = await desk_with()
    selected = await desk.select("SILVER")
    (policy,) = selected.policies
    assert (policy.lifecycle, policy.standing, policy.acknowledgement) == ("selected", "binder-due", "unsent")
    assert (policy.effective, policy.coverage_ends) == (date(2016, 1, 1), date(2016, 12, 31))
    assert selected.selection.binder_required
    assert rules(selected.selection) == ["ENR-2", "ENR-5"]
    assert desk.said(PolicyActivated) == []
    assert desk.policies() == [policy]


async def test_a_selection_says_all_that_others_need_to_know_of_it() -> None:
    desk = await desk_with(aptc=30000, subsidy=5000)
    selected = await desk.select("TEETH", "SILVER", via="phone")
    medical, dental = selected.policies
    (event,) = desk.said(PlansSelected)
    assert event == PlansSelected(
        household="h",
        selection=selected.selection.selection,
        contact_version=1,
        selected_on=date(2015, 12, 3),
        entered_on=date(2015, 12, 3),
        via="phone",
        effective=date(2016, 1, 1),
        binder_required=True,
        policies=(
            PolicyTerms(
                policy=medical.policy,
                plan="SILVER",
                carrier="BCBSVT",
                kind="medical",
                effective=date(2016, 1, 1),
                coverage_ends=date(2016, 12, 31),
                tier="single",
                gross_cents=50000,
                aptc_cents=30000,
                subsidy_cents=5000,
                net_cents=15000,
                members=("h-1",),
                months=(
                    PremiumMonths(
                        first=CoverageMonth(2016, 1),
                        last=CoverageMonth(2016, 12),
                        members=("h-1",),
                        gross_cents=50000,
                        aptc_cents=30000,
                        subsidy_cents=5000,
                        net_cents=15000,
                    ),
                ),
            ),
            PolicyTerms(
                policy=dental.policy,
                plan="TEETH",
                carrier="DELTA",
                kind="dental",
                effective=date(2016, 1, 1),
                coverage_ends=date(2016, 12, 31),
                tier="single",
                gross_cents=3000,
                aptc_cents=0,
                subsidy_cents=0,
                net_cents=3000,
                members=("h-1",),
                months=(
                    PremiumMonths(
                        first=CoverageMonth(2016, 1),
                        last=CoverageMonth(2016, 12),
                        members=("h-1",),
                        gross_cents=3000,
                        aptc_cents=0,
                        subsidy_cents=0,
                        net_cents=3000,
                    ),
                ),
            ),
        ),
    )
    emitted = desk.database.emitted[-1]
    assert emitted.record.business_date == date(2015, 12, 3)


async def test_ENR_8_the_tier_decides_the_price_before_assistance() -> None:
    desk = Desk()
    await desk.offer()
    people = (
        person(),
        person(born="1981-01-01", relation="spouse"),
        person(born="2012-01-01", relation="child"),
    )
    await desk.register("h", *people, aptc=100000)
    (policy,) = (await desk.select("SILVER")).policies
    assert (policy.tier, policy.gross_cents, policy.net_cents) == ("family", 150000, 50000)
    assert policy.members == ("h-1", "h-2", "h-3")
    assert rules(policy) == ["ENR-2", "ENR-8", "ENR-5"]


async def test_a_second_selection_of_another_kind_is_a_selection_of_its_own() -> None:
    desk = await desk_with()
    first = await desk.select("SILVER")
    second = await desk.select("TEETH")
    assert [each.selection.number for each in (first, second)] == [1, 2]
    assert second.selection.selection != first.selection.selection
    assert second.selection.binder_required


async def test_ENR_8_a_second_selection_uses_the_assistance_the_first_leaves() -> None:
    desk = await desk_with(aptc=51000, subsidy=500)
    await desk.select("SILVER")
    (dental,) = (await desk.select("TEETH")).policies
    assert (dental.aptc_cents, dental.subsidy_cents, dental.net_cents) == (1000, 500, 1500)


async def test_ENR_8_what_a_canceled_policy_used_is_free_again() -> None:
    desk = await desk_with(aptc=40000)
    first = await desk.select("SILVER")
    await desk.lapse_binder(*first.policies, due=date(2015, 12, 25))
    (again,) = (await desk.at(date(2016, 1, 4)).select("SILVER")).policies
    assert (again.effective, again.aptc_cents, again.net_cents) == (date(2016, 2, 1), 40000, 10000)


async def test_ENR_3_a_plan_sold_for_next_year_only_is_refused_for_an_event_of_this_one() -> None:
    desk = (await desk_with()).at(date(2016, 11, 8))
    await desk.offer(plan("NEXT", year=2017), plan("THIS", year=2016))
    event = QualifyingEvent(kind="birth", on=date(2016, 11, 5))
    with pytest.raises(UnknownPlan) as refused:
        await desk.select("NEXT", event=event)
    assert rules(refused.value) == ["ENR-3", "CAL-3"]
    assert refused.value.reasons[1].facts["sold_for"] == "2017"
    this = (await desk.select("THIS", event=event)).policies[0]
    assert (this.effective, this.coverage_ends) == (date(2016, 11, 5), date(2016, 12, 31))
    next_year = (await desk.select("NEXT")).policies[0]
    assert (next_year.effective, next_year.coverage_ends) == (date(2017, 1, 1), date(2017, 12, 31))


async def test_ENR_11_paper_counts_from_the_day_it_was_received_for_every_rule() -> None:
    desk = (await desk_with()).at(date(2016, 1, 4))
    selected = await desk.select("SILVER", via="paper", received_on=date(2015, 12, 14))
    selection = selected.selection
    assert (selection.selected_on, selection.entered_on) == (date(2015, 12, 14), date(2016, 1, 4))
    assert selection.effective == date(2016, 1, 1)
    assert desk.database.emitted[-1].record.business_date == date(2015, 12, 14)


async def test_ENR_11_paper_received_in_the_window_is_taken_after_it() -> None:
    desk = (await desk_with()).at(date(2016, 2, 3))
    selected = await desk.select("SILVER", via="paper", received_on=date(2016, 1, 31))
    assert selected.selection.effective == date(2016, 3, 1)


async def test_ENR_11_paper_without_a_date_was_received_today() -> None:
    desk = await desk_with()
    assert (await desk.select("SILVER", via="paper")).selection.selected_on == date(2015, 12, 3)


@pytest.mark.parametrize(("via", "received_on"), [("paper", date(2015, 12, 4)), ("web", date(2015, 12, 1))])
async def test_ENR_11_a_received_date_after_today_or_without_paper_is_refused(
    via: Any, received_on: date
) -> None:
    desk = await desk_with()
    with pytest.raises(PaperDates) as refused:
        await desk.select("SILVER", via=via, received_on=received_on)
    assert rules(refused.value) == ["ENR-11"]
    assert refused.value.field == "/received_on"


async def test_ENR_3_a_selection_after_a_qualifying_event_keeps_the_event() -> None:
    desk = (await desk_with()).at(date(2016, 5, 20))
    event = QualifyingEvent(kind="move", on=date(2016, 5, 1))
    selected = await desk.select("SILVER", event=event)
    assert selected.selection.effective == date(2016, 7, 1)
    (kept,) = desk.database.rows(Selection)
    assert (kept.event_kind, kept.event_on) == ("move", date(2016, 5, 1))


async def _refused(desk: Desk, kind: type[Refused], *plans: str) -> Refused:
    before = (desk.database.rows(Selection), desk.database.rows(Policy), list(desk.database.events))
    with pytest.raises(kind) as refused:
        await desk.select(*plans)
    assert before == (desk.database.rows(Selection), desk.database.rows(Policy), desk.database.events)
    return refused.value


async def test_ENR_1_a_refusal_outside_open_enrollment_leaves_nothing_behind() -> None:
    desk = (await desk_with()).at(date(2016, 2, 1))
    assert rules(await _refused(desk, OutsideEnrollment, "SILVER")) == ["ENR-1", "ENR-3"]


async def test_a_household_nobody_registered_cannot_select() -> None:
    desk = Desk()
    await desk.offer()
    await _refused(desk, NotFound, "SILVER")


async def test_a_selection_without_plans_is_refused() -> None:
    desk = await desk_with()
    assert (await _refused(desk, NoPlansSelected)).field == "/plans"


async def test_a_plan_nobody_offers_is_refused_by_its_place() -> None:
    desk = await desk_with()
    assert (await _refused(desk, UnknownPlan, "TEETH", "BRONZE")).field == "/plans/1"


async def test_a_plan_of_another_year_is_refused() -> None:
    desk = await desk_with()
    await desk.offer(plan("OLD", year=2015), plan("NEW", year=2016))
    await _refused(desk, UnknownPlan, "OLD")
    assert (await desk.select("NEW")).selection.effective == date(2016, 1, 1)


async def test_a_plan_named_twice_or_two_of_a_kind_are_refused() -> None:
    desk = await desk_with()
    assert (await _refused(desk, PlanSelectedTwice, "SILVER", "SILVER")).field == "/plans/1"
    assert (await _refused(desk, PlanSelectedTwice, "SILVER", "GOLD")).field == "/plans"


async def test_ENR_13_a_kind_that_is_selected_cannot_be_selected_again() -> None:
    desk = await desk_with()
    await desk.select("SILVER")
    refused = await _refused(desk, KindAlreadyHeld, "GOLD")
    assert rules(refused) == ["ENR-13"]
    assert refused.reasons[0].facts["lifecycle"] == "selected"


async def test_ENR_13_a_kind_that_is_active_cannot_be_selected_again() -> None:
    desk = await desk_with()
    await desk.covered("SILVER")
    refused = await _refused(desk, KindAlreadyHeld, "SILVER", "TEETH")
    assert refused.reasons[0].facts["through"] == "2016-12-31"


async def test_ENR_13_coverage_that_ends_makes_room_only_after_its_last_day() -> None:
    desk = await desk_with()
    await desk.covered("SILVER")
    await desk.at(date(2016, 1, 10)).end(date(2016, 2, 29))
    refused = await _refused(desk, KindAlreadyHeld, "GOLD")  # would begin on February 1
    assert refused.reasons[0].facts["through"] == "2016-02-29"
    assert (await desk.at(date(2016, 1, 20)).select("GOLD")).selection.effective == date(2016, 3, 1)


async def test_ENR_13_coverage_that_ends_within_a_month_makes_room_from_the_day_after() -> None:
    desk = await desk_with()
    await desk.covered("SILVER")
    await desk.at(date(2016, 6, 20)).end(date(2016, 6, 9), by="operator")
    born = QualifyingEvent(kind="birth", on=date(2016, 6, 10))
    assert (await desk.select("GOLD", event=born)).selection.effective == date(2016, 6, 10)


async def test_ENR_8_what_ends_within_a_month_leaves_its_assistance_from_the_day_after() -> None:
    desk = await desk_with(aptc=30000)
    await desk.covered("SILVER")
    await desk.at(date(2016, 6, 20)).end(date(2016, 6, 9), by="operator")
    born = QualifyingEvent(kind="birth", on=date(2016, 6, 10))
    (gold,) = (await desk.select("GOLD", event=born)).policies
    assert gold.aptc_cents == 30000
    june = [(await desk.months(each))[-7 if each == gold else -1] for each in desk.policies()]
    assert [(each.days_covered, each.aptc_cents) for each in june] == [(9, 9000), (21, 21000)]


async def test_after_a_cancel_selecting_again_is_fine() -> None:
    desk = await desk_with()
    first = await desk.select("SILVER")
    await desk.end(date(2015, 12, 31))
    again = await desk.select("SILVER")
    assert again.selection.number == 2
    assert again.policies[0].policy != first.policies[0].policy


async def test_a_price_that_changes_later_changes_no_policy() -> None:
    desk = await desk_with()
    await desk.select("SILVER")
    await desk.offer(plan("SILVER", single=60000))
    assert desk.policy().gross_cents == 50000
