"""The committed description of the API is the one the code gives."""

from __future__ import annotations

import json
from pathlib import Path

from gateway_builders import Gateway
from openapi_spec_validator import validate

from bulkhead.runtime.documents import openapi_of

COMMITTED = Path(__file__).parents[2] / "openapi.json"


def test_openapi_json_is_what_the_code_does() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi_of(Gateway().service), "run `make contracts`"


def test_openapi_json_is_valid() -> None:
    validate(json.loads(openapi_of(Gateway().service)))
