"""Oracles look at what has changed, and at everybody often enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from simulation.attention import LONGEST, Attention
from simulation.workload import drawn_story
from stories.faults import Listed
from stories.runner import Player
from stories.stages.simulation import World


async def test_a_household_is_looked_at_when_it_changed_and_everybody_every_week() -> None:
    story = drawn_story(Random("any"), name="any", title="Any", most_households=3)
    story = replace(story, households=(story.households[0], replace(story.households[0], household="other")))
    world = World(story, plan=Listed(()))
    await world.start()
    player = Player(story, world)
    await player.begin()
    attention = Attention(world, story)
    everybody = [each.household for each in story.households]
    assert attention.concerned() == everybody
    assert attention.concerned() == []

    database = world.exchange.databases["enrollment"]
    database.touched["other"] = database.changes = database.changes + 1
    assert attention.concerned() == ["other"]

    await player.pass_until(world.now + LONGEST - timedelta(days=1))
    attention.concerned()
    assert attention.concerned() == []
    await player.pass_until(world.now + timedelta(days=1))
    assert attention.concerned() == everybody
    await world.close()
