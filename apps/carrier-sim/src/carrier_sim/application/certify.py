"""Follow a list step by step, and say of each what was expected and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from carrier_sim.application.answer import NothingToAnswer, answer, make, told_in
from carrier_sim.application.fetch import fetch
from carrier_sim.application.ports import Desk, Outcome
from carrier_sim.domain.checklist import NOTHING, Expectation, Result, Step, seen
from carrier_sim.domain.files import Answer, Unreadable, answers_in
from carrier_sim.domain.writing import Parcel

LOOKS_EVERY = 0.2
"""Seconds between two looks at what came."""
NOT_JUDGED = "not judged"
"""In the place of what became of a file that nobody has judged in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought:
    """A file that was brought: what became of it, and how many answers had come before it."""

    parcel: Parcel
    outcome: Outcome | None
    before: int


@dataclass(slots=True)
class _Watch:
    """What the exchange answered so far, in the order it came."""

    desk: Desk
    patience: float
    come: list[Answer] = field(default_factory=lambda: list[Answer]())
    brought: list[_Brought] = field(default_factory=lambda: list[_Brought]())

    async def look(self) -> None:
        """Take in what came since the last look."""
        for each in await fetch(self.desk, removing=False):
            if each.kind in ("TA1", "999"):
                self.come += answers_in(self.desk.notebook.kept()[each.name])

    async def bring(self, parcel: Parcel, expected: Expectation | None) -> _Brought:
        """Bring a file and wait until it is judged and what is expected has answered it, or patience ends."""
        before, waited = len(self.come), 0.0
        await self.desk.door.put(parcel.name, parcel.content)
        while True:
            brought = _Brought(
                parcel=parcel, outcome=await self.desk.door.outcome(parcel.name), before=before
            )
            await self.look()
            come = self.answers_of(brought)
            whole = expected is None or all(kind in come for kind in _wanted(expected))
            if (brought.outcome is not None and whole) or waited >= self.patience:
                self.brought.append(brought)
                return brought
            await self.desk.pause(LOOKS_EVERY)
            waited += LOOKS_EVERY

    def answers_of(self, brought: _Brought) -> dict[str, Answer]:
        """Return what answered a file: what came since it was brought, until another one of its number was."""
        number = brought.parcel.number
        later = (
            each.before
            for each in self.brought
            if each.parcel.number == number and each.before > brought.before
        )
        come = self.come[brought.before : min(later, default=None)]
        return {each.kind: each for each in come if each.answers == number}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """A step that was done, and what it brought."""

    step: Step
    brought: tuple[_Brought, ...] = ()
    problem: str = ""


async def follow(desk: Desk, steps: Sequence[Step], *, patience: float) -> list[Result]:
    """Do all steps in order, each within ``patience`` seconds for each of its files; return what became of each.

    What answers a file that nothing was to answer is found at the end, whenever it came.
    """
    watch = _Watch(desk=desk, patience=patience)
    done = [await _do(desk, watch, each) for each in steps]
    await watch.look()
    return [_result(watch, each) for each in done]


async def _do(desk: Desk, watch: _Watch, step: Step) -> _Done:
    if not step.sends:
        return await _without_sending(desk, step)
    await watch.look()
    try:
        told = told_in(desk, step.about)
        made = [each for name in step.sends for each in make(desk, name, told)]
    except (NothingToAnswer, Unreadable) as error:
        return _Done(step=step, problem=str(error))
    await desk.pause(step.seconds)
    if step.backwards:
        made.reverse()
    expects: Sequence[Expectation | None] = step.expected(len(made)) or [None] * len(made)
    if step.expects and None in expects:
        return _Done(step=step, problem=f"{len(made)} files are sent, and {len(step.expects)} expected")
    brought = [await watch.bring(each, wanted) for each, wanted in zip(made, expects, strict=True)]
    return _Done(step=step, brought=tuple(brought))


async def _without_sending(desk: Desk, step: Step) -> _Done:
    problem = ""
    match step.name:
        case "fetch":
            faulty = [each for each in await fetch(desk, removing=False) if each.faults]
            problem = "; ".join(f"{each.name}: {each.faults[0]}" for each in faulty)
        case "answer":
            await answer(desk)
        case _:
            await desk.pause(step.seconds)
    return _Done(step=step, problem=problem)


def _wanted(expected: Expectation) -> list[str]:
    pairs = (("TA1", expected.ta1), ("999", expected.group))
    return [kind for kind, answered in pairs if answered != NOTHING]


def _result(watch: _Watch, done: _Done) -> Result:
    got = tuple(seen(each.outcome or NOT_JUDGED, watch.answers_of(each)) for each in done.brought)
    return Result(step=done.step, got=got, problem=done.problem)
