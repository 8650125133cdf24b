"""The command line: ``python -m stories play FILE... [--stage memory|live]``.

Exit codes: 0 all held, 1 an expectation failed or the exchange contradicts itself, 2 a story cannot be read (unknown
word, wrong date, no such file), 3 a story uses words that are not built yet, 4 the exchange could not be played.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import structlog
import typer

from stories.errors import ExchangeProblem, StoryProblem
from stories.language import Story, read_story_file
from stories.runner import Hear, Watch, play, report
from stories.stages import Stage, stage_of
from stories.timeline import Entry

_WORST_FIRST = (4, 2, 1, 3, 0)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Scenarios, acted out by the exchange.",
)


class StageName(StrEnum):
    """Where stories are played."""

    MEMORY = "memory"
    SIMULATION = "simulation"
    LIVE = "live"


@app.callback()
def main_command() -> None:
    """Scenarios, acted out by the exchange."""


@app.command("play")
def play_command(
    files: Annotated[list[Path], typer.Argument(help="Scenario files.", metavar="FILE...")],
    stage: Annotated[StageName, typer.Option(help="Where to play them.")] = StageName.MEMORY,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Leave out the timelines of stories that hold.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave live exchanges running, to look around.")
    ] = False,
    together: Annotated[
        bool, typer.Option("--together", help="Play them side by side, not one after the other.")
    ] = False,
    seed: Annotated[
        int, typer.Option(help="What happens in simulation: the same seed, the same faults.")
    ] = 1,
    watch: Annotated[
        Watch, typer.Option(help="When to look for what must be true of every story, unasked.")
    ] = Watch.END,
) -> None:
    """Play scenarios and print their timelines; exit 0 when everything expected holds."""
    if stage is not StageName.LIVE:
        _leave_out_logs()
    codes = asyncio.run(
        _play_all(
            files,
            where=lambda: stage_of(stage.value, keep=keep, seed=seed),
            quiet=quiet,
            together=together,
            watch=watch,
            hear=_say_at_once if stage is StageName.LIVE and not quiet else _say_nothing,
        )
    )
    raise typer.Exit(next(code for code in _WORST_FIRST if code in codes))


async def _play_all(
    files: Sequence[Path],
    *,
    where: Callable[[], Stage],
    quiet: bool,
    together: bool,
    watch: Watch,
    hear: Callable[[Story], Hear],
) -> set[int]:
    codes: set[int] = set()
    stories: list[Story] = []
    for file in files:
        try:
            stories.append(read_story_file(file))
        except StoryProblem as problem:
            print(problem, file=sys.stderr)
            codes.add(problem.exit_code)
    if not stories:
        return codes or {0}
    try:
        async with where() as stage:
            gc.freeze()  # the services stay until the end: looking through them again and again takes a while
            playing = [
                _play_one(story, stage, quiet=quiet, watch=watch, hear=hear(story)) for story in stories
            ]
            if together:
                codes.update(_tell(ended) for ended in await asyncio.gather(*playing))
            else:
                codes.update([_tell(await each) for each in playing])
    except StoryProblem as problem:
        print(problem, file=sys.stderr)
        codes.add(problem.exit_code)
    return codes


def _say_at_once(story: Story) -> Hear:
    """Tell a waiting person how far a story on real processes is; its whole timeline comes at the end."""

    def say(entry: Entry) -> None:
        print(f"  ... {story.name}  {entry}", file=sys.stderr, flush=True)

    return say


def _say_nothing(_: Story) -> Hear:
    return lambda _: None


def _leave_out_logs() -> None:
    """In memory the services log into this very terminal: what happened is told by the timeline instead."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@dataclass(frozen=True, slots=True)
class _Ended:
    """How a story ended, and what a person is told of it."""

    exit_code: int
    text: str


def _tell(ended: _Ended) -> int:
    print(ended.text, file=sys.stderr if ended.exit_code else sys.stdout, flush=True)
    return ended.exit_code


async def _play_one(story: Story, stage: Stage, *, quiet: bool, watch: Watch, hear: Hear) -> _Ended:
    began = time.perf_counter()
    try:
        async with stage.exchange(story) as exchange:
            played = await play(story, exchange, watch=watch, hear=hear)
    except StoryProblem as problem:
        return _Ended(problem.exit_code, str(problem))
    except Exception as error:  # noqa: BLE001 - a bug of the exchange must not pass for an expectation that failed
        broke = f"{story.file}: the exchange broke: {type(error).__name__}"
        return _Ended(ExchangeProblem.exit_code, "".join([*traceback.format_exception(error), broke]))
    lines = report(played)
    shown = lines[-1:] if quiet and played.held else lines
    return _Ended(played.exit_code, "\n".join(shown) + f" in {time.perf_counter() - began:.2f} s")
