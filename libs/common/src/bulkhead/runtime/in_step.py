"""Whether the database knows all that its service has said: nothing is done on one that does not (ADR 0024)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.rejoining import DatabaseBehind

BROKER_AWAY_SECONDS = 3.0
"""How long the broker may be away at the start before duties and pollers go on without what it holds."""

_SECONDS_TO_COMPARE = 10.0


class InStep:
    """Asks once, before anything is done; ``require_known`` raises what ends the process where it is not so."""

    def __init__(
        self, require_known: Callable[[], Awaitable[None]], *, elapsed_seconds: Callable[[], float]
    ) -> None:
        self._require_known = require_known
        self._elapsed_seconds = elapsed_seconds
        self._asking = asyncio.Lock()
        self._known = False
        self._behind: DatabaseBehind | None = None
        self._away_since: float | None = None

    async def required(self) -> None:
        """Return where it knows all. Raises `Retryable` while that cannot be asked."""
        if self._known:
            return
        async with self._asking:
            if self._behind is not None:
                raise self._behind
            if not self._known:
                try:
                    await self._require_known()
                except DatabaseBehind as behind:
                    self._behind = behind
                    raise
                self._known = True

    async def as_far_as_can_be_known(self) -> bool:
        """Return whether it knows all, or that could not be asked for some seconds: an outage of the broker keeps
        nobody from his own work for longer.
        """
        if self._known:
            return True
        began = self._elapsed_seconds()
        try:
            async with asyncio.timeout(
                _SECONDS_TO_COMPARE if self._away_since is None else BROKER_AWAY_SECONDS
            ):
                await self.required()
        except (Retryable, TimeoutError):
            if self._away_since is None:
                self._away_since = began
            return self._elapsed_seconds() - self._away_since > BROKER_AWAY_SECONDS
        return True

    def forget(self) -> None:
        """Ask again: another database was put in the place of this one."""
        self._known, self._behind, self._away_since = False, None, None
