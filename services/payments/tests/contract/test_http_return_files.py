"""The bank's return files over HTTP (PAY-5)."""

from __future__ import annotations

from typing import Any

import pytest

from payments.domain.events import PaymentReturned
from services.payments.tests.contract.support import Api, problem, rules
from services.payments.tests.nacha import Entry, return_file

NOBODYS = "ZZZZZZZZZZZZZZZ"
BANK = {"amount_cents": 50_000, "method": "bank", "token": "tok_bank_ok"}


async def paid(api: Api) -> dict[str, Any]:
    """Pay from a bank account today and return the payment."""
    return (await api.pay(BANK)).json()


async def dropped(api: Api, *entries: Entry) -> dict[str, Any]:
    """Drop a file made today, and return what is shown of it."""
    api.world.returns.content["RETURNS.ach"] = return_file(*entries, created="151203")
    await api.world.settle_down()
    [file] = (await api.get("/v1/return-files")).json()["items"]
    return file


async def test_PAY_5_a_file_and_what_it_says_are_visible_and_its_payment_is_returned(api: Api) -> None:
    payment = await paid(api)
    assert len(payment["identification"]) == 15
    file = await dropped(api, Entry(identification=payment["identification"]))
    assert (file["state"], file["entries"], file["debit_cents"], file["origin"]) == (
        "loaded",
        1,
        50_000,
        "091000019",
    )
    assert (await api.get(f"/v1/return-files/{file['file']}")).json() == file
    [item] = (await api.get(f"/v1/return-items?file={file['file']}")).json()["items"]
    assert (item["code"], item["means"], item["state"]) == ("R01", "insufficient funds", "recorded")
    assert item["payment"] == payment["payment"]
    [again] = (await api.get("/v1/households/june/payments")).json()["items"]
    assert (again["status"], again["returned_on"]) == ("returned", "2015-12-03")
    assert (await api.get("/v1/return-items?state=open")).json()["items"] == []
    assert (await api.get("/v1/return-files?state=refused")).json()["items"] == []
    problem(await api.get("/v1/return-files/nothing"), status=404, kind="not-found")


async def test_PAY_5_a_refused_file_says_what_is_wrong_by_line_and_field(api: Api) -> None:
    api.world.returns.content["cut.ach"] = return_file(created="151203")[:94]
    await api.world.settle_down()
    [file] = (await api.get("/v1/return-files?state=refused")).json()["items"]
    assert file["problems"] == [
        {
            "line": 1,
            "field": "record type",
            "rule": "PAY-5",
            "problem": "the file ends without its control record, of type 9",
        }
    ]
    assert file["refusal"] == "line 1: record type the file ends without its control record, of type 9"


async def test_PAY_5_an_operator_assigns_an_item_once(api: Api) -> None:
    payment = await paid(api)
    await dropped(api, Entry(identification=NOBODYS))
    [item] = (await api.get("/v1/return-items?state=open&reason=unknown-payment")).json()["items"]
    path = f"/v1/return-items/{item['item']}/assignments"
    body = {"payment": payment["payment"]}
    answer = await api.post(path, body, key="a-1")
    assert answer.status_code == 201
    assert (answer.json()["state"], answer.json()["household"]) == ("assigned", "june")
    assert (await api.post(path, body, key="a-1")).content == answer.content
    refused = problem(await api.post(path, body, key="a-2"), status=409, kind="already-decided")
    assert rules(refused) == ["PAY-5"]
    assert len(api.world.said(PaymentReturned)) == 1


async def test_PAY_5_an_operator_dismisses_an_item_once(api: Api) -> None:
    payment = await paid(api)
    await dropped(api, Entry(identification=payment["identification"], code="C01", cents=0))
    [item] = (await api.get("/v1/return-items")).json()["items"]
    assert (item["reason"], item["means"]) == ("account-changed", "incorrect account number")
    wrong = await api.post(
        f"/v1/return-items/{item['item']}/assignments", {"payment": payment["payment"]}, key="a-1"
    )
    assert problem(wrong, status=422, kind="invalid-value")["errors"][0]["field"] == "path/item"
    path = f"/v1/return-items/{item['item']}/dismissals"
    assert (await api.post(path, {}, key="d-1")).json()["state"] == "dismissed"
    problem(await api.post(path, {}, key="d-2"), status=409, kind="already-decided")
    assert api.world.said(PaymentReturned) == []


@pytest.mark.parametrize("role", ["member", "assister"])
async def test_PAY_5_return_files_are_operators_business(api: Api, role: Any) -> None:
    for path in ("/v1/return-files", "/v1/return-files/x", "/v1/return-items"):
        problem(await api.get(path, role, household="june"), status=403, kind="forbidden")
    for path in ("assignments", "dismissals"):
        answer = await api.post(f"/v1/return-items/x/{path}", {"payment": "p"}, role, household="june")
        problem(answer, status=403, kind="forbidden")
