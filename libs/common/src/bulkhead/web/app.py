"""Makes a service's HTTP API: its own routes and those every service has, problems, limits, tracing."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.datastructures import Headers, State
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bulkhead.audit.writing import AuditWriter
from bulkhead.clock import Clock
from bulkhead.maintenance.windows import IntakeGate
from bulkhead.observability.logging import describe, get_logger
from bulkhead.observability.tracing import correlated, new_correlation_id
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.service import Service
from bulkhead.web import audit as audit_log
from bulkhead.web import duties, health, journal, maintenance, openapi, overdue, parked, retries, simulation
from bulkhead.web.auth import TokenVerifier
from bulkhead.web.commands import Edge
from bulkhead.web.problems import install_problems, note_why, unexpected_response, why
from bulkhead.web.protection import Protected
from bulkhead.web.routes import add_routes

LARGEST_BODY_BYTES = 1_000_000
CORRELATION_HEADER = "x-correlation-id"
_CORRELATION = CORRELATION_HEADER.encode()
_UNTRACED = frozenset({"/livez", "/readyz", "/startupz", "/metrics", "/v1/simulation/quiet"})

_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})

_log = get_logger("web")


def create_app(
    *,
    service: Service,
    uows: UnitOfWorkFactory,
    clock: Clock,
    verifier: TokenVerifier,
    condition: health.Condition | None = None,
    audit: UnitOfWorkFactory | None = None,
    progress: simulation.Progress | None = None,
    changed: Callable[[], None] = lambda: None,
    gate_seconds: float = 0.0,
) -> FastAPI:
    """Return the service's API.

    ``condition`` is what the health routes tell; without it the process is ready at once. ``audit`` is where
    entries of the audit log are written that are in no other transaction, ``uows`` unless given: a look is kept
    where else nobody may write (ADR 0024). ``progress`` opens the simulation routes, which need a `SimulatedClock`;
    without it they do not exist. ``changed`` is called after every request that may have changed something. For
    ``gate_seconds`` it believes what it saw of maintenance windows.
    """
    app = FastAPIOffline(  # its page of documentation needs nothing from elsewhere
        redirect_slashes=False,  # to where the request says that it came
        docs_url="/docs",
        redoc_url=None,
        title=f"Bulkhead {service.name}",
        version="1",
        openapi_url="/v1/openapi.json",
        responses=openapi.PROBLEM_RESPONSES,
        # Logs are ours, which leave values out; operation spans would double every span.
        telemetry={"logs": False, "operation_spans": False, "auto_configure": False, "exclude": _is_untraced},
    )
    app.state = state_of(
        service=service,
        uows=uows,
        clock=clock,
        verifier=verifier,
        condition=condition,
        audit=audit,
        gate_seconds=gate_seconds,
    )
    # In the order in which they are looked through, for each request.
    add_routes(
        app,
        [
            *service.routers,
            journal.router,
            audit_log.router,
            parked.router,
            duties.router,
            retries.router,
            overdue.router,
            *([maintenance.router] if service.maintenance is not None else ()),
            health.router,
        ],
    )
    if progress is not None:
        app.state.progress = progress
        add_routes(app, [simulation.router])
    install_problems(app)
    app.add_middleware(audit_log.Audited)
    app.add_middleware(_Edge, changed=changed)
    app.add_middleware(Protected)  # around all others: what they refuse is protected too
    app.openapi = lambda: openapi.describe(app)
    return app


def state_of(
    *,
    service: Service,
    uows: UnitOfWorkFactory,
    clock: Clock,
    verifier: TokenVerifier,
    condition: health.Condition | None = None,
    audit: UnitOfWorkFactory | None = None,
    gate_seconds: float = 0.0,
) -> State:
    """Return what the routes of a service's app reach."""
    return State(
        {
            "edge": Edge(
                uows=uows,
                clock=clock,
                verifier=verifier,
                audit=AuditWriter(audit or uows),
                dependencies=service.dependencies,
                gate=None
                if service.maintenance is None
                else IntakeGate(uows, pace=time.monotonic, fresh_seconds=gate_seconds),
            ),
            "service": service,
            "condition": condition or health.Condition(uows=uows, clock=clock, started=True),
        }
    )


def create_health_app(condition: health.Condition) -> FastAPI:
    """Return an app that has the health routes only, for a process without an API."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.condition = condition
    app.include_router(health.router)
    install_problems(app)
    app.add_middleware(Protected)
    return app


def _is_untraced(scope: MutableMapping[str, Any]) -> bool:
    return scope.get("path") in _UNTRACED


class _Edge:
    """The outermost layer of ours: a correlation id, a bound on bodies, and no bug's details to anyone."""

    def __init__(self, app: ASGIApp, *, changed: Callable[[], None]) -> None:
        self._app = app
        self._changed = changed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        current = new_correlation_id(Headers(scope=scope).get(CORRELATION_HEADER))
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _tell(scope, message["status"])
                if scope["method"] not in _LOOKING:
                    self._changed()  # before the answer leaves: whoever gets it may look at once
                message["headers"] = [*message.get("headers", ()), (_CORRELATION, current.encode())]
            await send(message)

        with correlated(current):
            try:
                await self._app(scope, _bounded(receive), send_with_id)
            except Exception as error:
                note_why(scope, **describe(error))
                if started:
                    _tell(scope, HTTPStatus.INTERNAL_SERVER_ERROR)
                    raise
                await unexpected_response()(scope, receive, send_with_id)


def _tell(scope: Scope, status: int) -> None:
    """Log the one line of a request that was not done, with what is known of why; of who is not known at all, none.

    The route is told in place of the path, which may be anything that somebody typed.
    """
    if status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.UNAUTHORIZED or scope["path"] in _UNTRACED:
        return
    route = getattr(scope.get("route"), "path", None)
    attributes = {"method": scope["method"], "route": route, "status": int(status), **why(scope)}
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", **attributes)
    elif status > HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("request_failed", **attributes)
    else:
        _log.info("request_refused", **attributes)


def _bounded(receive: Receive) -> Receive:
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BODY_BYTES:
            raise HTTPException(413, f"A request may have {LARGEST_BODY_BYTES} bytes at most.")
        return message

    return bounded
