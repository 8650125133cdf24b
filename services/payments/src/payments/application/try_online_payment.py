"""Use case: say whether money can be paid online just now, by trying all that a payment needs but the money (OPS-3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.personal import Masked
from bulkhead.kernel.shared_try import SharedTry
from bulkhead.persistence.ports import UnitOfWorkFactory
from payments.application.ports import (
    Parameters,
    Processor,
    ProcessorMisunderstood,
    ProcessorSilent,
    ProcessorUnreachable,
)
from payments.domain.trials import OnlineTrial, TrialOutcome

TRY_SECONDS: Final = 4.0
"""A processor that has not decided by then takes nobody's money: whoever asks is told so, and waits no longer."""


class OnlineTrials:
    """Tries the door by which money comes in online, for whoever asks.

    ``token`` is of a card of the exchange's own: the processor is asked whether it would take money by it now. Without
    one it is only asked whether it is there. ``pace`` counts seconds, and goes on while the exchange's clock stands.
    """

    def __init__(
        self, *, processor: Processor, parameters: Parameters, token: Masked | None, pace: Callable[[], float]
    ) -> None:
        self._processor = processor
        self._parameters = parameters
        self._token = token
        self._shared = SharedTry[OnlineTrial](pace=pace)

    async def latest(self, uows: UnitOfWorkFactory, *, now: datetime) -> OnlineTrial:
        """Return how the last try ended, made now unless it is fresh or under way. It is kept, so that a database that
        takes nothing is noticed too: raises `Retryable` then, also to those who ask within the same time.

        Who asks and goes away ends no try: it answers the next one.
        """
        return await self._shared.latest(lambda: self._tried(uows, now=now))

    async def _tried(self, uows: UnitOfWorkFactory, *, now: datetime) -> OnlineTrial:
        trial = OnlineTrial(door="online", tried_at=now, outcome=await self._try_for_a_while(now))
        async with uows.begin(now=now) as uow:
            await uow.records(OnlineTrial).put([trial])
        return trial

    async def _try_for_a_while(self, now: datetime) -> TrialOutcome:
        try:
            async with asyncio.timeout(TRY_SECONDS):
                return await self._try(now)
        except TimeoutError:
            return "processor-silent"

    async def _try(self, now: datetime) -> TrialOutcome:
        if not self._parameters.as_of(local_date(now)).online_payment:
            return "not-open"
        if self._token is None:
            return "ok" if await self._processor.is_reachable() else "processor-away"
        try:
            would_take = await self._processor.verify(token=self._token.reveal())
        except ProcessorUnreachable:
            return "processor-away"
        except ProcessorSilent:
            return "processor-silent"
        except ProcessorMisunderstood:
            return "processor-misunderstood"
        return "ok" if would_take else "processor-declines"
