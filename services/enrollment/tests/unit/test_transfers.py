"""A household comes over from a carrier with which it was enrolled directly (ENR-12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from enrollment.domain.choices import KindAlreadyHeld
from enrollment.domain.effective_dates import OutsideEnrollment, QualifyingEvent
from enrollment.domain.events import PlansSelected, PolicyActivated
from enrollment.domain.selections import Selection
from enrollment.domain.transfers import UnknownCarrier
from services.enrollment.tests.builders import MASSACHUSETTS, Desk, lapsed, parameters_in
from services.enrollment.tests.renewing import Season


async def desk_with(**assistance: int) -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h", **assistance)
    return desk


def rules(told: Any) -> list[str]:
    return [reason.rule for reason in told.reasons]


async def test_ENR_12_a_transfer_begins_as_any_selection_does_waits_for_its_binder_and_says_whence() -> None:
    desk = await desk_with()
    came = await desk.select("SILVER", "TEETH", transferred_from="MVP")
    plain = await (await desk_with()).select("SILVER", "TEETH")
    assert came.selection.transferred_from == "MVP"
    assert came.selection.effective == plain.selection.effective == date(2016, 1, 1)
    assert came.selection.binder_required
    assert {each.lifecycle for each in came.policies} == {"selected"}
    assert rules(came.selection) == ["ENR-2", "ENR-12", "ENR-5"]
    whence = came.selection.reasons[1]
    assert whence.facts == {"transferred_from": "MVP", "effective": "2016-01-01"}
    assert whence.citation == "VHC §4"
    assert "the days through 2015-12-31 are MVP's to bill" in whence.says
    assert {tuple(rules(each)) for each in came.policies} == {("ENR-2", "ENR-12", "ENR-5")}
    (said,) = desk.said(PlansSelected)
    assert said.transferred_from == "MVP"
    assert desk.said(PolicyActivated) == []
    assert [replace(each, reasons=(), decisions=()) for each in came.policies] == [
        replace(each, reasons=(), decisions=()) for each in plain.policies
    ]


async def test_who_comes_from_no_carrier_says_so() -> None:
    desk = await desk_with()
    assert (await desk.select("SILVER")).selection.transferred_from is None
    assert desk.said(PlansSelected)[0].transferred_from is None


async def test_ENR_12_outside_open_enrollment_direct_enrollment_is_no_event() -> None:
    desk = (await desk_with()).at(date(2016, 5, 2))
    with pytest.raises(OutsideEnrollment) as refused:
        await desk.select("SILVER", transferred_from="MVP")
    assert rules(refused.value) == ["ENR-1", "ENR-3", "ENR-12"]
    assert refused.value.reasons[-1].facts == {"transferred_from": "MVP", "selected_on": "2016-05-02"}
    assert desk.policies() == []


async def test_ENR_12_a_qualifying_event_lets_a_household_transfer_in_at_any_time() -> None:
    desk = (await desk_with()).at(date(2016, 5, 2))
    came = await desk.select(
        "SILVER", event=QualifyingEvent(kind="move", on=date(2016, 4, 20)), transferred_from="MVP"
    )
    assert came.selection.effective == date(2016, 6, 1)
    assert rules(came.selection) == ["ENR-3", "ENR-12", "ENR-5"]


async def test_ENR_12_a_carrier_that_offers_nothing_here_is_refused_and_nothing_happened() -> None:
    desk = await desk_with()
    with pytest.raises(UnknownCarrier) as refused:
        await desk.select("SILVER", transferred_from="AETNA")
    assert (refused.value.field, rules(refused.value)) == ("/transferred_from", ["ENR-12"])
    assert desk.policies() == []
    assert desk.said(PlansSelected) == []


async def test_ENR_7_ENR_12_where_nothing_is_to_be_paid_a_transfer_stands_at_once() -> None:
    desk = await desk_with(aptc=60000)
    came = await desk.select("SILVER", transferred_from="MVP")
    assert (came.selection.binder_required, rules(came.selection)[-1]) == (False, "ENR-7")
    assert [each.lifecycle for each in came.policies] == ["active"]


async def test_ENR_12_a_transfer_never_renews_what_the_household_has_here() -> None:
    desk = await desk_with()
    await desk.covered("SILVER")
    came = await desk.at(date(2016, 12, 5)).select("GOLD", transferred_from="MVP")
    assert (came.selection.effective, came.selection.binder_required) == (date(2017, 1, 1), True)
    assert rules(came.selection) == ["ENR-2", "ENR-12", "ENR-5"]
    assert "renewed" not in came.selection.reasons[-1].facts
    assert [each.lifecycle for each in came.policies] == ["selected"]


async def test_ENR_12_what_a_household_has_here_in_the_same_days_stands_in_the_way_of_its_kind_alone() -> (
    None
):
    desk = await desk_with()
    await desk.covered("TEETH")
    with pytest.raises(KindAlreadyHeld):
        await desk.select("SILVER", "TEETH", transferred_from="MVP")
    came = await desk.select("SILVER", transferred_from="MVP")
    assert came.selection.binder_required
    assert desk.policy("TEETH").lifecycle == "active"


async def test_ENR_12_a_transfer_takes_the_place_of_no_automatic_renewal() -> None:
    desk = await Season().begin()
    await desk.renew()
    before = desk.policies()
    with pytest.raises(KindAlreadyHeld):
        await desk.at(date(2016, 12, 5)).select("GOLD", transferred_from="MVP")
    assert desk.policies() == before


async def test_ENR_6_ENR_12_a_transfer_whose_start_rolls_on_still_comes_from_its_carrier() -> None:
    desk = Desk()
    desk.parameters = parameters_in(MASSACHUSETTS)
    desk.at(date(2014, 12, 20))
    await desk.offer()
    await desk.register("h")
    came = await desk.select("SILVER", transferred_from="MVP")
    await desk.at(date(2014, 12, 29), 2).hear(lapsed(*came.policies, due=date(2014, 12, 28)))
    first, again = sorted(desk.database.rows(Selection), key=lambda each: each.number)
    assert (first.transferred_from, again.transferred_from) == ("MVP", "MVP")
    assert (again.effective, again.binder_required) == (date(2015, 2, 1), True)
    assert desk.said(PlansSelected)[-1].transferred_from == "MVP"
    assert "ENR-12" in rules(again)
