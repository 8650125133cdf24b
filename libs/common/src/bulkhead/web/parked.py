"""Parked events: what was set aside, and an operator's two ways out of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from bulkhead.messaging.parking import Parking, Replay
from bulkhead.persistence.event_tables import ParkedEvent
from bulkhead.persistence.ports import Cause, UnitOfWork, UnitOfWorkFactory
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.fields import Body, Like
from bulkhead.web.pagination import Page, Paging

router = APIRouter(tags=["parked"])

ParkedPath = Annotated[
    str, Like(r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63}|\*)$", "must be a household's id, or *"), Path()
]
"""A household's id, or ``*`` for events that are about none."""


class ParkedView(BaseModel):
    """One parked event: where it is, what kind of thing is wrong with it, and why. Never what it says."""

    household: str
    position: int
    event: str
    type: str
    topic: str
    kind: str
    reason: str
    parked_at: datetime

    @classmethod
    def of(cls, event: ParkedEvent) -> ParkedView:
        """Return the view of a parked event."""
        return cls(
            household=event.household,
            position=event.position,
            event=event.event_id,
            type=event.type,
            topic=event.topic,
            kind=event.kind,
            reason=event.reason,
            parked_at=event.parked_at,
        )


class ReplayView(BaseModel):
    """What a replay did. ``stopped_by`` says what is wrong with the first event still parked, if any is."""

    household: str
    replayed: int
    left: int
    stopped_by: str | None

    @classmethod
    def of(cls, replay: Replay) -> ReplayView:
        """Return the view of what a replay did."""
        return cls(
            household=replay.household,
            replayed=replay.replayed,
            left=replay.left,
            stopped_by=replay.stopped_by,
        )


class DiscardBody(Body):
    """Why the first of a household's parked events is to be set aside for good."""

    reason: str = Field(min_length=1, max_length=500)


class DiscardView(BaseModel):
    """The event that was discarded."""

    household: str
    event: str
    state: Literal["discarded"] = "discarded"

    @classmethod
    def of(cls, event: ParkedEvent) -> DiscardView:
        """Return the view of a discarded event."""
        return cls(household=event.household, event=event.event_id)


@router.get("/v1/parked", response_model=Page[ParkedView], operation_id="listParked")
async def get_parked(
    paging: Paging, query: Query = Depends(queries("operator", "service"))
) -> Page[ParkedView]:
    """Return the events that are parked, by household and in order."""
    async with query.begin() as uow:
        rows = await uow.records(ParkedEvent).select(state="parked")
    return paging.page_of(rows, key=lambda row: (row.household, f"{row.position:012}"), view=ParkedView.of)


@router.post("/v1/parked/{household}/replays", response_model=ReplayView, operation_id="replayParked")
async def post_replay(
    household: ParkedPath, request: Request, command: Command = Depends(commands("operator"))
) -> Response:
    """Handle a household's parked events again, in order, until none is left or one still cannot be."""
    parking = Parking(service=request.app.state.service, uows=command.uows)
    # Each event has a transaction of its own, so the household is locked there and not here.
    return await command.run(
        use_case=lambda _uow: parking.replay(household=household, now=command.now), view=ReplayView.of
    )


@router.post("/v1/parked/{household}/discards", response_model=DiscardView, operation_id="discardParked")
async def post_discard(
    household: ParkedPath,
    body: DiscardBody,
    request: Request,
    command: Command = Depends(commands("operator")),
) -> Response:
    """Set the first of a household's parked events aside for good, with the reason."""

    async def discard(uow: UnitOfWork) -> ParkedEvent:
        within: UnitOfWorkFactory = _Within(uow)
        parking = Parking(service=request.app.state.service, uows=within)
        return await parking.discard(household=household, reason=body.reason, now=command.now)

    return await command.run(households=[household], body=body, use_case=discard, view=DiscardView.of)


class _Within:
    """Hands out a unit of work that is under way already, so that what begins one becomes part of it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @asynccontextmanager
    async def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> AsyncGenerator[UnitOfWork]:
        yield self._uow
