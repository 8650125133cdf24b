"""What anybody may try at each operation of the five APIs, as their documents list them: nothing comes of it."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest

from attack.operations import Operation, operations
from bulkhead.web.auth import Role
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.web import client_of
from stories.stages.memory import InMemory, issuer
from stories.tests.builders import story_of
from stories.vocabulary import SERVICES
from tests.architecture.test_pollers import PACK

OPERATIONS = operations()
NULS = {"NUL": "a\0b"}
CURSORS = {
    "in what a list might have given": base64.urlsafe_b64encode(b'["a\\u0000b"]').decode(),
    "in what a list of two might have given": base64.urlsafe_b64encode(b'["a\\u0000b","1"]').decode(),
    "half a character": base64.urlsafe_b64encode(b'["\\ud800"]').decode(),
}
BODIES = {
    "no JSON": b"{",
    "UTF-16": '{"a": "a"}'.encode("utf-16"),
}
KEPT_BY_NOBODY = {"NUL": b"\\u0000", "half a character": b"\\ud800"}
JSON = {"Content-Type": "application/json"}
HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}


class Doors:
    """The five services in memory, and clients for them."""

    def __init__(self, exchange: InMemory) -> None:
        self.exchange = exchange
        self.issuer: TestIssuer = issuer()
        self.clients = {name: client_of(each.app) for name, each in exchange.exchange.running.items()}

    async def ask(
        self,
        operation: Operation,
        *,
        role: Role | None = "operator",
        household: str = "june",
        **more: Any,
    ) -> httpx2.Response:
        """Ask for an operation about june, as somebody whose own household or client is another or that."""
        headers = dict(more.pop("headers", {}))
        if role is not None:
            headers |= self.issuer.headers(role, household=household, carrier="MVP", key="key-1")
        path = more.pop("path", operation.filled({"household": "june", "carrier": "BCBSVT"}))
        return await self.clients[operation.service].request(operation.method, path, headers=headers, **more)


@pytest.fixture
async def doors() -> AsyncIterator[Doors]:
    exchange = InMemory(PACK, story_of())
    await exchange.start()
    yield Doors(exchange)
    # Whatever was tried, nothing was done.
    assert [each for running in exchange.exchange.running.values() for each in running.database.events] == []


async def test_a_nul_in_a_parameter_or_a_cursor_of_a_read_is_refused(doors: Doors) -> None:
    taken: list[str] = []
    reads = [(each, name) for each in OPERATIONS if each.method == "GET" for name in each.queries()]
    assert len(reads) > 100
    for operation, name in reads:
        role: Any = (
            "operator" if "operator" in operation.roles or not operation.roles else min(operation.roles)
        )
        for what, value in (NULS | CURSORS if name == "cursor" else NULS).items():
            answer = await doors.ask(operation, role=role, params=operation.needed() | {name: value})
            if not 400 <= answer.status_code < 500:
                taken.append(f"{operation.name}, {name} {what}: {answer.status_code}")
    assert taken == []


async def test_who_may_not_ask_is_told_so_before_cursor_and_body_are_looked_at(doors: Doors) -> None:
    wrong: list[dict[str, Any]] = [
        {"params": {"cursor": "no cursor", "nothing": "x"}},
        {"content": b"{", "headers": JSON},
    ]
    told: list[str] = []
    for operation in OPERATIONS:
        for each in wrong if operation.roles else ():
            answer = await doors.ask(operation, role=None, **each)
            if answer.status_code != 401:
                told.append(f"{operation.name}: {answer.status_code} {answer.text}")
    assert told == []


async def test_a_body_that_nobody_can_keep_is_refused(doors: Doors) -> None:
    taken: list[str] = []
    for operation in OPERATIONS:
        if operation.example is None or "operator" not in operation.roles:
            continue
        for what, body in (BODIES | with_odd_texts(operation.example)).items():
            answer = await doors.ask(operation, content=body, headers=JSON)
            if not 400 <= answer.status_code < 500:
                taken.append(f"{operation.name}, {what}: {answer.status_code}")
    assert taken == []


def with_odd_texts(example: Mapping[str, Any]) -> dict[str, bytes]:
    """Return an example's body with each text in it, one after the other, made one that nobody can keep."""
    texts = [name for name, value in example.items() if isinstance(value, str)]
    return {
        f"{what} in {name}": json.dumps({**example, name: f"{example[name]}@"})
        .encode()
        .replace(b'@"', odd + b'"')
        for name in texts
        for what, odd in KEPT_BY_NOBODY.items()
    }


ABOUT_NO_HOUSEHOLD = {
    "enrollment GET /v1/carriers",
    "enrollment GET /v1/plans",
    "enrollment POST /v1/households",
    "payments GET /v1/autopay/consents/{consent}",
    "payments GET /v1/bank-accounts/consents/{consent}",
}
"""What assisters may ask that is about no household, and to register one that is new."""


def test_whatever_else_an_assister_may_ask_is_about_a_household_that_it_names() -> None:
    asked = {each.name for each in OPERATIONS if "assister" in each.roles and not each.names("household")}
    assert asked == ABOUT_NO_HOUSEHOLD


@pytest.mark.parametrize("role", ["member", "assister"])
async def test_of_another_household_and_of_one_that_did_not_name_them_there_is_nothing(
    role: Role, doors: Doors
) -> None:
    shown: list[str] = []
    asked = [each for each in OPERATIONS if role in each.roles and each.names("household")]
    assert len(asked) > 20
    for operation in asked:
        answer = await doors.ask(
            operation, role=role, household="mallory", json=operation.example, params=operation.needed()
        )
        if (answer.status_code, answer.json()["type"]) != (404, "urn:bulkhead:problem:not-found"):
            shown.append(f"{operation.name}: {answer.status_code} {answer.text}")
    assert shown == []


@pytest.mark.parametrize("service", SERVICES)
async def test_every_answer_tells_a_browser_what_it_may_do_with_it(service: str, doors: Doors) -> None:
    client, staff = doors.clients[service], doors.issuer.headers("operator")
    found = defaultdict[int, list[httpx2.Headers]](list)
    for path, headers in (
        ("/v1/parked", staff),
        ("/v1/parked", {}),
        ("/v1/parked?nothing=1", staff),
        ("/v1/nowhere", staff),
        ("/livez", {}),
        ("/docs", {}),
    ):
        answer = await client.get(path, headers=headers)
        found[answer.status_code].append(answer.headers)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert answer.headers.get("cache-control") == ("no-store" if path.startswith("/v1/") else None), path
    too_large = await client.post("/v1/parked/replays", content=b"x" * 1_100_000, headers=staff | JSON)
    assert (too_large.status_code, too_large.headers["x-content-type-options"]) == (413, "nosniff")
    assert set(found) == {200, 401, 404, 422}
