"""Webhooks: read whole and bounded before anything in them is believed, and parsed only after that."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final, TypeVar

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from bulkhead.kernel.webhooks import ID_HEADER, SIGNATURE_HEADER, TIME_HEADER, Webhook, WebhookDoor
from bulkhead.web.readable import require_json

B = TypeVar("B", bound=BaseModel)

LARGEST_WEBHOOK_BYTES: Final = 64 * 1024


_HEADERS: Final = {
    ID_HEADER: "The sender's name for this event, the same when it is sent again. No full stop.",
    TIME_HEADER: "When it is sent, in seconds since 1970.",
    SIGNATURE_HEADER: "`v1,` and the base64 of HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`; several with"
    " blanks between them.",
}


def signed(body: type[BaseModel]) -> dict[str, Any]:
    """Return what the document has of a route whose body is believed by its signature: it is read only after that is
    checked.
    """
    return {
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": says,
                "schema": {"type": "string"},
            }
            for name, says in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body.model_json_schema()}},
        },
    }


async def believed_body(request: Request, door: WebhookDoor, *, now_seconds: float) -> bytes:
    """Return the bytes of the body of a webhook that is let in at a time, in seconds since 1970; raises `NotSigned`,
    and what `bounded_body` and `require_json` raise.
    """
    body = await bounded_body(request)
    webhook = Webhook(
        ids=request.headers.getlist(ID_HEADER),
        times=request.headers.getlist(TIME_HEADER),
        signatures=request.headers.getlist(SIGNATURE_HEADER),
        body=body,
    )
    door.require_signed(webhook, now_seconds=now_seconds)
    require_json(request)
    return body


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
