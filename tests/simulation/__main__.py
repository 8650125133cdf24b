"""`make simulate`: years drawn from seeds, several side by side; the first that fails is made short and written down."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import structlog
import typer

from simulation.files import faults_beside, read_year, write_year
from simulation.shrinking import shortest
from simulation.sittings import Sittings
from simulation.workload import SETTINGS, VERMONT
from simulation.year import OFTEN, Verdict, lead, lead_again
from stories.errors import StoryError

FOUND = Path(".local") / "simulation"
"""Where years that failed are written."""

MANY_HOUSEHOLDS = 16
"""So many households share the days, duties and moves of the clock of one exchange: more years a second than with few."""

_SECONDS_BETWEEN_WORDS = 5.0
app = typer.Typer(add_completion=False)


@dataclass(slots=True)
class _Tally:
    began: float = field(default_factory=time.monotonic)
    years: int = 0
    households: int = 0
    faults: int = 0
    failed: dict[int, Verdict] = field(default_factory=dict[int, Verdict])
    by_oracle: Counter[str] = field(default_factory=Counter[str])

    def add(self, seed: int, verdict: Verdict) -> None:
        self.years += 1
        self.households += len(verdict.year.story.households)
        self.faults += verdict.faults
        if verdict.broken:
            self.failed[seed] = verdict
            self.by_oracle[verdict.oracle] += 1

    def says(self, *, months: int) -> str:
        seconds = time.monotonic() - self.began
        household_years = self.households * months / 12
        return (
            f"{self.years} years, {self.households} households, {self.faults} faults, {len(self.failed)} failed"
            f" in {seconds:.0f} s: {self.years / seconds:.2f} seeds and {household_years / seconds:.1f} household-years a second"
        )


def quietly() -> None:
    """Let services say nothing: what happened is told by what failed. ^C is the first process's affair.

    Garbage is looked for between years (`lead`), not a hundred times in each: what a year makes lasts as long as it.
    """
    gc.freeze()
    gc.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _lead(seed: int, months: int, often: float, most_households: int, pack: str) -> Verdict:
    return asyncio.run(
        lead(seed, months=months, often=often, most_households=most_households, setting=SETTINGS[pack])
    )


def _known_pack(pack: str) -> str:
    if pack not in SETTINGS:
        raise typer.BadParameter(f"there are {' and '.join(SETTINGS)}")
    return pack


def _code() -> str:
    """Return the commit that years are led with, `dirty` where something is not committed: what held with other code
    says nothing.
    """
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    return subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    ).stdout.strip()


def _begun(sittings: Path, drawn: Mapping[str, object]) -> Sittings:
    try:
        return Sittings(sittings, drawn=drawn)
    except StoryError as error:
        print(error)
        raise typer.Exit(error.exit_code) from None


@app.command()
def simulate(
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many years.")] = 1000,
    seed: Annotated[int | None, typer.Option(help="This one alone; else from --first on.")] = None,
    first: Annotated[int, typer.Option(help="The first seed.")] = 1,
    months: Annotated[int, typer.Option(min=1, max=24, help="How long a year is.")] = 12,
    often: Annotated[
        float, typer.Option(min=0, max=0.9, help="In how many moments something goes wrong.")
    ] = OFTEN,
    households: Annotated[
        int, typer.Option(min=1, help="How many households at most live at one exchange.")
    ] = MANY_HOUSEHOLDS,
    pack: Annotated[
        str, typer.Option(callback=_known_pack, help="Whose rules the years go by.")
    ] = VERMONT.pack,
    story: Annotated[
        Path | None, typer.Option("--from", help="Play this story and the faults beside it.")
    ] = None,
    side_by_side: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
    most_failing: Annotated[int, typer.Option(min=1, help="Stop after so many that failed.")] = 10,
    sittings: Annotated[
        Path | None,
        typer.Option(
            help="Keep here which years held, and pass over those that did: a long run in several sittings."
        ),
    ] = None,
) -> None:
    """Simulate years with faults; exit 1 where one is not as it must be."""
    if story is not None:
        raise typer.Exit(_play_again(story))
    wanted = range(seed, seed + 1) if seed is not None else range(first, first + seeds)
    kept = None
    if sittings is not None:
        drawn = {"months": months, "often": often, "households": households, "pack": pack}
        kept = _begun(sittings, drawn | {"code": _code()})
        print(f"{sum(each in kept.held for each in wanted)} of {len(wanted)} held before")
    left = [each for each in wanted if kept is None or each not in kept.held]
    tally = _Tally()
    try:
        for number, verdict in _all(
            left,
            lambda pool, number: pool.submit(_lead, number, months, often, households, pack),
            side_by_side,
        ):
            tally.add(number, verdict)
            if kept is not None and not verdict.broken:
                kept.keep(number)
            if verdict.broken:
                print(f"seed {number}: {'; '.join(verdict.broken)}", flush=True)
            if len(tally.failed) >= most_failing:
                print(f"{most_failing} have failed: that is enough")
                break
    except KeyboardInterrupt:
        print("interrupted")
    print(tally.says(months=months))
    for oracle, count in tally.by_oracle.most_common():
        print(f"  {count} found by {oracle}")
    if tally.failed:
        quietly()
        _show_shortest(tally.failed[min(tally.failed)])
        raise typer.Exit(1)


def _all(
    seeds: Sequence[int], submit: Callable[[ProcessPoolExecutor, int], Future[Verdict]], side_by_side: int
) -> Iterator[tuple[int, Verdict]]:
    """Yield each seed's verdict as it comes, saying now and then how far it is."""
    ahead, began, spoke = iter(seeds), time.monotonic(), time.monotonic()
    with ProcessPoolExecutor(max(1, min(side_by_side, len(seeds))), initializer=quietly) as pool:
        running: dict[Future[Verdict], int] = {}
        done = 0
        try:
            while True:
                while len(running) < 2 * side_by_side and (seed := next(ahead, None)) is not None:
                    running[submit(pool, seed)] = seed
                if not running:
                    return
                ended, _ = wait(running, timeout=_SECONDS_BETWEEN_WORDS, return_when=FIRST_COMPLETED)
                for future in ended:
                    done += 1
                    yield running.pop(future), future.result()
                if time.monotonic() - spoke > _SECONDS_BETWEEN_WORDS:
                    spoke = time.monotonic()
                    print(f"  ... {done} of {len(seeds)} in {spoke - began:.0f} s", flush=True)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _show_shortest(failing: Verdict) -> None:
    name = failing.year.story.name
    verdict = asyncio.run(
        shortest(failing, play=lead_again, tell=lambda said: print(f"  {name} {said}", flush=True))
    )
    path = write_year(verdict, FOUND)
    for each in (path, faults_beside(path)):
        print(each.read_text(encoding="utf-8"))
    print(f"written to {path}; to play it again: make simulate FROM={path}")


def _play_again(story: Path) -> int:
    try:
        year = read_year(story)
    except StoryError as error:
        print(error)
        return error.exit_code
    quietly()
    verdict = asyncio.run(lead_again(year))
    for each in verdict.broken:
        print(f"{verdict.at:%Y-%m-%dT%H:%M}  {each}" if verdict.at else each)
    print(f"{story}: {'FAILED' if verdict.broken else 'holds'} ({verdict.faults} faults)")
    return 1 if verdict.broken else 0


if __name__ == "__main__":
    app()
