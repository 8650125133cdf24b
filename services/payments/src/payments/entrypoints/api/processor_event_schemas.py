"""What the API takes of the processor's webhooks, and shows of them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from bulkhead.web.fields import Id
from payments.domain.processor_events import (
    About,
    EventReason,
    EventState,
    ProcessorEvent,
    Taken,
)


class ProcessorEventData(BaseModel):
    """What an event is about. What else the processor says of it is not read."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    reference: Id = Field(description="Our name of the charge or refund, as the processor was given it.")


class ProcessorEventBody(BaseModel):
    """An event of the processor. What else is in it is not read: a newer sender is understood too."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    type: str = Field(
        min_length=1,
        max_length=100,
        description="`charge.approved`, `charge.declined`, `charge.failed` (after it was taken), `charge.disputed`,"
        " `dispute.won`, `dispute.lost`, `refund.paid` or `refund.failed`; any other is passed over.",
    )
    data: ProcessorEventData


class ProcessorEventTakenView(BaseModel):
    """What became of an event."""

    taken: Taken = Field(
        description="`asked-after`: the processor is asked what is so; `known`: that changes nothing; `open`: a person"
        " is to see to it; `passed-over`: its type is not known here."
    )


class ProcessorEventView(BaseModel):
    """What the processor said and is not done with, or a person has seen to. ``failed`` is whether it said that the
    charge failed, ``times`` how often it said anything of it.
    """

    event: str
    about: About
    reference: str
    household: str | None
    state: EventState
    reason: EventReason | None
    failed: bool
    heard_at: datetime
    times: int
    decided_at: datetime | None
    decided_by: str | None

    @classmethod
    def of(cls, event: ProcessorEvent) -> ProcessorEventView:
        """Return the view of an event."""
        return cls(
            event=event.event,
            about=event.about,
            reference=event.reference,
            household=event.household,
            state=event.state,
            reason=event.reason,
            failed=event.failed,
            heard_at=event.heard_at,
            times=event.times,
            decided_at=event.decided_at,
            decided_by=event.decided_by,
        )
