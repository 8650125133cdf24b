"""What could not be renewed in time is renewed when what was in its way has fallen, also after January 1 (ENR-14)."""

from __future__ import annotations

from datetime import date

import pytest

from enrollment.application.renewal_runs import next_night, years_to_ask_for
from enrollment.domain.choices import KindAlreadyHeld
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import PlansRenewed, PolicyCanceled, PolicyReinstated, PolicyTerminated
from enrollment.domain.policies import Policy
from enrollment.domain.renewal_runs import RenewalRun
from services.enrollment.tests.builders import granted, lapsed
from services.enrollment.tests.reader import told, truth
from services.enrollment.tests.renewing import ALL, EVE, NEW_YEAR, Season, entry


def of_2017(desk: Season) -> dict[str, str]:
    return {each.plan: each.lifecycle for each in desk.policies() if each.effective == NEW_YEAR}


async def check_told(desk: Season) -> None:
    """Check that whoever hears everything knows what is true."""
    for each in desk.policies():
        assert told(desk.database.events)[each.policy] == truth(each, await desk.months(each))


async def test_ENR_14_who_stands_again_in_january_is_renewed_from_january_1_that_night() -> None:
    desk = await Season().begin()
    await desk.at(date(2016, 10, 3)).end(date(2016, 11, 30))
    await desk.renew()
    await desk.at(date(2017, 1, 1)).night()
    assert (await desk.renewals(), of_2017(desk)) == ([], {})
    await desk.at(date(2017, 1, 3)).restore()
    assert await desk.renewals() == [("h", "SILVER", "owed", None)]
    await desk.at(date(2017, 1, 4)).night()
    assert await desk.renewals() == [("h", "SILVER", "renewed", "SILVER")]
    prior, renewed = desk.policies()
    assert (prior.lifecycle, renewed.lifecycle, renewed.renews) == ("expired", "active", prior.policy)
    assert (renewed.activated_on, renewed.effective, renewed.net_cents) == (
        date(2017, 1, 4),
        NEW_YEAR,
        54000,
    )
    (said,) = desk.said(PlansRenewed)
    assert (said.renewed_on, said.effective) == (date(2017, 1, 4), NEW_YEAR)
    await check_told(desk)


async def transferred(
    *plans: str, aptc: int = 0, held: tuple[str, ...] = ("SILVER",)
) -> tuple[Season, list[Policy]]:
    """Return a household with coverage of 2016 that transferred in for January 1 and has not paid."""
    desk = await Season().begin(plans=held, aptc=aptc)
    chosen = await desk.at(date(2016, 12, 14)).select(*plans, transferred_from="MVP")
    await desk.at(date(2016, 12, 15)).renew()
    return desk, list(chosen.policies)


async def test_ENR_14_whose_choice_lapses_in_january_goes_on_with_what_it_had_until_a_binder_on_time_comes() -> (
    None
):
    desk, chosen = await transferred("GOLD")
    assert await desk.renewals() == [("h", "SILVER", "chosen", None)]
    await desk.at(date(2017, 1, 6)).lapse_binder(*chosen, due=date(2017, 1, 5))
    await desk.night()
    assert await desk.renewals() == [("h", "SILVER", "renewed", "SILVER")]
    assert of_2017(desk) == {"SILVER": "active", "GOLD": "canceled"}
    await desk.at(date(2017, 1, 10)).hear(granted(*chosen, undoes="lapse", binder=True))
    assert of_2017(desk) == {"SILVER": "canceled", "GOLD": "active"}
    await check_told(desk)
    await desk.at(date(2017, 1, 11)).night()
    assert of_2017(desk) == {"SILVER": "canceled", "GOLD": "active"}


async def test_ENR_14_what_is_called_off_in_january_leaves_what_went_on_before() -> None:
    desk, _ = await transferred("GOLD")
    await desk.at(date(2017, 1, 3)).end(EVE, "GOLD")
    await desk.night()
    assert of_2017(desk) == {"SILVER": "active", "GOLD": "canceled"}


async def test_ENR_14_a_choice_that_falls_on_the_eve_is_made_up_for_by_the_first_night_of_the_year() -> None:
    desk, _ = await transferred("GOLD")
    await desk.at(EVE).end(EVE, "GOLD")
    assert [each.lifecycle for each in desk.policies()] == ["active", "canceled"]
    await desk.at(NEW_YEAR).night()
    assert of_2017(desk) == {"SILVER": "active", "GOLD": "canceled"}


