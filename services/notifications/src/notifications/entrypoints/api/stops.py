"""Stops: notices that are not to leave, and that may again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from notifications.application.stop_notices import list_stops, lock_of, resume_notices, stop_notices
from notifications.domain.stops import NoticeStop, StopIsOver
from notifications.entrypoints.api.schemas import NoticeStopBody, NoticeStopView

router = APIRouter(tags=["notices"])


@router.post(
    "/v1/notice-stops",
    status_code=201,
    response_model=NoticeStopView,
    operation_id="stopNotices",
    summary="Stop notices",
)
async def post_stop(
    body: NoticeStopBody, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Keep notices of a type, of a household or made on a day from leaving, from now on (NOT-3).

    What a sender has in hand already, at most a batch, leaves; other notices of the same households go on. A household
    of which nothing was heard is none that is refused, for what is told of it may be late: ``household_known`` says so.
    """
    key = await command.key()
    stop = NoticeStop(
        stop=derived_id("notice-stop", *key.scope, key.key),
        type=body.type,
        household=body.household,
        made_on=body.made_on,
        because=body.because,
        note=None if body.note is None else Masked(body.note),
        stopped_at=command.now,
        stopped_by=command.caller.subject,
    )
    return await command.run(
        body=body, use_case=lambda uow: stop_notices(uow, stop), view=NoticeStopView.of, status=201
    )


@router.post(
    "/v1/notice-stops/{stop}/resumptions",
    response_model=NoticeStopView,
    operation_id="resumeNotices",
    summary="Let stopped notices go on",
    responses=refusals(NotFound, StopIsOver),
)
async def post_resumption(stop: Id, command: Annotated[Command, Depends(commands("operator"))]) -> Response:
    """Let the notices of a stop leave again (NOT-3).

    Each is written as things are when it leaves: what was paid meanwhile is not asked for, and a door that is closed
    then is not named. One that tells what is not so any more, or what a later one has told since, is withdrawn.
    """
    return await command.run(
        households=[lock_of(stop)],
        use_case=lambda uow: resume_notices(uow, stop, by=command.caller.subject),
        view=NoticeStopView.of,
    )


@router.get("/v1/notice-stops", operation_id="listNoticeStops", summary="List the stops of notices")
async def get_stops(
    query: Annotated[Query, Depends(queries("operator"))], paging: Paging
) -> Page[NoticeStopView]:
    """Return all stops, those that stand and those that are over, in the order in which they began (NOT-3)."""
    async with query.begin() as uow:
        stops = await list_stops(uow)
    return paging.page_of(
        stops, key=lambda each: (each.stop.stopped_at.isoformat(), each.stop.stop), view=NoticeStopView.of
    )
