"""The OpenAPI document: what the code does, written the same way every time."""

from __future__ import annotations

import json
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from bulkhead.service import Service
from bulkhead.web.auth import Role
from bulkhead.web.commands import is_trial, offers_dry_run, roles_let_in
from bulkhead.web.examples import CHASSIS, Examples
from bulkhead.web.idempotency import KEPT_FOR, KEY_HEADER
from bulkhead.web.problems import PROBLEM_TYPE
from bulkhead.web.refusals import Whose, kinds_of
from bulkhead.web.views import SaidView

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Not done; the problem says why.",
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""What is said of every route: FastAPI says nothing of errors then."""

ROLES = "x-roles"
"""What an operation has of who may ask for it."""

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
_BEARER = "HTTPBearer"
_BEARER_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A token of the exchange's issuer.",
}
_IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": KEY_HEADER,
    "in": "header",
    "required": True,
    "description": "Makes repeating the request harmless (PAY-2): the caller's own name for this one "
    "request, 1 to 200 visible characters, within the caller, the method and the path. The answer is "
    f"kept for {KEPT_FOR.days} days and comes again for the same body, a use case's refusal (4xx) too; "
    "another body is refused. A request of the wrong form keeps nothing. After a 5xx the same key tells: "
    "it is free, or gives the answer of what was done all the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an app; it is made once."""
    if app.openapi_schema is None:
        examples = Examples.read(CHASSIS, cast(Service, app.state.service).examples)
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        components = document.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
        components["securitySchemes"] = {_BEARER: _BEARER_SCHEME}
        components["examples"] = {}
        for route in app.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                for method in route.methods or ():
                    operation = document["paths"][route.path_format][method.lower()]
                    kinds = kinds_of(
                        operation, method=method.lower(), whose=_whose(route), trial=_is_trial(route)
                    )
                    _finish(operation, kinds, examples=examples)
                    components["examples"] |= _problem_examples(kinds, examples)
                    _say_who_may_ask(operation, route, method=method)
                    if any(offers_dry_run(each.call) for each in route.dependant.dependencies):
                        _offer_dry_run(operation)
                        components["schemas"]["SaidView"] = _said_schema()
        app.openapi_schema = document
    return app.openapi_schema


def _say_who_may_ask(operation: dict[str, Any], route: APIRoute, *, method: str) -> None:
    """Say which callers an operation answers, and by what it knows a request of theirs again."""
    roles = _roles(route)
    operation["security"] = [{_BEARER: []}] if roles else []
    if not roles:
        return
    operation[ROLES] = sorted(roles)
    if method == "POST" and not _is_trial(route):
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


def _is_trial(route: APIRoute) -> bool:
    return any(is_trial(each.call) for each in route.dependant.dependencies)


def _offer_dry_run(operation: dict[str, Any]) -> None:
    """Say how an operation answers that is asked what it would do."""
    done = next(each for status, each in operation["responses"].items() if status.startswith("2"))
    outcome = done["content"]["application/json"]
    example = {"example": {"outcome": outcome["example"], "events": []}} if "example" in outcome else {}
    operation["responses"]["200"] = {
        "description": "With `dry_run=true`: what it would do. Nothing was kept.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["outcome", "events"],
                    "properties": {
                        "outcome": outcome["schema"],
                        "events": {
                            "type": "array",
                            "description": "What would be told to the others, in order.",
                            "items": {"$ref": "#/components/schemas/SaidView"},
                        },
                    },
                },
                **example,
            }
        },
    }


def _said_schema() -> dict[str, Any]:
    schema = SaidView.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schema.pop("$defs")  # the journal has them, of every service
    return schema


def rendered(app: FastAPI) -> str:
    """Return the document as the text that is committed: the same for the same API."""
    return json.dumps(describe(app), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _roles(route: APIRoute) -> frozenset[Role]:
    found = [roles_let_in(each.call) for each in route.dependant.dependencies]
    return frozenset[Role]().union(*(each for each in found if each is not None))


def _whose(route: APIRoute) -> Whose:
    roles = _roles(route)
    if "member" in roles:
        return "members'"
    return "known callers'" if roles else "anybody's"


def _finish(operation: dict[str, Any], kinds: dict[int, dict[str, str]], *, examples: Examples) -> None:
    example = examples.operations.get(operation["operationId"])
    if example is not None and "requestBody" in operation:
        operation["requestBody"]["content"]["application/json"]["example"] = example.request
    for status, response in operation["responses"].items():
        if example is not None and status.startswith("2"):
            (content,) = response["content"].values()
            content["example"] = example.answer
    operation["responses"] |= {str(status): _problem_response(each) for status, each in kinds.items()}


def _problem_response(kinds: dict[str, str]) -> dict[str, Any]:
    return {
        "description": f"Not done: {', '.join(sorted(kinds))}.",
        "content": {
            PROBLEM_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {kind: {"$ref": f"#/components/examples/{kind}"} for kind in kinds},
            }
        },
    }


def _problem_examples(kinds: dict[int, dict[str, str]], examples: Examples) -> dict[str, Any]:
    return {
        kind: {"summary": says} | examples.problem(kind, status=status)
        for status, each in kinds.items()
        for kind, says in each.items()
    }
