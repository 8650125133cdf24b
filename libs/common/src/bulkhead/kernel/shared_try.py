"""A try that anybody may ask for: one answers all who ask while it lasts, and for a while from when it began."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

FRESH_SECONDS: Final = 5.0
"""So long after it began the last try answers whoever asks: anybody may, and what is tried is asked for one of them."""


class SharedTry(Generic[T]):
    """Makes one try for all who ask within a while. ``pace`` counts seconds, also while the exchange's clock stands."""

    def __init__(self, *, pace: Callable[[], float], fresh_seconds: float = FRESH_SECONDS) -> None:
        self._pace = pace
        self._fresh_seconds = fresh_seconds
        self._trying: asyncio.Task[T] | None = None
        self._began_at = 0.0

    async def latest(self, begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return how the last try ended, made now by ``begin`` unless it is fresh or under way; raises what it raised,
        also for those who ask within the same while.

        Who asks and goes away ends no try: it answers the next one.
        """
        if self._trying is None or (
            self._trying.done() and self._pace() >= self._began_at + self._fresh_seconds
        ):
            self._began_at = self._pace()
            self._trying = asyncio.create_task(begin())
            self._trying.add_done_callback(_seen)
        return await asyncio.shield(self._trying)


def _seen(trying: asyncio.Task[Any]) -> None:
    """See how a try failed, in the place of those who asked and went away: else it is told as an error of ours."""
    if not trying.cancelled():
        trying.exception()
