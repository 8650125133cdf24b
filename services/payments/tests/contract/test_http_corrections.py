"""Corrections over HTTP (OPS-5, PAY-11)."""

from __future__ import annotations

from typing import Any

import pytest

from payments.domain.corrections import Correction
from payments.domain.events import PaymentMoved
from payments.domain.payments import Payment
from services.payments.tests.contract.support import Api, problem, rules

NOTE = "the stub says seven"


async def paid(api: Api, cents: int = 50_000) -> str:
    """Pay in cash for june, with june and mia known; return the payment."""
    await api.world.heard_of("june", "mia")
    answer = await api.pay({"amount_cents": cents, "method": "cash"})
    return answer.json()["payment"]


def to_mia(cents: int = 50_000, **more: Any) -> dict[str, Any]:
    return {"because": "keying-error", "to": [{"household": "mia", "amount_cents": cents}], **more}


async def test_PAY_11_an_operator_moves_a_payment_once_per_key(api: Api) -> None:
    payment = await paid(api)
    path = f"/v1/payments/{payment}/moves"
    answer = await api.post(path, to_mia(note=NOTE), key="m-1", subject="ann")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["state"], body["takes_two"], body["asked_by"], body["note"]) == (
        "applied",
        False,
        "ann",
        NOTE,
    )
    again = await api.post(path, to_mia(note=NOTE), key="m-1", subject="ann")
    assert (again.status_code, again.content) == (201, answer.content)
    assert len(api.world.said(PaymentMoved)) == 1
    [left] = (await api.get("/v1/households/june/payments")).json()["items"]
    [there] = (await api.get("/v1/households/mia/payments")).json()["items"]
    assert (left["status"], left["moved_cents"]) == ("moved", 50_000)
    assert (there["payment"], there["moved_from"]) == (body["moves"][0]["arrives_as"], payment)
    assert there["correction"] == body["correction"]
    shown = await api.get(f"/v1/corrections/{body['correction']}")
    assert shown.json() == body
    listed = (await api.get("/v1/corrections?state=applied")).json()["items"]
    assert listed == [body]
    assert (await api.get("/v1/corrections?state=requested")).json()["items"] == []
    assert (await api.get("/v1/books")).json()["balanced"]


async def test_OPS_5_what_is_tried_says_what_it_would_do_also_above_the_limit_and_does_nothing(
    api: Api,
) -> None:
    payment = await paid(api, 60_000)
    path = f"/v1/payments/{payment}/moves?dry_run=true"
    tried = (await api.post(path, to_mia(60_000), key=None, subject="ann")).json()
    assert (tried["outcome"]["state"], tried["outcome"]["takes_two"]) == ("requested", True)
    assert [each["type"] for each in tried["events"]] == ["PaymentMoved", "PaymentReceived"]
    assert [each["household"] for each in tried["events"]] == ["june", "mia"]
    assert api.world.rows(Correction) == []
    assert [each.household for each in api.world.rows(Payment)] == ["june"]


