"""A household attests another income, and the hub is asked again (ENR-10)."""

from __future__ import annotations

from datetime import date, timedelta

from enrollment.adapters.hub.sandbox import SandboxHub, Told
from enrollment.adapters.metrics import MEASURES, PENDING
from enrollment.application.ask_hub import HubPoller
from enrollment.application.attest import attest
from enrollment.domain.determination import Determination
from enrollment.domain.eligibility import Question
from enrollment.domain.events import VerificationWanted
from services.enrollment.tests.asking import Asking, asking
from services.enrollment.tests.builders import PARAMETERS

DOUBTED = Told(household="h", contradicts=("income",), aptc_cents=10_000)


async def attested(desk: Asking, income_cents: int = 2_800_000) -> None:
    """Attest an income for the household."""
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await attest(uow, household="h", income_cents=income_cents)


async def test_ENR_10_who_is_verified_stays_so_until_the_hub_answers_about_another_income() -> None:
    desk = await asking(covered=True)
    await desk.ask()
    desk.at(date(2016, 3, 10))
    desk.hub.store.keep(Told(household="h", aptc_cents=35_000))
    desk.hub.mode = "away"
    await attested(desk)
    await desk.ask()
    assert (desk.household.verification, desk.household.income_cents) == ("verified", 2_800_000)
    assert desk.household.assistance_changes == ()
    desk.hub.mode = "answers"
    desk.now += timedelta(minutes=1)
    assert await desk.ask() == 1
    assert desk.household.verification == "verified"
    assert desk.household.assistance_on(date(2016, 4, 1)).aptc_cents == 35_000
    assert await desk.ask() == 0


async def test_ENR_10_another_income_that_the_hub_contradicts_is_to_be_documented_in_90_days() -> None:
    desk = await asking(covered=True)
    await desk.ask()
    desk.at(date(2016, 3, 10)).hub.store.keep(DOUBTED)
    await attested(desk)
    await desk.ask()
    assert (desk.household.verification, desk.household.verification_until) == (
        "pending",
        date(2016, 6, 8),
    )
    assert desk.household.assistance_changes == ()
    wanted = desk.told()[-1]
    assert isinstance(wanted, VerificationWanted)
    assert (wanted.wanted, wanted.until) == (("income",), date(2016, 6, 8))


async def test_ENR_10_whom_the_hub_answered_counts_as_answered_while_it_is_asked_again() -> None:
    desk = await asking(covered=True)
    (pending,) = [each for each in MEASURES if each.gauge == PENDING]

    async def counted() -> dict[tuple[str, str], float]:
        async with desk.uows.begin(now=desk.now) as uow:
            read = [(each.labels, each.value) for each in await pending.read(uow)]
        return {(labels["hub"], labels["days_left"]): value for labels, value in read if value}

    assert await counted() == {("not-answered", "61+"): 1}
    desk.hub.store.keep(DOUBTED)
    await desk.ask()
    assert await counted() == {("contradicts", "61+"): 1}
    desk.hub.mode = "away"
    await attested(desk)
    await desk.ask()
    assert desk.household.awaits_hub
    assert await counted() == {("contradicts", "61+"): 1}


async def test_ENR_10_documents_of_before_do_not_show_another_income() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("income", "citizenship"), aptc_cents=10_000))
    await desk.ask()
    await desk.accept("income", "citizenship")
    await attested(desk)
    assert desk.household.wanted == ()
    await desk.ask()
    assert (desk.household.verification, desk.household.wanted) == ("pending", ("income",))


async def test_ENR_10_nobody_has_more_time_for_attesting_again_what_the_hub_contradicts() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(DOUBTED)
    await desk.ask()
    desk.at(date(2016, 2, 20))
    await attested(desk)
    await desk.ask()
    assert desk.household.verification_until == date(2016, 3, 2)
    assert len([each for each in desk.told() if isinstance(each, VerificationWanted)]) == 1
    await desk.night(date(2016, 3, 3))
    await attested(desk, 2_700_000)
    await desk.at(date(2016, 4, 20)).ask()
    assert desk.household.verification == "failed"
    assert desk.household.assistance_on(date(2016, 5, 1)).aptc_cents == 10_000


