"""The committed OpenAPI document is what the code does."""

from __future__ import annotations

import json
from pathlib import Path

from openapi_spec_validator import validate

from bulkhead.runtime.documents import openapi_of
from services.payments.tests.builders import World

COMMITTED = Path(__file__).parents[2] / "openapi.json"


def test_the_committed_document_is_what_the_code_does() -> None:
    assert openapi_of(World().service) == COMMITTED.read_text(encoding="utf-8")


def test_the_document_is_valid() -> None:
    validate(json.loads(COMMITTED.read_text(encoding="utf-8")))
