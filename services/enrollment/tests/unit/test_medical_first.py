"""Assistance goes to the medical plan first, then to the dental one, whichever came to stand first (ENR-8)."""

from __future__ import annotations

from datetime import date

from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import PolicyChanged
from enrollment.domain.policies import Policy
from services.enrollment.tests.builders import (
    MASSACHUSETTS,
    Desk,
    expired,
    granted,
    lapsed,
    parameters_in,
    plan,
)
from services.enrollment.tests.renewing import ALL, NEW_YEAR, Season, entry

MOVE = QualifyingEvent(kind="move", on=date(2016, 5, 8))


async def dental_first(*, aptc: int = 40000) -> Desk:
    """Return a desk with a dental plan since January, and a medical one selected for June."""
    desk = Desk()
    await desk.offer()
    await desk.register("h", aptc=aptc)
    await desk.covered("TEETH")
    await desk.at(date(2016, 5, 10)).select("SILVER", event=MOVE)
    return desk


async def helped(desk: Desk, plan: str) -> list[int]:
    """Return the APTC of each month that a policy covers."""
    return [each.aptc_cents for each in await desk.months(desk.policy(plan))]


async def test_ENR_8_a_medical_plan_takes_its_part_from_a_dental_one_that_was_there_first() -> None:
    desk = await dental_first()
    assert await helped(desk, "SILVER") == [40000] * 7
    assert await helped(desk, "TEETH") == [3000] * 5 + [0] * 7
    (said,) = desk.said(PolicyChanged)
    assert (said.plan, said.since, said.changed) == ("TEETH", date(2016, 6, 1), "assistance")
    await desk.change_assistance(date(2016, 6, 1), aptc=40000)
    assert len(desk.said(PolicyChanged)) == 1  # stated again, it moves nothing


async def test_ENR_8_a_medical_plan_that_is_not_paid_for_gives_it_back_and_one_restored_takes_it_again() -> (
    None
):
    desk = await dental_first()
    silver = desk.policy("SILVER")
    await desk.at(date(2016, 6, 3)).hear(lapsed(silver, due=date(2016, 6, 1)))
    assert await helped(desk, "TEETH") == [3000] * 12
    await desk.hear(granted(silver, undoes="lapse", binder=True))
    assert await helped(desk, "SILVER") == [40000] * 7
    assert await helped(desk, "TEETH") == [3000] * 5 + [0] * 7


async def test_ENR_8_a_medical_plan_that_ends_leaves_it_from_then_on_until_staff_restores_it() -> None:
    desk = await dental_first()
    await desk.pay_binder(desk.policy("SILVER"))
    await desk.at(date(2016, 7, 4)).end(date(2016, 8, 31), "SILVER")
    assert await helped(desk, "TEETH") == [3000] * 5 + [0] * 3 + [3000] * 4
    await desk.restore("SILVER")
    assert await helped(desk, "TEETH") == [3000] * 5 + [0] * 7


async def test_INV_11_what_did_not_end_with_the_grace_has_the_assistance_until_a_check_brings_it_back() -> (
    None
):
    desk = await dental_first()
    await desk.pay_binder(desk.policy("SILVER"))
    await desk.at(date(2016, 10, 1)).hear(expired(desk.policy("SILVER"), through=date(2016, 7, 31)))
    assert await helped(desk, "TEETH") == [3000] * 5 + [0] * 2 + [3000] * 5
    await desk.hear(granted(desk.policy("SILVER"), undoes="unpaid"))
    assert await helped(desk, "TEETH") == [3000] * 5 + [0] * 7
    assert {each.plan for each in desk.said(PolicyChanged)} == {"TEETH"}


