"""The household's timeline, as far as invoicing has it: charged, invoiced, received, settled, decided."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.kernel.timelines import Happened
from bulkhead.web.commands import Query
from bulkhead.web.timelines import timeline_router
from invoicing.application.timeline import timeline_of


async def _read(query: Query, household: str) -> Sequence[Happened]:
    async with query.begin() as uow:
        return await timeline_of(uow, household, parameters=query.dependencies.parameters)


router = timeline_router("invoicing", read=_read, sentences=lambda query: query.dependencies.sentences)
