"""Killed in the middle of an exhibit, all five services and Kafka, the exchange ends in the same facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bulkhead_local import Exchange as Instance
from stories.everything import facts_of
from stories.exchange import Exchange
from stories.language import Story
from stories.runner import play, report
from stories.stages.live import Live
from stories.stages.memory import MemoryStage
from tests.e2e.support import live, scenario

KILLS: Mapping[str, tuple[str, ...]] = {
    "2015-12-04 02:00": ("invoicing",),
    "2015-12-10 23:00": ("carrier-gateway",),
    "2016-01-05 02:00": ("invoicing", "notifications"),
    "2016-01-22 00:10": ("payments",),
    "2016-01-27 16:00": ("payments",),
    "2016-02-05 02:00": ("kafka",),
    "2016-03-05 02:00": ("invoicing",),
    "2016-06-01 01:00": ("invoicing", "carrier-gateway"),
    "2016-07-01 00:10": ("payments", "kafka"),
    "2016-07-01 01:00": ("enrollment", "invoicing", "carrier-gateway", "notifications"),
}
"""At these times, just when the clock has reached them and the work begins, these are killed and started again."""


class Shaken(Live):
    """An exchange whose processes are killed (SIGKILL) at the times above."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.killed: list[str] = []

    async def set_clock(self, now: datetime) -> None:
        """Move the clock, and kill what is to be killed while it does what is due."""
        await super().set_clock(now)
        names = KILLS.get(f"{now:%Y-%m-%d %H:%M}", ())
        for name in names:
            await self.crash(name)
        for name in names:
            await self.bring_up(name, now)
            self.killed.append(name)


async def facts_after(exhibit: Story, exchange: Exchange) -> dict[str, Any]:
    """Play a story and return all that can be seen afterwards."""
    played = await play(exhibit, exchange)
    assert played.held, "\n".join(report(played))
    return await facts_of(exchange, exhibit, exhibit.steps[-1].at)


async def test_OPS_1_killed_everywhere_an_exhibit_ends_in_the_same_facts() -> None:
    exhibit = scenario("exhibit-3")
    async with MemoryStage().exchange(exhibit) as in_memory:
        calm = await facts_after(exhibit, in_memory)
    async with live(exhibit, make=Shaken) as exchange:
        shaken = await facts_after(exhibit, exchange)
    assert isinstance(exchange, Shaken)
    assert sorted(exchange.killed) == sorted(name for names in KILLS.values() for name in names)
    assert shaken == calm
