"""Whatever households, staff, carriers and the bank do, and whatever fails meanwhile: all is as it must be."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from simulation.workload import DELAWARE, MASSACHUSETTS, MOST_HOUSEHOLDS, TODAY
from simulation.year import SHORT, lead

SEEDS = int(os.environ.get("BULKHEAD_YEARS", "300"))
FIRST_SEED = int(os.environ.get("BULKHEAD_FIRST_SEED", "1"))
"""How many years are led, and the first of them: more find more (`make simulate`)."""

TOGETHER = 6
"""So many make one test: they take turns on the processors there are."""

WHOLE, SHORTEST, OVER_NEW_YEAR = 12, 2, 14
"""Months: of a whole year, of the shortest in which a first month is invoiced, paid and remitted, and of one that goes on
until what is chosen and renewed for the next has begun.
"""


def months_of(seed: int) -> int:
    """Return how long a seed's year is: most are of the shortest, every hundredth is whole (`make simulate` leads longer ones)."""
    return WHOLE if seed % 100 == 0 else SHORT if seed % 12 == 0 else SHORTEST


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedOnce:
    """A seed that failed, and what it found."""

    seed: int
    months: int
    why: str
    households: int = MOST_HOUSEHOLDS


def failed_once() -> list[FailedOnce]:
    """Return the seeds that failed once."""
    text = (Path(__file__).parent / "seeds.yaml").read_text(encoding="utf-8")
    found = YAML(typ="safe", pure=True).load(text) or []  # pyright: ignore[reportUnknownMemberType]
    return [FailedOnce(**each) for each in found]


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SEEDS, TOGETHER))
async def test_a_drawn_year_leaves_all_as_it_must_be(first: int) -> None:
    for seed in range(first, min(first + TOGETHER, FIRST_SEED + SEEDS)):
        verdict = await lead(seed, months=months_of(seed))
        assert verdict.broken == (), f"seed {seed}, on {verdict.at}"


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SEEDS // 30, TOGETHER))
async def test_ENR_6_a_drawn_year_where_starts_roll_on_leaves_all_as_it_must_be(first: int) -> None:
    for seed in range(first, min(first + TOGETHER, FIRST_SEED + SEEDS // 30)):
        verdict = await lead(seed, months=max(SHORT, months_of(seed)), setting=MASSACHUSETTS)
        assert verdict.broken == (), f"seed {seed} in Massachusetts, on {verdict.at}"


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SEEDS // 30, TOGETHER))
async def test_ENR_17_a_drawn_year_where_rates_differ_by_tobacco_leaves_all_as_it_must_be(first: int) -> None:
    for seed in range(first, min(first + TOGETHER, FIRST_SEED + SEEDS // 30)):
        verdict = await lead(seed, months=max(SHORT, months_of(seed)), setting=DELAWARE)
        assert verdict.broken == (), f"seed {seed} in Delaware, on {verdict.at}"


@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + SEEDS // 30, TOGETHER))
async def test_INV_15_a_drawn_year_where_nearly_all_is_enough_leaves_all_as_it_must_be(first: int) -> None:
    for seed in range(first, min(first + TOGETHER, FIRST_SEED + SEEDS // 30)):
        verdict = await lead(seed, months=max(SHORT, months_of(seed)), setting=TODAY)
        assert verdict.broken == (), f"seed {seed} under {TODAY.pack}, on {verdict.at}"


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS // 75))
async def test_ENR_14_a_drawn_year_that_goes_into_the_next_leaves_all_as_it_must_be(seed: int) -> None:
    verdict = await lead(seed, months=OVER_NEW_YEAR)
    assert verdict.broken == (), f"seed {seed} over New Year, on {verdict.at}"


@pytest.mark.parametrize(
    "failed", failed_once(), ids=lambda each: f"{each.seed}-{each.months}-{each.households}"
)
async def test_what_failed_once_holds(failed: FailedOnce) -> None:
    verdict = await lead(failed.seed, months=failed.months, most_households=failed.households)
    assert verdict.broken == (), f"{failed.why}: on {verdict.at}"
