"""A selection whose dates were recorded wrong is made anew by the right ones (OPS-5, ENR-3, ENR-11)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.corrections import CorrectionWaits
from bulkhead.kernel.errors import InvalidValue
from enrollment.application import facts
from enrollment.application.state_carrier import state_carrier
from enrollment.domain.carriers import BillingSince, Carrier
from enrollment.domain.corrections import ChangedSince, Correction, NotCorrected, NothingToCorrect
from enrollment.domain.effective_dates import OutsideEnrollment, QualifyingEvent
from enrollment.domain.events import PlansSelected, PolicyCanceled
from services.enrollment.tests.builders import Desk, expired
from services.enrollment.tests.correcting import Corrector

PAPER, TYPED = date(2015, 12, 14), date(2015, 12, 17)


async def on_paper() -> tuple[Desk, Corrector]:
    """Paper of December 14 that was entered on the 18th as received on the 17th: coverage from February on."""
    desk = Desk().at(date(2015, 12, 18))
    await desk.offer()
    await desk.register("h")
    selected = await desk.select("SILVER", "TEETH", via="paper", received_on=TYPED)
    await desk.pay_binder(*selected.policies)
    return desk, Corrector(desk.at(date(2016, 1, 8)))


async def test_ENR_11_paper_that_was_dated_wrong_begins_coverage_when_it_would_have() -> None:
    desk, staff = await on_paper()
    assert desk.policy().effective == date(2016, 2, 1)
    made = await staff.redate_selection(PAPER)
    # January of both plans, 530.00, through the present month
    assert (made.state, made.cents, made.by_two) == ("requested", 53000, True)
    assert made.selected_as is None
    assert desk.policy().effective == date(2016, 2, 1)
    made = await staff.decide(made)
    old, new = [each for each in desk.policies() if each.plan == "SILVER"][::-1]
    assert (old.lifecycle, old.end_reason) == ("canceled", "error")
    assert (new.effective, new.lifecycle) == (date(2016, 1, 1), "selected")
    assert new.selection == made.selected_as
    off = desk.said(PolicyCanceled)
    assert {(each.correction, each.selected_as) for each in off} == {(made.correction, made.selected_as)}
    selected = desk.said(PlansSelected)[-1]
    assert (selected.selected_on, selected.via, selected.binder_required) == (PAPER, "paper", True)
    assert selected.correction == made.correction
    assert [each.rule for each in new.reasons] == ["ENR-2", "OPS-5", "ENR-5"]


async def test_OPS_5_of_one_selection_one_correction_waits_at_a_time_and_the_refusal_names_it() -> None:
    _, staff = await on_paper()
    waits = await staff.redate_selection(PAPER)
    with pytest.raises(CorrectionWaits) as refused:
        await staff.redate_selection(PAPER)
    assert refused.value.reasons[0].facts == {"correction": waits.correction}
    await staff.decide(waits)


async def test_OPS_5_a_redated_selection_is_taken_back_by_another() -> None:
    desk, staff = await on_paper()
    made = await staff.decide(await staff.redate_selection(PAPER))
    await desk.pay_binder(*[each for each in desk.policies() if each.selection == made.selected_as])
    back = await staff.decide(await staff.reverse(made))
    assert (back.reverses, back.selection) == (made.correction, made.selected_as)
    standing = [each for each in desk.policies() if each.lifecycle != "canceled"]
    assert [(each.plan, each.effective) for each in standing] == [
        ("SILVER", date(2016, 2, 1)),
        ("TEETH", date(2016, 2, 1)),
    ]


async def test_ENR_3_the_day_of_an_event_is_another_and_the_start_that_was_asked_for_stays() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    desk.at(date(2016, 3, 20))
    event = QualifyingEvent(kind="birth", on=date(2016, 3, 12))
    selected = await desk.select("SILVER", event=event)
    await desk.pay_binder(*selected.policies)
    made = await Corrector(desk).redate_selection(date(2016, 3, 20), date(2016, 3, 2))
    assert made.state == "applied"
    assert [str(each.effective) for each in desk.policies()] == ["2016-03-02", "2016-03-12"]


async def test_ENR_3_dates_on_which_nobody_could_have_selected_are_refused() -> None:
    desk, staff = await on_paper()
    for day, kind in (
        (TYPED, NothingToCorrect),
        (date(2015, 12, 16), NothingToCorrect),
        (date(2015, 12, 19), InvalidValue),
        (date(2015, 10, 1), OutsideEnrollment),
    ):
        with pytest.raises(kind) as refused:
            await staff.redate_selection(day)
        assert refused.value.field == "/selected_on"
    with pytest.raises(InvalidValue) as event:
        await staff.redate_selection(PAPER, date(2015, 12, 1))
    assert event.value.field == "/event_on"
    assert desk.database.rows(Correction) == []


async def test_OPS_5_what_has_an_end_or_is_in_doubt_is_put_right_first() -> None:
    desk, staff = await on_paper()
    asked = await staff.redate_selection(PAPER)
    await desk.end(date(2016, 3, 31), "TEETH")
    with pytest.raises(NotCorrected):
        await staff.decide(asked)
    await staff.decide(asked, "decline")
    with pytest.raises(NotCorrected):
        await staff.redate_selection(PAPER)
    await desk.hear(expired(desk.policy(), through=date(2016, 2, 29)))
    with pytest.raises(NotCorrected):
        await staff.redate_selection(PAPER)


async def test_OPS_5_a_selection_that_was_called_off_since_is_not_made_anew() -> None:
    desk, staff = await on_paper()
    asked = await staff.redate_selection(PAPER)
    await desk.end(date(2016, 1, 8))
    with pytest.raises(ChangedSince):
        await staff.decide(asked)


@pytest.mark.parametrize(("today", "made"), [(date(2016, 12, 13), True), (date(2016, 12, 15), False)])
async def test_OPS_5_a_selection_of_longer_than_the_days_of_the_pack_ago_is_not_made_anew(
    today: date, made: bool
) -> None:
    desk, staff = await on_paper()
    desk.at(today)
    if made:
        assert (await staff.redate_selection(PAPER)).state == "requested"
        return
    with pytest.raises(NotCorrected) as refused:
        await staff.redate_selection(PAPER)
    (why,) = refused.value.reasons
    assert (why.rule, why.facts["first"]) == ("OPS-5", "2015-12-16")
    assert why.citation.startswith("chosen: a year after it was made")
    assert desk.database.rows(Correction) == []


@pytest.mark.parametrize("begun", [False, True])
async def test_OPS_5_what_only_carriers_bill_for_is_redated_as_any_selection(begun: bool) -> None:
    desk = Desk().at(date(2015, 12, 18))
    await desk.offer()
    async with desk.uows.begin(now=desk.now) as uow:
        since = (BillingSince(plan_year=2016, billing="carrier"),)
        await state_carrier(
            uow, Carrier(carrier="DELTA", name="Delta Dental", phone="800-555-0142", billing=since)
        )
    await desk.register("h")
    selected = await desk.select("TEETH", via="paper", received_on=TYPED)
    if begun:
        teeth = selected.policies[0].policy
        await desk.hear(
            facts.TransmissionSent(household="h", policy=teeth, kind="initial"),
            facts.CoverageEffectuated(household="h", policy=teeth),
        )
    await Corrector(desk).redate_selection(PAPER)
    new, old = desk.policies()
    assert (old.effective, old.lifecycle, old.end_reason) == (date(2016, 2, 1), "canceled", "error")
    assert (new.effective, new.lifecycle) == (date(2016, 1, 1), "selected")
