"""What the live tests share: the house's scenarios, and an exchange of one's own for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from stories.language import Story, read_story_file
from stories.runner import Played, Player, play
from stories.stages.live import Live, LiveStage

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def scenario(name: str) -> Story:
    """Return one of the house's scenarios."""
    return read_story_file(SCENARIOS / f"{name}.yaml")


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
