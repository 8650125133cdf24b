"""A seed does something, and does the same again."""

from __future__ import annotations

from pathlib import Path

from stories.language import read_story_file
from stories.runner import play
from stories.stages.simulation import SimulationStage, World

STORY = read_story_file(Path(__file__).resolve().parents[2] / "scenarios" / "postmark.yaml")


async def done_by(seed: int) -> tuple[int, list[str]]:
    async with SimulationStage(seed=seed).exchange(STORY) as exchange:
        assert isinstance(exchange, World)
        played = await play(STORY, exchange)
        return exchange.happened, [str(entry) for entry in played.timeline]


async def test_the_same_seed_does_the_same_and_another_something_else() -> None:
    one, again, other = [await done_by(seed) for seed in (11, 11, 12)]
    assert one == again
    assert one[0] != other[0]
    assert one[0] > 0


async def test_whatever_a_seed_does_the_story_is_told_the_same() -> None:
    one, other = [await done_by(seed) for seed in (11, 12)]
    assert sorted(one[1]) == sorted(other[1])