async def test_OPS_5_above_the_limit_another_operator_approves(api: Api) -> None:
    payment = await paid(api, 60_000)
    asked = await api.post(f"/v1/payments/{payment}/moves", to_mia(60_000), key="m-1", subject="ann")
    assert asked.json()["state"] == "requested"
    path = f"/v1/corrections/{asked.json()['correction']}/decisions"
    approve = {"decision": "approve"}
    refused = problem(
        await api.post(path, approve, key="d-1", subject="ann"), status=409, kind="second-person-needed"
    )
    assert rules(refused) == ["OPS-5"]
    tried = (await api.post(f"{path}?dry_run=true", approve, key=None, subject="bea")).json()
    assert [each["type"] for each in tried["events"]] == ["PaymentMoved", "PaymentReceived"]
    assert api.world.said(PaymentMoved) == []
    approved = await api.post(path, approve, key="d-2", subject="bea")
    assert (approved.status_code, approved.json()["state"], approved.json()["decided_by"]) == (
        201,
        "applied",
        "bea",
    )
    problem(
        await api.post(path, {"decision": "decline"}, key="d-3", subject="bea"),
        status=409,
        kind="correction-not-open",
    )
    back = await api.post(
        f"/v1/corrections/{asked.json()['correction']}/reversals",
        {"because": "correction-in-error"},
        key="r-1",
        subject="bea",
    )
    assert (back.json()["state"], back.json()["reverses"]) == ("requested", asked.json()["correction"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"because": "mood"}, "/because"),
        ({"because": None}, "/because"),
        ({"to": []}, "/to"),
        ({"to": [{"household": "mia"}]}, "/to/0/amount_cents"),
        ({"to": [{"household": "mia", "amount_cents": 0}]}, "/to/0/amount_cents"),
        ({"to": [{"household": "mia", "amount_cents": 50_001}]}, "/to"),
        ({"to": [{"household": "nobody", "amount_cents": 1}]}, "/to/0/household"),
        ({"to": [{"household": "june", "amount_cents": 1}]}, "/to/0/household"),
        (
            {"to": [{"household": "mia", "amount_cents": 1, "selection": "a", "invoice": "b"}]},
            "/to/0/invoice",
        ),
        ({"note": "4111 1111 1111 1111"}, "/note"),
        ({"note": " "}, "/note"),
        ({"more": 1}, "/more"),
    ],
)
async def test_PAY_11_what_cannot_be_meant_is_refused_by_field(
    api: Api, change: dict[str, Any], field: str
) -> None:
    payment = await paid(api)
    answer = await api.post(f"/v1/payments/{payment}/moves", {**to_mia(), **change}, key="m-1")
    assert answer.status_code == 422
    assert field in answer.text
    assert api.world.said(PaymentMoved) == []


async def test_PAY_12_the_dates_of_a_payment_are_corrected_by_two_operators(api: Api) -> None:
    payment = await paid(api)
    path = f"/v1/payments/{payment}/dates"
    body = {"because": "keying-error", "received_on": "2015-11-30", "postmarked_on": "2015-11-28"}
    tried = (await api.post(f"{path}?dry_run=true", body, key=None, subject="ann")).json()
    assert (tried["outcome"]["state"], [each["type"] for each in tried["events"]]) == (
        "requested",
        ["PaymentRedated"],
    )
    asked = await api.post(path, body, key="d-1", subject="ann")
    assert (asked.status_code, asked.json()["takes_two"]) == (201, True), asked.text
    assert asked.json()["redates"]["received_on"] == "2015-11-30"
    decisions = f"/v1/corrections/{asked.json()['correction']}/decisions"
    approved = await api.post(decisions, {"decision": "approve"}, key="d-2", subject="bea")
    assert approved.json()["state"] == "applied"
    [shown] = (await api.get("/v1/households/june/payments")).json()["items"]
    assert (shown["received_on"], shown["postmarked_on"]) == ("2015-11-30", "2015-11-28")
    for change, field in (
        ({"received_on": None}, "/received_on"),
        ({"postmarked_on": "2015-12-01"}, "/postmarked_on"),
    ):
        answer = await api.post(path, {**body, **change}, key=f"x-{field}")
        assert (answer.status_code, field in answer.text) == (422, True)
    problem(await api.post(path, body, "member", key="m-1"), status=403, kind="forbidden")
    listed = (await api.get("/v1/corrections?kind=redate-payment")).json()["items"]
    assert [each["correction"] for each in listed] == [asked.json()["correction"]]


async def test_OPS_5_operators_alone_correct_and_look_at_corrections(api: Api) -> None:
    payment = await paid(api)
    path = f"/v1/payments/{payment}/moves"
    problem(await api.post(path, to_mia(), "member", key="m-1"), status=403, kind="forbidden")
    problem(await api.post("/v1/payments/none/moves", to_mia(), key="m-2"), status=404, kind="not-found")
    problem(await api.get("/v1/corrections", "member"), status=403, kind="forbidden")
    problem(await api.get("/v1/corrections/none"), status=404, kind="not-found")
    for what, body in (("decisions", {"decision": "approve"}), ("reversals", {"because": "other"})):
        answer = await api.post(f"/v1/corrections/none/{what}", body, key=f"x-{what}")
        problem(answer, status=404, kind="not-found")
    assert api.world.said(PaymentMoved) == []
