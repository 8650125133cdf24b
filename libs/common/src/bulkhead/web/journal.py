"""The service's journal: what it has said, in order, as its outbox remembers it: as far back as that is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from fastapi import Query as Parameter

from bulkhead.kernel.errors import Refused
from bulkhead.persistence.event_tables import OutboxRecord, Pruned
from bulkhead.web.commands import Query, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import LARGEST_PAGE, Page
from bulkhead.web.views import EventView

_LARGEST_SEQ = 2**53  # as far as JSON's numbers are exact everywhere

router = APIRouter(tags=["journal"])


class Journal(Page[EventView]):
    """One page of the journal. What was said before ``kept_since``, by the wall clock, is no longer kept here; None
    while everything is. The service's topics keep everything.
    """

    kept_since: datetime | None


class NoLongerKept(Refused):
    """What follows an event in the journal is no longer kept, at least in part."""

    kind: ClassVar[str] = "no-longer-kept"
    status: ClassVar[int] = 410


@router.get("/v1/events", response_model=Journal, operation_id="listEvents")
async def get_events(
    after: Annotated[
        int,
        Parameter(
            ge=0,
            le=_LARGEST_SEQ,
            description="`seq` of the last event already seen; 0 for the oldest that is kept. 410 where some that"
            " followed it are no longer kept.",
        ),
    ] = 0,
    household: Id | None = None,
    limit: Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)] = 100,
    query: Query = Depends(queries("operator", "service")),
) -> Journal:
    """Return what this service has said, oldest first; ``next_cursor`` is the next ``after``.

    It goes as far back as the outbox is kept (BULKHEAD_REPLAY_HORIZON_DAYS): `kept_since` says how far that is.
    """
    conditions = {"household": household} if household is not None else {}
    async with query.begin() as uow:
        pruned = await uow.records(Pruned).get(name="outbox")
        if pruned is not None and 0 < after < pruned.through_seq:
            raise NoLongerKept(
                f"Events that followed this one are no longer kept, up to {pruned.through_seq}: begin with after=0 for"
                " the oldest that is; the service's topics have all.",
                field="query/after",
            )
        records = await uow.records(OutboxRecord).select(
            seq__gt=after, order_by=["seq"], limit=limit + 1, **conditions
        )
    shown = records[:limit]
    following = str(shown[-1].seq) if len(records) > limit else None
    return Journal(
        items=[EventView.of(record) for record in shown],
        next_cursor=following,
        kept_since=None if pruned is None else pruned.before,
    )
