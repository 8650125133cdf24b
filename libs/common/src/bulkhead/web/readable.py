"""What every request must be before a route looks at it: of parameters we know, and of text that can be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from functools import lru_cache
from typing import Any, ClassVar, cast

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from bulkhead.kernel.errors import InvalidValue, Refused
from bulkhead.web.problems import path_of

_NOT_TO_BE_KEPT = re.compile("[\x00\ud800-\udfff]")


class UnsupportedMediaType(Refused):
    """A body came as something else than JSON."""

    kind: ClassVar[str] = "unsupported-media-type"
    status: ClassVar[int] = 415


async def require_readable(request: Request) -> None:
    """Raise `InvalidValue`, which names the place, for a parameter nobody knows or text that cannot be kept.

    Raises `UnsupportedMediaType` for a body that is not JSON where the route takes one.
    """
    route = cast(APIRoute, request.scope["route"])
    _require_known_parameters(request, route)
    if route.body_field is not None and await request.body():
        require_json(request)
        _require_storable(await request.json())


def require_json(request: Request) -> None:
    """Raise `UnsupportedMediaType` unless a body is said to be JSON."""
    if not _is_json(request.headers.get("content-type", "")):
        raise UnsupportedMediaType("the body must be JSON, with Content-Type: application/json")


def _parameters(dependant: Dependant) -> Iterator[str]:
    yield from (each.alias for each in dependant.query_params)
    for each in dependant.dependencies:
        yield from _parameters(each)


def _require_known_parameters(request: Request, route: APIRoute) -> None:
    for name in request.query_params:
        known = sorted(_parameters(route.dependant))
        values = request.query_params.getlist(name)
        place = path_of(("query", name))
        if name not in known:
            problem = f"is not known here; known are {', '.join(known)}" if known else "is not known here"
            raise InvalidValue(field=place, problem=problem)
        if len(values) > 1:
            raise InvalidValue(field=place, problem="is there more than once")
        if not _can_be_kept(values[0]):
            raise _not_to_be_kept(place)


@lru_cache(maxsize=128)
def _is_json(content_type: str) -> bool:
    """Whether FastAPI reads a body of this type as JSON."""
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (
        subtype == "json" or subtype.endswith("+json")
    )


def _require_storable(body: Any) -> None:
    """Raise `InvalidValue` for the first text in a body, name or value, that PostgreSQL cannot keep."""
    left: list[tuple[tuple[str | int, ...], Any]] = [(("body",), body)]
    while left:
        place, part = left.pop()
        if isinstance(part, str) and not _can_be_kept(part):
            raise _not_to_be_kept(path_of(place))
        if isinstance(part, dict):
            for name, each in cast("dict[str, Any]", part).items():
                left.append(((*place, name), name))
                left.append(((*place, name), each))
        elif isinstance(part, list):
            left.extend(((*place, at), each) for at, each in enumerate(cast("list[Any]", part)))


def _can_be_kept(text: str) -> bool:
    """Whether a text is without NUL, and whole: half of a character that JSON writes in two is none."""
    return _NOT_TO_BE_KEPT.search(text) is None


def _not_to_be_kept(place: str) -> InvalidValue:
    return InvalidValue(field=place, problem="holds a character that cannot be kept")
