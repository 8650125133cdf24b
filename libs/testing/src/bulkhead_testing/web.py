"""A service's HTTP API in this process, and what talks to it: a client, or a request by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from copy import copy
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

import httpx2
from fastapi import FastAPI

from bulkhead.clock import Clock
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.service import Service
from bulkhead.web.app import create_app, state_of
from bulkhead.web.auth import TokenVerifier

Message: TypeAlias = MutableMapping[str, Any]
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


class Reply(NamedTuple):
    """What an app answered to a request."""

    status: int
    body: bytes


async def ask(
    app: FastAPI, method: str, address: str, *, headers: Mapping[str, str], body: bytes = b""
) -> Reply:
    """Return the app's answer to one request, at a third of what it takes a client to make one of it."""
    path, _, query = address.partition("?")
    reply: list[Message] = []
    requests: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "root_path": "",
        "query_string": query.encode("ascii"),
        "headers": [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items()],
        "client": ("127.0.0.1", 123),
        "server": ("service.test", None),
    }

    async def receive() -> Message:
        if not requests:
            await asyncio.Future()  # whoever asked stays
        return requests.pop()

    async def send(message: Message) -> None:
        reply.append(message)

    try:
        await app(scope, receive, send)
    except Exception:  # noqa: BLE001 - errors of the app come back as answers, as they would over a network
        if not reply:
            return Reply(500, b"")
    return Reply(reply[0]["status"], b"".join(each.get("body", b"") for each in reply[1:]))
