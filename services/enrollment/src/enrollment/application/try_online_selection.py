"""Use case: say whether plans can be selected online just now, by trying all that a selection needs but the selection
(OPS-3): the day's parameters, plans that are sold, and a database that takes what is written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bulkhead.kernel.shared_try import SharedTry
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from enrollment.application.ports import Parameters
from enrollment.domain.plans import Plan
from enrollment.domain.trials import OnlineTrial


class OnlineTrials:
    """Tries the door by which selections come in online, for whoever asks.

    The federal hub is not asked: no selection waits for it (ENR-10). ``pace`` counts seconds, and goes on while the
    exchange's clock stands.
    """

    def __init__(self, *, parameters: Parameters, pace: Callable[[], float]) -> None:
        self._parameters = parameters
        self._shared = SharedTry[OnlineTrial](pace=pace)

    async def latest(self, uows: UnitOfWorkFactory, *, now: datetime) -> OnlineTrial:
        """Return how the last try ended, made now unless it is fresh or under way. It is kept, so that a database that
        takes nothing is noticed too: raises `Retryable` then, also to those who ask within the same time.
        """
        return await self._shared.latest(lambda: self._tried(uows, now=now))

    async def _tried(self, uows: UnitOfWorkFactory, *, now: datetime) -> OnlineTrial:
        async with uows.begin(now=now) as uow:
            self._parameters.as_of(uow.today)
            outcome = "ok" if await _anything_is_sold(uow) else "not-open"
            trial = OnlineTrial(door="online", tried_at=now, outcome=outcome)
            await uow.records(OnlineTrial).put([trial])
        return trial


async def _anything_is_sold(uow: UnitOfWork) -> bool:
    """Whether a plan is sold for this year or for the next."""
    years = (uow.today.year, uow.today.year + 1)
    after = ""
    while plans := await uow.records(Plan).select(plan__gt=after, order_by=("plan",), limit=100):
        if any(each.is_sold_for(year) for each in plans for year in years):
            return True
        after = plans[-1].plan
    return False
