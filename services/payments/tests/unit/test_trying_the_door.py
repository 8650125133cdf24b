"""Whether money can be paid online is found out by trying (OPS-3)."""

from __future__ import annotations

import asyncio

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.kernel.personal import Masked
from bulkhead.policy import PackParameters, PolicyPack
from payments.adapters.processor.sandbox import SandboxProcessor
from payments.application import try_online_payment
from payments.application.ports import ProcessorMisunderstood, ProcessorSilent, ProcessorUnreachable
from payments.application.try_online_payment import OnlineTrials
from payments.domain.parameters import PaymentsParameters
from payments.domain.trials import OnlineTrial, TrialOutcome
from services.payments.tests.builders import PACKS, PARAMETERS, World, at

NOW = at("2015-12-03T10:00")


class Processor(SandboxProcessor):
    """Counts how often it is asked, and fails as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.fails: Exception | None = None

    async def verify(self, *, token: str) -> bool:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return await super().verify(token=token)


class Slow(Processor):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def verify(self, *, token: str) -> bool:
        self.begun.set()
        await self.goes_on.wait()
        return await super().verify(token=token)


def trials(world: World, processor: SandboxProcessor, *, token: str | None = "tok_card_ok") -> OnlineTrials:
    return OnlineTrials(
        processor=processor,
        parameters=PARAMETERS,
        token=None if token is None else Masked(token),
        pace=lambda: world.seconds,
    )


async def test_OPS_3_where_the_processor_would_take_money_it_takes_payments_and_took_none() -> None:
    world, processor = World(start=NOW), Processor()
    trial = await trials(world, processor).latest(world.uows, now=NOW)
    assert trial == OnlineTrial(door="online", tried_at=NOW, outcome="ok")
    assert (trial.takes_payments, world.database.rows(OnlineTrial)) == (True, [trial])
    assert processor.store.charge_of("tok_card_ok") is None
    assert world.database.emitted == []


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ProcessorUnreachable("away"), "processor-away"),
        (ProcessorSilent("silent"), "processor-silent"),
        (ProcessorMisunderstood("odd"), "processor-misunderstood"),
    ],
)
async def test_OPS_3_up_and_broken_takes_no_payments(error: Exception, outcome: TrialOutcome) -> None:
    world, processor = World(start=NOW), Processor()
    processor.fails = error
    trial = await trials(world, processor).latest(world.uows, now=NOW)
    assert (trial.outcome, trial.takes_payments) == (outcome, False)


async def test_OPS_3_a_processor_that_does_not_end_its_answer_takes_no_payments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Hanging(SandboxProcessor):
        async def verify(self, *, token: str) -> bool:
            await asyncio.Event().wait()
            return await super().verify(token=token)

    monkeypatch.setattr(try_online_payment, "TRY_SECONDS", 0.05)
    world = World(start=NOW)
    async with asyncio.timeout(5):
        trial = await trials(world, Hanging()).latest(world.uows, now=NOW)
    assert (trial.outcome, trial.takes_payments) == ("processor-silent", False)


async def test_OPS_3_a_try_is_remembered_from_when_it_began() -> None:
    class Slow(Processor):
        async def verify(self, *, token: str) -> bool:
            decided = await super().verify(token=token)
            world.seconds += 3.0
            return decided

    world, processor = World(start=NOW), Slow()
    door = trials(world, processor)
    for seconds, asked in ((0.0, 1), (4.9, 1), (5.0, 2)):
        world.seconds = seconds
        await door.latest(world.uows, now=NOW)
        assert processor.asked == asked


@pytest.mark.parametrize(
    ("token", "outcome"),
    [("tok_card_declined", "processor-declines"), ("tok_card_lost", "processor-silent"), (None, "ok")],
)
async def test_OPS_3_a_processor_that_declines_a_good_card_is_broken(
    token: str | None, outcome: TrialOutcome
) -> None:
    world = World(start=NOW)
    trial = await trials(world, SandboxProcessor(), token=token).latest(world.uows, now=NOW)
    assert trial.outcome == outcome


async def test_OPS_3_without_a_token_it_is_looked_at_whether_the_processor_is_there() -> None:
    world, processor = World(start=NOW), Processor()
    processor.reachable = False
    trial = await trials(world, processor, token=None).latest(world.uows, now=NOW)
    assert (trial.outcome, processor.asked) == ("processor-away", 0)


async def test_OPS_4_a_door_that_has_not_been_opened_yet_is_not_tried() -> None:
    world, processor = World(start=NOW), Processor()
    pack = PolicyPack.named("vermont-2014", directory=PACKS)
    early = OnlineTrials(
        processor=processor,
        parameters=PackParameters(pack, "payments", PaymentsParameters),
        token=Masked("tok_card_ok"),
        pace=lambda: world.seconds,
    )
    trial = await early.latest(world.uows, now=at("2013-11-01T10:00"))
    assert (trial.outcome, trial.takes_payments, processor.asked) == ("not-open", False, 0)


async def test_OPS_3_for_five_seconds_the_last_try_answers_whoever_asks() -> None:
    world, processor = World(start=NOW), Processor()
    door = trials(world, processor)
    first = await door.latest(world.uows, now=NOW)
    processor.fails = ProcessorUnreachable("away")
    world.seconds = 4.9
    assert (await door.latest(world.uows, now=at("2015-12-03T10:01")), processor.asked) == (first, 1)
    world.seconds = 5.0
    later = await door.latest(world.uows, now=at("2015-12-03T10:02"))
    assert (later.outcome, later.tried_at, processor.asked) == ("processor-away", at("2015-12-03T10:02"), 2)


async def test_OPS_3_with_the_database_away_the_processor_is_asked_once_in_five_seconds() -> None:
    world, processor = World(start=NOW), Processor()
    door = trials(world, processor)
    world.database.away = True
    for _ in range(100):
        with pytest.raises(Retryable):
            await door.latest(world.uows, now=NOW)
    assert processor.asked == 1
    world.seconds = 5.0
    with pytest.raises(Retryable):
        await door.latest(world.uows, now=NOW)
    assert processor.asked == 2
    world.database.away = False
    world.seconds = 10.0
    assert ((await door.latest(world.uows, now=NOW)).outcome, processor.asked) == ("ok", 3)


async def test_OPS_3_who_asks_and_goes_away_makes_nobody_ask_the_processor_again() -> None:
    world, processor = World(start=NOW), Slow()
    door = trials(world, processor)
    gone = [asyncio.create_task(door.latest(world.uows, now=NOW)) for _ in range(100)]
    await processor.begun.wait()
    for each in gone:
        each.cancel()
    assert await asyncio.gather(*gone, return_exceptions=True) != []
    assert all(each.cancelled() for each in gone)
    stays = asyncio.create_task(door.latest(world.uows, now=NOW))
    processor.goes_on.set()
    assert ((await stays).outcome, processor.asked) == ("ok", 1)


async def test_OPS_3_a_try_that_fails_with_nobody_there_any_more_is_answered_to_the_next() -> None:
    world, processor = World(start=NOW), Slow()
    door = trials(world, processor)
    gone = asyncio.create_task(door.latest(world.uows, now=NOW))
    await processor.begun.wait()
    gone.cancel()
    world.database.away = True
    processor.goes_on.set()
    with pytest.raises(Retryable):
        await door.latest(world.uows, now=NOW)
    assert processor.asked == 1
