"""When this service is taken out: asked for, decided, announced, withdrawn, ended early (OPS-2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from bulkhead.kernel.corrections import SecondPersonNeeded
from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.maintenance import (
    Deadline,
    DeadlineKind,
    MaintenanceOverlaps,
    MaintenanceTouchesDeadlines,
    MaintenanceWindow,
    WindowNotOpen,
    WindowPhase,
)
from bulkhead.maintenance.windows import LOCK, Keeper, ahead, found
from bulkhead.web.commands import Command, Query, Visit, commands, commands_or_dry_runs, queries, visits
from bulkhead.web.corrections import DecisionBody
from bulkhead.web.dates import Instant
from bulkhead.web.fields import Body, Id, WrittenLine
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals

router = APIRouter(tags=["maintenance"])

_TAKING = (MaintenanceOverlaps, MaintenanceTouchesDeadlines)


class WindowBody(Body):
    """A while in which this service is to be taken out."""

    begins_at: Instant = Field(description="The first instant in it; no earlier than the notice that is due.")
    ends_at: Instant = Field(description="The first instant after it.")
    reason: WrittenLine = Field(description="Why, for other operators; nothing about a person.")
    override: WrittenLine | None = Field(
        default=None,
        description="Why it must be though it touches deadlines: then it waits for a second person. Of one that touches"
        " none it is not kept.",
    )


class DeadlineView(BaseModel):
    """A deadline that a window touches. ``households`` is how many it concerns by what this service knows; null where
    it cannot know.
    """

    kind: DeadlineKind
    on: date
    households: int | None

    @classmethod
    def of(cls, deadline: Deadline) -> DeadlineView:
        """Return the view of a deadline."""
        return cls(kind=deadline.kind, on=deadline.on, households=deadline.households)


class AnnouncedView(BaseModel):
    """A while in which this service takes no requests of members, as announced."""

    maintenance: str
    begins_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, window: MaintenanceWindow) -> AnnouncedView:
        """Return what anybody may know of a window."""
        return cls(maintenance=window.maintenance, begins_at=window.begins_at, ends_at=window.ends_at)


class AnnouncementsView(BaseModel):
    """What is announced, the next first."""

    items: list[AnnouncedView]


class WindowView(AnnouncedView):
    """A window: how it stands, why, whose it is, and which deadlines it was found to touch when it was last decided.

    ``takes_two``: a second person approves it, for it touches a deadline; until then it is only ``requested``.
    """

    phase: WindowPhase
    reason: str
    override: str | None
    takes_two: bool
    deadlines: list[DeadlineView]
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    closed_at: datetime | None
    closed_by: str | None

    @classmethod
    def at(cls, window: MaintenanceWindow, now: datetime) -> WindowView:
        """Return a window as it stands at an instant."""
        return cls(
            maintenance=window.maintenance,
            begins_at=window.begins_at,
            ends_at=window.ends_at,
            phase=window.phase(now),
            reason=window.reason.reveal(),
            override=None if window.override is None else window.override.reveal(),
            takes_two=window.by_two,
            deadlines=[DeadlineView.of(each) for each in window.deadlines],
            asked_at=window.asked_at,
            asked_by=window.asked_by,
            decided_at=window.decided_at,
            decided_by=window.decided_by,
            closed_at=window.closed_at,
            closed_by=window.closed_by,
        )


@router.get("/v1/maintenance", operation_id="listAnnounced", summary="Ask when this service is taken out")
async def get_announced(visit: Annotated[Visit, Depends(visits)]) -> AnnouncementsView:
    """Return the windows that are under way or announced. Anybody may ask: a page that sends people here does."""
    async with visit.begin() as uow:
        return AnnouncementsView(items=[AnnouncedView.of(each) for each in await ahead(uow)])


@router.post(
    "/v1/maintenance-windows",
    status_code=201,
    response_model=WindowView,
    operation_id="scheduleMaintenance",
    summary="Schedule a maintenance window",
    responses=refusals(*_TAKING),
)
async def post_window(
    body: WindowBody,
    request: Request,
    command: Annotated[Command, Depends(commands_or_dry_runs("operator"))],
) -> Response:
    """Take this service out for a while, announced from now on (OPS-2).

    409 where that touches deadlines: the reasons name each, with how many households it concerns by what this service
    knows. With an ``override`` it is only asked for then, and a second person decides. In the window members' requests
    are answered with 503; all else goes on.
    """
    return await command.run(
        households=[LOCK],
        body=body,
        use_case=lambda uow: _schedule(uow, body, request, command),
        view=lambda window: WindowView.at(window, command.now),
        status=201,
    )


async def _schedule(uow: Any, body: WindowBody, request: Request, command: Command) -> MaintenanceWindow:
    key = None if command.dry_run else await command.key()
    named = ("tried",) if key is None else (*key.scope, key.key)
    return await _keeper(request).schedule(
        uow,
        maintenance=derived_id("maintenance", *named),
        begins_at=body.begins_at,
        ends_at=body.ends_at,
        reason=body.reason,
        override=body.override,
        by=command.caller.subject,
    )


@router.get(
    "/v1/maintenance-windows",
    operation_id="listMaintenance",
    summary="List the maintenance windows there were",
)
async def get_windows(
    query: Annotated[Query, Depends(queries("operator", "service"))], paging: Paging
) -> Page[WindowView]:
    """Return all windows that were ever asked for, by when they begin: who asked, who decided, what became of each."""
    async with query.begin() as uow:
        windows = await uow.records(MaintenanceWindow).select(order_by=("begins_at", "maintenance"))
    return paging.page_of(
        windows,
        key=lambda each: (each.begins_at.isoformat(), each.maintenance),
        view=lambda each: WindowView.at(each, query.now),
    )


@router.get(
    "/v1/maintenance-windows/{maintenance}",
    operation_id="getMaintenance",
    summary="Look at a maintenance window",
    responses=refusals(NotFound),
)
async def get_window(
    maintenance: Id, query: Annotated[Query, Depends(queries("operator", "service"))]
) -> WindowView:
    """Return how one window stands, and which deadlines it was found to touch when it was last decided."""
    async with query.begin() as uow:
        return WindowView.at(await found(uow, maintenance), query.now)


@router.post(
    "/v1/maintenance-windows/{maintenance}/decisions",
    response_model=WindowView,
    operation_id="decideMaintenance",
    summary="Approve or decline a window that touches deadlines",
    responses=refusals(NotFound, WindowNotOpen, SecondPersonNeeded),
)
async def post_decision(
    maintenance: Id,
    body: DecisionBody,
    request: Request,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Decide, as a second person, about a window that touches deadlines (OPS-2): approved, it is announced.

    It shows the deadlines that it touches by now. Whoever asked for it may decline it, and not approve it; too late to
    be announced, it is not approved.
    """
    return await command.run(
        households=[LOCK],
        body=body,
        use_case=lambda uow: _keeper(request).decide(
            uow, maintenance, decision=body.decision, by=command.caller.subject
        ),
        view=lambda decided: WindowView.at(decided, command.now),
    )


