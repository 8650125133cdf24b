"""The committed description of the API is the one the code gives."""

from __future__ import annotations

from pathlib import Path

from openapi_spec_validator import validate

from bulkhead.web.openapi import describe, rendered
from services.enrollment.tests.contract.http import Api

COMMITTED = Path(__file__).parents[2] / "openapi.json"


def test_openapi_json_is_what_the_code_does() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == rendered(Api().app), "run `make contracts`"


def test_openapi_json_is_valid() -> None:
    validate(describe(Api().app))
