"""The references of a processor's newest intents, of which its search may not know yet: read whole once, then what is
newer.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from payments.adapters.processor.intent_answers import text_of
from payments.application.ports import ProcessorSilent

SEARCH_LAG_SECONDS: Final = 3900
"""What the search may be behind: *up to an hour during outages*, and five minutes for clocks."""

READ_AGAIN_SECONDS: Final = 300
"""So long what was read is gone on with; less than lies between two looks at one attempt: it is never closed by one
reading alone.
"""

SILENT_SECONDS: Final = 60
"""So long nothing is read again after that did not come to its end."""


class RecentIntents:
    """Which intents have a reference, among those so new that the search may not have come to them.

    ``read`` goes through the intents since some second of 1970, the newest first, and raises `ProcessorSilent` where
    they are too many; ``reference`` returns the reference of one; ``seconds`` since 1970 are those that they are dated
    by.
    """

    def __init__(
        self,
        read: Callable[[int], AsyncGenerator[Mapping[str, Any]]],
        *,
        reference: Callable[[Mapping[str, Any]], str | None],
        seconds: Callable[[], float],
    ) -> None:
        self._read = read
        self._reference = reference
        self._seconds = seconds
        self._one_reads = asyncio.Lock()
        self._forget()

    async def of(self, reference: str) -> Sequence[str]:
        """Return the ids of the intents of a reference; raises what reading them raises.

        Nothing is missing that was there when this was asked: what is newer than the last time is read now.
        """
        async with self._one_reads:
            now = self._seconds()
            if self._silent_until is not None and now < self._silent_until:
                raise ProcessorSilent(
                    "the processor did not let its newest intents be looked through just now"
                )
            if self._begun_at is None or not 0 <= now - self._begun_at < READ_AGAIN_SECONDS:
                self._forget()
            try:
                await self._go_on(now)
            except ProcessorSilent:
                self._forget()
                self._silent_until = now + SILENT_SECONDS
                raise
            return list(self._ids[reference]) if reference in self._ids else []

    async def _go_on(self, now: float) -> None:
        begun_at = now if self._begun_at is None else self._begun_at
        new: list[tuple[str, str | None]] = []
        async with aclosing(self._read(int(begun_at) - SEARCH_LAG_SECONDS)) as intents:
            async for each in intents:
                name = text_of(each, "id")
                if name in self._known:
                    break  # whatever is older was read before
                new.append((name, self._reference(each)))
        # Only now: of what was not read to its end nothing may be left out the next time.
        self._begun_at = begun_at
        for name, reference in new:
            self._known.add(name)
            if reference is not None:
                self._ids[reference].append(name)

    def _forget(self) -> None:
        self._begun_at: float | None = None
        self._silent_until: float | None = None
        self._known = set[str]()
        self._ids = defaultdict[str, list[str]](list)
