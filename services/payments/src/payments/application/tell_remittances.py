"""A long remittance is told in the end, whatever comes between two chunks of it (PAY-6)."""

from __future__ import annotations

from datetime import datetime

from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog
from payments.application.issue_remittances import tell_more
from payments.application.waiting import REMITTANCE_PARTS
from payments.domain.remittances import RemittanceToTell

MOST_AT_ONCE = 20

TO_TELL = Backlog(RemittanceToTell, key="remittance", retries=REMITTANCE_PARTS)


class RemittanceTeller:
    """Tells what is left of remittances that are issued and too long to be told at once, each carrier's by itself."""

    name = "remittance-parts"

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self._uows = uows

    async def turn(self, now: datetime) -> int:
        """Tell the next chunk of each; return how many that were."""

        async def tell(telling: RemittanceToTell) -> int:
            item = TO_TELL.key_of(telling)
            async with self._uows.begin(now=now, households=[REMITTANCE_PARTS.lock_of(item)]) as uow:
                await REMITTANCE_PARTS.forget(uow, [item])
                return await tell_more(uow, item)

        return await TO_TELL.do(await self._due(now), tell, uows=self._uows, now=now)

    async def pending(self, now: datetime) -> int:
        """Return how many remittances have more to be told now."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[RemittanceToTell]:
        return await TO_TELL.due(self._uows, now=now, limit=MOST_AT_ONCE)
