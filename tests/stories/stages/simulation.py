"""Stories in memory with faults: between any two awaits a process may crash, the database or the broker be away for a
moment, an event come twice or again, a publication stop half-way, turns be taken in any order.

Everything follows from a seed: the same seed does the same to the same story. What a story expects must hold whatever
the seed, for none of this is the business's affair.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Self

from bulkhead.kernel.errors import Retryable
from bulkhead.policy import PolicyError
from bulkhead_testing.exchange import Running
from stories.errors import StoryError
from stories.exchange import Exchange
from stories.language import Story
from stories.stages.memory import InMemory, pack_named

_TURNS = 24
_CRASH = 0.012
_AWAY = 0.02
_HALF_WAY = 0.2
_TWICE = 0.25
_AGAIN = 0.15


class Crash(BaseException):
    """The process ends here and now. No ``except Exception`` may survive it."""


class Simulated(InMemory):
    """An exchange in memory to which a seed happens. ``crashes`` and ``faults`` count what was done to it."""

    def __init__(self, story: Story, *, seed: int) -> None:
        super().__init__(pack_named(story.pack), story)
        self.crashes = 0
        self.faults = 0
        # A string seeds by its bytes, the same on every machine; the story's name makes stories differ.
        self._random = Random(f"{seed}/{story.name}")
        self._now: datetime | None = None

    async def set_clock(self, now: datetime) -> None:
        """Move the clock of every service that is not down."""
        self._now = now
        await super().set_clock(now)

    async def quiet(self) -> None:
        """Let a rough while pass, then drive everything until nothing is left to do."""
        self._take_hold(self._maybe)
        try:
            await self._rough_while()
        finally:
            self._take_hold(None)
            self.broker.doubling = False
            self.broker.publishes_before_failing = None
        await super().quiet()

    def _take_hold(self, interrupt: Callable[[str], Awaitable[None]] | None) -> None:
        for database in self.exchange.databases.values():
            database.interrupt = interrupt
        self.broker.interrupt = interrupt
        self.mailbox.interrupt = interrupt
        for files in self.files_in.values():
            files.interrupt = interrupt

    async def _maybe(self, _operation: str) -> None:
        drawn = self._random.random()
        if drawn < _CRASH:
            raise Crash
        if drawn < _CRASH + _AWAY:
            self.faults += 1
            raise Retryable("away for a moment")

    async def _rough_while(self) -> None:
        random = self._random
        for _ in range(random.randint(0, _TURNS)):
            self.broker.doubling = random.random() < _TWICE
            if random.random() < _HALF_WAY:
                self.broker.publishes_before_failing = random.randint(0, 3)
            running = list(self.exchange.running)
            if not running:
                return
            name = random.choice(running)
            if random.random() < _AGAIN:
                self.broker.deliver_again(name, messages=random.randint(1, 6))
                self.faults += 1
            try:
                await self._some_turn(self.exchange.running[name])
            except Retryable:
                continue  # a live loop would wait and try again: so does the next turn
            except Crash:
                await self._start_anew(name)

    async def _some_turn(self, process: Running) -> None:
        now = process.clock.now()
        turns: list[Callable[[], Awaitable[int]]] = [process.relay.turn, process.consumer.turn]
        if await process.consumer.caught_up():
            turns.append(lambda: process.duties.turn(now))
        turns.extend(lambda each=poller: each.turn(now) for poller in process.pollers)
        await self._random.choice(turns)()

    async def _start_anew(self, name: str) -> None:
        self.crashes += 1
        self._take_hold(None)
        await self.exchange.crash(name)
        await self.exchange.start(name, now=self._now)
        self._take_hold(self._maybe)


class SimulationStage:
    """Gives each story an exchange in memory to which this seed happens."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed

    @asynccontextmanager
    async def exchange(self, story: Story) -> AsyncIterator[Exchange]:
        """Return an empty exchange with the story's policy pack, at the story's clock."""
        try:
            made = Simulated(story, seed=self._seed)
            await made.start()
        except PolicyError as error:
            raise StoryError(f"'pack': {error}", line=0, file=story.file) from error
        try:
            yield made
        finally:
            await made.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def stage(*, seed: int = 1) -> SimulationStage:
    """Return the stage."""
    return SimulationStage(seed=seed)
