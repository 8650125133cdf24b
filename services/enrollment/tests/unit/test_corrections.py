"""What was told wrong of a household is corrected, by two people above the limit, and taken back (OPS-5, ENR-13)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.corrections import CorrectionNotOpen, SecondPersonNeeded
from bulkhead.kernel.errors import InvalidValue
from enrollment.application import ask_corrections
from enrollment.application.corrections import Asked
from enrollment.application.determine_medicaid import determine_medicaid
from enrollment.application.find_overdue import overdue_by
from enrollment.application.run_out import EndUnverified
from enrollment.application.select_plans import Choice, change_plans
from enrollment.domain.corrections import ChangedSince, Correction, Departure, NotCorrected, NothingToCorrect
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import (
    ChildrenAgeOut,
    ContactRecorded,
    PolicyChanged,
    PolicyEndAsked,
    PolicyReinstated,
    PolicyTerminated,
)
from enrollment.domain.households import Household, Member
from enrollment.domain.medicaid import Eligible
from enrollment.domain.people import BirthDateImplausible, TooOldForChild
from enrollment.domain.restorations import RestorationBlocked
from services.enrollment.tests.builders import Desk, expired, granted, person, plan
from services.enrollment.tests.correcting import Corrector
from services.enrollment.tests.rated import AGED, WORCESTER, by_age, rated

MARCH_31, APRIL_30, JUNE_30 = date(2016, 3, 31), date(2016, 4, 30), date(2016, 6, 30)
LAST = date(2016, 12, 31)
MOVED = QualifyingEvent(kind="move", on=date(2016, 3, 5))


ANN = Asked(correction="c1", because="keying-error", note=None, operator="ann")


async def covered(*plans: str) -> tuple[Desk, Corrector]:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.covered(*(plans or ("SILVER",)))
    return desk.at(date(2016, 3, 10)), Corrector(desk)


async def couple() -> tuple[Desk, Corrector]:
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), person("Max Example", born="1979-01-05", relation="spouse"))
    await desk.covered("SILVER")
    return desk.at(date(2016, 3, 20)), Corrector(desk)


def marks(desk: Desk, correction: Correction) -> list[str]:
    """Return the types of the events that say they are so by a correction."""
    return [
        type(each.event).__name__
        for each in desk.database.emitted
        if any(why.facts.get("correction") == correction.correction for why in each.reasons)
    ]


async def test_OPS_5_an_end_that_nobody_asked_for_is_taken_back_and_says_by_which_correction() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    made = await staff.redate_end(through=None)
    # March is covered as it was, and later months are not billed yet: nothing is moved
    assert (made.state, made.cents, made.by_two) == ("applied", 0, False)
    policy = desk.policy()
    assert (policy.lifecycle, policy.through, policy.ends) == ("active", None, ())
    (ended,), (reinstated,) = desk.said(PolicyTerminated), desk.said(PolicyReinstated)
    assert (reinstated.undoes, reinstated.correction) == (ended.decision, made.correction)
    assert (reinstated.reason, reinstated.coverage_ends) == ("error", LAST)
    assert marks(desk, made) == ["PolicyReinstated"]
    assert [each.rule for each in policy.reasons[-2:]] == ["ENR-13", "OPS-5"]


async def test_OPS_5_an_end_of_months_gone_by_takes_two_people_above_the_limit() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    desk.at(date(2016, 6, 10))
    asked = await staff.redate_end(through=None)
    assert (asked.state, asked.cents, asked.by_two) == ("requested", 150000, True)
    assert desk.policy().through == MARCH_31
    with pytest.raises(SecondPersonNeeded):
        await staff.decide(asked, by="ann")
    made = await staff.decide(asked)
    assert (made.state, made.decided_by) == ("applied", "bea")
    assert desk.policy().lifecycle == "active"
    with pytest.raises(CorrectionNotOpen):
        await staff.decide(asked)


@pytest.mark.parametrize(
    ("on", "by", "state"),
    [
        (date(2016, 5, 9), "ann", "requested"),
        (date(2016, 5, 9), "bea", "applied"),
        (date(2016, 5, 11), "ann", "applied"),
    ],
)
async def test_OPS_5_two_halves_that_one_person_corrects_within_thirty_days_take_a_second_person(
    on: date, by: str, state: str
) -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    desk.at(date(2016, 4, 10))
    first = await staff.redate_end(through=APRIL_30)
    assert (first.state, first.cents, first.by_two) == ("applied", 50000, False)
    desk.at(on)
    second = await staff.redate_end(through=date(2016, 5, 31), by=by)
    assert (second.state, second.cents, second.by_two) == (state, 50000, state == "requested")
    assert desk.policy().through == (APRIL_30 if state == "requested" else date(2016, 5, 31))


async def test_OPS_5_what_is_declined_changes_nothing() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    desk.at(date(2016, 6, 10))
    before = (desk.policies(), list(desk.database.events))
    declined = await staff.decide(await staff.redate_end(through=None), "decline", by="ann")
    assert declined.state == "declined"
    assert (desk.policies(), desk.database.events) == before


async def test_OPS_5_what_waits_for_a_second_person_is_overdue_after_the_days_of_the_pack() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    desk.at(date(2016, 6, 10))
    asked = await staff.redate_end(through=None)
    for day, found in ((13, []), (14, [asked.correction])):
        async with desk.at(date(2016, 6, day)).uows.begin(now=desk.now) as uow:
            overdue = await overdue_by(desk.parameters)(uow)
        assert [each.id for each in overdue if each.kind == "correction"] == found


@pytest.mark.parametrize(
    ("through", "told"),
    [(APRIL_30, ["PolicyReinstated", "PolicyTerminated"]), (date(2016, 2, 29), ["PolicyTerminated"])],
)
async def test_ENR_13_an_end_is_redated_to_a_later_and_to_an_earlier_day(
    through: date, told: list[str]
) -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    made = await staff.redate_end(through=through)
    assert made.state == "applied"
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", through)
    assert marks(desk, made) == told
    assert desk.said(PolicyTerminated)[-1].through == through


async def test_OPS_5_a_redated_end_is_taken_back_by_another_correction_once() -> None:
    desk, staff = await covered("SILVER", "TEETH")
    await desk.end(MARCH_31)
    first = await staff.redate_end("SILVER", through=APRIL_30)
    assert [desk.policy(each).through for each in ("SILVER", "TEETH")] == [APRIL_30, MARCH_31]
    back = await staff.reverse(first)
    assert (back.reverses, back.state, desk.policy().through) == (first.correction, "applied", MARCH_31)
    stored = {each.correction: each for each in desk.database.rows(Correction)}
    assert (stored["c1"].state, stored["c1"].reversed_by) == ("reversed", back.correction)
    with pytest.raises(CorrectionNotOpen):
        await staff.reverse(first)


async def test_OPS_5_an_end_that_was_taken_back_comes_back_with_the_reversal() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    first = await staff.redate_end(through=None)
    await staff.reverse(first)
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", MARCH_31)
    assert desk.policy().end_reason == "requested"


async def test_OPS_5_what_was_ended_anew_since_is_not_reversed() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    first = await staff.redate_end(through=None)
    await desk.end(JUNE_30)
    with pytest.raises(ChangedSince):
        await staff.reverse(first)
    assert desk.policy().through == JUNE_30


async def test_ENR_4_an_end_that_was_decided_since_for_another_reason_is_not_taken_away() -> None:
    desk, staff = await covered()
    await desk.end(JUNE_30)
    first = await staff.redate_end(through=None)
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=("h-1",), begins=date(2016, 5, 1)),
            parameters=desk.parameters,
        )
    assert (desk.policy().through, desk.policy().end_reason) == (APRIL_30, "medicaid")
    with pytest.raises(ChangedSince):
        await staff.reverse(first)
    assert desk.policy().end_reason == "medicaid"


@pytest.mark.parametrize("through", [None, JUNE_30])
async def test_ENR_4_no_end_is_moved_into_medicaid(through: date | None) -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=("h-1",), begins=date(2016, 5, 1)),
            parameters=desk.parameters,
        )
    with pytest.raises(RestorationBlocked) as refused:
        await staff.redate_end(through=through)
    assert refused.value.reasons[0].facts["through"] == "2016-04-30"
    assert desk.policy().through == MARCH_31
    await staff.redate_end(through=APRIL_30)
    assert desk.policy().through == APRIL_30


async def test_ENR_4_coverage_of_somebody_who_lives_ended_for_medicaid_all_the_same() -> None:
    desk, staff = await covered()
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=("h-1",), begins=date(2016, 5, 1)),
            parameters=desk.parameters,
        )
    await desk.leave("h-1", "death", date(2016, 3, 8))
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 3, 8), "death")
    await staff.redate_departure("h-1")
    assert (desk.policy().through, desk.policy().end_reason) == (APRIL_30, "medicaid")


async def test_ENR_16_a_spouse_who_was_thought_dead_is_looked_at_again_when_that_is_approved() -> None:
    desk, staff = await couple()
    await desk.leave("h-2", "death", date(2016, 3, 8))
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        asked = await ask_corrections.redate_departure(
            uow, "h", "h-2", kind=None, on=None, asked=ANN, parameters=desk.parameters
        )
    await desk.join(person("Al", born="1985-05-05", relation="spouse"), "marriage", date(2016, 3, 15))
    with pytest.raises(NotCorrected) as refused:
        await staff.decide(asked)
    assert refused.value.reasons[0].rule == "ENR-16"


async def test_ENR_13_a_divorce_that_was_none_is_no_death_before_it_was_corrected() -> None:
    desk, staff = await couple()
    await desk.leave("h-2", "divorce", date(2016, 3, 8))
    made = await staff.redate_departure("h-2")
    assert made.departure is not None
    assert made.departure.before == Departure(first=date(2016, 4, 1), reason="requested")
    await staff.decide(await staff.reverse(made))
    assert {each.member: each.left_for for each in desk.database.rows(Member)} == {
        "h-1": None,
        "h-2": "requested",
    }


async def test_OPS_5_an_end_corrected_to_a_day_before_the_first_is_reversed_as_any_other() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    made = await staff.redate_end(through=date(2015, 12, 15))
    if made.state == "requested":
        made = await staff.decide(made)
    assert desk.policy().lifecycle == "canceled"
    back = await staff.reverse(made)
    if back.state == "requested":
        await staff.decide(back)
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", MARCH_31)


async def test_OPS_5_there_must_be_an_end_that_somebody_asked_for_and_another_day() -> None:
    desk, staff = await covered()
    with pytest.raises(NothingToCorrect):
        await staff.redate_end(through=None)
    await desk.end(MARCH_31)
    with pytest.raises(NothingToCorrect) as same:
        await staff.redate_end(through=MARCH_31)
    assert same.value.field == "/through"
    with pytest.raises(NothingToCorrect) as other:
        await staff.redate_end("GOLD", through=None)
    assert other.value.field == "/plans"


async def test_CAL_3_no_end_is_redated_beyond_the_plan_year() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    with pytest.raises(NotCorrected) as refused:
        await staff.redate_end(through=date(2017, 1, 31))
    assert refused.value.reasons[0].facts["would_do"] == "2016-12-31"


async def test_INV_13_what_ended_for_non_payment_before_is_restored_first() -> None:
    desk, staff = await covered()
    await desk.end(JUNE_30)
    await desk.at(date(2016, 4, 1)).hear(expired(desk.policy(), through=date(2016, 2, 29)))
    with pytest.raises(NotCorrected) as refused:
        await staff.redate_end(through=None)
    assert refused.value.reasons[0].rule == "INV-13"


async def test_ENR_13_days_that_another_plan_covers_are_not_covered_again() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    await desk.select("GOLD", event=QualifyingEvent(kind="loss", on=MARCH_31))
    with pytest.raises(RestorationBlocked):
        await staff.redate_end(through=None)
    assert desk.database.rows(Correction) == []


async def test_ENR_5_what_another_plan_took_the_place_of_ended_by_nobodys_request() -> None:
    desk, staff = await covered()
    gold = Choice(household="h", plans=("GOLD",), via="web", received_on=None, event=MOVED)
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await change_plans(uow, gold, parameters=desk.parameters)
    assert desk.policy("GOLD").effective == date(2016, 4, 1)
    with pytest.raises(NothingToCorrect):
        await staff.redate_end(through=date(2016, 3, 15))


async def test_ENR_13_the_end_before_coverage_that_was_paid_for_anew_is_another_day() -> None:
    desk, staff = await covered()
    await desk.end(MARCH_31)
    await desk.select("GOLD", event=QualifyingEvent(kind="loss", on=MARCH_31))
    await staff.redate_end(through=date(2016, 3, 15))
    assert desk.policy().through == date(2016, 3, 15)


async def test_ENR_13_a_death_of_somebody_who_lives_is_undone_and_coverage_stands() -> None:
    desk, staff = await covered()
    await desk.leave("h-1", "death", date(2016, 3, 8))
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 3, 8), "death")
    made = await staff.redate_departure("h-1")
    assert (made.state, made.by_two, made.cents) == ("applied", True, 37097)
    assert (desk.policy().lifecycle, desk.policy().ends) == ("active", ())
    assert [each.net_cents for each in await desk.months(desk.policy())] == [50000] * 12
    (member,) = desk.database.rows(Member)
    assert member.left is None
    assert marks(desk, made) == ["ContactRecorded", "PolicyReinstated"]
    assert desk.said(ContactRecorded)[-1].estate is False
    assert desk.said(PolicyReinstated)[0].contact_version == desk.said(ContactRecorded)[-1].contact_version


async def test_ENR_13_a_death_comes_back_with_the_reversal_of_its_correction() -> None:
    desk, staff = await covered()
    await desk.leave("h-1", "death", date(2016, 3, 8))
    first = await staff.redate_departure("h-1")
    back = await staff.decide(await staff.reverse(first))
    assert back.state == "applied"
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 3, 8), "death")
    (member,) = desk.database.rows(Member)
    assert member.left == date(2016, 3, 9)


async def test_ENR_13_a_spouse_who_lives_is_covered_again_and_the_premium_is_the_old_one() -> None:
    desk, staff = await couple()
    await desk.leave("h-2", "death", date(2016, 3, 15))
    assert desk.policy().members == ("h-1",)
    made = await staff.redate_departure("h-2")
    assert desk.policy().members == ("h-1", "h-2")
    assert [each.net_cents for each in await desk.months(desk.policy())] == [100000] * 12
    assert marks(desk, made) == ["ContactRecorded", "PolicyChanged"]
    assert desk.said(PolicyChanged)[-1].correction == made.correction


async def test_ENR_13_the_day_of_a_death_is_another_and_months_are_charged_by_it() -> None:
    desk, staff = await covered()
    await desk.leave("h-1", "death", date(2016, 3, 8))
    for day in (date(2016, 3, 9), date(2016, 3, 1)):
        await staff.redate_departure("h-1", "death", day)
        assert (desk.policy().through, desk.policy().end_reason) == (day, "death")
    assert (await desk.months(desk.policy()))[-1].net_cents == 1613


async def test_ENR_13_a_death_is_undone_of_somebody_whose_coverage_ended_unpaid_before_it() -> None:
    desk, staff = await covered()
    await desk.leave("h-1", "death", date(2016, 3, 8))
    await desk.hear(expired(desk.policy(), through=date(2016, 2, 29)))
    made = await staff.redate_departure("h-1")
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 2, 29), "non-payment")
    # invoicing hears that nothing but the plan year ends it where it stands again, and that March is whole then
    (asked,) = desk.said(PolicyEndAsked)
    assert (asked.through, asked.correction) == (LAST, made.correction)
    assert [(str(run.first), str(run.last), run.net_cents) for run in asked.months] == [
        ("2016-03", "2016-12", 50000)
    ]


@pytest.mark.parametrize("recorded", [date(2016, 2, 29), date(2016, 2, 5)])
@pytest.mark.parametrize("right", [None, date(2016, 3, 31)])
async def test_ENR_13_an_end_that_is_put_right_leaves_the_one_for_non_payment_and_others_hear_of_both(
    recorded: date, right: date | None
) -> None:
    desk, staff = await covered()
    await desk.end(recorded, "SILVER", by="operator")
    await desk.hear(expired(desk.policy(), through=date(2016, 2, 29)))
    assert desk.policy().through == recorded
    made = await staff.redate_end("SILVER", through=right)
    if made.state == "requested":
        made = await staff.decide(made)
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 2, 29), "non-payment")
    told = desk.said(PolicyTerminated)[-1]
    assert (told.through, told.decided_by) == (date(2016, 2, 29), "invoicing")
    (asked,) = desk.said(PolicyEndAsked)
    assert (asked.through, asked.correction) == (right or LAST, made.correction)


async def test_ENR_13_a_child_who_is_too_old_does_not_come_back() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), person("Kim Example", born="1990-01-05", relation="child"))
    await desk.covered("SILVER")
    with pytest.raises(NotCorrected) as refused:
        await Corrector(desk.at(date(2016, 3, 1))).redate_departure("h-2")
    assert refused.value.reasons[0].facts["would_do"] == "2016-01-31"


async def with_grown_child() -> tuple[Desk, Corrector]:
    """Return a desk on March 10 whose household h has a child who is 26 in March."""
    desk = Desk()
    await desk.offer()
    await desk.register(
        "h", person(born="1960-05-05"), person("Kim Example", born="1990-03-05", relation="child")
    )
    await desk.covered("SILVER")
    return desk.at(date(2016, 3, 10)), Corrector(desk)


async def test_ENR_13_a_child_who_left_for_its_age_does_not_come_back_by_a_correction() -> None:
    desk, staff = await with_grown_child()
    await desk.leave("h-2", "age", date(2016, 3, 5))
    before = desk.policies()
    with pytest.raises(NotCorrected) as refused:
        await staff.redate_departure("h-2")
    assert refused.value.reasons[0].facts["would_do"] == "2016-03-31"
    assert desk.policies() == before


async def test_ENR_13_a_child_who_is_not_dead_and_soon_too_old_is_there_until_then() -> None:
    desk, staff = await with_grown_child()
    await desk.leave("h-2", "death", date(2016, 3, 8))
    made = await staff.redate_departure("h-2")
    child = next(each for each in desk.database.rows(Member) if each.member == "h-2")
    assert (child.left, child.left_for) == (date(2016, 4, 1), "age")
    (told,) = desk.said(ChildrenAgeOut)
    assert (told.members, told.through) == (("h-2",), MARCH_31)
    assert [each.net_cents for each in await desk.months(desk.policy())] == [100000] * 3 + [50000] * 9
    again = await staff.decide(await staff.reverse(made))
    child = next(each for each in desk.database.rows(Member) if each.member == "h-2")
    assert (again.state, child.left, child.left_for) == ("applied", date(2016, 3, 9), "death")


async def test_ENR_10_who_is_there_again_has_no_assistance_that_nobody_confirmed_meanwhile() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h", aptc=20000)
    await desk.covered("SILVER")
    await desk.at(date(2016, 2, 10)).leave("h-1", "death", date(2016, 2, 8))
    over = EndUnverified(desk.parameters)
    async with desk.at(date(2016, 3, 10)).uows.begin(now=desk.now, households=["h"]) as uow:
        await over.run(uow, date(2016, 3, 10), ["h"])
    assert desk.database.rows(Household)[0].assistance_changes == ()
    made = await Corrector(desk).redate_departure("h-1")
    assert [each.net_cents for each in await desk.months(desk.policy())] == [30000] * 3 + [50000] * 9
    assert "VerificationDecided" in [type(each).__name__ for each in desk.database.events]
    assert made.state == "applied"


async def test_ENR_13_a_death_in_a_household_that_has_selected_nothing_is_undone() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.leave("h-1", "death", date(2015, 12, 1))
    made = await Corrector(desk).redate_departure("h-1")
    assert (made.state, made.cents) == ("applied", 0)
    await desk.select("SILVER")


async def test_ENR_13_of_somebody_who_is_there_no_departure_is_corrected() -> None:
    desk, staff = await covered()
    with pytest.raises(NothingToCorrect):
        await staff.redate_departure("h-1")
    assert desk.database.rows(Correction) == []


async def test_ENR_17_a_birth_date_is_corrected_and_the_policy_is_rated_by_it_from_its_first_day() -> None:
    desk = await rated()
    await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
    await desk.covered("AGED")
    before = desk.policy("AGED").net_cents
    staff = Corrector(desk.at(date(2015, 3, 10)))
    made = await staff.correct_birth_date("h-1", "1985-03-02")
    # 29 instead of 34 on January 1: 1.275 and not 1.346 times 200.00 in each of three months
    assert (made.state, made.cents) == ("applied", 3 * 1420)
    assert desk.policy("AGED").net_cents == before - 1420
    (changed,) = desk.said(PolicyChanged)
    assert (changed.changed, changed.since, changed.correction) == ("rates", date(2015, 1, 1), "c1")
    assert desk.said(ContactRecorded)[-1].members[0].born.reveal() == "1985-03-02"
    back = await staff.reverse(made)
    assert (back.cents, desk.policy("AGED").net_cents) == (3 * 1420, before)
    assert [each.net_cents for each in await desk.months(desk.policy("AGED"))] == [before] * 12


async def test_ENR_16_a_birth_date_must_be_one_that_somebody_can_have() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), person("Kim Example", born="2005-01-05", relation="child"))
    staff = Corrector(desk)
    for member, born, kind in (
        ("h-1", "2030-01-01", BirthDateImplausible),
        ("h-2", "1985-01-01", TooOldForChild),
        ("h-1", "1980-03-02", NothingToCorrect),
    ):
        with pytest.raises(kind) as refused:
            await staff.correct_birth_date(member, born)
        assert refused.value.field == "/born"
    assert desk.database.rows(Correction) == []


async def test_ENR_13_a_newborn_whose_birth_was_mistyped_is_covered_from_the_right_day() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.covered("SILVER")
    desk.at(date(2016, 3, 20))
    await desk.join(person("Ivy Example", born="2016-03-12", relation="child"), "birth", date(2016, 3, 12))
    made = await Corrector(desk).correct_birth_date("h-2", "2016-03-02")
    march = next(each for each in await desk.months(desk.policy()) if each.month == CoverageMonth(2016, 3))
    # one day for one, and 30 for a parent with a child: 500.00/31 + 30 * 1000.00/31
    assert (march.net_cents, made.cents) == (98387, 98387 - 82258)


async def test_ENR_17_a_rate_that_was_wrong_is_put_right_for_the_whole_plan_year_and_back() -> None:
    desk, staff = await covered()
    await desk.offer(plan("SILVER", single=51000))
    assert desk.policy().net_cents == 50000
    made = await staff.rerate(date(2016, 1, 1))
    assert (made.cents, desk.policy().net_cents) == (3000, 51000)
    assert [each.before for each in made.rerated] == [1]
    with pytest.raises(NothingToCorrect):
        await staff.rerate(date(2016, 1, 1))
    await staff.reverse(made)
    assert [each.net_cents for each in await desk.months(desk.policy())] == [50000] * 12


async def test_OPS_5_what_changed_after_a_policy_was_rated_anew_is_not_taken_back_with_it() -> None:
    desk, staff = await covered()
    await desk.offer(plan("SILVER", single=51000))
    made = await staff.rerate(date(2016, 1, 1))
    await desk.change_assistance(date(2016, 4, 1), aptc=10000)
    with pytest.raises(ChangedSince):
        await staff.reverse(made)


async def test_ENR_17_plan_years_that_are_over_keep_their_rates() -> None:
    _, staff = await covered()
    with pytest.raises(InvalidValue) as refused:
        await staff.rerate(date(2015, 12, 1))
    assert (refused.value.field, refused.value.reasons[0].facts["would_do"]) == ("/from", "2016-01-01")


async def test_INV_18_no_month_is_split_by_rating_it_anew() -> None:
    _, staff = await covered()
    with pytest.raises(InvalidValue) as refused:
        await staff.rerate(date(2016, 2, 15))
    assert (refused.value.field, refused.value.reasons[0].facts["would_do"]) == ("/from", "2016-02-01")


async def test_ENR_17_a_rate_file_is_corrected_for_a_plan_by_age() -> None:
    desk = await rated()
    await desk.register_at(WORCESTER, "h", person(born="1980-03-02"))
    await desk.covered("AGED")
    before = desk.policy("AGED").net_cents
    await desk.offer(AGED, areas=(by_age(base=20100),))
    made = await Corrector(desk.at(date(2015, 2, 10))).rerate(date(2015, 2, 1))
    assert (made.cents, desk.policy("AGED").net_cents) == (135, before + 135)


async def test_ENR_13_what_was_paid_for_and_called_off_before_it_began_stands_once_nobody_died() -> None:
    desk, staff = await covered()
    desk.at(date(2015, 12, 8))
    await desk.leave("h-1", "death", date(2015, 12, 6))
    assert desk.policy().lifecycle == "canceled"
    await staff.redate_departure("h-1")
    assert (desk.policy().lifecycle, desk.policy().ends) == ("active", ())


async def test_ENR_13_a_death_is_undone_as_often_as_it_was_wrong() -> None:
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    await desk.select("SILVER")
    await desk.at(date(2015, 12, 8)).leave("h-1", "death", date(2015, 12, 6))
    staff = Corrector(desk.at(date(2015, 12, 20)))
    made = await staff.redate_departure("h-1")
    await staff.decide(await staff.reverse(made))
    await staff.redate_departure("h-1")
    assert sorted(each.lifecycle for each in desk.policies()) == ["canceled", "canceled", "selected"]


async def test_INV_12_a_lapsed_binder_that_was_posted_in_time_stands_though_a_death_was_told_between() -> (
    None
):
    desk = Desk()
    await desk.offer()
    await desk.register("h")
    selected = await desk.select("SILVER")
    await desk.at(date(2015, 12, 29)).lapse_binder(*selected.policies, due=date(2015, 12, 25))
    await desk.at(date(2015, 12, 30)).leave("h-1", "death", date(2015, 12, 28))
    await Corrector(desk.at(date(2016, 1, 2))).redate_departure("h-1")
    await desk.at(date(2016, 1, 4)).hear(granted(*selected.policies, undoes="lapse", binder=True))
    assert (desk.policy().lifecycle, desk.policy().ends) == ("active", ())
