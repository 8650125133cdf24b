"""Waiting in tests for what other processes do: for a condition, never for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

_BETWEEN_LOOKS = 0.02


async def until(condition: Callable[[], Awaitable[object]], *, within_seconds: float = 60) -> None:
    """Return once the condition holds; raises `TimeoutError` when it does not in time."""
    async with asyncio.timeout(within_seconds):
        while not await condition():  # noqa: ASYNC110 - what is waited for is elsewhere
            await asyncio.sleep(_BETWEEN_LOOKS)


async def keep_turning(
    turn: Callable[[], Awaitable[int]], *, stopped: asyncio.Event, waits_out: type[Exception]
) -> None:
    """Take turns until stopped, as a runtime does: again at once after some work, a little later after none
    or a failure.
    """
    while not stopped.is_set():
        try:
            done = await turn()
        except waits_out:
            done = 0
        if not done:
            await asyncio.sleep(_BETWEEN_LOOKS)
