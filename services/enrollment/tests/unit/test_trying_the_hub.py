"""Whether the federal hub answers is found out by asking it about nobody (OPS-3, ENR-10)."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Retryable
from enrollment.adapters.hub.sandbox import Mode, SandboxHub
from enrollment.application import try_hub
from enrollment.application.ports import HubAway, HubMisunderstood
from enrollment.application.try_hub import NOBODY, HubTrials
from enrollment.application.waiting import HUB
from enrollment.domain.determination import Determination
from enrollment.domain.eligibility import Question
from enrollment.domain.trials import HubTrial
from services.enrollment.tests.builders import Desk

NOW = local(date(2015, 12, 3), 10)


class Asked(SandboxHub):
    """The sandbox, and what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[Question] = []

    async def determine(self, question: Question) -> Determination:
        """Keep the question, and answer it."""
        self.questions.append(question)
        return await super().determine(question)


async def tried(desk: Desk, hub: SandboxHub, *, seconds: float = 0.0) -> HubTrial:
    return await HubTrials(hub=hub, pace=lambda: seconds).latest(desk.uows, now=NOW)


@pytest.mark.parametrize(
    ("mode", "outcome"), [("answers", "ok"), ("silent", "hub-silent"), ("away", "hub-away")]
)
async def test_OPS_3_the_hub_is_asked_about_nobody_and_nothing_is_kept(mode: Mode, outcome: str) -> None:
    desk, hub = Desk(), Asked()
    hub.mode = mode
    trial = await tried(desk, hub)
    assert (trial.outcome, trial.answers, trial.tried_at) == (outcome, mode == "answers", NOW)
    assert (hub.questions, desk.database.changes) == ([NOBODY], 0)


async def test_OPS_3_a_hub_that_rests_is_not_asked_and_does_not_answer() -> None:
    desk, hub = Desk(), Asked()
    async with desk.uows.begin(now=NOW, households=[HUB.lock_of("hub")]) as uow:
        await HUB.put_off(uow, "hub", because=HubAway("the hub cannot be reached"))
    trial = await tried(desk, hub)
    assert (trial.outcome, trial.answers, hub.questions) == ("hub-rests", False, [])


async def test_OPS_3_a_hub_that_answers_what_is_none_or_not_in_time_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Odd(SandboxHub):
        async def determine(self, question: Question) -> Determination:
            raise HubMisunderstood("the hub answered 404")

    class Hanging(SandboxHub):
        async def determine(self, question: Question) -> Determination:
            await asyncio.Event().wait()
            raise AssertionError("nobody waits so long")

    monkeypatch.setattr(try_hub, "TRY_SECONDS", 0.01)
    assert (await tried(Desk(), Odd())).outcome == "hub-misunderstood"
    assert (await tried(Desk(), Hanging())).outcome == "hub-silent"


async def test_OPS_3_one_question_answers_all_who_ask_within_five_seconds() -> None:
    desk, hub, passed = Desk(), Asked(), [0.0]
    trials = HubTrials(hub=hub, pace=lambda: passed[-1])
    for seconds in (0.0, 4.9, 5.0):
        passed.append(seconds)
        await trials.latest(desk.uows, now=NOW)
    assert len(hub.questions) == 2


async def test_OPS_3_with_the_database_away_nobody_can_tell() -> None:
    desk = Desk()
    desk.database.away = True
    with pytest.raises(Retryable):
        await tried(desk, Asked())
