"""Plans for which their carrier bills: what waits for whose word, and what ends them (CAR-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TypeAlias

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.application import facts
from enrollment.application.find_overdue import overdue_by
from enrollment.application.list_offers import list_offers
from enrollment.application.state_carrier import state_carrier
from enrollment.domain.carrier_words import CarrierReason
from enrollment.domain.carriers import BilledByCarrier, Billing, BillingSince, Carrier, YearBilledOtherwise
from enrollment.domain.events import (
    CarrierRecordDecided,
    PlansRenewed,
    PlansSelected,
    PolicyActivated,
    PolicyReinstated,
    PolicyTerminated,
)
from enrollment.domain.policies import Policy
from services.enrollment.tests.builders import Desk, granted
from services.enrollment.tests.renewing import Season

DELTA = Carrier(
    carrier="DELTA",
    name="Delta Dental",
    phone="800-555-0142",
    billing=(BillingSince(plan_year=2016, billing="carrier"),),
)
BILLED = BilledByCarrier(name="Delta Dental", phone="800-555-0142")
NEXT_YEAR = BillingSince(plan_year=2017, billing="exchange")

Stated: TypeAlias = tuple[tuple[int, Billing], ...]


def stated(billing: Stated) -> Carrier:
    since = tuple(BillingSince(plan_year=year, billing=who) for year, who in billing)
    return replace(DELTA, billing=since)


async def exchange(*carriers: Carrier) -> Desk:
    desk = Desk()
    await desk.offer()
    async with desk.uows.begin(now=desk.now) as uow:
        for each in carriers or (DELTA,):
            await state_carrier(uow, each)
    await desk.register("h")
    return desk


async def effectuated(desk: Desk, policy: Policy) -> None:
    await desk.hear(
        facts.TransmissionSent(household="h", policy=policy.policy, kind="initial"),
        facts.CoverageEffectuated(household="h", policy=policy.policy),
    )


def ended(desk: Desk, through: date | None, *, because: CarrierReason) -> facts.CoverageEndedByCarrier:
    return facts.CoverageEndedByCarrier(
        household="h",
        policy=desk.policy("TEETH").policy,
        record="file-1",
        kind="cancellation" if through is None else "termination",
        through=through,
        reason=because,
    )


@pytest.mark.parametrize(
    ("billing", "year", "bills"),
    [
        ((), 2016, False),
        (((2017, "carrier"),), 2016, False),
        (((2017, "carrier"),), 2017, True),
        (((2016, "carrier"), (2018, "exchange")), 2017, True),
        (((2016, "carrier"), (2018, "exchange")), 2018, False),
    ],
)
def test_CAR_1_who_bills_changes_with_a_plan_year(
    billing: tuple[tuple[int, str], ...], year: int, bills: bool
) -> None:
    since = tuple(BillingSince(plan_year=each, billing=who) for each, who in billing)  # pyright: ignore[reportArgumentType]
    assert replace(DELTA, billing=since).bills_in(year) is bills


async def test_CAR_1_what_a_carrier_bills_for_needs_no_binder_and_begins_once_it_says_so() -> None:
    desk = await exchange()
    selected = await desk.select("TEETH")
    (said,) = desk.said(PlansSelected)
    assert (said.binder_required, said.policies[0].billed_by_carrier) == (False, BILLED)
    assert [each.rule for each in selected.selection.reasons][-1] == "CAR-1"
    assert (desk.policy("TEETH").lifecycle, desk.said(PolicyActivated)) == ("selected", [])
    await effectuated(desk.at(date(2015, 12, 9)), selected.policies[0])
    policy = desk.policy("TEETH")
    assert (policy.lifecycle, policy.acknowledgement) == ("active", "effectuated")
    assert policy.activated_on == date(2015, 12, 9)
    assert [each.policy for each in desk.said(PolicyActivated)] == [policy.policy]
    assert policy.reasons[-1].rule == "CAR-1"


async def test_CAR_1_beside_a_plan_that_the_exchange_bills_for_it_is_held_with_the_binder() -> None:
    desk = await exchange()
    selected = await desk.select("SILVER", "TEETH")
    assert selected.selection.reasons[-1].facts["first_premium_cents"] == "50000"
    assert selected.selection.binder_required
    await desk.pay_binder(*selected.policies)
    assert [desk.policy(plan).lifecycle for plan in ("SILVER", "TEETH")] == ["active", "selected"]
    await effectuated(desk, desk.policy("TEETH"))
    assert [desk.policy(plan).lifecycle for plan in ("SILVER", "TEETH")] == ["active", "active"]


async def test_NOT_1_what_stands_again_and_awaits_its_carrier_is_said_to_begin_later() -> None:
    desk = await exchange()
    selected = await desk.select("SILVER", "TEETH")
    await desk.lapse_binder(*selected.policies, due=date(2015, 12, 25))
    await desk.hear(granted(*selected.policies, undoes="lapse", binder=True))
    silver, teeth = desk.policy("SILVER"), desk.policy("TEETH")
    assert [each.lifecycle for each in (silver, teeth)] == ["active", "selected"]
    assert {each.policy: each.begins_later for each in desk.said(PolicyReinstated)} == {
        silver.policy: False,
        teeth.policy: True,
    }


async def test_NOT_1_a_carrier_takes_back_its_cancel_of_what_it_had_never_put_into_force() -> None:
    desk = await exchange()
    teeth = (await desk.select("TEETH")).policies[0].policy
    await desk.hear(ended(desk, None, because="non-payment"))
    await desk.hear(facts.CoverageReinstatedByCarrier(household="h", policy=teeth, record="file-2"))
    assert desk.policy("TEETH").lifecycle == "selected"
    assert [each.begins_later for each in desk.said(PolicyReinstated)] == [True]
    await effectuated(desk, desk.policy("TEETH"))
    assert [each.policy for each in desk.said(PolicyActivated)] == [teeth]


async def test_CAR_1_the_exchange_bills_before_the_plan_year_that_a_carrier_begins_with() -> None:
    desk = await exchange(replace(DELTA, billing=(BillingSince(plan_year=2017, billing="carrier"),)))
    selected = await desk.select("TEETH")
    assert selected.selection.binder_required
    assert desk.policy("TEETH").billed_by_carrier is None


async def test_CAR_1_policies_stay_with_who_bills_for_them() -> None:
    desk = await exchange()
    await desk.select("TEETH")
    async with desk.uows.begin(now=desk.now) as uow:
        await state_carrier(uow, replace(DELTA, name="Delta", billing=(*DELTA.billing, NEXT_YEAR)))
    await effectuated(desk, desk.policy("TEETH"))
    assert desk.policy("TEETH").billed_by_carrier == BILLED


@pytest.mark.parametrize(
    ("before", "after", "policies"),
    [
        (((2016, "carrier"),), (), "1"),
        (((2016, "carrier"),), ((2017, "carrier"),), "1"),
        (((2016, "carrier"),), ((2015, "carrier"),), None),
        (((2016, "carrier"),), ((2016, "carrier"), (2017, "exchange")), None),
        ((), ((2016, "carrier"),), "1"),
        ((), ((2015, "carrier"), (2016, "exchange")), None),
        ((), ((2017, "carrier"),), None),
    ],
)
async def test_CAR_1_who_bills_for_a_year_does_not_change_once_it_is_selected_of(
    before: Stated, after: Stated, policies: str | None
) -> None:
    desk = await exchange(stated(before))
    await desk.select("TEETH")
    if policies is None:
        async with desk.uows.begin(now=desk.now) as uow:
            await state_carrier(uow, stated(after))
    else:
        with pytest.raises(YearBilledOtherwise) as refused:
            async with desk.uows.begin(now=desk.now) as uow:
                await state_carrier(uow, stated(after))
        (reason,) = refused.value.reasons
        assert (refused.value.field, reason.rule, reason.facts["policies"]) == ("/billing", "CAR-1", policies)
    assert await desk.stored(Carrier) == [stated(after if policies is None else before)]


async def test_CAR_1_what_was_called_off_keeps_nobody_from_billing_otherwise() -> None:
    desk = await exchange()
    await desk.select("TEETH")
    await desk.hear(ended(desk, None, because="non-payment"))
    async with desk.uows.begin(now=desk.now) as uow:
        await state_carrier(uow, stated(()))
    assert await desk.stored(Carrier) == [stated(())]


@pytest.mark.parametrize(
    ("today", "through"), [(date(2016, 3, 1), date(2016, 6, 30)), (date(2016, 5, 1), date(2016, 2, 29))]
)
async def test_CAR_1_a_carrier_that_bills_ends_coverage_that_was_not_paid_also_in_the_past(
    today: date, through: date
) -> None:
    desk = await exchange()
    await effectuated(desk, (await desk.select("TEETH")).policies[0])
    await desk.at(today).hear(ended(desk, through, because="non-payment"))
    policy = desk.policy("TEETH")
    assert (policy.lifecycle, policy.through, policy.end_reason) == ("terminated", through, "carrier")
    assert [each.outcome for each in desk.said(CarrierRecordDecided)] == ["taken-up"]
    assert [each.through for each in desk.said(PolicyTerminated)] == [through]


async def test_CAR_1_a_first_premium_that_the_carrier_did_not_get_calls_coverage_off() -> None:
    desk = await exchange()
    await desk.select("TEETH")
    await desk.at(date(2016, 1, 20)).hear(ended(desk, None, because="non-payment"))
    assert desk.policy("TEETH").lifecycle == "canceled"
    assert [each.outcome for each in desk.said(CarrierRecordDecided)] == ["taken-up"]
    await effectuated(desk, desk.policy("TEETH"))  # late: it revives nothing (CAR-5)
    assert desk.policy("TEETH").lifecycle == "canceled"


@pytest.mark.parametrize(
    ("because", "lifecycle", "outcome"),
    [("non-payment", "canceled", "taken-up"), ("other", "selected", "set-apart")],
)
async def test_CAR_1_an_end_of_what_its_carrier_never_put_into_force_is_a_cancellation_if_nobody_paid(
    because: CarrierReason, lifecycle: str, outcome: str
) -> None:
    desk = await exchange()
    await desk.select("TEETH")
    await desk.at(date(2016, 2, 20)).hear(ended(desk, date(2016, 1, 31), because=because))
    assert desk.policy("TEETH").lifecycle == lifecycle
    (decided,) = desk.said(CarrierRecordDecided)
    assert (decided.outcome, decided.through) == (outcome, date(2016, 1, 31))
    if outcome == "set-apart":
        assert decided.says == (
            "Its carrier ended coverage that has not begun here: its carrier has not put it into force."
        )


async def test_CAR_1_what_the_exchange_has_against_a_carriers_word_otherwise_stays_so() -> None:
    desk = await exchange()
    await effectuated(desk, (await desk.select("TEETH")).policies[0])
    await desk.at(date(2016, 3, 1)).hear(ended(desk, date(2016, 3, 31), because="fraud"))
    assert desk.policy("TEETH").lifecycle == "active"
    assert [each.outcome for each in desk.said(CarrierRecordDecided)] == ["set-apart"]


async def test_CAR_1_grace_of_what_the_exchange_bills_for_is_none_of_what_a_carrier_does() -> None:
    desk = await exchange()
    selected = await desk.select("SILVER", "TEETH")
    await desk.pay_binder(*selected.policies)
    await effectuated(desk, desk.policy("TEETH"))
    june = facts.GraceEntered(household="h", first_month=CoverageMonth.of(date(2016, 6, 1)))
    await desk.at(date(2016, 6, 1)).hear(june)
    assert [desk.policy(plan).standing for plan in ("SILVER", "TEETH")] == ["in-grace", "current"]


@pytest.mark.parametrize("assistance_rises", [False, True])
async def test_CAR_1_a_renewal_is_billed_for_as_its_plan_year_says_and_goes_on_at_once(
    assistance_rises: bool,
) -> None:
    season = Season()
    async with season.uows.begin(now=season.now) as uow:
        since = BillingSince(plan_year=2017, billing="carrier")
        await state_carrier(uow, replace(DELTA, billing=(since,)))
    await season.begin(plans=("SILVER", "TEETH"))
    if assistance_rises:  # then the whole rule renews it
        await season.change_assistance(date(2017, 3, 1), aptc=10000)
    await season.renew()
    renewed = {each.plan: each for each in season.policies() if each.effective.year == 2017}
    assert {plan: each.billed_by_carrier for plan, each in renewed.items()} == {
        "SILVER": None,
        "TEETH": BILLED,
    }
    assert {each.lifecycle for each in renewed.values()} == {"active"}
    assert [each.rule for each in renewed["TEETH"].reasons] == ["ENR-14", "CAR-1", "ENR-5", "ENR-5"]
    (told,) = season.said(PlansRenewed)
    assert [each.billed_by_carrier for each in told.policies] == [None, BILLED]


async def test_CAR_1_an_offer_says_who_would_be_paid() -> None:
    desk = await exchange()
    async with desk.uows.begin(now=desk.now) as uow:
        offers = await list_offers(
            uow,
            "h",
            effective=date(2016, 1, 1),
            kind=None,
            after="",
            limit=10,
            parameters=desk.parameters,
        )
    assert {each.plan.plan: each.billed_by_carrier for each in offers} == {
        "GOLD": None,
        "SILVER": None,
        "TEETH": BILLED,
    }


async def test_I9_a_carrier_that_bills_and_says_nothing_is_overdue_by_itself() -> None:
    desk = await exchange()
    selected = await desk.select("TEETH")
    sent = facts.TransmissionSent(household="h", policy=selected.policies[0].policy, kind="initial")
    await desk.hear(sent)
    async with desk.at(date(2016, 2, 2)).uows.begin(now=desk.now) as uow:
        found = await overdue_by(desk.parameters)(uow)
    assert [(each.kind, each.deadline) for each in found] == [("carrier-silent", date(2016, 2, 1))]
