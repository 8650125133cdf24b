"""The household's timeline, as far as enrollment has it: who was registered, what was selected, decided, ended."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.kernel.timelines import Happened
from bulkhead.web.commands import Query
from bulkhead.web.timelines import timeline_router
from enrollment.application.timeline import timeline_of


async def _read(query: Query, household: str) -> Sequence[Happened]:
    async with query.begin() as uow:
        return await timeline_of(uow, household, parameters=query.dependencies.parameters)


router = timeline_router("enrollment", read=_read, sentences=lambda query: query.dependencies.sentences)
