"""The household's timeline, as far as the gateway has it: what its carriers were told, and what they said."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.kernel.timelines import Happened
from bulkhead.web.commands import Query
from bulkhead.web.timelines import timeline_router
from carrier_gateway.application.timeline import timeline_of


async def _read(query: Query, household: str) -> Sequence[Happened]:
    # What was wrong with a carrier's file is between the exchange and the carrier.
    async with query.begin() as uow:
        return await timeline_of(uow, household, refused="operator" in query.caller.roles)


router = timeline_router("carrier-gateway", read=_read)
