"""Health: the loop turns, the database answers, the process has started. Kafka is nobody's readiness."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from bulkhead.clock import Clock
from bulkhead.kernel.errors import NotFound, Retryable
from bulkhead.observability.exposition import CONTENT_TYPE
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.web.problems import problem_body, problem_response
from bulkhead.web.tables import IdempotencyRecord

DATABASE_ANSWERS_WITHIN_SECONDS = 2.0

router = APIRouter(include_in_schema=False)


@dataclass(slots=True, kw_only=True)
class Condition:
    """How this process is. ``started`` and ``stopping`` are set by whoever runs it.

    ``measured`` returns its measurements for ``/metrics``; without it there are none.
    """

    uows: UnitOfWorkFactory
    clock: Clock
    started: bool = False
    stopping: bool = False
    measured: Callable[[], Awaitable[bytes]] | None = None

    async def database_answers(self) -> bool:
        """Whether the service's own database answers a small question in time."""
        try:
            async with asyncio.timeout(DATABASE_ANSWERS_WITHIN_SECONDS):
                async with self.uows.begin(now=self.clock.now()) as uow:
                    await uow.records(IdempotencyRecord).select(limit=1)
        except (Retryable, TimeoutError):
            return False
        return True


def _condition(request: Request) -> Condition:
    return request.app.state.condition


def _not_yet(detail: str) -> Response:
    body = problem_body(kind="not-ready", status=503, detail=detail)
    return problem_response(body, status=503, headers={"Retry-After": "1"})


@router.get("/livez")
async def get_livez() -> Response:
    """Answer at all: the event loop turns."""
    return JSONResponse({"status": "alive"})


@router.get("/startupz")
async def get_startupz(request: Request) -> Response:
    """Answer 200 once the process has started."""
    return JSONResponse({"status": "started"}) if _condition(request).started else _not_yet("starting")


@router.get("/readyz")
async def get_readyz(request: Request) -> Response:
    """Answer 200 while requests are welcome: started, not stopping, and the own database answers."""
    condition = _condition(request)
    if not condition.started:
        return _not_yet("starting")
    if condition.stopping:
        return _not_yet("stopping")
    if not await condition.database_answers():
        return _not_yet("the database does not answer")
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
async def get_metrics(request: Request) -> Response:
    """Answer with this process's measurements, for Prometheus."""
    measured = _condition(request).measured
    if measured is None:
        raise NotFound("this process does not measure")
    return Response(await measured(), media_type=CONTENT_TYPE)
