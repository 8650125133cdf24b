"""Lockbox files as they were found, and days that have none (PAY-10)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.dates import PlainDate
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from payments.application.declare_absences import declare_absences
from payments.domain.files_in import FileState
from payments.domain.lockbox import DayNotOver, LockboxFile
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.lockbox_schemas import AbsencesBody, AbsencesView, LockboxFileView

router = APIRouter(tags=["lockbox"], dependencies=[Depends(require_no_card_number)])


@router.get("/v1/lockbox-files", operation_id="listLockboxFiles", summary="List the lockbox files")
async def list_lockbox_files(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    deposit_date: PlainDate | None = None,
    state: FileState | None = None,
) -> Page[LockboxFileView]:
    """Return the files in the order they came, each with what was wrong with it and why."""
    asked: dict[str, Any] = {"deposit_date": deposit_date, "state": state}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        files = await uow.records(LockboxFile).select(**conditions)
    return paging.page_of(
        files, key=lambda each: (each.stored_at.isoformat(), each.file), view=LockboxFileView.of
    )


@router.post(
    "/v1/lockbox-days/absences",
    status_code=201,
    response_model=AbsencesView,
    operation_id="declareLockboxAbsences",
    summary="Declare that days have no lockbox file",
    responses=refusals(DayNotOver),
)
async def post_absences(
    body: AbsencesBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Declare every business day of a range absent whose lockbox file was not loaded (PAY-10)."""
    return await command.run(
        body=body,
        use_case=lambda uow: declare_absences(
            uow,
            first=body.first,
            last=body.last,
            operator=command.caller.subject,
            parameters=command.dependencies.parameters,
        ),
        view=AbsencesView.of,
        status=201,
    )
