"""What carriers were paid (PAY-6, PAY-7)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi import Query as Parameter

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Query, queries
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging, read_page
from bulkhead.web.refusals import refusals
from payments.domain.remittances import Remittance, RemittanceLine, RemittanceToTell
from payments.entrypoints.api.schemas import RemittanceLineView, RemittanceView

router = APIRouter(tags=["remittances"])

LINES_SHOWN = 1_000
"""How many lines one answer shows at most, of all its remittances: a carrier's own token may ask."""

Look = Annotated[Query, Depends(queries("operator", "carrier"))]


@router.get(
    "/v1/remittances",
    operation_id="listRemittances",
    summary="List what carriers were paid",
    responses=refusals(NotFound),
)
async def list_remittances(
    query: Look,
    paging: Paging,
    carrier: Id | None = None,
    on: Annotated[PlainDate | None, Parameter(description="The day it was issued.")] = None,
    business_date: Annotated[PlainDate | None, Parameter(description="The day it counts for.")] = None,
) -> Page[RemittanceView]:
    """Return remittances in the order of the days they count for. A carrier sees its own.

    At most 1,000 lines are shown with a page, so that an answer stays small: where `line_count` says that there are
    more, a remittance's own `lines` have them all.
    """
    asked: dict[str, Any] = {"issued_on": on, "business_date": business_date}
    asked["carrier"] = _seen(query, carrier)
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        found = await read_page(
            uow.records(Remittance),
            paging,
            key=("business_date", "carrier"),
            first=date.fromisoformat,
            **conditions,
        )
        tellings = await uow.records(RemittanceToTell).select(remittance=[each.remittance for each in found])
        half_told = {each.remittance: each for each in tellings}
        page = paging.page(
            found,
            key=lambda each: (each.business_date.isoformat(), each.carrier),
            view=lambda each: RemittanceView.of(each, telling=half_told.get(each.remittance), lines=[]),
        )
        lines = defaultdict[str, list[RemittanceLineView]](list)
        for line in await uow.records(RemittanceLine).select(
            remittance=[each.remittance for each in page.items],
            order_by=("remittance", "household", "policy", "month"),
            limit=LINES_SHOWN,
        ):
            lines[line.remittance].append(RemittanceLineView.of(line))
    shown = [each.model_copy(update={"lines": lines[each.remittance]}) for each in page.items]
    return Page(items=shown, next_cursor=page.next_cursor)


@router.get(
    "/v1/remittances/{remittance}/lines",
    operation_id="listRemittanceLines",
    summary="List the lines of a remittance",
    responses=refusals(NotFound),
)
async def list_remittance_lines(remittance: Id, query: Look, paging: Paging) -> Page[RemittanceLineView]:
    """Return all lines of a remittance, by settlement."""
    async with query.begin() as uow:
        found = await uow.records(Remittance).get(remittance=remittance)
        if found is None:
            raise NotFound("there is no such remittance")
        query.require_carrier(found.carrier)
        lines = await uow.records(RemittanceLine).select(
            remittance=remittance,
            settlement__gt=paging.after_id,
            order_by=("settlement",),
            limit=paging.limit + 1,
        )
    return paging.page(lines, key=lambda each: each.settlement, view=RemittanceLineView.of)


def _seen(query: Query, carrier: str | None) -> str | None:
    """Return whose remittances are looked at: a carrier's staff sees its own, asked for or not."""
    if carrier is None and "operator" not in query.caller.roles:
        carrier = query.caller.carrier or ""
    if carrier is not None:
        query.require_carrier(carrier)
    return carrier
