"""Delinquency lists: those written, and those that wait for rows (CAR-3)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Query, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from carrier_gateway.domain.records import DelinquencyList, DelinquencyRow, ListHead
from carrier_gateway.entrypoints.api.conditions import seen_by
from carrier_gateway.entrypoints.api.schemas import ListView

router = APIRouter(tags=["lists"])


@router.get(
    "/v1/lists",
    operation_id="listDelinquencyLists",
    summary="List the delinquency lists",
    responses=refusals(NotFound),
)
async def list_delinquency_lists(
    query: Annotated[Query, Depends(queries("operator", "carrier"))],
    paging: Paging,
    carrier: Id | None = None,
) -> Page[ListView]:
    """Return the closed delinquency lists, oldest first (CAR-3). A carrier sees its own."""
    async with query.begin() as uow:
        conditions = seen_by(query, carrier=carrier)
        found = await uow.records(DelinquencyList).select_as(ListHead, **conditions)
        here = {
            (each.carrier, each.on, each.list_part): await uow.records(DelinquencyRow).count(
                carrier=each.carrier, on=each.on, list_part=each.list_part
            )
            for each in found
            if each.state == "waiting"
        }
    return paging.page_of(
        found,
        key=lambda each: (each.on.isoformat(), each.carrier, f"{each.list_part:06d}"),
        view=lambda each: ListView.of(
            each, rows_here=here.get((each.carrier, each.on, each.list_part), each.rows)
        ),
    )
