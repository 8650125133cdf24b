"""RFC 9457 problems: what a caller gets instead of an answer. No value that was typed, nothing internal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused, Retryable
from bulkhead.persistence.ports import AlreadyExists

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2

_KINDS = {
    400: "malformed-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "content-too-large",
    415: "unsupported-media-type",
}
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}")
_LISTS_CHOICES = frozenset({"literal_error", "enum"})  # their text names what is allowed, not what was typed


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field; ``field`` is a path such as ``/members/0/born``."""

    field: str
    problem: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer that is not the one asked for (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FieldProblem, ...] = ()
    reasons: tuple[Reason, ...] = ()


def problem_body(
    *,
    kind: str,
    status: int,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    reasons: Sequence[Reason] = (),
) -> bytes:
    """Return the JSON of a problem of a stable, hyphenated ``kind``."""
    problem = Problem(
        type=f"urn:bulkhead:problem:{kind}",
        title=kind.replace("-", " ").capitalize(),
        status=status,
        detail=detail,
        errors=tuple(errors),
        reasons=tuple(reasons),
    )
    return msgspec.json.encode(problem)


def refusal_body(refused: Refused) -> bytes:
    """Return the JSON of the problem that a refusal is."""
    errors = [FieldProblem(field=refused.field, problem=refused.message)] if refused.field else []
    return problem_body(
        kind=refused.kind,
        status=refused.status,
        detail=refused.message,
        errors=errors,
        reasons=refused.reasons,
    )


def problem_response(body: bytes, *, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response that carries a problem's JSON."""
    return Response(body, status_code=status, media_type=PROBLEM_TYPE, headers=headers)


def unexpected_response() -> Response:
    """Return what a caller is told of a bug: that it is ours, and nothing else."""
    detail = "Something went wrong on our side. It has been recorded; trying again is safe."
    return problem_response(problem_body(kind="unexpected", status=500, detail=detail), status=500)


def install_problems(app: FastAPI) -> None:
    """Make every error of an app answer with a problem."""
    app.exception_handler(Refused)(_on_refused)
    app.exception_handler(Retryable)(_on_retryable)
    app.exception_handler(AlreadyExists)(_on_taken)
    app.exception_handler(RequestValidationError)(_on_invalid)
    app.exception_handler(HTTPException)(_on_http)


async def _on_refused(_: Request, error: Refused) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None
    return problem_response(refusal_body(error), status=error.status, headers=headers)


async def _on_retryable(_: Request, _error: Retryable) -> Response:
    body = problem_body(
        kind="temporarily-unavailable",
        status=503,
        detail="Something this needs is away. Nothing was done; please try again shortly.",
    )
    return problem_response(body, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


async def _on_taken(_: Request, _error: AlreadyExists) -> Response:
    body = problem_body(kind="conflict", status=409, detail="There is one with this id already.")
    return problem_response(body, status=409)


async def _on_http(_: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    kind = _KINDS.get(status, status.phrase.lower().replace(" ", "-"))
    body = problem_body(kind=kind, status=status, detail=status.description or status.phrase)
    return problem_response(body, status=status, headers=error.headers)


async def _on_invalid(_: Request, error: RequestValidationError) -> Response:
    errors = [
        FieldProblem(field=_path(each["loc"], type_=each["type"]), problem=_hint(each))
        for each in error.errors()
    ]
    body = problem_body(
        kind="invalid-request",
        status=422,
        detail="Some fields cannot be accepted as they are.",
        errors=errors,
    )
    return problem_response(body, status=422)


def _path(location: Sequence[int | str], *, type_: str) -> str:
    """Return where a value is: ``/members/0/born`` in the body, ``query/limit`` elsewhere."""
    parts = [str(part) if isinstance(part, int) or _PLAIN_NAME.fullmatch(part) else "?" for part in location]
    if type_ == "json_invalid":
        return "/"
    return "/" + "/".join(parts[1:]) if parts and parts[0] == "body" else "/".join(parts)


def _hint(error: Mapping[str, Any]) -> str:
    """Return what would do, unless the text repeats what was typed."""
    hint = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] in _LISTS_CHOICES:
        return hint
    return "is not valid" if any(text in hint for text in _typed(error.get("input"))) else hint


def _typed(value: Any) -> list[str]:
    """Return the texts that were typed, however deep; very short ones are in any text."""
    texts: list[str] = []
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            left.extend(cast("dict[str, Any]", part).values())
        elif isinstance(part, list):
            left.extend(cast("list[Any]", part))
        elif part is not None:
            texts.append(str(part))
    return [text for text in texts if len(text) > 2]
