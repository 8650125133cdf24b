"""Routes of an app: in one list, and answered by the short way where what they take is what they usually take."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import iscoroutinefunction
from typing import Any, cast, get_type_hints

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bulkhead.web.readable import is_json


class Route(APIRoute):
    """A route that gives FastAPI's own answers.

    Most of ours take ids in the path, a body of one model, and dependencies that need the request alone, and they
    return a response: that takes a part of what FastAPI does for whatever a route could take. A request that is not as
    it should be goes FastAPI's way after all, which knows how to say what is wrong with it. Dependencies may be asked
    twice then, so they have no effects.
    """

    def __init__(self, path: str, endpoint: Any, **declared: Any) -> None:
        super().__init__(path, endpoint, **declared)
        if _is_usual(self.dependant, embeds_body=self._embed_body_fields):
            self.app = _ShortWay(self, at_length=self.app)


def add_routes(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Add the routes of routers to an app, in this order, as its own.

    An included router would be looked through twice for each request, and so would those before it.
    """
    app.router.route_class = Route
    for router in routers:
        for route in cast("list[APIRoute]", router.routes):
            app.router.add_api_route(
                route.path,
                route.endpoint,
                response_model=route.response_model,
                status_code=route.status_code,
                tags=route.tags,
                dependencies=route.dependencies,
                summary=route.summary,
                description=route.description,
                responses=route.responses,
                methods=route.methods,
                operation_id=route.operation_id,
                include_in_schema=route.include_in_schema,
                response_class=cast("type[Response]", route.response_class),
                name=route.name,
            )


class _ShortWay:
    """The app of a usual route."""

    def __init__(self, route: APIRoute, *, at_length: ASGIApp) -> None:
        self._endpoint = route.endpoint
        self._dependencies = [(each.name, cast(Any, each.call)) for each in route.dependant.dependencies]
        self._in_path = route.dependant.path_params
        self._body = next(iter(route.dependant.body_params), None)
        self._request = route.dependant.request_param_name
        self._at_length = at_length

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        values = await self._values(request)
        if values is None:
            await self._at_length(scope, await _again(request), send)
            return
        response: Response = await self._endpoint(**values)
        await response(scope, receive, send)

    async def _values(self, request: Request) -> dict[str, Any] | None:
        """Return what the endpoint is called with; None where the request is not as it should be."""
        try:
            body = await _body_of(request) if self._body is not None else None
        except (ValueError, RecursionError):
            return None
        except ClientDisconnect as error:
            raise HTTPException(400) from error
        values: dict[str, Any] = {} if self._request is None else {self._request: request}
        for name, dependency in self._dependencies:
            given = await dependency(request)
            if name is not None:
                values[name] = given
        for field in self._in_path:
            values[field.name], errors = field.validate(request.path_params[field.alias])
            if errors:
                return None
        if self._body is not None:
            values[self._body.name], errors = self._body.validate(body)
            if errors:
                return None
        return values


async def _body_of(request: Request) -> Any:
    """Return a body's JSON; raises `ValueError` where there is none."""
    if not is_json(request.headers.get("content-type", "")):
        raise ValueError("not said to be JSON")
    return await request.json()


async def _again(request: Request) -> Receive:
    """Return what gives the request's body once more."""
    message: Message = {"type": "http.request", "body": await request.body(), "more_body": False}

    async def receive() -> Message:
        return message

    return receive


def _is_usual(dependant: Dependant, *, embeds_body: bool) -> bool:
    return (
        not _takes_from_elsewhere(dependant)
        and not embeds_body
        and len(dependant.body_params) <= 1
        and iscoroutinefunction(dependant.call)
        and _returns_a_response(dependant.call)
        and all(map(_needs_the_request_alone, dependant.dependencies))
        and len({each.call for each in dependant.dependencies}) == len(dependant.dependencies)
    )


def _needs_the_request_alone(dependency: Dependant) -> bool:
    takes_more = dependency.dependencies or dependency.path_params or dependency.body_params
    return (
        dependency.request_param_name is not None
        and not takes_more
        and not _takes_from_elsewhere(dependency)
        and iscoroutinefunction(dependency.call)
    )


def _takes_from_elsewhere(dependant: Dependant) -> bool:
    return bool(
        dependant.query_params
        or dependant.header_params
        or dependant.cookie_params
        or dependant.response_param_name
        or dependant.background_tasks_param_name
        or dependant.http_connection_param_name
        or dependant.security_scopes_param_name
    )


def _returns_a_response(endpoint: Any) -> bool:
    return get_type_hints(endpoint).get("return") is Response