async def test_ENR_14_coverage_of_december_that_is_paid_for_in_january_goes_on_from_january_1() -> None:
    desk = await Season().begin("other")
    await desk.renew()
    await desk.register()
    event = QualifyingEvent(kind="birth", on=date(2016, 12, 20))
    late = await desk.at(date(2016, 12, 28)).select("SILVER", event=event)
    await desk.at(NEW_YEAR).night()
    await desk.at(date(2017, 1, 5)).pay_binder(*late.policies)
    await desk.night()
    assert [(each.effective, each.lifecycle) for each in desk.policies()] == [
        (date(2016, 12, 20), "expired"),
        (NEW_YEAR, "active"),
    ]


async def test_ENR_14_nobody_is_asked_about_in_a_plan_year_unless_somebody_is_owed_a_renewal() -> None:
    desk, chosen = await transferred("GOLD")
    await desk.at(NEW_YEAR).night()
    walks = len(await desk.stored(RenewalRun))
    await desk.at(date(2017, 1, 2)).night()
    async with desk.uows.begin(now=desk.now) as uow:
        assert await next_night(uow, date(2017, 1, 2)) is None
    assert len(await desk.stored(RenewalRun)) == walks
    await desk.at(date(2017, 1, 6)).lapse_binder(*chosen, due=date(2017, 1, 5))
    async with desk.uows.begin(now=desk.now) as uow:
        assert await next_night(uow, date(2017, 1, 6)) == date(2017, 1, 6)
    await desk.select("GOLD")  # it has chosen again meanwhile, for February
    await desk.night()
    assert await desk.renewals() == [("h", "SILVER", "chosen", None)]
    await desk.at(date(2017, 1, 7)).night()
    assert len(await desk.stored(RenewalRun)) == walks + 1


async def test_ENR_14_what_is_mended_in_the_plan_year_is_renewed_when_staff_asks() -> None:
    desk = await Season().begin()
    await desk.crosswalk(entry("GOLD", "GOLD"))
    await desk.renew()
    await desk.at(date(2017, 1, 9)).crosswalk(*ALL)
    await desk.renew()
    assert of_2017(desk) == {"SILVER": "active"}


async def test_ENR_14_a_year_is_asked_for_under_its_lock_and_not_while_it_is_walked_through() -> None:
    desk = await Season().begin()
    await desk.renew()
    async with desk.uows.begin(now=desk.now) as uow:
        assert await years_to_ask_for(uow, desk.now.date(), after="", limit=1) == ["renewals:2017"]
        assert await years_to_ask_for(uow, desk.now.date(), after="renewals:2017", limit=1) == []
    await desk.ask()
    async with desk.uows.begin(now=desk.now) as uow:
        assert await years_to_ask_for(uow, desk.now.date(), after="", limit=1) == []


@pytest.mark.parametrize("first", ["renewal", "check"])
async def test_INV_12_a_binder_on_time_takes_the_place_of_our_own_renewal(first: str) -> None:
    desk = await Season().begin()
    chosen = await desk.at(date(2016, 11, 3)).select("GOLD", "TEETH")
    await desk.renew()
    lapse, check = (
        lapsed(*chosen.policies, due=date(2016, 11, 25)),
        granted(*chosen.policies, undoes="lapse", binder=True),
    )
    desk.at(date(2016, 11, 26))
    if first == "renewal":
        await desk.hear(lapse)
        await desk.night()
        assert of_2017(desk) == {"SILVER": "active", "GOLD": "canceled", "TEETH": "canceled"}
        await desk.at(date(2016, 11, 30)).hear(check)
        (called_off,) = [each for each in desk.said(PolicyCanceled) if each.plan == "SILVER"]
        assert (called_off.reason, called_off.decided_by) == ("requested", "enrollment")
        assert [each.plan for each in desk.said(PolicyReinstated)] == ["GOLD", "TEETH"]
    else:
        await desk.hear(lapse, check)
        await desk.night()
    standing = {plan: now for plan, now in of_2017(desk).items() if now != "canceled"}
    assert standing == {"GOLD": "active", "TEETH": "active"}
    await check_told(desk)


async def test_INV_12_a_dental_binder_on_time_stands_beside_the_medical_renewal() -> None:
    desk = await Season().begin()
    chosen = await desk.at(date(2016, 11, 3)).select("TEETH")
    await desk.renew()
    await desk.at(date(2016, 11, 26)).lapse_binder(*chosen.policies, due=date(2016, 11, 25))
    await desk.night()
    await desk.hear(granted(*chosen.policies, undoes="lapse", binder=True))
    assert of_2017(desk) == {"SILVER": "active", "TEETH": "active"}


