"""What every request must be before a route looks at it: of parameters we know, and of text that can be kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email.message import Message
from functools import lru_cache
from http import HTTPStatus
from typing import Any, ClassVar, cast

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from bulkhead.kernel.errors import InvalidValue, Refused
from bulkhead.web.idempotency import KEY_HEADER
from bulkhead.web.problems import path_of

_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
_ONCE = (KEY_HEADER, "Authorization")
_TWICE = "is there more than once"
_NOT_TO_BE_KEPT = re.compile("[\x00\ud800-\udfff]")


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON with all that stands in it; a dict has the last of each name."""


class UnsupportedMediaType(Refused):
    """A body came as something else than JSON."""

    kind: ClassVar[str] = "unsupported-media-type"
    status: ClassVar[int] = 415


async def require_readable(request: Request, *, with_body: bool = True) -> None:
    """Raise `InvalidValue`, which names the place, for a parameter nobody knows or text that cannot be kept. Without
    ``with_body`` the body is left to the route.

    Raises `UnsupportedMediaType` for a body that is not JSON, and `RequestValidationError` for what is in one where
    the route takes none: nobody would look at it.
    """
    route = cast(APIRoute, request.scope["route"])
    _require_known_parameters(request, route)
    for header in _ONCE:
        if len(request.headers.getlist(header)) > 1:
            raise InvalidValue(field=f"header/{header}", problem=_TWICE)
    if request.method in _LOOKING or not with_body or not (body := await request.body()):
        return
    require_json(request)
    read = _read(body)
    _require_plain(read)
    if route.body_field is None:
        _require_empty(read)


def _read(body: bytes) -> Any:
    """Return a body's JSON, an object as its pairs. A route's body was read before; that of one that takes none not.

    Raises `RequestValidationError`, as FastAPI does for a body of a route that takes one.
    """
    try:
        return json.loads(body, object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        broken = {"type": "json_invalid", "loc": ("body", error.pos), "msg": error.msg, "input": {}}
        raise RequestValidationError([broken], body=error.doc) from error
    except (ValueError, RecursionError) as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from error


def _require_empty(read: Any) -> None:
    """Raise `RequestValidationError` for a body in which anything is said."""
    if not isinstance(read, _Pairs):
        raise RequestValidationError([{"type": "dict_type", "loc": ("body",)}])
    if read:
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("body", name)} for name, _ in read])


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
            raise InvalidValue(field=place, problem=_TWICE)
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


def _require_plain(body: Any) -> None:
    """Raise `InvalidValue` for a name that stands twice in one object, of whose values only one would be heeded, and
    for text in a body, name or value, that PostgreSQL cannot keep.
    """
    left: list[tuple[tuple[str | int, ...], Any]] = [(("body",), body)]
    while left:
        place, part = left.pop()
        if isinstance(part, str) and not _can_be_kept(part):
            raise _not_to_be_kept(path_of(place))
        if isinstance(part, _Pairs):
            names = set[str]()
            for name, each in part:
                if name in names:
                    raise InvalidValue(field=path_of((*place, name)), problem=_TWICE)
                names.add(name)
                left.append(((*place, name), name))
                left.append(((*place, name), each))
        elif isinstance(part, list):
            left.extend(((*place, at), each) for at, each in enumerate(cast("list[Any]", part)))


def _can_be_kept(text: str) -> bool:
    """Whether a text is without NUL, and whole: half of a character that JSON writes in two is none."""
    return _NOT_TO_BE_KEPT.search(text) is None


def _not_to_be_kept(place: str) -> InvalidValue:
    return InvalidValue(field=place, problem="holds a character that cannot be kept")
