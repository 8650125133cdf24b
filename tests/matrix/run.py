"""One row of the matrix: everything is asked and due once while something is away, and looked at until it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from matrix.acts import ACTS, BEGINS, ENDS, OVER, Act, Asked, acts, before
from stories.everything import facts_of
from stories.exchange import Exchange
from stories.runner import Player

Effect: TypeAlias = Literal["at once", "when back", "later", "never"]
"""When an act's effect was seen: while the thing was away, just when it was back, after that, or not at all."""

CALM = "nothing"
"""The name of the row in which nothing is away."""

_A_MOMENT = timedelta(minutes=10)
_A_WHILE = timedelta(minutes=45)
"""After which what rests between two tries has been tried again."""


@dataclass(slots=True, kw_only=True)
class Cell:
    """One act while something is away: what it was answered, when its effect was seen, and what happened in order."""

    act: str
    outage: str
    answer: Asked | None = None
    effect: Effect = "never"
    seen_at: datetime | None = None
    asked_again: Asked | None = None
    timeline: list[tuple[datetime, str]] = field(default_factory=lambda: list[tuple[datetime, str]]())


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One outage with its cells, and all facts at the end."""

    outage: str
    cells: Mapping[str, Cell]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class _Step:
    at: datetime
    rank: int
    what: Literal["up", "down", "act", "look"] = field(compare=False)
    name: str = field(compare=False)


class Trial:
    """Walks through the days in which things are away. ``outages`` names for each act what is away."""

    def __init__(self, exchange: Exchange, outages: Mapping[str, str], *, say: Callable[[str], None]) -> None:
        self._exchange = exchange
        self._story = before()
        self._player = Player(self._story, exchange)
        self._acts: Mapping[str, Act] = {each.name: each for each in acts(self._player.lookout)}
        self._outages = outages
        self._say = say
        self._over: set[str] = set()
        self.cells = {name: Cell(act=name, outage=outages[name]) for name in self._acts}

    async def play(self) -> Mapping[str, Any]:
        """Play everything, and return all facts at the end."""
        await self._player.begin()
        for step in self._story.steps:
            await self._player.take(step)
        for step in sorted(self._steps()):
            await self._player.clockwork.move_to(step.at)
            await self._take(step)
        await self._player.clockwork.move_to(OVER)
        self._over |= set(self._outages.values())
        await self._look()
        return await facts_of(self._exchange, self._story, OVER)

    def _steps(self) -> list[_Step]:
        """Return what happens when: one thing away all the time, or each for its own act."""
        steps = [_Step(act.at, 2, "act", act.name) for act in self._acts.values()]
        steps += [
            _Step(max(act.at + _A_MOMENT, act.back - _A_MOMENT), 3, "look", act.name)
            for act in self._acts.values()
        ]
        names = set(self._outages.values()) - {CALM}
        if len(set(self._outages.values())) == 1:
            return [
                *steps,
                *(_Step(BEGINS, 1, "down", name) for name in names),
                *(_Step(ENDS, 0, "up", name) for name in names),
                _Step(ENDS + _A_WHILE, 3, "look", ""),
            ]
        for act in self._acts.values():
            if (name := self._outages[act.name]) in names:
                steps += [_Step(act.away, 1, "down", name), _Step(act.back, 0, "up", name)]
        return steps

    async def _take(self, step: _Step) -> None:
        match step.what:
            case "down":
                self._note(step.name, f"{step.name} is away")
                await self._exchange.take_down(step.name)
                await self._player.clockwork.settle()
            case "up":
                await self._exchange.bring_up(step.name, self._player.clockwork.now)
                self._note(step.name, f"{step.name} is back")
                await self._settle_all(step.name)
                await self._ask_again(step.name)
                await self._look(back=step.name)
                self._over.add(step.name)
            case "act":
                await self._do(self._acts[step.name])
                await self._look()
            case "look":
                await self._look()

    async def _settle_all(self, name: str) -> None:
        await self._player.clockwork.settle()
        if "payments" in name:
            await self._player.clockwork.catch_up_payments()

    async def _do(self, act: Act) -> None:
        cell, now = self.cells[act.name], self._player.clockwork.now
        if act.do is None:
            cell.timeline.append((now, "is due"))
            return
        cell.answer = await act.do(self._exchange)
        cell.timeline.append((now, _said(cell.answer)))
        self._say(f"{now:%b %d %H:%M}  {cell.outage} away, {act.name}: {_said(cell.answer)}")
        await self._player.clockwork.settle()

    async def _ask_again(self, outage: str) -> None:
        for act in self._acts.values():
            cell, now = self.cells[act.name], self._player.clockwork.now
            if act.do is None or cell.outage != outage or cell.answer is None or not cell.answer.again:
                continue
            cell.asked_again = await act.do(self._exchange)
            cell.timeline.append((now, f"asked again, {_said(cell.asked_again)}"))
        await self._player.clockwork.settle()

    async def _look(self, *, back: str | None = None) -> None:
        """Note what is there now and was not before; ``back`` is what is back just now."""
        now = self._player.clockwork.now
        for name, act in self._acts.items():
            cell = self.cells[name]
            if (
                cell.seen_at is None
                and now >= act.at
                and await act.seen(self._exchange, self._player.lookout)
            ):
                cell.seen_at = now
                cell.effect = self._when(cell.outage, back)
                cell.timeline.append((now, "its effect is there"))

    def _when(self, outage: str, back: str | None) -> Effect:
        return "later" if outage in self._over else "when back" if outage == back else "at once"

    def _note(self, outage: str, what: str) -> None:
        for cell in self.cells.values():
            if cell.outage == outage:
                cell.timeline.append((self._player.clockwork.now, what))


def _said(asked: Asked | None) -> str:
    if asked is None:
        return "dropped"
    if asked.status == 0:
        return asked.says or f"nobody answers, after {asked.seconds:.2f} s"
    return f"answered {asked.status} after {asked.seconds:.2f} s" + (f" ({asked.says})" if asked.says else "")


async def trial(
    exchange: Exchange, outages: Mapping[str, str], *, say: Callable[[str], None]
) -> tuple[Mapping[str, Cell], Mapping[str, Any]]:
    """Try all acts on an empty exchange, each with what ``outages`` names away; return their cells and all facts."""
    walk = Trial(exchange, outages, say=say)
    facts = await walk.play()
    return walk.cells, facts


async def row(exchange: Exchange, outage: str, *, say: Callable[[str], None]) -> Row:
    """Play one row on an exchange of its own, which is empty: that thing is away, all acts are tried."""
    cells, facts = await trial(exchange, dict.fromkeys(ACTS, outage), say=say)
    return Row(outage=outage, cells=cells, facts=facts)
