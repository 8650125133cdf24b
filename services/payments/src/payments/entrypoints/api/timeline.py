"""The household's timeline, as far as payments has it: what became of its money, and of its autopay."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.kernel.timelines import Happened
from bulkhead.web.commands import Query
from bulkhead.web.timelines import timeline_router
from payments.application.timeline import timeline_of


async def _read(query: Query, household: str) -> Sequence[Happened]:
    async with query.begin() as uow:
        return await timeline_of(uow, household)


router = timeline_router("payments", read=_read)
