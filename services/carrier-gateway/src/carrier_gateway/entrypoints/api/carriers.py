"""Carriers: their profiles, and how things stand with each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from carrier_gateway.application.carriers import carriers_standing, profile_of, record_profile
from carrier_gateway.application.waiting import carrier_lock
from carrier_gateway.entrypoints.api.schemas import CarrierBody, CarrierStandingView, CarrierView

router = APIRouter(tags=["carriers"])

CarrierPath = Annotated[Id, Path(description="The carrier's id.")]


@router.put(
    "/v1/carriers/{carrier}",
    response_model=CarrierView,
    operation_id="putCarrier",
    summary="Set a carrier's profile",
)
async def put_carrier(
    carrier: CarrierPath, body: CarrierBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Keep a carrier's profile (CAR-1). What waited for it goes out."""
    return await command.run(
        households=[carrier_lock(carrier)],
        body=body,
        use_case=lambda uow: record_profile(uow, body.profile(carrier)),
        view=CarrierView.of,
        idempotency="none",
    )


@router.get(
    "/v1/carriers/{carrier}",
    operation_id="getCarrier",
    summary="Look at a carrier's profile",
    responses=refusals(NotFound),
)
async def get_carrier(
    carrier: CarrierPath, query: Annotated[Query, Depends(queries("operator", "carrier"))]
) -> CarrierView:
    """Return a carrier's profile. A carrier sees its own."""
    query.require_carrier(carrier)
    async with query.begin() as uow:
        return CarrierView.of(await profile_of(uow, carrier))


@router.get("/v1/carriers", operation_id="listCarriers", summary="List carriers' profiles")
async def list_carriers(
    query: Annotated[Query, Depends(queries("operator"))], paging: Paging
) -> Page[CarrierStandingView]:
    """Return every carrier met so far, what waits for it, and whether its drop-box can be reached (CAR-4)."""
    async with query.begin() as uow:
        found = await carriers_standing(uow)
    return paging.page_of(found, key=lambda each: each.carrier, view=CarrierStandingView.of)
