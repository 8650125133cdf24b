"""Returns over HTTP (PAY-5)."""

from __future__ import annotations

from typing import Any

import pytest

from payments.domain.events import PaymentReturned
from services.payments.tests.contract.support import CASH, Api, problem, rules

NSF = {"amount_cents": 50_000, "kind": "nsf", "on": "2015-12-03", "reference": "R01-77"}


async def paid(api: Api) -> str:
    """Pay in cash today and return the path of the payment's returns."""
    answer = await api.pay(CASH)
    payment = answer.json()
    NSF["on"] = payment["received_on"]
    return f"/v1/payments/{payment['payment']}/returns"


async def test_PAY_5_an_operator_records_a_return_once_per_key(api: Api) -> None:
    path = await paid(api)
    answer = await api.post(path, NSF, key="r-1")
    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["returned_on"]) == ("returned", NSF["on"])
    again = await api.post(path, NSF, key="r-1")
    assert (again.status_code, again.content) == (201, answer.content)
    problem(
        await api.post(path, {**NSF, "kind": "other"}, key="r-1"), status=422, kind="idempotency-key-reused"
    )
    refused = problem(await api.post(path, NSF, key="r-2"), status=409, kind="already-returned")
    assert rules(refused) == ["PAY-5"]
    assert len(api.world.said(PaymentReturned)) == 1
    [payment] = (await api.get("/v1/households/june/payments")).json()["items"]
    assert payment["status"] == "returned"
    books = (await api.get("/v1/books")).json()
    assert (books["balanced"], books["returned_cents"], books["not_applied_cents"]) == (True, 50_000, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_cents": 49_999}, "/amount_cents"),
        ({"amount_cents": "much"}, "/amount_cents"),
        ({"kind": "bounced"}, "/kind"),
        ({"on": "2999-01-01"}, "/on"),
        ({"on": "2000-01-01"}, "/on"),
        ({"on": "yesterday"}, "/on"),
        ({"reference": ""}, "/reference"),
        ({"reference": "a b"}, "/reference"),
        ({"more": 1}, "/more"),
    ],
)
async def test_PAY_5_what_cannot_be_a_return_is_refused_by_field(
    api: Api, change: dict[str, Any], field: str
) -> None:
    path = await paid(api)
    answer = await api.post(path, {**NSF, **change}, key="r-1")
    assert answer.status_code == 422
    assert field in answer.text
    assert api.world.said(PaymentReturned) == []


async def test_PAY_5_a_reference_is_told_in_words_what_it_must_be(api: Api) -> None:
    answer = await api.post(await paid(api), {**NSF, "reference": "a b"}, key="r-1")
    assert "must be letters, digits, . / and -" in answer.text
    assert "a-z" not in answer.text


async def test_PAY_5_nobody_else_records_a_return_and_no_unknown_payment_is_returned(api: Api) -> None:
    path = await paid(api)
    problem(await api.post(path, NSF, "member", key="r-1"), status=403, kind="forbidden")
    unknown = await api.post("/v1/payments/no-such/returns", NSF, key="r-2")
    problem(unknown, status=404, kind="not-found")
    problem(await api.post(path, NSF, key=None), status=400, kind="idempotency-key-needed")
    assert api.world.said(PaymentReturned) == []
