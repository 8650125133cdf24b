"""The service's journal: what it has said, in order, as its outbox remembers it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from fastapi import Query as Parameter
from pydantic import BaseModel

from bulkhead.contracts import wire
from bulkhead.contracts.registry import TOPICS
from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.web.commands import Query, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import LARGEST_PAGE, Page

_PERSONAL_TOPICS = frozenset(topic.name for topic in TOPICS if topic.personal_data)

_LARGEST_SEQ = 2**53  # as far as JSON's numbers are exact everywhere

router = APIRouter(tags=["journal"])


class ReasonView(BaseModel):
    """Why something was decided: the rule, what it says, where it comes from, the facts used."""

    rule: str
    says: str
    citation: str = ""
    facts: dict[str, str] = {}

    @classmethod
    def of(cls, reason: Reason) -> ReasonView:
        """Return the view of a decision's reason."""
        return cls(rule=reason.rule, says=reason.says, citation=reason.citation, facts=dict(reason.facts))


class EventView(BaseModel):
    """One event of the journal. ``data`` is None where the event's topic carries personal data."""

    seq: int
    id: str
    type: str
    version: int
    household: str | None
    occurred_at: datetime
    business_date: date
    correlation_id: str
    causation_id: str | None
    data: dict[str, Any] | None
    reasons: list[ReasonView]

    @classmethod
    def of(cls, record: OutboxRecord) -> EventView:
        """Return the view of an outbox record."""
        envelope = wire.decode(record.envelope, wire.Envelope)
        personal = record.topic in _PERSONAL_TOPICS
        return cls(
            seq=record.seq,
            id=record.event_id,
            type=record.type,
            version=record.version,
            household=record.household,
            occurred_at=record.occurred_at,
            business_date=record.business_date,
            correlation_id=envelope.correlation_id,
            causation_id=envelope.causation_id,
            data=None if personal else msgspec.json.decode(envelope.data),
            reasons=[ReasonView.of(reason) for reason in envelope.reasons],
        )


@router.get("/v1/events", response_model=Page[EventView], operation_id="listEvents")
async def get_events(
    after: Annotated[
        int, Parameter(ge=0, le=_LARGEST_SEQ, description="`seq` of the last event already seen.")
    ] = 0,
    household: Id | None = None,
    limit: Annotated[int, Parameter(ge=1, le=LARGEST_PAGE)] = 100,
    query: Query = Depends(queries("operator", "service")),
) -> Page[EventView]:
    """Return what this service has said, oldest first; ``next_cursor`` is the next ``after``."""
    conditions = {"household": household} if household is not None else {}
    async with query.begin() as uow:
        records = await uow.records(OutboxRecord).select(
            seq__gt=after, order_by=["seq"], limit=limit + 1, **conditions
        )
    shown = records[:limit]
    following = str(shown[-1].seq) if len(records) > limit else None
    return Page(items=[EventView.of(record) for record in shown], next_cursor=following)
