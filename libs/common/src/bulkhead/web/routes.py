"""Routes of an app, in one list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from fastapi import APIRouter, FastAPI, Response
from fastapi.routing import APIRoute


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
            )
