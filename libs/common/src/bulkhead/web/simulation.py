"""Routes that exist in simulation only: set the clock, and see whether everything due has been done."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, cast

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from bulkhead.clock import ClockCannotGoBack, SimulatedClock
from bulkhead.web.commands import Query, edge_of, queries
from bulkhead.web.dates import Instant
from bulkhead.web.fields import Body
from bulkhead.web.refusals import refusals

router = APIRouter(prefix="/v1/simulation", tags=["simulation"])


class QuietView(BaseModel):
    """How far this process is. It is quiet when every number in ``busy`` is 0.

    ``busy`` counts what is left to do now, by kind. ``counters`` only ever grow: two looks with the same
    counters saw nothing happen in between. ``waiting_duties`` are postponed; ``next_due_at`` is the next
    instant at which a duty has something to do, None when none is known. ``away`` names what cannot be
    reached: with the broker away nobody can know the lag, and it counts as 1.
    """

    now: datetime
    busy: dict[str, int]
    counters: dict[str, int]
    waiting_duties: list[str]
    next_due_at: datetime | None
    away: list[str]


class Progress(Protocol):
    """Knows how far the process is."""

    async def look(self, now: datetime) -> QuietView:
        """Return how far it is, truthfully: work in hand counts as left to do."""
        ...


class ClockBody(Body):
    """The time to show."""

    now: Instant


class ClockView(BaseModel):
    """The time shown."""

    now: datetime


def _progress(request: Request) -> Progress:
    return cast(Progress, request.app.state.progress)


@router.put(
    "/clock",
    response_model=ClockView,
    operation_id="setClock",
    summary="Set the clock forward",
    responses=refusals(ClockCannotGoBack),
)
async def put_clock(
    request: Request, body: ClockBody, query: Query = Depends(queries("service"))
) -> dict[str, Any]:
    """Set the clock forward; 409 for a time before the one it shows."""
    clock = cast(SimulatedClock, edge_of(request).clock)
    await clock.set(query.uows, to=body.now)
    return {"now": clock.now()}


@router.get("/quiet", response_model=QuietView, operation_id="getQuiet", summary="See whether all is done")
async def get_quiet(request: Request, query: Query = Depends(queries("service", "operator"))) -> QuietView:
    """Return how far this service is."""
    return await _progress(request).look(query.now)
