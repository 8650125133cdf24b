"""Nothing is done on a database that is behind, and an outage of the broker keeps nobody waiting for long."""

from __future__ import annotations

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.rejoining import DatabaseBehind
from bulkhead.runtime.in_step import BROKER_AWAY_SECONDS, InStep


class Asked:
    """Answers with an error, or not; counts how often it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.times = 0
        self.seconds = 0.0
        self.in_step = InStep(self.ask, elapsed_seconds=lambda: self.seconds)

    async def ask(self) -> None:
        self.times += 1
        if self.error is not None:
            raise self.error


async def test_it_is_asked_once() -> None:
    asked = Asked()
    await asked.in_step.required()
    assert await asked.in_step.as_far_as_can_be_known()
    assert asked.times == 1
    asked.in_step.forget()
    await asked.in_step.required()
    assert asked.times == 2


async def test_with_the_broker_away_own_work_goes_on_after_some_seconds_and_publishing_does_not() -> None:
    asked = Asked(Retryable("Kafka is away"))
    assert not await asked.in_step.as_far_as_can_be_known()
    asked.seconds = BROKER_AWAY_SECONDS + 0.1
    assert await asked.in_step.as_far_as_can_be_known()
    with pytest.raises(Retryable):
        await asked.in_step.required()
    asked.error = None
    await asked.in_step.required()


async def test_one_that_is_behind_stays_so_for_everybody() -> None:
    asked = Asked(DatabaseBehind("behind"))
    for _ in range(2):
        with pytest.raises(DatabaseBehind):
            await asked.in_step.required()
        with pytest.raises(DatabaseBehind):
            await asked.in_step.as_far_as_can_be_known()
    assert asked.times == 1
