"""A turn, again and again: at once while there is work, else when woken or after a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from bulkhead.kernel.backoff import backoff
from bulkhead.kernel.errors import Retryable
from bulkhead.observability.logging import describe, get_logger

FIRST_WAIT_SECONDS = 0.05

_log = get_logger("runtime")

OnBug = Literal["exit", "retry"]


def in_vain_next(waited: float, *, again: bool, first: float, longest: float) -> float:
    """Return how long the next turn in vain is waited after, in seconds: twice as long as this time where that was in
    vain and something has woken the loop ``again`` by then, at most the ``longest``; else as at ``first``.
    """
    return min(waited * 2, longest) if again else first


class Loop:
    """Takes turns until it is stopped. ``done`` counts what its turns said they did.

    A turn begins ``apart_seconds`` after the one before at the earliest, and ``in_vain_seconds`` after one that found
    nothing to do: what wakes it meanwhile, however often, is looked at in one turn. While each turn finds nothing and
    is woken again before the next may begin, that is `in_vain_next` later, up to ``longest_in_vain_seconds``.
    What is away is waited out, a little longer each time up to ``longest_wait_seconds``. A bug is logged;
    then it ends the loop, and with it the process, which is started anew; with ``on_bug="retry"`` it is
    waited out too, for work of a service's own that must not take the rest of the process with it.
    """

    def __init__(
        self,
        *,
        name: str,
        turn: Callable[[], Awaitable[int]],
        idle_seconds: float,
        longest_wait_seconds: float,
        progressed: Callable[[], None],
        apart_seconds: float = 0.0,
        in_vain_seconds: float = 0.0,
        longest_in_vain_seconds: float = 0.0,
        on_bug: OnBug = "exit",
    ) -> None:
        self.name = name
        self.done = 0
        self._turn = turn
        self._idle_seconds = idle_seconds
        self._apart_seconds = apart_seconds
        self._in_vain_seconds = max(apart_seconds, in_vain_seconds)
        self._longest_in_vain_seconds = max(self._in_vain_seconds, longest_in_vain_seconds)
        self._wait_in_vain_seconds = self._in_vain_seconds
        self._longest_wait_seconds = longest_wait_seconds
        self._progressed = progressed
        self._on_bug: OnBug = on_bug
        self._woken = asyncio.Event()
        self._stopped = asyncio.Event()
        self._serving = False
        self._turning = False
        self._failures = 0

    @property
    def turning(self) -> bool:
        """Whether it is in the middle of a turn."""
        return self._turning

    @property
    def in_hand(self) -> bool:
        """Whether it is in the middle of a turn, or takes one at once."""
        return self._turning or (self._woken.is_set() and not self._failures)

    @property
    def attentive(self) -> bool:
        """Whether it has been woken and has not yet taken a whole turn since."""
        return self._serving or self._woken.is_set()

    def wake(self) -> None:
        """Make it take a turn soon."""
        self._woken.set()

    def stop(self) -> None:
        """Make it end after the turn it is in."""
        self._stopped.set()
        self._woken.set()

    async def run(self) -> None:
        """Take turns until stopped. Raises the bug that ends it."""
        while not self._stopped.is_set():
            self._serving = self._serving or self._woken.is_set()
            self._woken.clear()
            self._turning = True
            began = self._seconds()
            try:
                done = await self._turn()
            except Retryable as error:
                await self._wait_out(error)
                continue
            except Exception as error:
                _log.error("loop_failed", loop=self.name, attempts=self._failures + 1, **describe(error))
                if self._on_bug == "exit":
                    raise
                await self._wait_out(error)
                continue
            finally:
                self._turning = False
            self._serving = False
            self._failures = 0
            if done:
                self.done += done
                self._progressed()
            left = began + (self._apart_seconds if done else self._wait_in_vain_seconds) - self._seconds()
            if left > 0:
                await _until(self._stopped, seconds=left)
            self._wait_in_vain_seconds = in_vain_next(
                self._wait_in_vain_seconds,
                again=not done and self._woken.is_set(),
                first=self._in_vain_seconds,
                longest=self._longest_in_vain_seconds,
            )
            if not done:
                await _until(self._woken, seconds=self._idle_seconds)

    def _seconds(self) -> float:
        return asyncio.get_running_loop().time()

    async def _wait_out(self, error: Exception) -> None:
        if not self._failures:
            _log.warning("loop_waits", loop=self.name, **describe(error))
        self._failures += 1
        wait = backoff(self._failures, first=FIRST_WAIT_SECONDS, longest=self._longest_wait_seconds)
        await _until(self._stopped, seconds=wait)


async def _until(event: asyncio.Event, *, seconds: float) -> None:
    """Return when the event is set, at the latest after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
