"""Parked events: what was set aside, and an operator's two ways out of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field

from bulkhead.kernel.errors import NotFound
from bulkhead.messaging.arrivals import LARGEST_VERSION, LONGEST_NAME
from bulkhead.messaging.parking import NothingParked, Parking, Replay, ReplayOfMany, tell_discarded
from bulkhead.messaging.standstill import forget_type, lanes_of_type, release, tell_forgotten
from bulkhead.persistence.event_tables import (
    ForgottenType,
    ParkedEvent,
    PassedOverType,
    StoppedPartition,
    lane_of,
)
from bulkhead.persistence.ports import Cause, UnitOfWork, UnitOfWorkFactory
from bulkhead.web.commands import REPLAYED_HEADER, Command, Query, commands, queries
from bulkhead.web.fields import Body, Like
from bulkhead.web.pagination import Page, Paging, long_number, read_page
from bulkhead.web.refusals import refusals

router = APIRouter(tags=["parked"])

ParkedPath = Annotated[
    str,
    Like(
        r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63}|\*[a-z0-9.-]{1,100}:[0-9]{1,6})$",
        "must be a household's id, or *topic:partition",
    ),
    Path(),
]
"""A household's id, or ``*topic:partition`` for events that are about none."""


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


class CauseBody(Body):
    """Which parked households are to be replayed: those of a cause, a kind or a kind and a reason as listed; all of
    them without one. ``after`` goes on where an answer said that there are more.
    """

    cause: str | None = Field(default=None, min_length=1, max_length=500, examples=["bug", "bug: KeyError"])
    after: str = Field(default="", max_length=200)


class ReplayOfManyView(BaseModel):
    """What the replay of many households did; ``more_after`` is where to go on, if there are more."""

    households: int
    replayed: int
    still_parked: int
    more_after: str | None

    @classmethod
    def of(cls, replay: ReplayOfMany) -> ReplayOfManyView:
        """Return the view of what a replay did."""
        return cls(
            households=replay.households,
            replayed=replay.replayed,
            still_parked=replay.still_parked,
            more_after=replay.more_after,
        )


class PassedOverView(BaseModel):
    """A type of event not known here, and how many of it were passed over in a partition."""

    topic: str
    partition: int
    type: str
    version: int
    events: int
    first_at: datetime
    latest_at: datetime

    @classmethod
    def of(cls, row: PassedOverType) -> PassedOverView:
        """Return the view of a type that is passed over."""
        return cls(
            topic=row.topic,
            partition=row.partition,
            type=row.type,
            version=row.version,
            events=row.events,
            first_at=row.first_at,
            latest_at=row.latest_at,
        )


class ForgetBody(Body):
    """Which type that was passed over nobody will know, as listed, and why."""

    topic: str = Field(min_length=1, max_length=100)
    type: str = Field(min_length=1, max_length=LONGEST_NAME)
    version: int = Field(ge=0, le=LARGEST_VERSION)
    reason: str = Field(min_length=1, max_length=500)


class ForgottenView(BaseModel):
    """A type that is noted no more, how many of it were passed over, and who said why."""

    topic: str
    type: str
    version: int
    events: int
    forgotten_at: datetime
    forgotten_by: str
    reason: str

    @classmethod
    def of(cls, row: ForgottenType) -> ForgottenView:
        """Return the view of a type that is forgotten."""
        return cls(
            topic=row.topic,
            type=row.type,
            version=row.version,
            events=row.events,
            forgotten_at=row.forgotten_at,
            forgotten_by=row.forgotten_by,
            reason=row.reason,
        )


class StoppedView(BaseModel):
    """A partition that is not read on, because the same fault befell many households there."""

    topic: str
    partition: int
    type: str
    event: str
    fault: str
    stopped_at: datetime
    retry_at: datetime
    released: bool

    @classmethod
    def of(cls, row: StoppedPartition) -> StoppedView:
        """Return the view of a stopped partition."""
        return cls(
            topic=row.topic,
            partition=row.partition,
            type=row.type,
            event=row.event_id,
            fault=row.fault,
            stopped_at=row.stopped_at,
            retry_at=row.retry_at,
            released=row.released,
        )


class DiscardBody(Body):
    """Which of a household's parked events is to be set aside for good, by its id as listed, and why."""

    event: str = Field(min_length=1, max_length=LONGEST_NAME)
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


@router.get(
    "/v1/parked", response_model=Page[ParkedView], operation_id="listParked", summary="List parked events"
)
async def get_parked(
    paging: Paging, query: Query = Depends(queries("operator", "service"))
) -> Page[ParkedView]:
    """Return the events that are parked, by household and in order."""
    async with query.begin() as uow:
        rows = await read_page(
            uow.records(ParkedEvent),
            paging,
            key=("household", "position"),
            second=long_number,
            state="parked",
        )
    return paging.page(rows, key=lambda row: (row.household, str(row.position)), view=ParkedView.of)


@router.post(
    "/v1/parked/{household}/replays",
    response_model=ReplayView,
    operation_id="replayParked",
    summary="Replay a household's parked events",
    responses=refusals(NothingParked),
)
async def post_replay(
    household: ParkedPath, request: Request, command: Command = Depends(commands("operator"))
) -> Response:
    """Handle a household's parked events again, in order, until none is left or one still cannot be."""
    parking = Parking(service=request.app.state.service, uows=command.uows)
    return await command.run_in_parts(
        work=lambda: parking.replay(household=household, now=command.now), view=ReplayView.of
    )


