"""Print batches: each day's letters for the printer, and when they were mailed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from notifications.application.print_batches import list_batches, list_letters, lock_of, note_mailed
from notifications.entrypoints.api.schemas import MailingBody, PrintBatchView, PrintedLetterView

router = APIRouter(tags=["print"])

BatchPath = Annotated[date, Path(description="The day on which the batch was closed.")]


@router.get("/v1/print-batches", operation_id="listPrintBatches", summary="List the batches of letters")
async def get_batches(
    query: Annotated[Query, Depends(queries("operator"))], paging: Paging
) -> Page[PrintBatchView]:
    """Return each day's batch of letters, how many of it were mailed, and how many are late (NOT-1)."""
    async with query.begin() as uow:
        batches = await list_batches(uow, after=paging.after_date, limit=paging.limit + 1)
    return paging.page(batches, key=lambda each: each.batch.batch.isoformat(), view=PrintBatchView.of)


@router.get(
    "/v1/print-batches/{batch}/letters",
    operation_id="listPrintedLetters",
    summary="List the letters of a batch",
)
async def get_letters(
    batch: BatchPath, query: Annotated[Query, Depends(queries("operator"))], paging: Paging
) -> Page[PrintedLetterView]:
    """Return the letters of a batch as its manifest has them, each with its postal date; none where there is no such
    batch.
    """
    async with query.begin() as uow:
        letters = await list_letters(uow, batch=batch, after=paging.after_id, limit=paging.limit + 1)
    return paging.page(letters, key=lambda each: each.notice, view=PrintedLetterView.of)


@router.post(
    "/v1/print-batches/{batch}/mailings",
    response_model=PrintBatchView,
    operation_id="reportMailing",
    summary="Report that letters were mailed",
    responses=refusals(NotFound, InvalidValue),
)
async def post_mailing(
    batch: BatchPath, body: MailingBody, command: Annotated[Command, Depends(commands("operator", "service"))]
) -> Response:
    """Say that the printer gave letters of a batch to the post on a day: that is their postal date (NOT-1).

    Without ``notices`` it is all that were not mailed yet. A letter that is named is corrected; said again, nothing
    changes.
    """
    return await command.run(
        households=[lock_of(batch)],
        body=body,
        use_case=lambda uow: note_mailed(uow, batch=batch, mailed_on=body.mailed_on, notices=body.notices),
        view=PrintBatchView.of,
    )
