"""The committed description of the API is the one the code gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from gateway_builders import Gateway
from openapi_spec_validator import validate

from bulkhead.runtime.documents import openapi_of

COMMITTED = Path(__file__).parents[2] / "openapi.json"


def test_openapi_json_is_what_the_code_does() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi_of(Gateway().service), "run `make contracts`"


def test_openapi_json_is_valid() -> None:
    validate(json.loads(openapi_of(Gateway().service)))


def test_no_route_takes_a_date_so_that_no_number_can_be_one() -> None:
    document = json.loads(openapi_of(Gateway().service))
    schemas = document["components"]["schemas"]
    # Of every service: its instants are written out (`bulkhead.web.dates`).
    every = ("maintenance", "audit")
    others = {path: each for path, each in document["paths"].items() if not any(map(path.count, every))}
    for path, operations in others.items():
        for operation in operations.values():
            taken = [*operation.get("parameters", ()), operation.get("requestBody", {})]
            assert not _dates_in(taken, schemas), path


def _dates_in(node: Any, schemas: dict[str, Any]) -> bool:
    match node:
        case list():
            return any(_dates_in(each, schemas) for each in cast("list[Any]", node))
        case {"$ref": str() as reference}:
            return _dates_in(schemas[reference.rpartition("/")[2]], schemas)
        case dict():
            held = cast("dict[str, Any]", node)
            return held.get("format") in ("date", "date-time") or _dates_in(list(held.values()), schemas)
        case _:
            return False
