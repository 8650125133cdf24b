"""Money whose household is not known, and finding out whose it is (PAY-3)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Response

from bulkhead.web.commands import ID_PATTERN, Command, Query, commands, queries
from bulkhead.web.pagination import Page, Paging
from payments.application.assign_suspense import assign_suspense
from payments.domain.suspense import SuspenseItem
from payments.entrypoints.api.schemas import AssignmentBody, SuspenseItemView

router = APIRouter(tags=["suspense"])


@router.get("/v1/suspense-items", operation_id="listSuspenseItems")
async def list_suspense_items(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    state: Literal["open", "assigned"] = "open",
) -> Page[SuspenseItemView]:
    """Return the items that wait for somebody to say whose they are, or those that were assigned."""
    async with query.begin() as uow:
        items = await uow.records(SuspenseItem).select(
            state=state, item__gt=paging.after_id, limit=paging.limit + 1
        )
    return paging.page(items, key=lambda each: each.item, view=SuspenseItemView.of)


@router.post(
    "/v1/suspense-items/{item}/assignments",
    status_code=201,
    response_model=SuspenseItemView,
    operation_id="assignSuspenseItem",
)
async def post_assignment(
    item: Annotated[str, Path(pattern=ID_PATTERN)],
    body: AssignmentBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Make the item a payment of the household, with the dates it came with."""
    return await command.run(
        households=[body.household],
        body=body,
        use_case=lambda uow: assign_suspense(
            uow,
            item,
            household=body.household,
            operator=command.caller.subject,
            parameters_on=command.dependencies.parameters_on,
        ),
        view=SuspenseItemView.of,
        status=201,
    )
