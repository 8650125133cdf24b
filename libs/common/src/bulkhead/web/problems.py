"""RFC 9457 problems: what a caller gets instead of an answer. No value that was typed, nothing internal."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused, Retryable
from bulkhead.observability.logging import describe
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
_INVALID = "invalid-request"
_WHY = "bulkhead.why"
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}")
_NOT_JSON = "is not JSON that can be read"

_AWAY = "Something this needs is away. Please try again shortly."
_AWAY_WITH_A_KEY = (
    "Something this needs is away, and whether this was done is not known. Send it again with the same "
    "Idempotency-Key: that is safe, and tells."
)

_SAYS: Mapping[str, str] = {
    "missing": "is needed",
    "extra_forbidden": "is not known here",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number, and not so long a one",
    "int_from_float": "must be a whole number",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "string_too_short": "must have at least this many characters: {min_length}",
    "string_too_long": "must have at most this many characters: {max_length}",
    "too_short": "must have at least this many items: {min_length}",
    "too_long": "must have at most this many items: {max_length}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must not be less than {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must not be more than {le}",
    "timezone_aware": "must have a time zone",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}
"""What is said of each kind of error that pydantic finds; its own words are for programmers."""


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field; ``field`` is where it is, as `path_of` writes it."""

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


def away_response(asked_with: Mapping[str, str]) -> Response:
    """Return what a caller with these headers is told while something is away: to try again, and how that is safe."""
    # A connection that breaks during its commit leaves everybody in doubt: nothing is claimed of what was done.
    body = problem_body(
        kind="temporarily-unavailable",
        status=503,
        detail=_AWAY_WITH_A_KEY if "Idempotency-Key" in asked_with else _AWAY,
    )
    return problem_response(body, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def note_why(scope: MutableMapping[str, Any], **attributes: Any) -> None:
    """Note why a request was not done, for the one line that is logged of it: words and ids of ours."""
    scope[_WHY] = attributes


def why(scope: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Return what was noted of why a request was not done."""
    return scope.get(_WHY, {})


def install_problems(app: FastAPI) -> None:
    """Make every error of an app answer with a problem."""
    app.exception_handler(Refused)(_on_refused)
    app.exception_handler(Retryable)(_on_retryable)
    app.exception_handler(AlreadyExists)(_on_taken)
    app.exception_handler(RequestValidationError)(_on_invalid)
    app.exception_handler(HTTPException)(_on_http)


async def _on_refused(request: Request, error: Refused) -> Response:
    note_why(request.scope, kind=error.kind)
    headers: dict[str, str] = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = error.challenge
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    return problem_response(refusal_body(error), status=error.status, headers=headers or None)


async def _on_retryable(request: Request, error: Retryable) -> Response:
    note_why(request.scope, kind="temporarily-unavailable", **describe(error))
    return away_response(request.headers)


async def _on_taken(request: Request, _error: AlreadyExists) -> Response:
    note_why(request.scope, kind="conflict")
    body = problem_body(kind="conflict", status=409, detail="There is one with this id already.")
    return problem_response(body, status=409)


async def _on_http(request: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI's word for a body it could not parse
        note_why(request.scope, kind=_INVALID)
        return _invalid([FieldProblem(field="/", problem=_unparsable(error.__cause__))])
    status = HTTPStatus(error.status_code)
    kind = _KINDS.get(status, status.phrase.lower().replace(" ", "-"))
    note_why(request.scope, kind=kind)
    ours = error.detail != status.phrase
    detail = error.detail if ours else status.description or status.phrase
    body = problem_body(kind=kind, status=status, detail=detail)
    return problem_response(body, status=status, headers=error.headers)


async def _on_invalid(request: Request, error: RequestValidationError) -> Response:
    note_why(request.scope, kind=_INVALID)
    return _invalid(
        [
            FieldProblem(field=path_of(each["loc"]), problem=says_of(each))
            if each["type"] != "json_invalid"
            else FieldProblem(field="/", problem=_broken_at(str(error.body), int(each["loc"][1])))
            for each in error.errors()
        ]
    )


def _invalid(errors: Sequence[FieldProblem]) -> Response:
    body = problem_body(
        kind=_INVALID,
        status=422,
        detail="Some fields cannot be accepted as they are.",
        errors=errors,
    )
    return problem_response(body, status=422)


def path_of(location: Sequence[int | str]) -> str:
    """Return where a value is: ``/members/0/born`` in the body, ``query/limit``, ``path/household``,
    ``header/Idempotency-Key`` elsewhere.

    A name that is not plain may be anything a person typed, and is not repeated.
    """
    parts = [str(part) if isinstance(part, int) or _PLAIN_NAME.fullmatch(part) else "?" for part in location]
    return "/" + "/".join(parts[1:]) if parts and parts[0] == "body" else "/".join(parts)


def _unparsable(cause: BaseException | None) -> str:
    match cause:
        case RecursionError():
            return f"{_NOT_JSON}: it is nested too deeply"
        case UnicodeDecodeError():
            return f"{_NOT_JSON}: it is not UTF-8"
        case ValueError():
            return f"{_NOT_JSON}: a number in it is too long"
        case _:
            return _NOT_JSON


def _broken_at(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"{_NOT_JSON}: it breaks off at line {line}, column {column}"


def says_of(error: Mapping[str, Any]) -> str:
    """Return what the value must be, in words for whoever sent it; never the value."""
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    return _SAYS.get(error["type"], "is not valid").format_map(error.get("ctx", {}))
