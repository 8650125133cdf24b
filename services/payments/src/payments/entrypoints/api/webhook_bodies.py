"""Bodies of webhooks: read whole and bounded before anything in them is believed, and parsed only after that."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final, TypeVar

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

B = TypeVar("B", bound=BaseModel)

LARGEST_WEBHOOK_BYTES: Final = 64 * 1024


async def bounded_body(request: Request) -> bytes:
    """Return the bytes of a body; raises 413 before more of it is taken in than a webhook may have."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_WEBHOOK_BYTES:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"A webhook may have {LARGEST_WEBHOOK_BYTES} bytes at most.",
            )
    return bytes(body)


def json_of(body: bytes) -> Any:
    """Return what a body says; raises 400 where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from error


def body_as(content: Any, model: type[B]) -> B:
    """Return what a body says in its form; raises the refusal of any body that is not as it must be."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_input=False)]
        raise RequestValidationError(found) from error
