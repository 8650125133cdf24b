"""The HTTP edge of the running services: who may, what is answered, and what comes twice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from e2e.support import begun, live, story
from stories.stages.live import Live
from stories.vocabulary import SERVICES

TRIAL = story("edge", "{at: 2015-12-03T10:00, do: select, household: june, plans: [SILVER]}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exchange() -> AsyncIterator[Live]:
    async with live(TRIAL) as running:
        player = await begun(TRIAL, running)
        await player.take(TRIAL.steps[0])
        yield running


pytestmark = pytest.mark.asyncio(loop_scope="module")


def client(exchange: Live, service: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=exchange.instance.urls[service], trust_env=False)


def bearer(exchange: Live, role: str, household: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {exchange.instance.token(roles=[role], household=household)}"}


PAYMENT = {"amount_cents": 100, "method": "card", "token": "tok_card_ok"}


async def test_without_a_token_nobody_is_told_anything_but_how_it_is(exchange: Live) -> None:
    for name, path in (
        ("enrollment", "/v1/households/june/policies"),
        ("invoicing", "/v1/households/june/balance"),
        ("payments", "/v1/households/june/payments"),
        ("carrier-gateway", "/v1/transmissions"),
        ("notifications", "/v1/households/june/notices"),
    ):
        async with client(exchange, name) as http:
            answer = await http.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
            assert answer.json()["status"] == 401
            assert (await http.get(path, headers={"Authorization": "Bearer nonsense"})).status_code == 401


async def test_another_households_things_are_not_there(exchange: Live) -> None:
    for name, path in (
        ("enrollment", "/v1/households/june/policies"),
        ("invoicing", "/v1/households/june/balance"),
        ("payments", "/v1/households/june/payments"),
        ("notifications", "/v1/households/june/notices"),
    ):
        async with client(exchange, name) as http:
            answer = await http.get(path, headers=bearer(exchange, "member", "may"))
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
            assert "june" not in answer.text.replace(path, "")
            assert (await http.get(path, headers=bearer(exchange, "member", "june"))).status_code == 200


async def test_a_member_may_not_do_what_is_an_operators(exchange: Live) -> None:
    async with client(exchange, "invoicing") as http:
        headers = bearer(exchange, "member", "june") | {"Idempotency-Key": "k-1"}
        answer = await http.post("/v1/households/june/refunds", json={"amount_cents": 1}, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


async def test_PAY_2_the_same_key_and_body_gives_the_first_answer_and_another_body_is_refused(exchange: Live) -> None:
    path = "/v1/households/may/payments"
    async with client(exchange, "payments") as http:
        headers = bearer(exchange, "member", "may")
        missing = await http.post(path, json=PAYMENT, headers=headers)
        assert missing.status_code == 400
        assert [each["rule"] for each in missing.json()["reasons"]] == ["PAY-2"]
        first = await http.post(path, json=PAYMENT, headers=headers | {"Idempotency-Key": "k-1"})
        again = await http.post(path, json=PAYMENT, headers=headers | {"Idempotency-Key": "k-1"})
        assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
        other = await http.post(path, json=PAYMENT | {"amount_cents": 101}, headers=headers | {"Idempotency-Key": "k-1"})
        assert (other.status_code, other.headers["content-type"]) == (422, "application/problem+json")
        assert other.json()["type"] == "urn:bulkhead:problem:idempotency-key-reused"
        assert [each["rule"] for each in other.json()["reasons"]] == ["PAY-2"]
        taken = (await http.get(path, headers=headers)).json()["items"]
        assert [each["amount_cents"] for each in taken] == [100]


async def test_what_is_wrong_with_a_request_is_told_field_by_field_without_repeating_it(exchange: Live) -> None:
    async with client(exchange, "enrollment") as http:
        body = {"members": [{"name": "Quagmire", "born": "not-a-day"}], "language": "en", "aptc_cents": "much", "subsidy_cents": 0}
        headers = bearer(exchange, "operator") | {"Idempotency-Key": "k-2"}
        answer = await http.post("/v1/households", json=body, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        fields = {each["field"] for each in answer.json()["errors"]}
        assert {"/members/0/born", "/aptc_cents"} <= fields
        assert "Quagmire" not in answer.text
        assert "not-a-day" not in answer.text


async def test_a_refusal_says_by_which_rule_and_which_dates_would_do(exchange: Live) -> None:
    async with client(exchange, "enrollment") as http:
        body = {"plans": ["SILVER"], "via": "paper", "received_on": "2015-10-31"}
        headers = bearer(exchange, "operator") | {"Idempotency-Key": "k-3"}
        answer = await http.post("/v1/households/may/selections", json=body, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert {"ENR-1", "ENR-3"} <= {each["rule"] for each in answer.json()["reasons"]}
        assert "2015-11-01" in answer.text


async def test_every_service_tells_that_it_lives_and_is_ready(exchange: Live) -> None:
    for name in SERVICES:
        async with client(exchange, name) as http:
            for path in ("/livez", "/readyz", "/startupz"):
                assert (await http.get(path)).status_code == 200
            assert (await http.get("/v1/nowhere")).headers["content-type"] == "application/problem+json"
