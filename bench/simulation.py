"""Household-years a second that the simulation plays, with faults and all oracles, beside the same years calm and
unwatched: what is left is the five services, the stage and Python.

    make bench NAME=simulation OPTIONS="--seeds 40 --months 12"
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests"))

from bench._intake import machine  # noqa: E402
from simulation.__main__ import MANY_HOUSEHOLDS, quietly  # noqa: E402
from simulation.year import Verdict, Year, lead, lead_again  # noqa: E402

ROUNDS = 5


def rough(given: tuple[int, int]) -> Verdict:
    """Lead a seed's year of so many months."""
    seed, months = given
    return asyncio.run(lead(seed, months=months, most_households=MANY_HOUSEHOLDS))


def calm(year: Year) -> Verdict:
    """Play a year again with nothing going wrong and nobody looking."""
    return asyncio.run(lead_again(replace(year, faults=()), watched=False))


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="years a round")
    parser.add_argument("--months", type=int, default=12)
    given = parser.parse_args()
    workers = os.cpu_count() or 1
    print(
        f"simulation: {given.seeds} years of {given.months} months a round, {workers} processes, {machine()}"
    )
    ratios, speeds = list[float](), list[float]()
    with ProcessPoolExecutor(workers, initializer=quietly) as pool:
        list(
            pool.map(rough, [(seed, 1) for seed in range(2 * workers)])
        )  # what is imported and cached is there
        for number in range(ROUNDS):
            seeds = range(1 + number * given.seeds, 1 + (number + 1) * given.seeds)
            began = time.perf_counter()
            verdicts = list(pool.map(rough, [(seed, given.months) for seed in seeds]))
            between = time.perf_counter()
            list(pool.map(calm, [each.year for each in verdicts]))
            ended = time.perf_counter()
            failed = sum(bool(each.broken) for each in verdicts)
            years = sum(len(each.year.story.households) for each in verdicts) * given.months / 12
            speeds.append(years / (between - began))
            ratios.append((ended - between) / (between - began))
            print(
                f"  round {number + 1}: {speeds[-1]:.1f} household-years/s,"
                f" {given.seeds / (between - began):.2f} seeds/s,"
                f" calm {years / (ended - between):.1f} household-years/s, {failed} failed",
                flush=True,
            )
    print(f"{statistics.median(speeds):.1f} household-years/s ({min(speeds):.1f} … {max(speeds):.1f})")
    print(
        f"ratio: {statistics.median(ratios):.2f} of the same years calm and unwatched"
        f" ({min(ratios):.2f} … {max(ratios):.2f} of {ROUNDS} runs)"
    )


if __name__ == "__main__":
    main()
