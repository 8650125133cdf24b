"""What the live tests share: stories written in a line, and an exchange of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from stories.language import Story, read_story, read_story_file
from stories.runner import Played, Player, play
from stories.stages.live import Live, LiveStage

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"

FRAME = """\
scenario: {name}
pack: vermont-2016
clock: 2015-12-01
catalog:
  - {{plan: SILVER, carrier: BCBSVT, kind: medical, monthly: {{single: 500.00, couple: 1000.00, parent: 965.00, family: 1405.00}}}}
households:
  june: {{members: [{{name: June Example, born: 1980-03-02}}], language: en, email: june@example.test}}
  may: {{members: [{{name: May Example, born: 1981-03-02}}], language: en, email: may@example.test}}
steps:
"""


def scenario(name: str) -> Story:
    """Return one of the house's scenarios."""
    return read_story_file(SCENARIOS / f"{name}.yaml")


def story(name: str, *steps: str) -> Story:
    """Return a story of two households and one plan with these steps, each a YAML mapping in one line."""
    return read_story(FRAME.format(name=name) + "".join(f"  - {step}\n" for step in steps), file=name)


@asynccontextmanager
async def live(played: Story, *, make: Callable[[Any], Live] = Live) -> AsyncIterator[Live]:
    """Start an exchange for a story, and remove it afterwards."""
    async with LiveStage(prefix="e2e-", make=make).exchange(played) as exchange:
        yield cast(Live, exchange)


async def played_live(played: Story) -> Played:
    """Play a story on an exchange of its own."""
    async with live(played) as exchange:
        return await play(played, exchange)


async def begun(played: Story, exchange: Live) -> Player:
    """Return a player that has filled the exchange with a story's catalog and households."""
    player = Player(played, exchange)
    await player.begin()
    return player


async def walk(player: Player, played: Story) -> None:
    """Take all steps of a story; every expectation must hold."""
    for step in played.steps:
        assert await player.take(step), player.played.failures
