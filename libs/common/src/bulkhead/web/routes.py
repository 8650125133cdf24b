"""Routes of an app, in one list, each of which knows who asks before it reads anything that was sent."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, cast

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute

from bulkhead.web.commands import let_in, roles_let_in


class GuardedRoute(APIRoute):
    """A route that lets callers in before their cursors and bodies are read: FastAPI would parse a body first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request, once its caller has one of the roles that its dependency lets in."""
        handle = super().get_route_handler()
        found = [roles_let_in(each.call) for each in self.dependant.dependencies]
        roles = next((each for each in found if each is not None), None)
        if roles is None:
            return handle

        async def guarded(request: Request) -> Response:
            await let_in(request, roles)
            return await handle(request)

        return guarded


def add_routes(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Add the routes of routers to an app, in this order, as its own.

    An included router would be looked through twice for each request, and so would those before it.
    """
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
                route_class_override=GuardedRoute,
            )
