"""A service's HTTP API in this process, and a client that talks to it."""

from __future__ import annotations

from copy import copy

import httpx2
from fastapi import FastAPI

from bulkhead.clock import Clock
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.service import Service
from bulkhead.web.app import create_app, state_of
from bulkhead.web.auth import TokenVerifier

_made: dict[tuple[str | int, ...], FastAPI] = {}


def app_of(service: Service, *, uows: UnitOfWorkFactory, clock: Clock, verifier: TokenVerifier) -> FastAPI:
    """Return the service's API. Its routes are made once in a process: that takes longer than most tests do."""
    routes = service.name, *map(id, service.routers)  # a router has no hash, and lives as long as its app
    if routes not in _made:
        _made[routes] = create_app(service=service, uows=uows, clock=clock, verifier=verifier)
    app = copy(_made[routes])
    app.state = state_of(service=service, uows=uows, clock=clock, verifier=verifier)
    return app


def client_of(app: FastAPI) -> httpx2.AsyncClient:
    """Return a client of the app; errors of the app come back as answers, as they would over a network."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://service.test")
