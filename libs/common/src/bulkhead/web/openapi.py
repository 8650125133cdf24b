"""The OpenAPI document: what the code does, written the same way every time."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Not done; the problem says why.", "content": {"application/problem+json": {}}},
    "503": {
        "description": "Not done; something is away. Try again.",
        "content": {"application/problem+json": {}},
    },
}

_STRING = {"type": "string"}
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457), which fields, and by which rules.",
    "required": ["type", "title", "status", "detail", "errors", "reasons"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _STRING,
        "status": {"type": "integer"},
        "detail": _STRING,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": _STRING, "problem": _STRING},
            },
        },
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["rule", "says", "citation", "facts"],
                "properties": {
                    "rule": _STRING,
                    "says": _STRING,
                    "citation": _STRING,
                    "facts": {"type": "object", "additionalProperties": _STRING},
                },
            },
        },
    },
}
_PROBLEM_REFERENCE = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an app; it is made once."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
        for path in document["paths"].values():
            for method, operation in path.items():
                _finish(operation, method=method)
        app.openapi_schema = document
    return app.openapi_schema


def rendered(app: FastAPI) -> str:
    """Return the document as the text that is committed: the same for the same API."""
    return json.dumps(describe(app), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _finish(operation: dict[str, Any], *, method: str) -> None:
    for status, response in operation["responses"].items():
        if status in {"4XX", "503"}:
            response["content"] = _PROBLEM_REFERENCE
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        if parameter["name"].lower() == "idempotency-key":
            parameter["name"] = "Idempotency-Key"
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 200}
    if method != "post":
        operation["parameters"] = [each for each in parameters if each["name"] != "Idempotency-Key"]
    if not operation.get("parameters"):
        operation.pop("parameters", None)
