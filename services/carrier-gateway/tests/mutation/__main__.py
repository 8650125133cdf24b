"""`make mutants`: changed files by the hundred thousand, side by side, in as many sittings as one likes.

It ends with 0 where nothing was wrong, 1 where something was: then each file that failed, made short, is in
`.local/mutants`. Put into `services/carrier-gateway/tests/fixtures/mutants` it is tried by the unit tests from then on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog
import typer

from bulkhead.runtime.memory import spare_the_collector
from mutation.drawing import BROUGHT_EACH, Drawing, Failure, shortest, tried
from mutation.sittings import CHUNK, Chunk, OtherFiles, Sittings
from mutation.sound import sound_files

FOUND = Path(".local") / "mutants"
_SECONDS_BETWEEN_WORDS = 10.0
_drawing: list[Drawing] = []


def _begin(seed: int) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    _quiet()
    _drawing[:] = [Drawing(asyncio.run(sound_files()), seed=seed)]
    spare_the_collector()


def _quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _chunk(number: int, count: int, found: Path) -> Chunk:
    """Try so many files from one number on."""
    return asyncio.run(_tried(number, count, found))


async def _tried(number: int, count: int, found: Path) -> Chunk:
    (drawing,) = _drawing
    verdicts: Counter[str] = Counter()
    slowest = 0.0
    for each in range(number, number + count):
        drawn = drawing.draw(each)
        whole = each % BROUGHT_EACH == 0
        began = time.process_time()
        became = await tried(drawn.sound, drawn.data, whole=whole)
        slowest = max(slowest, time.process_time() - began)
        if isinstance(became, Failure):
            verdicts[f"{drawn.sound.kind}: FAILED {became.kind}"] += 1
            short = drawn.data
            if became.kind != "hang":
                short = await shortest(drawn.sound, drawn.data, became, whole=whole)
            _keep(found, f"{drawn.sound.name}.{each}", short, became)
        else:
            verdicts[f"{drawn.sound.kind}: {became.verdict}"] += 1
        verdicts["brought whole"] += whole and drawn.sound.gateway is not None
    return Chunk(number=number, count=count, verdicts=dict(verdicts), slowest_ms=round(slowest * 1000, 1))


def _keep(found: Path, name: str, data: bytes, failure: Failure) -> None:
    """Keep a file that failed, and why."""
    found.mkdir(parents=True, exist_ok=True)
    (found / name).write_bytes(data)
    (found / f"{name}.why").write_text(f"{failure.says}\n", encoding="utf-8")


def main(
    inputs: Annotated[int, typer.Option(help="How many files.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Another seed draws others.")] = 1,
    state: Annotated[
        Path | None, typer.Option(help="A file that keeps what was tried: go on from there.")
    ] = None,
    workers: Annotated[int, typer.Option(help="So many side by side.")] = os.cpu_count() or 1,
    found: Annotated[Path, typer.Option(help="Where files that fail are kept.")] = FOUND,
) -> None:
    """Try changed files; ^C ends it in order, and a STATE goes on where it ended."""
    for each in (signal.SIGINT, signal.SIGTERM):  # in the background a shell has ^C ignored
        signal.signal(each, signal.default_int_handler)
    _quiet()
    drawn_by = Drawing(asyncio.run(sound_files()), seed=seed).drawn_by
    try:
        sittings = Sittings(state, drawn_by=drawn_by)
    except OtherFiles as other:
        typer.echo(f"mutants: {other}", err=True)
        raise typer.Exit(2) from None
    numbers = [each for each in range(0, inputs, CHUNK) if each not in sittings.chunks]
    stopped = _try_all(numbers, inputs, sittings, seed=seed, workers=workers, found=found)
    for line in sittings.table():
        typer.echo(line)
    if sittings.failed:
        typer.echo(f"mutants: {sittings.failed} failed; each is in {found}, with why")
        raise typer.Exit(1)
    raise typer.Exit(130 if stopped else 0)


def _try_all(
    numbers: list[int], inputs: int, sittings: Sittings, *, seed: int, workers: int, found: Path
) -> bool:
    """Try files, some hundreds at a time; return whether it was ended before all were tried."""
    began = said = time.monotonic()
    waiting = iter(numbers)
    running: set[Future[Chunk]] = set()
    with ProcessPoolExecutor(workers, initializer=_begin, initargs=(seed,)) as pool:
        try:
            while True:
                while len(running) < 2 * workers and (number := next(waiting, None)) is not None:
                    running.add(pool.submit(_chunk, number, min(CHUNK, inputs - number), found))
                if not running:
                    return False
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for each in done:
                    sittings.keep(each.result())
                if time.monotonic() - said > _SECONDS_BETWEEN_WORDS:
                    said = time.monotonic()
                    typer.echo(f"{sittings.says()}, {said - began:.0f} s", err=True)
        except KeyboardInterrupt:
            typer.echo("mutants: ending; what was begun is tried to its end", err=True)
            for each in [one for one in running if not one.cancel()]:
                sittings.keep(each.result())
            return True


if __name__ == "__main__":
    typer.run(main)
