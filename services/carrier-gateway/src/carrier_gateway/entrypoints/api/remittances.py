"""Remittances: the 820s written, and those that wait (PAY-6)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Query as Parameter

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Query, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging, read_page
from bulkhead.web.refusals import refusals
from carrier_gateway.application.write_remittances import waits_for
from carrier_gateway.domain.remittances import Remittance, RemittancePart, RemittanceState
from carrier_gateway.entrypoints.api.conditions import seen_by
from carrier_gateway.entrypoints.api.schemas import RemittanceView

router = APIRouter(tags=["remittances"])


@router.get(
    "/v1/remittances",
    operation_id="listRemittances",
    summary="List the remittances and their 820s",
    responses=refusals(NotFound),
)
async def list_remittances(
    query: Annotated[Query, Depends(queries("operator", "carrier"))],
    paging: Paging,
    carrier: Id | None = None,
    state: Annotated[RemittanceState | None, Parameter()] = None,
) -> Page[RemittanceView]:
    """Return what carriers are paid, oldest first, with the file that says so or what it waits for (PAY-6, PAY-7). A
    carrier sees its own.
    """
    conditions = seen_by(query, carrier=carrier, state=state)
    async with query.begin() as uow:
        found = await read_page(
            uow.records(Remittance),
            paging,
            key=("business_date", "remittance"),
            first=date.fromisoformat,
            **conditions,
        )
        waiting = [each for each in found if each.state == "waiting"]
        lacks = {each.remittance: await waits_for(uow, each) for each in waiting}
        here = (
            await uow.records(RemittancePart).counts(by="remittance", remittance=list(lacks)) if lacks else {}
        )
    return paging.page(
        found,
        key=lambda each: (each.business_date.isoformat(), each.remittance),
        view=lambda each: RemittanceView.of(
            each,
            parts_here=here.get(each.remittance, 0) if each.state == "waiting" else each.parts,
            waits_for=lacks.get(each.remittance) or None,
        ),
    )
