"""The bank's return files as they were found, and what a person decides about what they say (PAY-5)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from payments.application.decide_files import decide_file
from payments.application.decide_return_items import assign_return_item, dismiss_return_item, lock_of
from payments.application.find_payment import households_of
from payments.application.waiting import RETURN_FILES
from payments.domain.files_in import FileState, NothingWaits
from payments.domain.moves import MovedAway
from payments.domain.return_files import (
    ItemDecided,
    ReturnFile,
    ReturnItem,
    ReturnItemReason,
    ReturnItemState,
)
from payments.domain.returns import AlreadyReturned
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.files_in import FileDecisionBody, page_of_files, place_of
from payments.entrypoints.api.return_schemas import (
    ReturnAssignmentBody,
    ReturnDismissalBody,
    ReturnFileView,
    ReturnItemView,
)

router = APIRouter(tags=["returns"], dependencies=[Depends(require_no_card_number)])


@router.get("/v1/return-files", operation_id="listReturnFiles", summary="List the bank's return files")
async def list_return_files(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    created_on: PlainDate | None = None,
    state: FileState | None = None,
    *,
    waits: bool | None = None,
) -> Page[ReturnFileView]:
    """Return the files in the order they came, each with why it was refused and what of it could not be read; with
    ``waits=true`` those that were refused and of which nobody has said what became of them.
    """
    async with query.begin() as uow:
        files = await page_of_files(uow, ReturnFile, paging, created_on=created_on, state=state, waits=waits)
    return paging.page(files, key=place_of, view=ReturnFileView.of)


@router.get(
    "/v1/return-files/{file}",
    operation_id="showReturnFile",
    summary="Show one of the bank's return files",
    responses=refusals(NotFound),
)
async def show_return_file(file: Id, query: Annotated[Query, Depends(queries("operator"))]) -> ReturnFileView:
    """Return one file, by the hash of its bytes."""
    async with query.begin() as uow:
        found = await uow.records(ReturnFile).get(file=file)
    if found is None:
        raise NotFound("there is no such return file")
    return ReturnFileView.of(found)


@router.post(
    "/v1/return-files/{file}/decisions",
    status_code=201,
    response_model=ReturnFileView,
    operation_id="decideReturnFile",
    summary="Say what became of a refused return file",
    responses=refusals(NotFound, NothingWaits),
)
async def post_decision(
    file: Id, body: FileDecisionBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Say of a refused file what became of it (PAY-3): it waits no longer, and is read no more when it is dropped
    again.
    """
    return await command.run(
        households=[RETURN_FILES.lock_of(file)],
        body=body,
        use_case=lambda uow: decide_file(
            uow, ReturnFile, file, became=body.became, operator=command.caller.subject
        ),
        view=ReturnFileView.of,
        status=201,
    )


@router.get("/v1/return-items", operation_id="listReturnItems", summary="List what return files say")
async def list_return_items(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    state: ReturnItemState | None = None,
    reason: ReturnItemReason | None = None,
    file: Id | None = None,
) -> Page[ReturnItemView]:
    """Return what the files say, of one file or all: which payments went back, and what waits for a person and why."""
    asked: dict[str, Any] = {"state": state, "reason": reason, "file": file}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        items = await uow.records(ReturnItem).select(
            item__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
    return paging.page(items, key=lambda each: each.item, view=ReturnItemView.of)


@router.post(
    "/v1/return-items/{item}/assignments",
    status_code=201,
    response_model=ReturnItemView,
    operation_id="assignReturnItem",
    summary="Say which payment a return is of",
    responses=refusals(NotFound, ItemDecided, AlreadyReturned, MovedAway),
)
async def post_assignment(
    item: Id,
    body: ReturnAssignmentBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Record that all of a payment's money went back, as the item says (PAY-5).

    What an operator had recorded already stays as it is. Of a code that no table has, the operator says what kind of
    return it is and why. 409 where another item said that the payment went back, and
    for a payment that is other payments now.
    """
    async with command.begin() as uow:
        households = await households_of(uow, body.payment)
    return await command.run(
        households=[*households, lock_of(item)],
        body=body,
        use_case=lambda uow: assign_return_item(uow, item, body.assignment, operator=command.caller.subject),
        view=ReturnItemView.of,
        status=201,
    )


@router.post(
    "/v1/return-items/{item}/dismissals",
    status_code=201,
    response_model=ReturnItemView,
    operation_id="dismissReturnItem",
    summary="Say that there is nothing to record of a return",
    responses=refusals(NotFound, ItemDecided),
)
async def post_dismissal(
    item: Id,
    body: ReturnDismissalBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Say of an item that there is nothing to record of it, or nothing any more: it waits no longer."""
    return await command.run(
        households=[lock_of(item)],
        body=body,
        use_case=lambda uow: dismiss_return_item(uow, item, note=body.why, operator=command.caller.subject),
        view=ReturnItemView.of,
        status=201,
    )
