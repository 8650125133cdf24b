"""The household's timeline, as far as notifications has it: what it was told, and what it is not told yet."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.kernel.timelines import Happened
from bulkhead.web.commands import Query
from bulkhead.web.timelines import timeline_router
from notifications.application.timeline import timeline_of


async def _read(query: Query, household: str) -> Sequence[Happened]:
    async with query.begin() as uow:
        return await timeline_of(uow, household)


router = timeline_router("notifications", read=_read)
