"""What a wrong request is told, at every service's door: which field, which rule; and nothing to strangers."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.e2e.conftest import Desk

pytestmark = [pytest.mark.live]

PERSON = {"name": "Pat Example", "born": "1980-03-02", "relation": "self"}
HOUSEHOLD = {"household": "edge", "members": [PERSON], "language": "en", "aptc_cents": 0, "subsidy_cents": 0}

# service, path, body, the field that is wrong, the rule that says so (empty: the form alone)
WRONG: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("enrollment", "/v1/households", {**HOUSEHOLD, "members": []}, "members", ""),
    ("enrollment", "/v1/households", {**HOUSEHOLD, "members": [{**PERSON, "born": "soon"}]}, "born", ""),
    ("enrollment", "/v1/households", {**HOUSEHOLD, "aptc_cents": -1}, "aptc_cents", ""),
    ("enrollment", "/v1/households/known/selections", {"plans": [], "via": "web"}, "plans", ""),
    ("enrollment", "/v1/households/known/selections", {"plans": ["SILVER"], "via": "owl"}, "via", ""),
    (
        "enrollment",
        "/v1/households/known/terminations",
        {"on": "2015-12-15", "reason": "magic"},
        "reason",
        "",
    ),
    ("invoicing", "/v1/households/known/refunds", {"amount_cents": 0}, "amount_cents", ""),
    ("invoicing", "/v1/households/known/refunds", {"amount_cents": 1}, "amount_cents", "INV-6"),
    (
        "payments",
        "/v1/households/known/payments",
        {"amount_cents": 0, "method": "card", "token": "t"},
        "amount_cents",
        "",
    ),
    ("payments", "/v1/households/known/payments", {"amount_cents": 1, "method": "shells"}, "method", ""),
    ("payments", "/v1/households/known/payments", {"amount_cents": 1, "method": "card"}, "token", "PAY-1"),
    (
        "payments",
        "/v1/lockbox-days/absences",
        {"first": "2099-01-01", "last": "2099-01-02"},
        "last",
        "PAY-10",
    ),
]


@pytest.mark.parametrize(("service", "path", "body", "field", "rule"), WRONG)
async def test_a_wrong_body_is_told_which_field_and_which_rule(
    desk: Desk, service: str, path: str, body: dict[str, Any], field: str, rule: str
) -> None:
    if (await desk.live.call("enrollment", "GET", "/v1/households/known")).status == 404:
        await desk.register("known")
    answer = await desk.post(service, path, body)
    assert 400 <= answer.status < 500, answer
    assert answer.body["type"].startswith("urn:bulkhead:problem:")
    assert any(field in each["field"] for each in answer.body["errors"]), answer.body
    assert rule in ("", *answer.rules)


async def test_ENR_3_a_selection_outside_the_window_is_told_what_would_do(desk: Desk) -> None:
    await desk.register("late")
    body = {"plans": ["SILVER"], "via": "paper", "received_on": "2015-10-31"}
    answer = await desk.post("enrollment", "/v1/households/late/selections", body)
    assert answer.status == 422
    assert "ENR-3" in answer.rules
    assert "2015-11-01" in str(answer.body["reasons"])


DOORS = [
    ("enrollment", "/v1/households/known"),
    ("enrollment", "/v1/households/known/policies"),
    ("invoicing", "/v1/households/known/invoices"),
    ("invoicing", "/v1/households/known/balance"),
    ("invoicing", "/v1/households/known/grace"),
    ("invoicing", "/v1/households/known/ledger"),
    ("payments", "/v1/households/known/payments"),
    ("notifications", "/v1/households/known/notices"),
]


@pytest.mark.parametrize(("service", "path"), DOORS)
async def test_another_households_token_gets_404_and_no_token_401(
    desk: Desk, service: str, path: str
) -> None:
    stranger = await desk.live.call(service, "GET", path, role="member", household="other")
    assert (stranger.status, stranger.body["type"]) == (404, "urn:bulkhead:problem:not-found")
    async with httpx2.AsyncClient(base_url=desk.instance.urls[service], trust_env=False) as nobody:
        refused = await nobody.get(path)
        forged = await nobody.get(path, headers={"Authorization": "Bearer e30.e30.e30"})
    assert (refused.status_code, forged.status_code) == (401, 401)
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "service", ["enrollment", "invoicing", "payments", "carrier-gateway", "notifications"]
)
async def test_each_service_is_alive_ready_and_documented(desk: Desk, service: str) -> None:
    async with httpx2.AsyncClient(base_url=desk.instance.urls[service], trust_env=False) as visitor:
        for door in ("/livez", "/readyz", "/startupz", "/docs", "/v1/openapi.json"):
            assert (await visitor.get(door)).status_code == 200, door


async def test_PAY_2_the_same_key_gives_the_first_answer_and_takes_the_money_once(desk: Desk) -> None:
    body = {"amount_cents": 1234, "method": "card", "token": "tok_card_ok"}
    path, key = "/v1/households/twice/payments", desk.key()

    async def ask(changed: dict[str, Any]) -> Any:
        return await desk.live.call(
            "payments", "POST", path, json={**body, **changed}, role="member", household="twice", key=key
        )

    first, again, other = await ask({}), await ask({}), await ask({"amount_cents": 9999})
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert (other.status, "PAY-2" in other.rules) == (422, True)
    await desk.live.quiet()
    assert (await desk.get("invoicing", "/v1/households/twice/balance"))["credit_cents"] == 1234
