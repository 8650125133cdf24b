"""The bank's return files over HTTP (PAY-5)."""

from __future__ import annotations

import base64
import json
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
    assert (item["reason"], item["means"]) == ("not-drawn-from", "incorrect account number")
    wrong = await api.post(
        f"/v1/return-items/{item['item']}/assignments", {"payment": payment["payment"]}, key="a-1"
    )
    assert problem(wrong, status=422, kind="invalid-value")["errors"][0]["field"] == "path/item"
    path = f"/v1/return-items/{item['item']}/dismissals"
    why = {"note": "the processor has the corrected account"}
    card = await api.post(path, {"note": "it is 4111 1111 1111 1111"}, key="d-0")
    assert problem(card, status=422, kind="invalid-value")["errors"][0]["field"] == "/note"
    decided = (await api.post(path, why, key="d-1")).json()
    assert (decided["state"], decided["decided_by"], decided["note"]) == ("dismissed", "someone", why["note"])
    assert (await api.get("/v1/return-items")).json()["items"] == [decided]
    problem(await api.post(path, {}, key="d-2"), status=409, kind="already-decided")
    assert api.world.said(PaymentReturned) == []


async def test_PAY_5_an_operator_says_what_a_code_means_that_nobody_knows_and_why(api: Api) -> None:
    payment = await paid(api)
    await dropped(api, Entry(identification=payment["identification"], code="R99"))
    [item] = (await api.get("/v1/return-items?reason=unknown-code")).json()["items"]
    assert (item["means"], item["decided_at"], item["decided_by"], item["note"]) == (None, None, None, None)
    path = f"/v1/return-items/{item['item']}/assignments"
    body = {"payment": payment["payment"], "kind": "closed-account", "note": "so says the bank's letter"}
    for missing in ("kind", "note"):
        less = {name: value for name, value in body.items() if name != missing}
        wrong = await api.post(path, less, key=f"no-{missing}")
        assert problem(wrong, status=422, kind="invalid-value")["errors"][0]["field"] == f"/{missing}"
    decided = (await api.post(path, body, key="a-1")).json()
    assert (decided["state"], decided["decided_by"], decided["note"]) == ("assigned", "someone", body["note"])
    assert [each.kind for each in api.world.said(PaymentReturned)] == ["closed-account"]


async def test_PAY_3_an_operator_says_once_what_became_of_a_refused_file(api: Api) -> None:
    api.world.returns.content["cut.ach"] = return_file(created="151203")[:94]
    await api.world.settle_down()
    [file] = (await api.get("/v1/return-files?waits=true")).json()["items"]
    assert (file["waits"], file["became"], file["decided_at"]) == (True, None, None)
    path = f"/v1/return-files/{file['file']}/decisions"
    wrong = await api.post(path, {"became": "forgotten"}, key="d-0")
    assert problem(wrong, status=422, kind="invalid-request")["errors"][0]["field"] == "/became"
    answer = await api.post(path, {"became": "replaced"}, key="d-1")
    assert answer.status_code == 201
    now = "2015-12-03T10:00:00-05:00"
    decided = {"waits": False, "became": "replaced", "decided_at": now, "decided_by": "someone"}
    assert answer.json() == {**file, **decided}
    assert (await api.post(path, {"became": "replaced"}, key="d-1")).content == answer.content
    again = problem(await api.post(path, {"became": "replaced"}, key="d-2"), status=409, kind="nothing-waits")
    assert rules(again) == ["PAY-3"]
    problem(
        await api.post("/v1/return-files/none/decisions", {"became": "replaced"}, key="d-3"),
        status=404,
        kind="not-found",
    )
    assert (await api.get("/v1/return-files?waits=true")).json()["items"] == []
    assert len((await api.get("/v1/return-files?waits=false")).json()["items"]) == 1


async def test_files_are_listed_a_page_at_a_time_in_the_order_they_came(api: Api) -> None:
    for modifier in "ABC":  # at one instant
        api.world.returns.content[f"{modifier}.ach"] = return_file(created="151203", modifier=modifier)
    await api.world.settle_down()
    api.world.set("2015-12-04T09:00")
    api.world.returns.content["D.ach"] = return_file(created="151203", modifier="D")
    await api.world.settle_down()
    every = [each["file"] for each in (await api.get("/v1/return-files")).json()["items"]]
    assert every[:3] == sorted(every[:3])
    for limit in (1, 2, 3):
        found, cursor = list[str](), ""
        while True:
            page = (await api.get(f"/v1/return-files?limit={limit}&state=loaded{cursor}")).json()
            assert len(page["items"]) <= limit
            found += [each["file"] for each in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert found == every


@pytest.mark.parametrize("parts", [["a"], ["a", "b"], ["2015-12-03T10:00:00", "b"], ["a", "b", "c"]])
async def test_a_cursor_of_another_list_is_refused(api: Api, parts: list[str]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
    for path in ("/v1/return-files", "/v1/lockbox-files"):
        answer = await api.get(f"{path}?cursor={cursor}")
        assert problem(answer, status=422, kind="invalid-value")["errors"][0]["field"] == "query/cursor"


@pytest.mark.parametrize("role", ["member", "assister"])
async def test_PAY_5_return_files_are_operators_business(api: Api, role: Any) -> None:
    for path in ("/v1/return-files", "/v1/return-files/x", "/v1/return-items"):
        problem(await api.get(path, role, household="june"), status=403, kind="forbidden")
    answer = await api.post("/v1/return-files/x/decisions", {"became": "replaced"}, role, household="june")
    problem(answer, status=403, kind="forbidden")
    for path in ("assignments", "dismissals"):
        answer = await api.post(f"/v1/return-items/x/{path}", {"payment": "p"}, role, household="june")
        problem(answer, status=403, kind="forbidden")
