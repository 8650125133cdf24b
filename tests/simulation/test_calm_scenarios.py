"""Whatever fails while a scenario is played makes no difference: all facts are those of a calm run (`make years`)."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from simulation.test_scenarios import FIRST_SEED, NAMES, facts_of, story
from stories.stages.memory import MemoryStage
from stories.stages.simulation import SimulationStage

SEEDS = int(os.environ.get("BULKHEAD_SEEDS", "1"))
"""How many seeds each scenario is played with: more find more."""


@pytest.mark.parametrize("name", NAMES)
async def test_whatever_fails_while_a_scenario_is_played_makes_no_difference(name: str) -> None:
    calm = await facts_of(story(name), MemoryStage(), languages=("en",))
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        rough = await facts_of(story(name), SimulationStage(seed=seed), languages=("en",))
        assert rough - calm == Counter(), f"seed {seed}"
        assert calm - rough == Counter(), f"seed {seed}"
