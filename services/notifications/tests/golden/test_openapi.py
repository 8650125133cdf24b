"""The committed OpenAPI document is what the code does."""

from __future__ import annotations

import json
from pathlib import Path

from openapi_spec_validator import validate

from bulkhead.runtime.documents import openapi_of
from services.notifications.tests.unit.test_api import assembled


def test_the_committed_document_is_the_codes() -> None:
    committed = (Path(__file__).parents[2] / "openapi.json").read_text(encoding="utf-8")
    assert openapi_of(assembled()) == committed


def test_the_document_is_valid_openapi() -> None:
    validate(json.loads(openapi_of(assembled())))
