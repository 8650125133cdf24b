"""Coverage ends where no documents show in time that somebody may enroll, and nobody enrolls until they do (ENR-10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from enrollment.adapters.hub.sandbox import Told
from enrollment.application.attest import attest
from enrollment.application.determine_medicaid import determine_medicaid
from enrollment.domain.choices import NotEligible
from enrollment.domain.determination import Attested
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.eligibility import ran_out
from enrollment.domain.events import (
    PolicyCanceled,
    PolicyReinstated,
    PolicyTerminated,
    VerificationDecided,
    VerificationWanted,
)
from enrollment.domain.medicaid import Eligible
from enrollment.domain.restorations import RestorationBlocked
from services.enrollment.tests.asking import Asking, asking
from services.enrollment.tests.builders import GOLD, MASSACHUSETTS, PARAMETERS, TEETH, parameters_in
from services.enrollment.tests.renewing import ALL, BRONZE, OCTOBER, SILVER, Season, dearer

DOUBTED = Told(household="h", contradicts=("income", "citizenship"), aptc_cents=0)
MARCH_31 = date(2016, 3, 31)
MOVED = QualifyingEvent(kind="move", on=date(2016, 4, 20))


async def doubted(*, covered: bool = True) -> Asking:
    """Return enrollment with a household of which the hub does not confirm citizenship: documents by March 2, 2016."""
    desk = await asking(covered=covered)
    desk.hub.store.keep(DOUBTED)
    await desk.ask()
    return desk


async def test_ENR_10_coverage_ends_before_assistance_would_change_where_citizenship_is_not_shown() -> None:
    desk = await doubted()
    await desk.accept("income")
    await desk.night(date(2016, 3, 3))
    policy = desk.policy()
    assert (policy.lifecycle, policy.through, policy.end_reason) == ("terminated", MARCH_31, "ineligible")
    (told,) = desk.said(PolicyTerminated)
    assert (told.through, told.reason, told.decided_by) == (MARCH_31, "ineligible", "enrollment")
    decided = desk.told()[-1]
    assert isinstance(decided, VerificationDecided)
    assert (decided.verification, decided.covered_through) == ("failed", MARCH_31)
    (ended,) = [each for each in policy.reasons if each.rule == "ENR-10"]
    assert ended.facts == {
        "until": "2016-03-02",
        "since": "2016-04-01",
        "through": "2016-03-31",
        "wanted": "citizenship",
    }
    await desk.night(date(2016, 3, 4))
    assert len(desk.said(PolicyTerminated)) == 1


async def test_ENR_10_coverage_stays_where_only_income_is_not_shown() -> None:
    desk = await doubted()
    await desk.accept("citizenship")
    await desk.night(date(2016, 3, 3))
    assert desk.policy().lifecycle == "active"
    assert desk.said(PolicyTerminated) == []


async def test_ENR_4_coverage_that_goes_on_by_documents_ends_before_medicaid_that_was_stated_meanwhile() -> (
    None
):
    desk = await doubted()
    await desk.night(date(2016, 3, 3))
    desk.at(date(2016, 3, 5))
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await determine_medicaid(
            uow,
            household="h",
            eligible=Eligible(members=None, begins=date(2016, 5, 1)),
            parameters=desk.parameters,
        )
    assert (desk.policy().through, desk.policy().end_reason) == (MARCH_31, "ineligible")
    await desk.at(date(2016, 3, 10)).accept("income", "citizenship")
    assert (desk.policy().through, desk.policy().end_reason) == (date(2016, 4, 30), "medicaid")


async def test_ENR_10_where_the_pack_says_so_only_assistance_ends() -> None:
    desk = await doubted()
    parameters = replace(PARAMETERS.as_of(date(2016, 3, 3)), unverified_coverage="stays")
    assert ran_out(desk.household, today=date(2016, 3, 3), parameters=parameters).covered_through is None


async def test_ENR_10_what_waits_for_its_binder_is_called_off() -> None:
    desk = await doubted(covered=False)
    await desk.at(date(2016, 1, 10)).select("SILVER")
    await desk.night(date(2016, 3, 3))
    assert (desk.policy().lifecycle, desk.policy().end_reason) == ("canceled", "ineligible")
    assert [each.reason for each in desk.said(PolicyCanceled)] == ["ineligible"]


async def test_ENR_10_nobody_selects_until_documents_show_that_they_may() -> None:
    desk = await doubted()
    await desk.night(date(2016, 3, 3))
    desk.at(date(2016, 4, 25))
    with pytest.raises(NotEligible) as refused:
        await desk.select("SILVER", event=MOVED)
    (reason,) = refused.value.reasons
    assert (reason.rule, reason.facts["wanted"]) == ("ENR-10", "citizenship")
    assert len(desk.policies()) == 1
    await desk.accept("income", "citizenship")
    await desk.select("SILVER", event=MOVED)
    assert [each.effective for each in desk.policies()] == [date(2016, 1, 1), date(2016, 6, 1)]


async def test_ENR_10_staff_restores_nothing_until_documents_show_that_they_may() -> None:
    desk = await doubted()
    await desk.night(date(2016, 3, 3))
    desk.at(date(2016, 4, 5))
    with pytest.raises(RestorationBlocked) as refused:
        await desk.restore()
    assert [each.rule for each in refused.value.reasons] == ["ENR-10"]
    assert desk.policy().lifecycle == "terminated"
    await desk.accept("citizenship")
    await desk.restore()
    assert desk.policy().lifecycle == "active"


async def test_ENR_10_what_is_shown_before_coverage_ends_takes_the_end_back() -> None:
    desk = await doubted()
    await desk.night(date(2016, 3, 3))
    assert desk.policy().through == MARCH_31
    desk.at(date(2016, 3, 10))
    await desk.accept("income", "citizenship")
    assert (desk.policy().lifecycle, desk.policy().through) == ("active", None)
    (again,) = desk.said(PolicyReinstated)
    assert (again.reason, again.decided_by, again.coverage_ends) == (
        "error",
        "enrollment",
        date(2016, 12, 31),
    )
    decided = desk.told()[-1]
    assert isinstance(decided, VerificationDecided)
    assert (decided.verification, decided.may_enroll, decided.covered) == ("verified", "again", True)


async def test_ENR_10_an_unpaid_start_does_not_roll_on_for_who_may_not_enroll() -> None:
    desk = await doubted(covered=False)
    desk.parameters = parameters_in(MASSACHUSETTS)
    moved = QualifyingEvent(kind="move", on=date(2016, 2, 15))
    found = await desk.at(date(2016, 2, 20)).select("SILVER", event=moved)
    await desk.night(date(2016, 3, 3))
    await desk.at(date(2016, 3, 17), 2).lapse_binder(*found.policies, due=date(2016, 3, 16))
    assert [each.lifecycle for each in desk.policies()] == ["canceled"]


async def test_ENR_10_doubt_that_comes_after_the_last_day_gives_as_long_again() -> None:
    desk = await asking(covered=True)
    desk.hub.mode = "away"
    await desk.ask()
    await desk.night(date(2016, 3, 3))
    assert desk.policy().lifecycle == "active"
    desk.hub.mode = "answers"
    desk.hub.store.keep(DOUBTED)
    await desk.at(date(2016, 4, 20)).ask()
    assert (desk.household.verification, desk.household.verification_until) == (
        "pending",
        date(2016, 7, 19),
    )
    assert desk.household.assistance_on(date(2016, 5, 1)).aptc_cents == 0
    wanted = desk.told()[-1]
    assert isinstance(wanted, VerificationWanted)
    assert (wanted.wanted, wanted.until) == (("income", "citizenship"), date(2016, 7, 19))
    await desk.night(date(2016, 7, 20))
    assert (desk.policy().lifecycle, desk.policy().through) == ("terminated", date(2016, 7, 31))


async def again(desk: Asking, day: date, *contradicts: Attested, income: int) -> None:
    """Attest another income on a day, of which the hub says this."""
    desk.at(day).hub.store.keep(Told(household="h", contradicts=contradicts, aptc_cents=0))
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await attest(uow, household="h", income_cents=income)
    await desk.ask()


async def test_ENR_10_who_is_in_doubt_has_no_more_time_for_attesting_what_the_hub_contradicts_too() -> None:
    desk = await doubted()
    await desk.accept("income")
    await again(desk, date(2016, 2, 20), "income", "citizenship", income=2_000_000)
    assert desk.household.verification_until == date(2016, 3, 2)
    await desk.night(date(2016, 3, 3))
    assert desk.policy().lifecycle == "terminated"
    await again(desk, date(2016, 4, 1), "citizenship", income=2_100_000)
    await again(desk, date(2016, 4, 2), "income", "citizenship", income=2_200_000)
    assert (desk.household.verification, desk.household.verification_until) == ("failed", date(2016, 3, 2))


async def test_ENR_10_what_came_into_doubt_later_has_the_rest_of_its_own_time_once_the_first_is_shown() -> (
    None
):
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("citizenship",)))
    await desk.ask()
    await again(desk, date(2016, 2, 20), "income", "citizenship", income=2_000_000)
    await desk.accept("citizenship")
    assert (desk.household.verification, desk.household.verification_until) == ("pending", date(2016, 5, 20))
    wanted = desk.told()[-1]
    assert isinstance(wanted, VerificationWanted)
    assert (wanted.wanted, wanted.until) == (("income",), date(2016, 5, 20))


async def test_ENR_10_documents_of_before_the_answer_leave_another_income_to_be_shown() -> None:
    desk = await asking(covered=True)
    await desk.accept("income")
    desk.hub.store.keep(DOUBTED)
    await desk.ask()
    desk.hub.mode = "away"
    await again(desk, date(2016, 2, 20), "income", "citizenship", income=2_000_000)
    await desk.accept("citizenship")
    assert (desk.household.verification, desk.household.wanted) == ("pending", ("income",))


async def test_ENR_10_who_shows_after_the_last_day_that_it_may_enroll_has_the_rest_of_its_time() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("citizenship",)))
    await desk.ask()
    await again(desk, date(2016, 2, 20), "citizenship", "incarceration", income=2_000_000)
    await desk.night(date(2016, 3, 3))
    await desk.at(date(2016, 3, 10)).accept("citizenship")
    assert (desk.household.verification, desk.household.verification_until) == ("pending", date(2016, 5, 20))


async def in_autumn() -> tuple[Asking, Season]:
    """Return a household whose citizenship is doubted since August, with a last day so late that its coverage would end
    with the year, and a season of renewals.
    """
    desk = await asking(covered=True)
    await desk.night(date(2016, 3, 3))
    desk.hub.store.keep(DOUBTED)
    await desk.at(date(2016, 8, 25)).ask()
    season = Season(uows=desk.uows)
    await season.at(OCTOBER).offer(dearer(SILVER, year=2017, single=54000), GOLD, TEETH, BRONZE)
    await season.crosswalk(*ALL)
    return desk, season


def last_decided(desk: Asking) -> VerificationDecided:
    """Return the last decision about verification that was told."""
    return [each for each in desk.told() if isinstance(each, VerificationDecided)][-1]


async def test_ENR_10_the_notice_says_the_last_day_also_where_coverage_ends_with_it_anyway() -> None:
    desk, _ = await in_autumn()
    await desk.night(date(2016, 11, 24))
    told = last_decided(desk)
    assert (told.may_enroll, told.covered_through) == ("no-longer", date(2016, 12, 31))


async def test_ENR_10_who_was_covered_by_nothing_is_told_of_no_last_day() -> None:
    desk = await doubted(covered=False)
    await desk.night(date(2016, 3, 3))
    told = last_decided(desk)
    assert (told.may_enroll, told.covered_through, told.covered) == ("no-longer", None, False)


async def test_ENR_10_who_shows_after_coverage_ended_that_it_may_enroll_is_told_so() -> None:
    desk = await doubted()
    await desk.night(date(2016, 3, 3))
    await desk.at(date(2016, 5, 2)).accept("citizenship")
    told = last_decided(desk)
    assert (told.verification, told.may_enroll, told.covered) == ("failed", "again", False)
    await desk.accept("income")
    told = last_decided(desk)
    assert (told.verification, told.may_enroll) == ("verified", None)


async def test_ENR_10_who_has_selected_nothing_shows_that_it_may_enroll() -> None:
    desk = await doubted(covered=False)
    await desk.night(date(2016, 3, 3))
    await desk.at(date(2016, 5, 2)).accept("income", "citizenship")
    told = last_decided(desk)
    assert (told.verification, told.may_enroll, told.covered) == ("verified", "again", False)


async def test_ENR_10_who_is_asked_for_documents_is_told_whether_coverage_ends_without_them() -> None:
    desk = await doubted()
    (told,) = desk.told()
    assert isinstance(told, VerificationWanted)
    assert told.ends_coverage
    silent = await asking()
    await silent.night(date(2016, 2, 1))
    (told,) = silent.told()
    assert isinstance(told, VerificationWanted)
    assert not told.ends_coverage


async def test_ENR_14_what_was_renewed_is_called_off_where_coverage_may_not_go_on() -> None:
    desk, season = await in_autumn()
    await season.renew()
    await desk.night(date(2016, 11, 24))
    ended, renewal = desk.policies()
    assert (ended.lifecycle, ended.last_covered_day) == ("active", date(2016, 12, 31))
    assert (renewal.effective, renewal.lifecycle) == (date(2017, 1, 1), "canceled")
    assert renewal.end_reason == "ineligible"


async def test_ENR_14_nothing_is_renewed_for_who_may_not_enroll() -> None:
    desk, season = await in_autumn()
    await desk.night(date(2016, 11, 24))
    await season.at(date(2016, 11, 25)).renew()
    assert await season.renewals() == [("h", "SILVER", "unmapped", "not-eligible")]
    assert len(desk.policies()) == 1


async def test_ENR_4_no_assistance_comes_back_while_everybody_is_in_medicaid() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("income",), aptc_cents=10_000))
    await desk.ask()
    desk.at(date(2016, 2, 10))
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        eligible = Eligible(members=None, begins=date(2016, 3, 1))
        await determine_medicaid(uow, household="h", eligible=eligible, parameters=desk.parameters)
    await desk.night(date(2016, 3, 3))
    decided = desk.told()[-1]
    assert isinstance(decided, VerificationDecided)
    assert (decided.verification, decided.changes_on, decided.aptc_cents) == ("failed", None, 0)
    assert desk.household.assistance_on(date(2016, 6, 1)).aptc_cents == 0
    desk.at(date(2016, 3, 10))
    await desk.accept("income")
    assert desk.household.verification == "verified"
    assert desk.household.assistance_on(date(2016, 6, 1)).aptc_cents == 0
