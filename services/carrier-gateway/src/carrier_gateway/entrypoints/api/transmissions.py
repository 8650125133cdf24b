"""The 834s to carriers: those sent, and those that wait."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi import Query as Parameter

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Query, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import Transmission
from carrier_gateway.entrypoints.api.conditions import seen_by
from carrier_gateway.entrypoints.api.schemas import TransmissionView

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
    household: Id | None = None,
    state: Annotated[Literal["waiting", "built", "sent", "withdrawn"] | None, Parameter()] = None,
) -> Page[TransmissionView]:
    """Return the 834s, each policy's in the order they were decided on. A carrier sees its own."""
    conditions = seen_by(query, carrier=carrier, household=household, state=state)
    async with query.begin() as uow:
        found = await uow.records(Transmission).select(
            transmission__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
        profiled = set(await uow.records(CarrierProfile).distinct("carrier"))
    return paging.page(
        found,
        key=lambda each: each.transmission,
        view=lambda each: TransmissionView.of(each, has_profile=each.carrier in profiled),
    )