async def test_INV_12_what_ended_together_costs_what_it_did_if_it_stands_again() -> None:
    desk = await dental_first()
    await desk.pay_binder(desk.policy("SILVER"))
    told = len(desk.said(PolicyChanged))
    await desk.at(date(2016, 10, 1)).hear(expired(*desk.policies(), through=date(2016, 7, 31)))
    await desk.hear(granted(*desk.policies(), undoes="unpaid"))
    assert len(desk.said(PolicyChanged)) == told
    assert await helped(desk, "TEETH") == [3000] * 5 + [0] * 7


async def test_ENR_6_a_start_that_rolls_on_leaves_the_month_between_to_the_dental_plan() -> None:
    desk = Desk().at(date(2014, 12, 20))
    desk.parameters = parameters_in(MASSACHUSETTS)
    await desk.offer()
    await desk.register("h", aptc=40000)
    await desk.covered("TEETH")
    (silver,) = (await desk.select("SILVER")).policies
    assert await helped(desk, "TEETH") == [0] * 12
    await desk.at(date(2014, 12, 29)).hear(lapsed(silver, due=date(2014, 12, 28)))
    (again,) = [each for each in desk.policies() if each.kind == "medical" and each.lifecycle == "selected"]
    assert (again.effective, again.aptc_cents) == (date(2015, 2, 1), 40000)
    assert await helped(desk, "TEETH") == [3000] + [0] * 11


async def test_ENR_8_who_transfers_in_takes_its_part_too() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h", aptc=51000)
    await desk.covered("TEETH")
    await desk.select("SILVER", transferred_from="BCBSVT")
    assert await helped(desk, "SILVER") == [50000] * 12
    assert await helped(desk, "TEETH") == [1000] * 12


async def test_ENR_8_a_catalog_that_changed_since_changes_no_policy_that_has_another_part_of_it() -> None:
    desk = await dental_first()
    await desk.offer(plan("TEETH", kind="dental", single=9000, carrier="DELTA"))
    await desk.at(date(2016, 6, 3)).hear(lapsed(desk.policy("SILVER"), due=date(2016, 6, 1)))
    assert [each.gross_cents for each in await desk.months(desk.policy("TEETH"))] == [3000] * 12


def of_2017(desk: Season) -> list[tuple[str, int]]:
    """Return the plans that stand in 2017, with their APTC."""
    stand: list[Policy] = [
        each for each in desk.policies() if each.effective == NEW_YEAR and each.lifecycle == "active"
    ]
    return [(each.plan, each.aptc_cents) for each in stand]


async def test_ENR_8_a_medical_renewal_that_comes_after_the_dental_one_goes_first_all_the_same() -> None:
    desk = await Season().begin(plans=("SILVER", "TEETH"), aptc=55000)
    await desk.crosswalk(entry("TEETH", "TEETH"))
    await desk.renew()
    assert of_2017(desk) == [("TEETH", 3000)]
    await desk.crosswalk(*ALL)
    await desk.renew()
    assert of_2017(desk) == [("SILVER", 54000), ("TEETH", 1000)]
    changed = await desk.change_assistance(NEW_YEAR, aptc=55000)
    assert changed.policies == ()


async def test_ENR_8_a_medical_plan_chosen_beside_a_renewed_dental_one_goes_first() -> None:
    desk = await Season().begin(plans=("SILVER", "TEETH"), aptc=10000)
    await desk.crosswalk(entry("SILVER", None, "discontinued"), entry("TEETH", "TEETH"))
    await desk.renew()
    assert of_2017(desk) == [("TEETH", 3000)]
    await desk.at(date(2016, 11, 10)).select("GOLD")
    assert of_2017(desk) == [("GOLD", 10000), ("TEETH", 0)]


async def test_ENR_14_a_renewal_that_is_taken_back_leaves_its_part_to_the_other() -> None:
    desk = await Season().begin(plans=("SILVER", "TEETH"), aptc=55000)
    await desk.renew()
    assert of_2017(desk) == [("SILVER", 54000), ("TEETH", 1000)]
    await desk.at(date(2016, 12, 1)).end(date(2016, 12, 20), "SILVER")
    assert of_2017(desk) == [("TEETH", 3000)]
