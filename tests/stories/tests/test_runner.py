"""What must be true of every story counts as if the story had asked, whenever it is looked at."""

from __future__ import annotations

import pytest

from stories.exchange import Place
from stories.runner import Played, Watch, play, report
from stories.tests.builders import story_of
from stories.tests.test_invariants import World, unbalanced
from stories.timeline import Entry

STEPS = "- {at: 2015-12-03T10:00, do: pay, household: june, amount: 1.00, by: cash}"
CONTRADICTION = "I2: 50000 was received, and 49999 is in all places together"


async def played(*, watch: Watch, sound: bool = False) -> Played:
    world = World()
    for events in world.said.values():
        events.clear()
    files = world.exchange.out[Place.CARRIERS]  # nobody is paid where nobody says so
    for path in [each for each in files if each.endswith(".820")]:
        del files[path]
    if not sound:
        unbalanced(world)
    await world.broken()  # what the exchange answers is laid out by looking at it once
    return await play(story_of(STEPS), world.exchange, watch=watch)


@pytest.mark.parametrize(
    ("watch", "seen"),
    [(Watch.END, ["2015-12-03T10:00"]), (Watch.DAILY, ["2015-12-01T00:00"]), (Watch.NEVER, [])],
)
async def test_a_contradiction_is_told_once_with_the_time_it_was_seen(watch: Watch, seen: list[str]) -> None:
    told = await played(watch=watch)
    assert [each for each in told.broken if "places" in each] == [f"{at}  {CONTRADICTION}" for at in seen]
    assert (told.held, told.exit_code) == ((True, 0) if watch is Watch.NEVER else (False, 1))


async def test_a_story_that_contradicts_itself_has_failed_and_says_why() -> None:
    lines = report(await played(watch=Watch.END))
    assert f"trial.yaml: contradicts itself, 2015-12-03T10:00  {CONTRADICTION}" in lines
    assert lines[-1] == "trial: FAILED (0 expectations looked at)"


async def test_a_story_that_does_not_holds() -> None:
    told = await played(watch=Watch.DAILY, sound=True)
    assert (told.broken, told.held) == ([], True)


async def test_each_step_is_told_as_it_is_taken() -> None:
    world = World()
    for events in world.said.values():
        events.clear()
    await world.broken()
    heard: list[Entry] = []
    told = await play(story_of(STEPS), world.exchange, watch=Watch.NEVER, hear=heard.append)
    assert [entry.what.partition(" ->")[0] for entry in heard] == ["june: pay amount 1.00, by cash"]
    assert heard == told.timeline
