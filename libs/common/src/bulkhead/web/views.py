"""How what a service has decided and said is shown: the same in every answer that has it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

import msgspec
from pydantic import BaseModel

from bulkhead.contracts import wire
from bulkhead.contracts.registry import TOPICS
from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.event_tables import OutboxRecord

_NOT_SHOWN = frozenset(topic.name for topic in TOPICS if topic.personal_data or topic.keys)


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


class SaidView(BaseModel):
    """What a service says has happened. ``data`` is None where its topic carries personal data, or keys to it."""

    type: str
    version: int
    household: str | None
    occurred_at: datetime
    business_date: date
    data: dict[str, Any] | None
    reasons: list[ReasonView]

    @classmethod
    def of(cls, record: OutboxRecord) -> Self:
        """Return the view of an outbox record."""
        envelope = wire.decode(record.envelope, wire.Envelope)
        return cls(
            type=record.type,
            version=record.version,
            household=record.household,
            occurred_at=record.occurred_at,
            business_date=record.business_date,
            data=None if record.topic in _NOT_SHOWN else msgspec.json.decode(envelope.data),
            reasons=[ReasonView.of(reason) for reason in envelope.reasons],
            **cls._of_its_own(record, envelope),
        )

    @classmethod
    def _of_its_own(cls, record: OutboxRecord, envelope: wire.Envelope) -> dict[str, Any]:
        return {}


class EventView(SaidView):
    """One event of the journal. ``data`` is None where the event's topic carries personal data, or keys to it."""

    seq: int
    id: str
    correlation_id: str
    causation_id: str | None

    @classmethod
    def _of_its_own(cls, record: OutboxRecord, envelope: wire.Envelope) -> dict[str, Any]:
        return {
            "seq": record.seq,
            "id": record.event_id,
            "correlation_id": envelope.correlation_id,
            "causation_id": envelope.causation_id,
        }
