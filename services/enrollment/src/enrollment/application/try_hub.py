"""Use case: say whether the federal hub answers just now, by asking it about somebody who is nobody (OPS-3, ENR-10)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from bulkhead.kernel.personal import Masked
from bulkhead.kernel.shared_try import SharedTry
from bulkhead.persistence.ports import UnitOfWorkFactory
from enrollment.application.ports import Hub, HubAway, HubMisunderstood, HubSilent
from enrollment.application.waiting import HUB
from enrollment.domain.assistance import NO_ASSISTANCE
from enrollment.domain.eligibility import Attesting, Question
from enrollment.domain.trials import HubOutcome, HubTrial

TRY_SECONDS: Final = 4.0
"""A hub that has not answered by then is silent for whoever asks here, who waits no longer."""

NOBODY: Final = Question(
    household="nobody",
    people=(Attesting(member="nobody-1", name=Masked("Trial Example"), born=Masked("1980-01-01"), ssn=None),),
    income_cents=None,
    assistance=NO_ASSISTANCE,
)
"""What it is asked by: a question like a household's, about a household that there is not."""


class HubTrials:
    """Asks the hub as the worker does, for whoever asks. ``pace`` counts seconds, and goes on while the exchange's
    clock stands.
    """

    def __init__(self, *, hub: Hub, pace: Callable[[], float]) -> None:
        self._hub = hub
        self._shared = SharedTry[HubTrial](pace=pace)

    async def latest(self, uows: UnitOfWorkFactory, *, now: datetime) -> HubTrial:
        """Return how the last try ended, made now unless it is fresh or under way. Raises `Retryable` with the database
        away, where nobody can tell whether the hub rests.
        """
        return await self._shared.latest(lambda: self._tried(uows, now=now))

    async def _tried(self, uows: UnitOfWorkFactory, *, now: datetime) -> HubTrial:
        async with uows.begin(now=now) as uow:
            rests = await HUB.resting(uow)
        return HubTrial(tried_at=now, outcome="hub-rests" if rests else await self._ask())

    async def _ask(self) -> HubOutcome:
        try:
            async with asyncio.timeout(TRY_SECONDS):
                await self._hub.determine(NOBODY)
        except HubAway:
            return "hub-away"
        except (HubSilent, TimeoutError):
            return "hub-silent"
        except HubMisunderstood:
            return "hub-misunderstood"
        return "ok"