@router.post(
    "/v1/parked/replays",
    response_model=ReplayOfManyView,
    operation_id="replayAllParked",
    summary="Replay the parked events of many households",
    responses=refusals(NothingParked),
)
async def post_replay_of_many(
    body: CauseBody, request: Request, command: Command = Depends(commands("operator"))
) -> Response:
    """Handle the parked events of many households again: the next ones, up to 500, that are parked for a cause."""
    parking = Parking(service=request.app.state.service, uows=command.uows)
    return await command.run_in_parts(
        work=lambda: parking.replay_all(cause=body.cause, now=command.now, after=body.after),
        view=ReplayOfManyView.of,
    )


@router.post(
    "/v1/parked/{household}/discards",
    response_model=DiscardView,
    operation_id="discardParked",
    summary="Discard one of a household's parked events",
    responses=refusals(NothingParked),
)
async def post_discard(
    household: ParkedPath,
    body: DiscardBody,
    request: Request,
    command: Command = Depends(commands("operator")),
) -> Response:
    """Set one of a household's parked events aside for good, with the reason. Those behind it stay parked."""
    discarded: list[ParkedEvent] = []

    async def discard(uow: UnitOfWork) -> ParkedEvent:
        within: UnitOfWorkFactory = _Within(uow)
        parking = Parking(service=request.app.state.service, uows=within)
        discarded.append(
            await parking.discard(household=household, event=body.event, reason=body.reason, now=command.now)
        )
        return discarded[-1]

    answer = await command.run(households=[household], body=body, use_case=discard, view=DiscardView.of)
    if discarded and REPLAYED_HEADER not in answer.headers:
        tell_discarded(discarded[-1])
    return answer


@router.get(
    "/v1/passed-over-types",
    response_model=Page[PassedOverView],
    operation_id="listPassedOverTypes",
    summary="List types of event that were passed over",
)
async def get_passed_over(
    paging: Paging, query: Query = Depends(queries("operator", "service"))
) -> Page[PassedOverView]:
    """Return the types of events that are not known here and were passed over."""
    async with query.begin() as uow:
        rows = await uow.records(PassedOverType).select()
    return paging.page_of(
        rows,
        key=lambda row: (row.topic, f"{row.partition:06}", row.type, f"{row.version:06}"),
        view=PassedOverView.of,
    )


@router.post(
    "/v1/passed-over-types/forgettings",
    response_model=ForgottenView,
    operation_id="forgetPassedOverType",
    summary="Forget a type that was passed over",
    responses=refusals(NotFound),
)
async def post_forgetting(body: ForgetBody, command: Command = Depends(commands("operator"))) -> Response:
    """Note a type no longer that was passed over and that nobody will know: nothing of it is ever taken in."""
    forgotten: list[ForgottenType] = []

    async def forget(uow: UnitOfWork) -> ForgottenType:
        forgotten.append(
            await forget_type(
                uow,
                topic=body.topic,
                kind=body.type,
                version=body.version,
                by=command.caller.subject,
                reason=body.reason,
            )
        )
        return forgotten[-1]

    async with command.begin() as uow:
        lanes = await lanes_of_type(uow, topic=body.topic, kind=body.type, version=body.version)
    answer = await command.run(households=lanes, body=body, use_case=forget, view=ForgottenView.of)
    if forgotten and REPLAYED_HEADER not in answer.headers:
        tell_forgotten(forgotten[-1])
    return answer


@router.get(
    "/v1/stopped-partitions",
    response_model=Page[StoppedView],
    operation_id="listStoppedPartitions",
    summary="List the partitions that are stopped",
)
async def get_stopped(
    paging: Paging, query: Query = Depends(queries("operator", "service"))
) -> Page[StoppedView]:
    """Return the partitions that are not read on, because the same fault befell many households there."""
    async with query.begin() as uow:
        rows = await uow.records(StoppedPartition).select()
    return paging.page_of(rows, key=lambda row: (row.topic, f"{row.partition:06}"), view=StoppedView.of)


@router.post(
    "/v1/stopped-partitions/{topic}/{partition}/releases",
    response_model=StoppedView,
    operation_id="releaseStoppedPartition",
    summary="Let a stopped partition go on",
    responses=refusals(NotFound),
)
async def post_release(
    topic: Annotated[str, Like(r"^[a-z0-9.-]{1,100}$", "must be a topic's name"), Path()],
    partition: Annotated[int, Path(ge=0, le=999_999)],
    command: Command = Depends(commands("operator")),
) -> Response:
    """Let a stopped partition go on, a second or two later: whom its fault befalls is parked, however many."""
    return await command.run(
        households=[lane_of(topic, partition)],
        use_case=lambda uow: release(uow, topic=topic, partition=partition),
        view=StoppedView.of,
    )


class _Within:
    """Hands out a unit of work that is under way already, so that what begins one becomes part of it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @asynccontextmanager
    async def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> AsyncGenerator[UnitOfWork]:
        yield self._uow

    begin_shared = begin
