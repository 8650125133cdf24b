"""Whatever households, staff, carriers and the bank do, and whatever fails meanwhile: all is as it must be.

Most of these years are short. Longer ones, in every exchange, are led by `test_long_years.py` (`make years`).
"""

from __future__ import annotations

import os

import pytest

from simulation.workload import DELAWARE, MASSACHUSETTS, TODAY, Setting
from simulation.year import SHORT, lead

SEEDS = int(os.environ.get("BULKHEAD_YEARS", "300"))
FIRST_SEED = int(os.environ.get("BULKHEAD_FIRST_SEED", "1"))
"""How many years are led, and the first of them: more find more (`make simulate`)."""

TOGETHER = 6
"""So many make one test: they take turns on the processors there are."""

SHORTEST = 2
"""Months: of the shortest year in which a first month is invoiced, paid and remitted."""


def months_of(seed: int) -> int:
    """Return how long a seed's year is: most are of the shortest."""
    return SHORT if seed % 12 == 0 else SHORTEST


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SEEDS, TOGETHER))
async def test_a_drawn_year_leaves_all_as_it_must_be(first: int) -> None:
    for seed in range(first, min(first + TOGETHER, FIRST_SEED + SEEDS)):
        verdict = await lead(seed, months=months_of(seed))
        assert verdict.broken == (), f"seed {seed}, on {verdict.at}"


@pytest.mark.parametrize("setting", [MASSACHUSETTS, DELAWARE, TODAY], ids=lambda each: each.pack)
async def test_a_drawn_year_of_another_exchange_leaves_all_as_it_must_be(setting: Setting) -> None:
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS // 50):
        verdict = await lead(seed, months=SHORTEST, setting=setting)
        assert verdict.broken == (), f"seed {seed} under {setting.pack}, on {verdict.at}"
