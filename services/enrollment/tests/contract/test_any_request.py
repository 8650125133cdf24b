"""Whatever is asked of the API within its own description: it is done, or refused with a problem."""

from __future__ import annotations

import asyncio

import schemathesis
from hypothesis import HealthCheck, settings

from services.enrollment.tests.contract.http import Api

API = Api()
asyncio.run(API.with_june())
SCHEMA = schemathesis.openapi.from_asgi("/v1/openapi.json", API.app)
_keys = iter(range(1_000_000))


@SCHEMA.include(path_regex="^/v1/(plans|households)").parametrize()
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))  # pyright: ignore[reportArgumentType]
def test_any_request_is_done_or_refused_with_a_problem(case: schemathesis.Case) -> None:
    case.headers.update(API.issuer.headers("operator", key=f"key-{next(_keys)}"))
    answer = case.call()
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"]
