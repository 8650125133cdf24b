"""Several pieces of work at once, one step of one of them at a time, in an order that follows from a seed.

A step lasts from one operation on something outside (database, broker, mail, files) to the next. Between any two of
them something may strike: an operation fails, or a process ends.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from random import Random
from typing import TypeAlias

Strike: TypeAlias = Callable[[str, str, int], None]
"""Is told who does which operation, and how many of that name (``""``: of any) it did before; raises what strikes."""

_GLANCES = 6
_MOST_GLANCES = 100
_who: ContextVar[str | None] = ContextVar("who", default=None)


class Crash(BaseException):
    """The process ends here and now. No ``except Exception`` may survive it."""


class Interleaving:
    """One while in which processes work at once. ``ended`` are those that crashed in it."""

    def __init__(self, random: Random, *, strike: Strike) -> None:
        self.ended: set[str] = set()
        self._random = random
        self._strike = strike
        self._gates: list[tuple[str, asyncio.Future[None]]] = []
        self._left = 0
        self._done: Counter[tuple[str, str]] = Counter()

    async def pause(self, operation: str) -> None:
        """Wait until it is this piece's turn; passes at once for whoever is none of them."""
        who = _who.get()
        if who is None:
            return
        if who not in self.ended:
            gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._gates.append((who, gate))
            await gate
        if who in self.ended:
            raise Crash
        try:
            for name in ("", operation):
                self._strike(who, name, self._done[who, name])
        except Crash:
            self.ended.add(who)
            raise
        finally:
            self._done[who, ""] += 1
            self._done[who, operation] += 1

    async def run(self, pieces: Mapping[str, list[Callable[[], Awaitable[None]]]]) -> None:
        """Do all pieces of all processes to their end, or to their process's end. Errors of a piece go up.

        Raises `RuntimeError` where all that are left wait for each other.
        """
        tasks = [
            asyncio.create_task(_as(who, piece)) for who, each in sorted(pieces.items()) for piece in each
        ]
        self._left = len(tasks)
        for task in tasks:
            task.add_done_callback(self._count_down)
        try:
            glances = 0
            while self._left:
                await self._glance()
                glances = 0 if self._gates else glances + 1
                if glances > _MOST_GLANCES:
                    raise RuntimeError("all that are left wait for each other")
                if self._gates:
                    self._gates.pop(self._random.randrange(len(self._gates)))[1].set_result(None)
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def _count_down(self, _task: asyncio.Task[None]) -> None:
        self._left -= 1

    async def _glance(self) -> None:
        """Let whatever can go on do so, up to its next operation or its wait for another."""
        for _ in range(_GLANCES):
            if len(self._gates) == self._left:
                return  # nobody waits for anything but its turn
            await asyncio.sleep(0)


async def _as(who: str, piece: Callable[[], Awaitable[None]]) -> None:
    _who.set(who)
    try:
        await piece()
    except Crash:
        return
