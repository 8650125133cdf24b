"""The drill from beginning to end: each headline on an exchange of its own, one page of all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from bulkhead_local.state import State
from drill import massachusetts, vermont_autumn, vermont_spring
from drill.effort import machine, processor_seconds
from drill.headline import Headline
from drill.page import Run, html, markdown, pictures, shown
from drill.stage import Interrupted, Stage, opened
from recorder.book import Book
from recorder.verdicts import Verdict


class Play(Protocol):
    """Plays a headline at a share of its numbers."""

    def __call__(self, stage: Stage, *, scale: float) -> Awaitable[Headline]:
        """Return what came of it."""
        ...


HEADLINES: Mapping[str, tuple[str, date, Play]] = {
    "vermont-spring": (vermont_spring.PACK, vermont_spring.BEGINS, vermont_spring.play),
    "vermont-autumn": (vermont_autumn.PACK, vermont_autumn.BEGINS, vermont_autumn.play),
    "massachusetts": (massachusetts.PACK, massachusetts.BEGINS, massachusetts.play),
}
"""Each headline with its policy pack, the first day of its clock, and what plays it."""


@dataclass(frozen=True, slots=True)
class Drilled:
    """What came of it."""

    headlines: Sequence[Headline]
    run: Run
    page: Path

    @property
    def held(self) -> bool:
        """Whether nothing was missing, doubled or other than it must be."""
        return all(each.held for each in self.headlines)

    def lines(self) -> list[str]:
        """Return what a person is told."""
        return [*(line for each in self.headlines for line in _told(each)), self.run.sentence]


async def drill(
    *,
    scale: float,
    only: Sequence[str],
    keep: bool,
    stop: asyncio.Event,
    say: Callable[[str], None],
    folder: Path | None = None,
    prefix: str = "drill-",
) -> Drilled | None:
    """Play headlines one after the other; return what came of them, None where somebody wanted it to end.

    ``prefix`` begins the names of their exchanges: one of the same name is destroyed.
    """
    state = State.here()
    folder = folder or state.root / "drill"
    began, played, drilled = time.monotonic(), list[Headline](), None
    before = processor_seconds(state)
    for name in only:
        pack, begins, play = HEADLINES[name]
        book = Book(folder / f"{name}.sqlite")
        try:
            async with opened(
                f"{prefix}{name}", pack=pack, begins=begins, book=book, stop=stop, keep=keep,
                say=lambda text, name=name: say(f"{name}: {text}"),
            ) as stage:  # fmt: skip
                played.append(await play(stage, scale=scale))
        except Interrupted:
            return None
        finally:
            book.close()
        run = Run(
            scale=scale, made_at=datetime.now().astimezone(), machine=machine(), seconds=time.monotonic() - began,
            processor_seconds=processor_seconds(state) - before,
        )  # fmt: skip
        drilled = Drilled(played, run, _written(folder, played, run))
    return drilled


def _written(folder: Path, played: Sequence[Headline], run: Run) -> Path:
    """Write the page of what was played so far, and the one for `docs/` with its pictures; return the page's file."""
    page = folder / "index.html"
    page.write_text(html(played, run))
    (folder / "drill.md").write_text(markdown(played, run))
    (folder / "drill").mkdir(exist_ok=True)
    for each in played:
        for name, picture in pictures(each).items():
            (folder / "drill" / name).write_text(picture)
    return page


def _told(headline: Headline) -> list[str]:
    heads = ("figure", "reported", "must be", "found")
    rows = [
        heads,
        *((each.what, each.reported, shown(each.expected), shown(each.found)) for each in headline.figures),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join((*(text.ljust(width) for text, width in zip(row[:3], widths, strict=True)), row[3]))
        + ("" if number == 0 or headline.figures[number - 1].right else "   WRONG")
        for number, row in enumerate(rows)
    ]
    once = headline.table.total(Verdict.ONCE)
    return [
        f"{headline.title}: {headline.people:,} people in {headline.households:,} households,"
        f" {headline.requests:,} requests, {headline.seconds:.0f} s",
        "", *lines, "", *headline.table.lines(), "",
        f"{headline.missing} missing, {headline.doubled} doubled, {once:,} found once", "",
        *(f"  {each}" for each in headline.ages), "",
        *(
            f"  without {each.guard} ({each.rule}) {each.people:,} people would {each.would}"
            for each in headline.without
        ), "",
    ]  # fmt: skip
