"""Money in suspense, and what a person decides about it (PAY-3)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from payments.application.decide_suspense import assign_suspense, dismiss_suspense, lock_of
from payments.domain.suspense import AlreadyDecided, NoDouble, SuspenseItem, SuspenseReason
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.lockbox_schemas import AssignmentBody, SuspenseItemView

router = APIRouter(tags=["suspense"], dependencies=[Depends(require_no_card_number)])


@router.get("/v1/suspense-items", operation_id="listSuspenseItems", summary="List money in suspense")
async def list_suspense_items(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    state: Literal["open", "assigned", "dismissed"] = "open",
    reason: SuspenseReason | None = None,
) -> Page[SuspenseItemView]:
    """Return the items that wait for somebody to decide, or those that were decided, and why they waited."""
    asked: dict[str, Any] = {"state": state, "reason": reason}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        items = await uow.records(SuspenseItem).select(
            item__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
    return paging.page(items, key=lambda each: each.item, view=SuspenseItemView.of)


@router.post(
    "/v1/suspense-items/{item}/assignments",
    status_code=201,
    response_model=SuspenseItemView,
    operation_id="assignSuspenseItem",
    summary="Assign money in suspense to a household",
    responses=refusals(NotFound, AlreadyDecided),
)
async def post_assignment(
    item: Id,
    body: AssignmentBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Make the item a payment of the household, with the dates it came with."""
    return await command.run(
        households=[body.household, lock_of(item)],
        body=body,
        use_case=lambda uow: assign_suspense(
            uow,
            item,
            body.assignment(),
            operator=command.caller.subject,
            parameters=command.dependencies.parameters,
        ),
        view=SuspenseItemView.of,
        status=201,
    )


@router.post(
    "/v1/suspense-items/{item}/dismissals",
    status_code=201,
    response_model=SuspenseItemView,
    operation_id="dismissSuspenseItem",
    summary="Dismiss money that was recorded twice",
    responses=refusals(NotFound, AlreadyDecided, NoDouble),
)
async def post_dismissal(
    item: Id,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Say of a possible double that it is one: the same money again, hence none."""
    return await command.run(
        households=[lock_of(item)],
        use_case=lambda uow: dismiss_suspense(uow, item, operator=command.caller.subject),
        view=SuspenseItemView.of,
        status=201,
    )
