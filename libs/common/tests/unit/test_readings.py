"""How things stand is read when somebody asks, seldom, and is told only while it is true."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from bulkhead.kernel.errors import Retryable
from bulkhead.observability.metrics import OUTBOX_AGE
from bulkhead.observability.readings import SECONDS_KEPT, Reading, Readings, Source

AGE = OUTBOX_AGE.name


class Thing:
    """Something that is read: it says how often it was, and can be away."""

    def __init__(self, name: str = "thing") -> None:
        self.times = 0
        self.away = False
        self.seconds = 0.0
        self.slow: asyncio.Event | None = None
        self.source = Source(name=name, gauges=(OUTBOX_AGE,), read=self.read, fresh_seconds=5)

    async def read(self) -> Mapping[str, Sequence[Reading]]:
        self.times += 1
        await asyncio.sleep(0)
        if self.slow is not None:
            await self.slow.wait()
        if self.away:
            raise Retryable("the database is away")
        return {AGE: (Reading(value=self.times),)}

    def readings(self, *others: Thing) -> Readings:
        return Readings(
            [self.source, *(each.source for each in others)], elapsed_seconds=lambda: self.seconds
        )

    def told(self, readings: Readings) -> list[float]:
        return [each.value for each in readings.told(self.source, AGE)]


async def test_nothing_is_read_before_somebody_asks_and_then_once_in_a_while() -> None:
    thing = Thing()
    readings = thing.readings()
    assert (thing.times, thing.told(readings)) == (0, [])
    for thing.seconds in (0, 1, 4.9):
        await readings.refresh()
        assert thing.told(readings) == [1]
    thing.seconds = 5
    await readings.refresh()
    assert thing.told(readings) == [2]


async def test_many_who_ask_at_once_are_one() -> None:
    thing = Thing()
    readings = thing.readings()
    await asyncio.gather(*(readings.refresh() for _ in range(10)))
    assert thing.times == 1


async def test_what_cannot_be_read_is_not_told_and_others_are() -> None:
    thing, other = Thing(), Thing("other")
    readings = thing.readings(other)
    await readings.refresh()
    thing.seconds, thing.away = 10, True
    await readings.refresh()
    assert (thing.told(readings), other.told(readings)) == ([], [2])
    thing.away = False
    await readings.refresh()
    assert thing.told(readings) == []  # it is not asked by each who asks, for it may be slow to fail
    thing.seconds = 15
    await readings.refresh()
    assert (thing.told(readings), other.told(readings)) == ([3], [3])


async def test_what_takes_longer_is_told_the_next_time_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bulkhead.observability.readings.SECONDS_TO_WAIT", 0.0)
    thing, other = Thing(), Thing("other")
    readings = thing.readings(other)
    thing.slow = asyncio.Event()
    await readings.refresh()
    await asyncio.sleep(0.01)
    await readings.refresh()
    assert (thing.told(readings), other.told(readings), thing.times) == ([], [1], 1)
    thing.slow.set()
    await asyncio.sleep(0.01)
    assert thing.told(readings) == [1]


async def test_what_was_read_too_long_ago_is_not_told() -> None:
    thing = Thing()
    readings = thing.readings()
    await readings.refresh()
    thing.seconds = 5 + SECONDS_KEPT
    assert thing.told(readings) == [1]
    thing.seconds += 0.1
    assert thing.told(readings) == []
