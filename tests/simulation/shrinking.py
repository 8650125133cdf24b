"""Makes a year that fails as short as it gets while it still fails in the same way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from simulation.year import Verdict, Year
from stories.faults import Planned
from stories.language import Household, Step

T = TypeVar("T")

MOST_TRIES = 200


async def shortest(
    failing: Verdict,
    *,
    play: Callable[[Year], Awaitable[Verdict]],
    most_tries: int = MOST_TRIES,
    tell: Callable[[str], None] = lambda _said: None,
) -> Verdict:
    """Return the shortest failing year found from one, by leaving out faults, households and steps (the latter two with
    what speaks of them) while the same oracle fails; the year itself where it does not fail when it is played again.
    """
    return await _Shrinking(failing, play=play, tries=most_tries, tell=tell).shortest()


class _Shrinking:
    def __init__(
        self,
        failing: Verdict,
        *,
        play: Callable[[Year], Awaitable[Verdict]],
        tries: int,
        tell: Callable[[str], None],
    ) -> None:
        self._best = failing
        self._play = play
        self._tries = tries
        self._tell = tell

    async def shortest(self) -> Verdict:
        if not await self._still_fails(self._best.year):
            return self._best
        await self._without(lambda year: year.story.households, _with_households, at_least=1)
        while True:
            before = _size(self._best.year)
            await self._without(lambda year: year.faults, _with_faults)
            await self._without(lambda year: year.story.steps, _with_steps)
            if _size(self._best.year) == before or self._tries <= 0:
                return self._best

    async def _still_fails(self, year: Year) -> bool:
        """Play a year; where the same oracle fails in it, it is the best so far."""
        self._tries -= 1
        verdict = await self._play(year)
        if verdict.oracle != self._best.oracle:
            return False
        self._best = verdict
        steps, faults = _size(verdict.year)
        self._tell(f"still fails with {steps} steps and {faults} faults")
        return True

    async def _without(
        self,
        parts: Callable[[Year], Sequence[T]],
        made: Callable[[Year, Sequence[T]], Year],
        *,
        at_least: int = 0,
    ) -> None:
        """Leave out as many parts as can be: halves first, then smaller and smaller pieces, at last one by one."""
        size = max(1, len(parts(self._best.year)) // 2)
        while self._tries > 0:
            at = 0
            while at < len(kept := parts(self._best.year)) and self._tries > 0:
                if len(kept) - len(kept[at : at + size]) < at_least:
                    break
                if not await self._still_fails(made(self._best.year, [*kept[:at], *kept[at + size :]])):
                    at += size
            if size == 1:
                return
            size //= 2


def _with_households(year: Year, households: Sequence[Household]) -> Year:
    names = {each.household for each in households}
    steps = tuple(each for each in year.story.steps if _speaks_of(each) in names | {None})
    return replace(year, story=replace(year.story, households=tuple(households), steps=steps))


def _with_faults(year: Year, faults: Sequence[Planned]) -> Year:
    return replace(year, faults=tuple(faults))


def _with_steps(year: Year, steps: Sequence[Step]) -> Year:
    return replace(year, story=replace(year.story, steps=tuple(steps)))


def _speaks_of(step: Step) -> str | None:
    return None if step.deed is None else step.deed.fields.get("household")


def _size(year: Year) -> tuple[int, int]:
    return len(year.story.steps), len(year.faults)
