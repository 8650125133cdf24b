"""Refunds: what is to go back, what went back, and the checks to be written (INV-6)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends

from bulkhead.web.commands import Query, queries
from bulkhead.web.dates import PlainDate
from bulkhead.web.pagination import Page, Paging
from payments.domain.refunds import RefundPart
from payments.entrypoints.api.schemas import RefundPartView

router = APIRouter(tags=["refunds"])


@router.get(
    "/v1/refund-parts", operation_id="listRefundParts", summary="List refunds by the way they are paid"
)
async def list_refund_parts(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    way: Literal["processor", "check"] | None = None,
    paid_on: PlainDate | None = None,
) -> Page[RefundPartView]:
    """Return the parts of refunds; with ``way=check`` and a day, the checks to be written for that day."""
    asked: dict[str, Any] = {"way": way, "paid_on": paid_on}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        parts = await uow.records(RefundPart).select(
            reference__gt=paging.after_id, order_by=("reference",), limit=paging.limit + 1, **conditions
        )
    return paging.page(parts, key=lambda each: each.reference, view=RefundPartView.of)
