"""The processor's webhooks, and what of them waits for a person (PAY-1, PAY-5)."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.webhooks import NotSigned
from bulkhead.observability.tracing import current_cause
from bulkhead.web.commands import Command, Query, Visit, commands, queries, visits_with_unread_body
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from bulkhead.web.webhooks import believed_body, body_as, json_of, signed
from payments.application.take_processor_events import (
    dismiss_processor_event,
    lock_of,
    locks_of,
    take_processor_event,
)
from payments.domain.card_numbers import CardNumberGiven, card_number_refused, is_card_number
from payments.domain.processor_events import (
    ABOUT,
    EventDecided,
    EventReason,
    EventState,
    EventType,
    ProcessorEvent,
)
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.intake import Intake
from payments.entrypoints.api.processor_event_schemas import (
    ProcessorEventBody,
    ProcessorEventTakenView,
    ProcessorEventView,
)

router = APIRouter(tags=["processor"], dependencies=[Depends(require_no_card_number)])


async def take_event(visit: Visit, *, kind: EventType, reference: str) -> ProcessorEventTakenView:
    """Take what a processor says of a charge, refund or dispute by our reference, with that locked."""
    locked = locks_of(ABOUT[kind], reference)
    async with visit.uows.begin(now=visit.now, households=locked, cause=current_cause()) as uow:
        taken = await take_processor_event(uow, kind=kind, reference=reference)
    return ProcessorEventTakenView(taken=taken)


@router.post(
    "/v1/processor-events",
    status_code=202,
    operation_id="receiveProcessorEvent",
    summary="Call back, as the card processor",
    responses=refusals(NotSigned, CardNumberGiven),
    openapi_extra=signed(ProcessorEventBody),
)
async def post_processor_event(
    request: Request, visit: Annotated[Visit, Depends(visits_with_unread_body)]
) -> ProcessorEventTakenView:
    """Take what the processor says by itself, signed as Standard Webhooks says; no token of ours is needed.

    Nothing in the body is believed but what it is about: the processor is asked what is so. An event that came before,
    late, or after a newer one changes nothing and is answered with 202 too, and so is one that needs a person.
    """
    intake = cast(Intake, visit.dependencies)
    body = await believed_body(request, intake.webhooks, now_seconds=intake.wall_seconds())
    said = _read(body)
    if said is None:
        return ProcessorEventTakenView(taken="passed-over")
    kind, reference = cast(EventType, said.type), said.data.reference
    return await take_event(visit, kind=kind, reference=reference)


@router.get(
    "/v1/processor-events",
    operation_id="listProcessorEvents",
    summary="List what the processor said and is not done with",
)
async def list_processor_events(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    state: EventState | None = None,
    reason: EventReason | None = None,
) -> Page[ProcessorEventView]:
    """Return what the processor said: what it is being asked about, and what waits for a person and why."""
    asked: dict[str, Any] = {"state": state, "reason": reason}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        events = await uow.records(ProcessorEvent).select(
            event__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
    return paging.page(events, key=lambda each: each.event, view=ProcessorEventView.of)


@router.post(
    "/v1/processor-events/{event}/dismissals",
    status_code=201,
    response_model=ProcessorEventView,
    operation_id="dismissProcessorEvent",
    summary="Say that a person has seen to what the processor said",
    responses=refusals(NotFound, EventDecided),
)
async def post_dismissal(event: Id, command: Annotated[Command, Depends(commands("operator"))]) -> Response:
    """Say of an event that there is nothing to record of it, or nothing any more: it waits no longer.

    The same of the same thing, said again by the processor, then changes nothing.
    """
    return await command.run(
        households=[lock_of(event)],
        use_case=lambda uow: dismiss_processor_event(uow, event, operator=command.caller.subject),
        view=ProcessorEventView.of,
        status=201,
    )


def _read(body: bytes) -> ProcessorEventBody | None:
    """Return what a signed body says, None for an event of a type that is not known here, whatever else it says.

    Raises the refusals of any body that is not as it must be.
    """
    content = json_of(body)
    if isinstance(content, dict):
        kind = cast("dict[str, Any]", content).get("type")
        if isinstance(kind, str) and kind not in ABOUT:
            return None
    said = body_as(content, ProcessorEventBody)
    if is_card_number(said.data.reference):
        raise card_number_refused("/data/reference")
    return said
