"""The 834s to carriers: those sent, and those that wait."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from fastapi import Query as Parameter

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import HouseholdId, Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from carrier_gateway.application.decide_transmissions import (
    CannotBeSentAgain,
    NothingToDecide,
    decide_transmission,
    locks_of_transmission,
)
from carrier_gateway.domain.acknowledgements import Answer
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import ReceivedAcknowledgement, Transmission, TransmissionDecision
from carrier_gateway.entrypoints.api.conditions import seen_by
from carrier_gateway.entrypoints.api.schemas import (
    TransmissionDecisionBody,
    TransmissionDecisionView,
    TransmissionView,
)

router = APIRouter(tags=["transmissions"])


@router.get(
    "/v1/transmissions",
    operation_id="listTransmissions",
    summary="List what carriers are told",
    responses=refusals(NotFound),
)
async def list_transmissions(
    query: Annotated[Query, Depends(queries("operator", "carrier"))],
    paging: Paging,
    carrier: Id | None = None,
    household: HouseholdId | None = None,
    state: Annotated[Literal["waiting", "built", "sent", "withdrawn"] | None, Parameter()] = None,
    answer: Annotated[Answer | None, Parameter(description="`rejected`: what waits for somebody.")] = None,
) -> Page[TransmissionView]:
    """Return the 834s, each policy's in the order they were decided on, with what their carriers said of them (CAR-4).

    A carrier sees its own.
    """
    conditions = seen_by(query, carrier=carrier, household=household, state=state, answer=answer)
    async with query.begin() as uow:
        found = await uow.records(Transmission).select(
            transmission__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
        ids = [each.transmission for each in found[: paging.limit]]
        received = await uow.records(ReceivedAcknowledgement).select(
            transmission=ids, outcome="noted", order_by=("came_at", "file", "number")
        )
        decided = await uow.records(TransmissionDecision).select(
            transmission=ids, order_by=("transmission", "number")
        )
        profiled = set(await uow.records(CarrierProfile).distinct("carrier"))
    return paging.page(
        found,
        key=lambda each: each.transmission,
        view=lambda each: TransmissionView.of(
            each,
            has_profile=each.carrier in profiled,
            acknowledgements=(one for one in received if one.transmission == each.transmission),
            decisions=(one for one in decided if one.transmission == each.transmission),
        ),
    )


@router.post(
    "/v1/transmissions/{transmission}/decisions",
    status_code=201,
    response_model=TransmissionDecisionView,
    operation_id="decideTransmission",
    summary="Send a set again, or leave it",
    responses=refusals(NotFound, NothingToDecide, CannotBeSentAgain),
)
async def post_decision(
    transmission: Id,
    body: TransmissionDecisionBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Have a set sent again in a new interchange, with all its carrier was sent of the policy since, or leave it: in
    either case nobody waits for its acknowledgement any more (CAR-4).
    """
    async with command.begin() as uow:
        locks = await locks_of_transmission(uow, transmission)
    return await command.run(
        households=locks,
        body=body,
        use_case=lambda uow: decide_transmission(
            uow,
            transmission=transmission,
            decision=body.decision,
            reason=body.reason,
            decided_by=command.caller.subject,
            composer=command.dependencies.composer,
            parameters=command.dependencies.parameters,
        ),
        view=TransmissionDecisionView.of,
        status=201,
    )
