"""Households are asked about by the worker; what the hub confirms, contradicts or never answers (ENR-10)."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import get_args

import pytest

from bulkhead.kernel.ids import derived_id
from enrollment.adapters.hub.sandbox import SandboxHub, Told
from enrollment.application.ask_hub import HubPoller
from enrollment.application.ports import HubMisunderstood
from enrollment.application.run_out import verification_duties
from enrollment.bootstrap import every_day
from enrollment.domain.assistance import Assistance
from enrollment.domain.determination import Attested, Determination
from enrollment.domain.eligibility import NothingToVerify, Question, in_doubt
from enrollment.domain.events import PolicyChanged, VerificationDecided, VerificationWanted
from enrollment.domain.households import AssistanceChange, Household
from services.enrollment.tests.asking import asking
from services.enrollment.tests.builders import PARAMETERS

NOTHING = Assistance(aptc_cents=0, subsidy_cents=0)
GRANTED = Assistance(aptc_cents=30_000, subsidy_cents=1_000)


async def test_ENR_10_what_the_hub_confirms_is_verified() -> None:
    desk = await asking()
    assert await desk.ask() == 1
    assert (desk.household.verification, desk.household.wanted) == ("verified", ())
    assert desk.household.assistance_changes == ()
    assert desk.told() == [
        VerificationDecided(
            household="h",
            contact_version=1,
            verification="verified",
            changes_on=None,
            aptc_cents=30_000,
            subsidy_cents=1_000,
            decision=derived_id("decision", "h", "1"),
            covered=False,
        )
    ]
    assert await desk.ask() == 0


async def test_ENR_10_what_the_hub_grants_counts_for_all_coverage_to_come() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", aptc_cents=40_000))
    await desk.ask()
    change = AssistanceChange(
        since=date(2015, 12, 1), aptc_cents=40_000, subsidy_cents=1_000, because="verification"
    )
    assert desk.household.assistance_changes == (change,)
    (told,) = [each for each in desk.database.events if isinstance(each, PolicyChanged)]
    assert [each.aptc_cents for each in told.versions] == [40_000]
    assert told.since == date(2016, 1, 1)


async def test_ENR_10_where_somebody_is_covered_what_the_hub_grants_counts_from_the_next_month() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", aptc_cents=40_000))
    desk.at(date(2016, 1, 10))
    await desk.ask()
    assert [each.since for each in desk.household.assistance_changes] == [date(2016, 2, 1)]


async def test_ENR_10_a_hub_that_is_away_rests_longer_and_longer_and_nobody_has_failed() -> None:
    desk = await asking()
    await desk.register("k")
    desk.hub.mode = "away"
    waits: list[timedelta] = []
    for _ in range(9):
        assert await desk.ask() == 0
        (hub,) = desk.waiting()
        assert (hub.kind, hub.item, hub.reason) == ("hub", "hub", "the sandbox hub is away")
        waits.append(hub.retry_at - desk.now)
        desk.now = hub.retry_at
    assert [each / timedelta(minutes=1) for each in waits] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    desk.hub.mode = "answers"
    assert await desk.ask() == 2
    assert desk.waiting() == []
    assert {each.verification for each in desk.database.rows(Household)} == {"verified"}


async def test_ENR_10_a_hub_that_is_back_is_seen_also_where_nobody_is_to_be_asked_about_any_more() -> None:
    desk = await asking()
    desk.hub.mode = "away"
    await desk.ask()
    await desk.accept("income", "citizenship", "incarceration")
    desk.now += timedelta(minutes=1)
    assert await desk.poller.pending(desk.now) == 1
    await desk.ask()
    (hub,) = desk.waiting()
    assert (hub.failures, hub.reason) == (2, "the hub cannot be reached")
    desk.hub.mode = "answers"
    desk.now = hub.retry_at
    await desk.ask()
    assert desk.waiting() == []
    assert await desk.poller.pending(desk.now) == 0


async def test_ENR_10_nobody_is_asked_about_while_the_hub_rests() -> None:
    desk = await asking()
    desk.hub.mode = "away"
    await desk.ask()
    desk.hub.mode = "answers"
    assert await desk.poller.turn(desk.now) == 0
    assert desk.household.verification == "pending"
    desk.now += timedelta(minutes=1)
    assert await desk.ask() == 1


async def test_ENR_10_a_hub_that_is_silent_about_several_in_a_row_rests_and_is_tried_with_one() -> None:
    desk = await asking()
    for number in range(6):
        await desk.register(f"k{number}")
    desk.hub.mode = "silent"
    await desk.poller.turn(desk.now)
    kinds = sorted((each.kind, each.item) for each in desk.waiting())
    assert kinds == [("hub", "hub"), ("verifications", "h"), ("verifications", "k0")]
    desk.now += timedelta(minutes=1)
    await desk.poller.turn(desk.now)
    assert [each.failures for each in desk.waiting() if each.kind == "hub"] == [2]
    desk.hub.mode = "answers"
    desk.now += timedelta(minutes=2)
    assert await desk.ask() == 7
    assert desk.waiting() == []


class Odd(SandboxHub):
    """A hub whose answers about one household are none."""

    async def determine(self, question: Question) -> Determination:
        if question.household == "h":
            raise HubMisunderstood("the hub answered without a determination")
        return await super().determine(question)


async def test_ENR_10_a_hub_whose_answers_about_several_in_a_row_are_none_rests() -> None:
    class Wrong(SandboxHub):
        async def determine(self, question: Question) -> Determination:
            raise HubMisunderstood("the hub answered 404")

    desk = await asking()
    for number in range(6):
        await desk.register(f"k{number}")
    desk.poller = HubPoller(desk.uows, hub=Wrong(), parameters=PARAMETERS)
    await desk.poller.turn(desk.now)
    kinds = sorted((each.kind, each.item) for each in desk.waiting())
    assert kinds == [("hub", "hub"), ("verifications", "h"), ("verifications", "k0")]


async def test_I9_an_answer_that_is_none_delays_nobody_else() -> None:
    desk = await asking()
    await desk.register("k")
    desk.poller = HubPoller(desk.uows, hub=Odd(), parameters=PARAMETERS)
    assert await desk.poller.turn(desk.now) == 1
    (waits,) = desk.waiting()
    assert (waits.kind, waits.item, waits.household) == ("verifications", "h", "h")
    assert waits.reason == "the hub answered without a determination"


async def test_ENR_10_an_answer_to_what_is_no_longer_so_is_asked_for_again() -> None:
    desk = await asking()

    class Changing(SandboxHub):
        async def determine(self, question: Question) -> Determination:
            said = await super().determine(question)
            if question.assistance == GRANTED:
                await desk.change_assistance(since=date(2015, 12, 1), aptc=20_000, subsidy=0)
            return said

    desk.poller = HubPoller(desk.uows, hub=Changing(), parameters=PARAMETERS)
    assert await desk.poller.turn(desk.now) == 0
    assert desk.household.verification == "pending"
    assert await desk.poller.turn(desk.now) == 1
    assert desk.household.assistance_on(date(2016, 1, 1)) == Assistance(aptc_cents=20_000, subsidy_cents=0)


async def test_ENR_10_what_the_hub_contradicts_is_pending_for_90_days_more_and_documents_are_wanted() -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("income",), aptc_cents=10_000))
    await desk.at(date(2015, 12, 20)).ask()
    assert (desk.household.verification, desk.household.wanted) == ("pending", ("income",))
    assert desk.household.verification_until == date(2016, 3, 19)
    assert desk.household.assistance_on(date(2016, 1, 1)) == GRANTED
    assert desk.told() == [
        VerificationWanted(
            household="h",
            contact_version=1,
            wanted=("income",),
            until=date(2016, 3, 19),
            reminder=False,
            decision=derived_id("decision", "h", "1"),
        )
    ]
    assert await desk.ask() == 0


async def test_ENR_10_a_reminder_comes_once_a_month_before_the_last_day() -> None:
    desk = await asking()
    desk.hub.store.keep(Told(household="h", contradicts=("income",)))
    await desk.ask()
    await desk.night(date(2016, 1, 31))
    assert [each.reminder for each in desk.told() if isinstance(each, VerificationWanted)] == [False]
    await desk.night(date(2016, 2, 1))
    await desk.night(date(2016, 2, 2))
    assert [each.reminder for each in desk.told() if isinstance(each, VerificationWanted)] == [False, True]


async def test_ENR_10_a_late_reminder_asks_for_nothing_by_a_day_gone_by() -> None:
    desk = await asking()
    desk.hub.store.keep(Told(household="h", contradicts=("income",)))
    await desk.ask()
    desk.at(date(2016, 3, 10), 1)
    _, remind = verification_duties(PARAMETERS, at=time(0, 45), runs_on=every_day)
    assert remind.households is not None
    assert remind.next_work is not None
    async with desk.uows.begin(now=desk.now) as uow:
        assert await remind.households(uow, date(2016, 2, 1), "", 10) == []
        assert await remind.next_work(uow, date(2016, 3, 10)) is None
    async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
        await remind.run(uow, date(2016, 2, 1), ["h"])
    assert [each.reminder for each in desk.told() if isinstance(each, VerificationWanted)] == [False]


async def test_ENR_10_who_was_never_answered_about_is_asked_for_all_documents() -> None:
    desk = await asking()
    await desk.night(date(2016, 2, 1))
    (wanted,) = desk.told()
    assert isinstance(wanted, VerificationWanted)
    assert wanted.wanted == ("income", "citizenship", "incarceration")


@pytest.mark.parametrize(
    ("told", "then"),
    [
        (None, NOTHING),
        (
            Told(household="h", contradicts=("income",), aptc_cents=10_000),
            Assistance(aptc_cents=10_000, subsidy_cents=1_000),
        ),
    ],
)
async def test_ENR_10_after_the_last_day_there_is_the_assistance_that_the_hub_gives_and_coverage_stays(
    told: Told | None, then: Assistance
) -> None:
    desk = await asking(covered=True)
    if told is not None:
        desk.hub.store.keep(told)
        await desk.ask()
    assert desk.household.verification_until == date(2016, 3, 2)
    await desk.night(date(2016, 3, 2))
    assert desk.household.verification == "pending"
    await desk.night(date(2016, 3, 3))
    assert desk.household.verification == "failed"
    assert desk.household.assistance_on(date(2016, 3, 31)) == GRANTED
    assert desk.household.assistance_on(date(2016, 4, 1)) == then
    (policy,) = desk.policies("h")
    assert policy.lifecycle == "active"
    assert policy.last_covered_day == date(2016, 12, 31)
    assert desk.told()[-1] == VerificationDecided(
        household="h",
        contact_version=1,
        verification="failed",
        changes_on=date(2016, 4, 1),
        aptc_cents=then.aptc_cents,
        subsidy_cents=then.subsidy_cents,
        decision=derived_id("decision", "h", str(desk.household.decisions)),
    )
    await desk.night(date(2016, 3, 4))
    assert len([each for each in desk.told() if isinstance(each, VerificationDecided)]) == 1


async def test_ENR_10_the_notice_comes_ten_days_before_assistance_changes() -> None:
    desk = await asking()
    await desk.night(date(2016, 3, 22))
    assert [each.since for each in desk.household.assistance_changes] == [date(2016, 4, 1)]
    late = await asking()
    await late.night(date(2016, 3, 23))
    assert [each.since for each in late.household.assistance_changes] == [date(2016, 5, 1)]


async def test_ENR_10_an_answer_after_the_last_day_verifies_and_gives_back_from_the_next_month() -> None:
    desk = await asking(covered=True)
    desk.hub.mode = "away"
    await desk.ask()
    await desk.night(date(2016, 3, 3))
    desk.hub.mode = "answers"
    await desk.at(date(2016, 4, 20)).ask()
    assert desk.household.verification == "verified"
    assert desk.household.assistance_on(date(2016, 4, 30)) == NOTHING
    assert desk.household.assistance_on(date(2016, 5, 1)) == GRANTED


async def test_ENR_10_a_contradiction_after_the_last_day_counts_and_gives_no_more_time() -> None:
    desk = await asking(covered=True)
    await desk.night(date(2016, 3, 3))
    desk.hub.store.keep(Told(household="h", contradicts=("income",), aptc_cents=10_000))
    await desk.at(date(2016, 4, 20)).ask()
    assert (desk.household.verification, desk.household.wanted) == ("failed", ("income",))
    assert desk.household.assistance_on(date(2016, 5, 1)).aptc_cents == 10_000
    assert isinstance(desk.told()[-1], VerificationDecided)
    assert await desk.ask() == 0


async def test_ENR_10_other_documents_after_the_last_day_give_no_more_time_for_what_they_do_not_show() -> (
    None
):
    desk = await asking(covered=True)
    await desk.night(date(2016, 3, 3))
    desk.hub.store.keep(Told(household="h", contradicts=("medicaid",), aptc_cents=0))
    await desk.at(date(2016, 4, 20)).ask()
    decided = await desk.at(date(2016, 4, 24)).accept("income", "incarceration")
    assert (decided.household.verification, decided.household.wanted) == ("failed", ("medicaid",))
    assert desk.household.assistance_on(date(2016, 5, 1)).aptc_cents == 0
    await desk.accept("medicaid")
    assert desk.household.assistance_on(date(2016, 5, 1)) == GRANTED


async def test_ENR_10_documents_that_show_all_that_is_wanted_verify() -> None:
    desk = await asking()
    desk.hub.store.keep(Told(household="h", contradicts=("income", "citizenship"), aptc_cents=0))
    await desk.ask()
    decided = await desk.accept("citizenship")
    assert (decided.household.verification, decided.household.wanted) == ("pending", ("income",))
    decided = await desk.accept("income")
    assert (decided.household.verification, decided.household.wanted) == ("verified", ())
    assert desk.household.assistance_on(date(2016, 1, 1)) == GRANTED
    with pytest.raises(NothingToVerify):
        await desk.accept("income")


async def test_ENR_10_documents_verify_also_after_the_last_day_and_while_the_hub_is_away() -> None:
    desk = await asking(covered=True)
    desk.hub.mode = "away"
    await desk.ask()
    await desk.night(date(2016, 3, 3))
    await desk.at(date(2016, 3, 10)).accept("income", "citizenship", "incarceration")
    assert desk.household.verification == "verified"
    assert desk.household.assistance_on(date(2016, 4, 1)) == GRANTED
    desk.hub.mode = "answers"
    desk.now += timedelta(hours=2)
    assert await desk.ask() == 1, "the hub is back"
    assert desk.household.determination is None


@pytest.mark.parametrize("by", ["documents", "the hub"])
async def test_ENR_13_what_is_stated_from_a_later_month_on_outlasts_a_late_confirmation(by: str) -> None:
    desk = await asking(covered=True)
    desk.hub.store.keep(Told(household="h", contradicts=("income",), aptc_cents=0))
    if by == "documents":
        await desk.ask()
    await desk.at(date(2016, 1, 10)).change_assistance(since=date(2016, 7, 1), aptc=5_000, subsidy=0)
    await desk.night(date(2016, 3, 3))
    assert desk.household.assistance_on(date(2016, 7, 1)).aptc_cents == 0
    desk.at(date(2016, 4, 10)).hub.store.keep(Told(household="h"))
    if by == "documents":
        await desk.accept("income")
    else:
        await desk.ask()
    assert desk.household.verification == "verified"
    has = [desk.household.assistance_on(date(2016, month, 1)) for month in (4, 5, 6, 7)]
    assert [each.aptc_cents for each in has] == [0, 30_000, 30_000, 5_000]


async def test_ENR_10_an_answer_that_comes_after_the_documents_changes_nothing() -> None:
    desk = await asking()

    class Late(SandboxHub):
        async def determine(self, question: Question) -> Determination:
            await desk.accept("income", "citizenship", "incarceration")
            return await super().determine(question)

    desk.poller = HubPoller(desk.uows, hub=Late(), parameters=PARAMETERS)
    assert await desk.poller.turn(desk.now) == 0
    assert desk.household.verification == "verified"
    assert desk.household.determination is None


async def test_ENR_10_each_fact_can_be_contradicted_and_two_of_them_keep_people_from_enrolling() -> None:
    assert get_args(Attested) == ("income", "citizenship", "incarceration", "medicaid")
    for fact in get_args(Attested):
        desk = await asking()
        desk.hub.store.keep(Told(household="h", contradicts=(fact,)))
        await desk.ask()
        assert desk.household.wanted == (fact,)
        assert bool(in_doubt(desk.household)) == (fact in ("citizenship", "incarceration"))
