"""Bugs planted on purpose, each at one place of the code under test: a simulation that misses one proves little.

`python -m simulation.planted` looks for each in one year after another and prints what found it; the tests play the
years that are known to (`Bug.seed`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Annotated

import typer

from simulation import planted_carriers, planted_money, planted_people, planted_work
from simulation.planting import BUGS, Bug
from simulation.year import Verdict, lead

SEEDS = 200
"""In so many years each bug must show."""

KEPT_BY = (planted_work, planted_money, planted_carriers, planted_people)
"""What keeps the bugs in `BUGS`, once it is imported."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of looking for a bug: the first seed that shows it and how, None where none does."""

    bug: str
    seed: int | None
    oracle: str
    says: str


def look_for(name: str, seeds: Sequence[int]) -> Found:
    """Lead years with a bug until one shows it that holds without."""
    planted = BUGS[name]
    for seed in seeds:
        verdict = lead_with(planted, seed)
        if verdict.broken and not asyncio.run(_lead(planted, seed)).broken:
            return Found(bug=name, seed=seed, oracle=verdict.oracle, says=verdict.broken[0])
    return Found(bug=name, seed=None, oracle="", says="NOT FOUND")


def lead_with(planted: Bug, seed: int) -> Verdict:
    """Lead a year with a bug in the code."""
    with planted.plant():
        return asyncio.run(_lead(planted, seed))


async def _lead(planted: Bug, seed: int) -> Verdict:
    return await lead(
        seed, months=planted.months, often=planted.often, most_households=planted.most_households
    )


@app.command()
def main(
    names: Annotated[list[str] | None, typer.Argument(help="Bugs by part of their names, else all.")] = None,
    *,
    seeds: Annotated[int, typer.Option(min=1, help="In how many years each must show.")] = SEEDS,
    first: Annotated[int, typer.Option(help="The first seed.")] = 1,
    side_by_side: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Look for each planted bug, and print the first year that shows it and what found it; exit 1 where one is missed."""
    from simulation.__main__ import quietly

    wanted = [name for name in BUGS if not names or any(each in name for each in names)]
    missed = 0
    with ProcessPoolExecutor(side_by_side, initializer=quietly) as pool:
        looking = [pool.submit(look_for, name, range(first, first + seeds)) for name in wanted]
        for each in as_completed(looking):
            found = each.result()
            missed += found.seed is None
            print(
                f"{found.bug:<50} {found.seed or '-':>4}  {BUGS[found.bug].months:>2}  {found.says}",
                flush=True,
            )
    raise typer.Exit(1 if missed else 0)


if __name__ == "__main__":
    app()
