"""Lockbox files as they were found, and days that have none (PAY-10)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from payments.application.decide_files import decide_file
from payments.application.declare_absences import declare_absences
from payments.application.waiting import LOCKBOX_FILES
from payments.domain.files_in import FileState, NothingWaits
from payments.domain.lockbox import DayNotOver, LockboxFile
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.files_in import FileDecisionBody, page_of_files, place_of
from payments.entrypoints.api.lockbox_schemas import AbsencesBody, AbsencesView, LockboxFileView

router = APIRouter(tags=["lockbox"], dependencies=[Depends(require_no_card_number)])


@router.get("/v1/lockbox-files", operation_id="listLockboxFiles", summary="List the lockbox files")
async def list_lockbox_files(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    deposit_date: PlainDate | None = None,
    state: FileState | None = None,
    *,
    waits: bool | None = None,
) -> Page[LockboxFileView]:
    """Return the files in the order they came, each with what was wrong with it and why; with ``waits=true`` those of
    which something was refused and nobody has said what became of that.
    """
    async with query.begin() as uow:
        files = await page_of_files(
            uow, LockboxFile, paging, deposit_date=deposit_date, state=state, waits=waits
        )
    return paging.page(files, key=place_of, view=LockboxFileView.of)


@router.post(
    "/v1/lockbox-files/{file}/decisions",
    status_code=201,
    response_model=LockboxFileView,
    operation_id="decideLockboxFile",
    summary="Say what became of what was refused of a lockbox file",
    responses=refusals(NotFound, NothingWaits),
)
async def post_decision(
    file: Id, body: FileDecisionBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Say what became of a refused file, or of refused rows (PAY-3): it waits no longer, and is read no more when it is
    dropped again.
    """
    return await command.run(
        households=[LOCKBOX_FILES.lock_of(file)],
        body=body,
        use_case=lambda uow: decide_file(
            uow, LockboxFile, file, became=body.became, operator=command.caller.subject
        ),
        view=LockboxFileView.of,
        status=201,
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