async def test_ENR_8_a_binder_on_time_takes_its_assistance_back_from_what_was_renewed_meanwhile() -> None:
    desk, chosen = await transferred("GOLD", aptc=55000, held=("SILVER", "TEETH"))
    assert [(each.plan, each.net_cents) for each in desk.policies() if each.effective == NEW_YEAR] == [
        ("GOLD", 15000),
        ("TEETH", 3000),
    ]
    await desk.at(date(2016, 12, 27)).lapse_binder(*chosen, due=date(2016, 12, 26))
    await desk.night()
    await desk.change_assistance(NEW_YEAR, aptc=54500)  # 540.00 to SILVER, 5.00 to TEETH
    await desk.hear(granted(*chosen, undoes="lapse", binder=True))
    now = {each.plan: each for each in desk.policies() if each.effective == NEW_YEAR}
    assert (now["GOLD"].net_cents, now["TEETH"].net_cents) == (70000 - 54500, 3000)
    await check_told(desk)


async def test_INV_13_staff_restores_a_choice_in_whose_stead_we_renewed() -> None:
    desk = await Season().begin(plans=("SILVER", "TEETH"), aptc=55000)
    await desk.at(date(2016, 11, 3)).select("GOLD")
    await desk.renew()
    await desk.end(EVE, "GOLD")
    await desk.night()
    assert of_2017(desk) == {"SILVER": "active", "GOLD": "canceled", "TEETH": "active"}
    await desk.restore("GOLD")
    assert of_2017(desk) == {"SILVER": "canceled", "GOLD": "active", "TEETH": "active"}
    used = {
        each.plan: each.aptc_cents
        for each in desk.policies()
        if each.lifecycle == "active" and each.effective == NEW_YEAR
    }
    assert used == {"GOLD": 55000, "TEETH": 0}
    await check_told(desk)


async def test_ENR_11_paper_received_before_january_1_takes_the_renewal_s_place_whenever_it_is_typed() -> (
    None
):
    desk = await Season().begin()
    await desk.renew()
    typed = await desk.at(date(2017, 1, 3)).select("GOLD", via="paper", received_on=date(2016, 12, 10))
    assert (typed.selection.binder_required, typed.selection.effective) == (False, NEW_YEAR)
    assert of_2017(desk) == {"SILVER": "canceled", "GOLD": "active"}
    (said,) = desk.said(PolicyCanceled)
    assert (said.plan, said.effective, said.reason) == ("SILVER", NEW_YEAR, "requested")
    await check_told(desk)


async def test_ENR_14_a_refusal_says_that_the_renewal_is_in_the_way() -> None:
    desk = await Season().begin()
    await desk.renew()
    desk.at(date(2017, 1, 10))
    for carrier in (None, "MVP"):
        with pytest.raises(KindAlreadyHeld) as refused:
            await desk.select("GOLD", transferred_from=carrier)
        assert [each.rule for each in refused.value.reasons] == ["ENR-13", "ENR-14"]


@pytest.mark.parametrize("first", ["end", "renewal"])
@pytest.mark.parametrize("named", [(), ("SILVER",)])
async def test_ENR_14_an_end_with_december_31_is_the_same_before_and_after_the_renewal(
    first: str, named: tuple[str, ...]
) -> None:
    desk = await Season().begin()
    if first == "renewal":
        await desk.renew()
    await desk.end(EVE, *named)
    await desk.renew()
    prior = desk.policies()[0]
    assert (prior.lifecycle, prior.through, prior.end_reason) == ("terminated", EVE, "requested")
    (said,) = desk.said(PolicyTerminated)
    assert (said.policy, said.through) == (prior.policy, EVE)
    assert "active" not in of_2017(desk).values()
    await check_told(desk)


async def test_ENR_14_an_end_of_all_with_december_31_ends_what_would_be_renewed_in_place_of_a_choice() -> (
    None
):
    desk = await Season().begin()
    await desk.at(date(2016, 11, 3)).select("GOLD")
    await desk.renew()
    await desk.end(EVE)
    await desk.night()
    assert of_2017(desk) == {"GOLD": "canceled"}
    assert desk.policies()[0].lifecycle == "terminated"


async def test_ENR_14_what_was_chosen_for_another_day_than_the_renewal_s_does_not_take_its_place() -> None:
    desk = await Season().begin()
    await desk.at(date(2016, 11, 3)).end(date(2016, 11, 30))
    event = QualifyingEvent(kind="move", on=date(2016, 11, 20))
    chosen = await desk.at(date(2016, 12, 16)).select("GOLD", event=event)
    assert chosen.selection.effective == date(2017, 2, 1)
    await desk.hear(lapsed(*chosen.policies, due=date(2017, 1, 6)))
    await desk.renew()
    await desk.restore()
    await desk.night()
    assert of_2017(desk) == {"SILVER": "active"}
    await desk.hear(granted(*chosen.policies, undoes="lapse", binder=True))
    assert of_2017(desk) == {"SILVER": "active"}
