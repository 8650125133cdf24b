"""What became of a payment, asked with its Idempotency-Key by whoever got no answer (PAY-1, PAY-2)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from payments.adapters.processor.sandbox import DECLINED_TOKEN
from services.payments.tests.contract.support import CARD, CASH, Api, problem

OUTCOME = "/v1/households/june/payments/outcome"


async def ask(api: Api, key: str | None = "key-1", **who: str) -> httpx2.Response:
    headers = api.world.issuer.headers("operator", key=key, **who)
    return await api.client.get(OUTCOME, headers=headers)


async def outcome(api: Api) -> tuple[str, int | None, int | None]:
    body = (await ask(api)).json()
    return body["outcome"], body["amount_cents"], body["payment"] and body["payment"]["amount_cents"]


async def test_PAY_2_a_payment_is_not_received_then_taken(api: Api) -> None:
    assert await outcome(api) == ("not-received", None, None)
    taken = await api.pay(CARD)
    assert await outcome(api) == ("taken", 30_000, 30_000)
    assert (await ask(api)).json()["payment"] == taken.json()


async def test_PAY_2_cash_is_taken_and_no_processor_was_asked(api: Api) -> None:
    await api.pay(CASH)
    assert await outcome(api) == ("taken", None, 50_000)


async def test_PAY_1_nothing_was_taken_while_the_processor_was_away_until_it_is_sent_again(api: Api) -> None:
    api.world.processor.reachable = False
    problem(await api.pay(CARD), status=503, kind="processor-away")
    assert await outcome(api) == ("not-taken", 30_000, None)
    api.world.processor.reachable = True
    await api.pay(CARD)
    assert await outcome(api) == ("taken", 30_000, 30_000)


@pytest.mark.parametrize(
    ("token", "known"),
    [("tok_card_slow", ("taken", 30_000, 30_000)), ("tok_card_lost", ("not-taken", 30_000, None))],
)
async def test_PAY_1_what_is_not_known_yet_says_where_it_can_be_asked_and_is_known_by_and_by(
    api: Api, token: str, known: tuple[str, int, int | None]
) -> None:
    refused = problem(await api.pay({**CARD, "token": token}), status=503, kind="processor-away")
    assert [each["facts"] for each in refused["reasons"]] == [{"outcome": OUTCOME}]
    assert await outcome(api) == ("not-known-yet", 30_000, None)
    await api.world.settle_down()
    api.world.set("2015-12-03T10:20")
    await api.world.settle_down()
    assert await outcome(api) == known


@pytest.mark.parametrize(
    ("body", "known"),
    [
        ({**CARD, "token": DECLINED_TOKEN}, ("declined", 30_000, None)),
        ({**CASH, "amount_cents": 0}, ("refused", None, None)),
    ],
)
async def test_PAY_2_what_was_refused_stays_so(
    api: Api, body: dict[str, Any], known: tuple[str, int | None, None]
) -> None:
    assert 400 <= (await api.pay(body)).status_code < 500
    assert await outcome(api) == known


async def test_PAY_2_a_key_is_its_callers_own_and_needed(api: Api) -> None:
    await api.pay(CARD)
    assert (await ask(api, subject="kim")).json()["outcome"] == "not-received"
    stranger = api.world.issuer.headers("member", key="key-1", household="mia")
    assert (await api.client.get(OUTCOME, headers=stranger)).status_code == 404
    body = problem(await ask(api, key=None), status=422, kind="invalid-request")
    assert [each["field"] for each in body["errors"]] == ["header/Idempotency-Key"]
