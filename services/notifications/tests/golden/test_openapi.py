"""The committed OpenAPI document is what the code does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from openapi_spec_validator import validate

from bulkhead.runtime.documents import openapi_of
from services.notifications.tests.unit.test_api import assembled


def test_the_committed_document_is_the_codes() -> None:
    committed = (Path(__file__).parents[2] / "openapi.json").read_text(encoding="utf-8")
    assert openapi_of(assembled()) == committed


def test_the_document_is_valid_openapi() -> None:
    validate(json.loads(openapi_of(assembled())))


def test_no_route_takes_a_date_so_that_no_number_can_be_one() -> None:
    document = json.loads(openapi_of(assembled()))
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
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
