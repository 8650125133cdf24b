"""Plays a story against an exchange, step by step, and tells what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from stories.clockwork import Clockwork, instant
from stories.driver import Driver
from stories.errors import ExchangeProblem
from stories.exchange import Exchange
from stories.expectations import Failure, check, describe
from stories.facts import Facts
from stories.invariants import Invariants
from stories.kinds import MOMENT
from stories.language import Deed, Step, Story
from stories.lookout import Lookout
from stories.outcome import Outcome, Refusal
from stories.timeline import Entry, entries_of_events, in_order, say_deed
from stories.vocabulary import SERVICES


class Watch(StrEnum):
    """When a story is looked at for what must be true of every story, unasked (I1 to I10)."""

    DAILY = "daily"
    """At the end of each day on which something could happen, and at the end."""
    END = "end"
    NEVER = "never"


@dataclass(slots=True, kw_only=True)
class Played:
    """What came of a story: its timeline, the expectations of the first step that did not hold, and what
    contradicted itself (``broken``)."""

    story: Story
    timeline: list[Entry] = field(default_factory=lambda: list[Entry]())
    failures: list[Failure] = field(default_factory=lambda: list[Failure]())
    failed_at: datetime | None = None
    broken: list[str] = field(default_factory=lambda: list[str]())
    notes: list[str] = field(default_factory=lambda: list[str]())
    checked: int = 0
    trouble: ExchangeProblem | None = None

    @property
    def held(self) -> bool:
        """Whether everything expected was found, and nothing contradicted itself."""
        return not self.failures and not self.broken and self.trouble is None

    @property
    def exit_code(self) -> int:
        """0 when all held, 1 when something did not, 4 when the exchange could not be played."""
        return 4 if self.trouble is not None else 0 if self.held else 1


Hear: TypeAlias = Callable[[Entry], None]
"""Is told of each step as it is taken."""


def _nobody_hears(_: Entry) -> None: ...


async def play(
    story: Story, exchange: Exchange, *, watch: Watch = Watch.END, hear: Hear = _nobody_hears
) -> Played:
    """Play a story to its end, or to the first step whose expectations do not all hold."""
    return await Player(story, exchange, watch=watch, hear=hear).play()


class Player:
    """Plays one story. `steps` may be walked one by one by a test that meddles in between."""

    def __init__(
        self, story: Story, exchange: Exchange, *, watch: Watch = Watch.END, hear: Hear = _nobody_hears
    ) -> None:
        self._story = story
        self._watch = watch
        self._hear = hear
        daily = self._look_for_contradictions if watch is Watch.DAILY else None
        self.clockwork = Clockwork(exchange, begins=story.clock, when_a_day_is_over=daily)
        self.lookout = Lookout(exchange, story, lambda: self.clockwork.now)
        self.driver = Driver(exchange, story, self.lookout, self.clockwork)
        self._facts = Facts(exchange, self.lookout)
        self._invariants = Invariants(
            exchange,
            self.lookout,
            turned_away=lambda: self.driver.turned_away,
            awaited=lambda: bool(self.clockwork.awaited),
        )
        self._before: Outcome | None = None
        self._unasked: list[Outcome] = []
        self.played = Played(story=story)

    async def play(self) -> Played:
        """Play everything; see `play`."""
        try:
            await self.begin()
            for step in self._story.steps:
                if not await self.take(step):
                    break
            if self._watch is not Watch.NEVER:
                await self._look_for_contradictions()
        except ExchangeProblem as problem:
            self.played.trouble = problem
        await self._tell_events()
        self.played.notes = await self._refused_and_unasked()
        return self.played

    async def begin(self) -> None:
        """Start the clock and fill the exchange with the story's catalog and households."""
        await self.clockwork.begin()
        await self.driver.set_up()

    async def take(self, step: Step) -> bool:
        """Take one step; return whether everything it expects holds."""
        await self.pass_until(step.at)
        if step.deed is not None:
            await self._do(step.deed)
        with self.lookout.still():
            failures = [
                failure
                for expectation in step.expectations
                if (failure := await check(expectation, self._facts, self._before)) is not None
            ]
        self.played.checked += len(step.expectations)
        if step.expectations:
            self._unasked = [
                each for each in self._unasked if not _asks_outcome(step) or each is not self._before
            ]
        if failures:
            self.played.failures, self.played.failed_at = failures, step.at
            return False
        for expectation in step.expectations:
            verb = "never" if expectation.never else "expect"
            self._tell(verb, f"{describe(expectation)}: holds")
        return True

    async def _look_for_contradictions(self) -> None:
        """Note what is not as it must be in every story, each thing once, with the time it was seen first."""
        known = {each.partition("  ")[2] for each in self.played.broken}
        found = [each for each in await self._invariants.broken() if each not in known]
        self.played.broken.extend(f"{MOMENT.show(self.clockwork.now)}  {each}" for each in found)

    async def pass_until(self, target: datetime) -> None:
        """Move to a time; what was to be done later and is due by then is done on the way."""
        later = self.driver.later
        while later and instant(later[0].at) <= instant(target):
            at = later[0].at
            await self.clockwork.move_to(at)
            due = [later.pop(0) for _ in range(sum(each.at == at for each in later))]
            for each, outcome in zip(due, await self.driver.do_later(due), strict=True):
                what = f"{each.deed.fields['household']}: pays the invoice of {each.month}"
                self._tell("step", what, says=outcome.says, refusals=await outcome.refusals())
        await self.clockwork.move_to(target)

    async def _do(self, deed: Deed) -> None:
        outcome = await self.driver.do(deed)
        self._before = outcome
        refusals = await outcome.refusals()
        if refusals:
            self._unasked.append(outcome)
        self._tell("step", say_deed(deed), says=outcome.says, refusals=refusals)
        if deed.word == "advance":
            await self.pass_until(deed.fields["to"])

    def _tell(self, who: str, what: str, *, says: str = "", refusals: Sequence[Refusal] = ()) -> None:
        refused = "; ".join(each.says for each in refusals)
        said = f" -> refused: {refused}" if refusals else f" -> {says}" if says else ""
        rules = tuple(dict.fromkeys(rule for each in refusals for rule in each.rules))
        rank = (2 if who in ("expect", "never") else 0, 0, len(self.played.timeline))
        entry = Entry(at=self.clockwork.now, rank=rank, who=who, what=f"{what}{said}", rules=rules)
        self.played.timeline.append(entry)
        self._hear(entry)

    async def _tell_events(self) -> None:
        journals: dict[str, list[dict[str, Any]]] = {}
        for service in SERVICES:
            try:
                journals[service] = await self.lookout.journal(service)
            except ExchangeProblem as problem:
                self.played.notes.append(f"the journal of {service} is not in the timeline: {problem}")
        self.played.timeline = in_order([*self.played.timeline, *entries_of_events(journals)])

    async def _refused_and_unasked(self) -> list[str]:
        notes = list(self.played.notes)
        for outcome in self._unasked:
            says = "; ".join(each.says for each in await outcome.refusals())
            notes.append(
                f"{self._story.file}:{outcome.line}: '{outcome.word}' was refused, and nothing asks: {says}"
            )
        return notes


def _asks_outcome(step: Step) -> bool:
    return any(each.word in ("refused", "accepted") for each in step.expectations)


def report(played: Played) -> Sequence[str]:
    """Return what a person is told of a story that was played: its timeline, what failed, and a last line."""
    story = played.story
    lines = [f"{story.name}: {story.title}".rstrip(": "), *(f"  {entry}" for entry in played.timeline)]
    lines.extend(f"  note: {note}" for note in played.notes)
    when = "" if played.failed_at is None else f"  {MOMENT.show(played.failed_at)}"
    for failure in played.failures:
        lines.append(f"{story.file}:{failure.line}{when}  {failure.headline}")
        lines.extend(f"    {row}" for row in failure.table)
    lines.extend(f"{story.file}: contradicts itself, {each}" for each in played.broken)
    if played.trouble is not None:
        lines.append(f"{story.file}: the exchange could not be played on: {played.trouble}")
    verdict = "holds" if played.held else "FAILED"
    lines.append(f"{story.name}: {verdict} ({played.checked} expectations looked at)")
    return lines