@router.post(
    "/v1/maintenance-windows/{maintenance}/withdrawals",
    response_model=WindowView,
    operation_id="withdrawMaintenance",
    summary="Withdraw a window before it begins",
    responses=refusals(NotFound, WindowNotOpen),
)
async def post_withdrawal(
    maintenance: Id, request: Request, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Let a window not be, and say so to whoever was told (OPS-2)."""
    return await command.run(
        households=[LOCK],
        use_case=lambda uow: _keeper(request).close(
            uow, maintenance, step="withdraw", by=command.caller.subject
        ),
        view=lambda closed: WindowView.at(closed, command.now),
    )


@router.post(
    "/v1/maintenance-windows/{maintenance}/ends",
    response_model=WindowView,
    operation_id="endMaintenance",
    summary="End a window early",
    responses=refusals(NotFound, WindowNotOpen),
)
async def post_end(
    maintenance: Id, request: Request, command: Annotated[Command, Depends(commands("operator"))]
) -> Response:
    """Take members' requests again before the window was to be over, within a second (OPS-2)."""
    return await command.run(
        households=[LOCK],
        use_case=lambda uow: _keeper(request).close(uow, maintenance, step="end", by=command.caller.subject),
        view=lambda closed: WindowView.at(closed, command.now),
    )


def _keeper(request: Request) -> Keeper:
    return request.app.state.service.keeper