async def test_ENR_10_no_answer_takes_back_the_time_that_documents_were_asked_for_by() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("income", "citizenship"), aptc_cents=0))
    await desk.ask()
    await desk.night(date(2016, 3, 3))
    assert desk.household.verification == "failed"
    # another fact is in doubt: there are 90 days for it, and they were asked for documents of both
    desk.at(date(2016, 4, 19))
    desk.hub.store.keep(Told(household="h", contradicts=("income", "incarceration"), aptc_cents=0))
    await attested(desk)
    await desk.ask()
    assert (desk.household.verification, desk.household.verification_until) == ("pending", date(2016, 7, 18))
    # now that is not in doubt any more, and what is left had its last day in March
    desk.at(date(2016, 6, 28))
    desk.hub.store.keep(Told(household="h", contradicts=("income",), aptc_cents=0))
    await attested(desk, 2_700_000)
    await desk.ask()
    assert (desk.household.verification, desk.household.verification_until) == ("pending", date(2016, 7, 18))
    wanted = [each for each in desk.told() if isinstance(each, VerificationWanted)]
    assert wanted[-1].until == date(2016, 7, 18)
    await desk.night(date(2016, 7, 18))
    assert desk.household.verification == "pending"
    await desk.night(date(2016, 7, 19))
    assert desk.household.verification == "failed"
    # after it the day is over for good
    await attested(desk, 2_600_000)
    await desk.ask()
    assert (desk.household.verification, desk.household.verification_until) == ("failed", date(2016, 7, 18))


async def test_ENR_10_who_may_not_enroll_cannot_attest_that_away() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("citizenship",)))
    await desk.ask()
    await desk.night(date(2016, 3, 3))
    assert desk.policy().lifecycle == "terminated"
    await attested(desk)
    await desk.at(date(2016, 4, 20)).ask()
    assert desk.household.verification == "failed"


async def test_ENR_10_an_answer_about_the_income_of_before_is_asked_for_again() -> None:
    desk = await asking()

    class Meanwhile(SandboxHub):
        async def determine(self, question: Question) -> Determination:
            if question.income_cents == 3_000_000:
                await attested(desk)
            return await super().determine(question)

    desk.poller = HubPoller(desk.uows, hub=Meanwhile(), parameters=PARAMETERS)
    assert await desk.poller.turn(desk.now) == 0
    assert desk.household.awaits_hub
    assert await desk.poller.turn(desk.now) == 1
    assert (desk.household.awaits_hub, desk.household.income_cents) == (False, 2_800_000)


async def test_ENR_10_documents_of_the_answer_before_do_not_verify_an_income_nobody_was_asked_about() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("citizenship",)))
    await desk.ask()
    await attested(desk)
    await desk.accept("citizenship")
    assert (desk.household.verification, desk.household.awaits_hub) == ("verified", True)
    desk.hub.store.keep(DOUBTED)
    assert await desk.ask() == 1
    assert (desk.household.verification, desk.household.wanted) == ("pending", ("income",))


async def test_ENR_10_documents_of_the_other_income_verify_it() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(DOUBTED)
    await desk.ask()
    await attested(desk)
    await desk.accept("income")
    assert (desk.household.verification, desk.household.awaits_hub) == ("verified", False)


async def test_ENR_10_the_same_income_attested_again_changes_nothing_and_keeps_its_documents() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("income", "citizenship"), aptc_cents=0))
    await desk.ask()
    await desk.accept("income")
    before = desk.household
    await attested(desk, 3_000_000)
    assert desk.household == before
    assert await desk.ask() == 0
