"""The events of a processor of payment intents (PAY-1, PAY-5, ADR 0052): signed in another way, read as any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from bulkhead.kernel.webhooks import NotSigned
from bulkhead.web.commands import Visit, visits_with_unread_body
from bulkhead.web.fields import Id
from bulkhead.web.readable import require_json
from bulkhead.web.refusals import refusals
from bulkhead.web.webhooks import body_as, bounded_body, json_of
from payments.application.take_processor_events import reference_of_charge
from payments.domain.card_numbers import CardNumberGiven, card_number_refused, is_card_number
from payments.domain.processor_events import ABOUT, EventType
from payments.domain.timed_webhooks import TIMED_SIGNATURE_HEADER, TimedWebhookDoor
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.intake import Intake
from payments.entrypoints.api.processor_event_schemas import ProcessorEventTakenView
from payments.entrypoints.api.processor_events import take_event

router = APIRouter(tags=["processor"], dependencies=[Depends(require_no_card_number)])

KINDS: Final[Mapping[str, EventType]] = {
    "payment_intent.succeeded": "charge.approved",
    "payment_intent.processing": "charge.approved",
    "payment_intent.payment_failed": "charge.failed",
    "payment_intent.canceled": "charge.declined",
    "charge.dispute.created": "charge.disputed",
    "charge.dispute.closed": "dispute.lost",
    "charge.refunded": "refund.paid",
    "refund.created": "refund.paid",
    "refund.updated": "refund.paid",
    "refund.failed": "refund.failed",
}
"""What each type of event that is known here says; a dispute that is closed says by its status how it ended."""


class Metadata(BaseModel):
    """What we gave it."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    reference: Id | None = Field(default=None, description="Our name of the charge or refund.")


class Refunds(BaseModel):
    """The refunds of a charge, the newest first, where its event has them."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    data: list[EventObject] = []


class EventObject(BaseModel):
    """What an event is about. What else is said of it is not read."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    id: Id
    metadata: Metadata | None = None
    payment_intent: Id | None = Field(default=None, description="Of a dispute: the charge that it is about.")
    status: str | None = Field(
        default=None, description="Of a dispute that is closed, how it ended: `won` or not."
    )
    refunds: Refunds | None = None


class EventData(BaseModel):
    """What an event has."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    object: EventObject


class PaymentIntentEventBody(BaseModel):
    """An event of the processor. What else is in it is not read: a newer sender is understood too."""

    model_config = ConfigDict(strict=True, json_schema_extra={"additionalProperties": True})

    type: str = Field(
        min_length=1,
        max_length=100,
        description=f"{', '.join(f'`{each}`' for each in KINDS)}; any other is passed over.",
    )
    data: EventData


_SIGNED: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": TIMED_SIGNATURE_HEADER,
            "in": "header",
            "required": True,
            "description": "`t=` and the seconds since 1970 at which it is sent, `,v1=` and the hexadecimal HMAC-SHA256"
            " over `<t>.<body>`; several `v1` with commas between them.",
            "schema": {"type": "string"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": PaymentIntentEventBody.model_json_schema()}},
    },
}
"""What the document has of a route whose body is believed by its signature: it is read only after that is checked."""


@router.post(
    "/v1/processor-events/payment-intents",
    status_code=202,
    operation_id="receivePaymentIntentEvent",
    summary="Call back, as a processor of payment intents",
    responses=refusals(NotSigned, CardNumberGiven),
    openapi_extra=_SIGNED,
)
async def post_payment_intent_event(
    request: Request, visit: Annotated[Visit, Depends(visits_with_unread_body)]
) -> ProcessorEventTakenView:
    """Take what a processor of payment intents says by itself, signed as Stripe signs; no token of ours is needed.

    As with `receiveProcessorEvent` nothing in the body is believed but what it is about: the processor is asked what is
    so. The door for which no secret is set lets nothing in.
    """
    intake, body = cast(Intake, visit.dependencies), await bounded_body(request)
    door: TimedWebhookDoor = intake.timed_webhooks
    door.require_signed(
        signatures=request.headers.getlist(TIMED_SIGNATURE_HEADER),
        body=body,
        now_seconds=intake.wall_seconds(),
    )
    require_json(request)
    said = _read(body)
    if said is None:
        return ProcessorEventTakenView(taken="passed-over")
    kind, reference, charge = said
    if reference is None:
        async with visit.uows.begin(now=visit.now) as uow:
            reference = await reference_of_charge(uow, charge)
    return await take_event(visit, kind=kind, reference=reference)


def _read(body: bytes) -> tuple[EventType, str | None, str] | None:
    """Return what a signed body says: the type, our reference where it has that, else the processor's id of a charge or
    refund. None for an event that says nothing here, whatever else is in it.

    Raises the refusals of any body that is not as it must be.
    """
    content = json_of(body)
    if isinstance(content, dict):
        kind = cast("dict[str, Any]", content).get("type")
        if isinstance(kind, str) and kind not in KINDS:
            return None
    said = body_as(content, PaymentIntentEventBody)
    about: EventObject | None = said.data.object
    if said.type == "charge.refunded":
        # It is about the newest refund. A sender that leaves refunds out tells of each by itself.
        about = about.refunds.data[0] if about.refunds is not None and about.refunds.data else None
    if about is None:
        return None
    kind = "dispute.won" if said.type == "charge.dispute.closed" and _is_won(about) else KINDS[said.type]
    reference = about.metadata.reference if about.metadata is not None else None
    if ABOUT[kind] == "dispute":
        reference = None  # its metadata are its own
    named = about.payment_intent if ABOUT[kind] == "dispute" and about.payment_intent else about.id
    for each in (reference, named):
        if each is not None and is_card_number(each):
            raise card_number_refused("/data/object")
    return kind, reference, named


def _is_won(dispute: EventObject) -> bool:
    """Whether the money of a dispute that is closed stays: it was won, or was a question that came to nothing."""
    return dispute.status in ("won", "warning_closed", "prevented")
