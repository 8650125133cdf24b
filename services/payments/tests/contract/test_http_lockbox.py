"""Lockbox files and suspense over HTTP (PAY-3, PAY-10)."""

from __future__ import annotations

from typing import Any

import pytest

from services.payments.tests.builders import Row
from services.payments.tests.contract.support import Api, nothing_happened, problem, rules


async def test_PAY_3_suspense_is_listed_and_assigned_once(api: Api) -> None:
    await api.world.heard_of("avery")
    api.world.drop(Row(account="nobody yet"), Row(reference="1002"))
    await api.world.settle_down()
    items = (await api.get("/v1/suspense-items")).json()["items"]
    assert sorted((item["account"] or "", item["amount_cents"], item["reason"]) for item in items) == [
        ("", 50_000, "unreadable"),
        ("june", 50_000, "unknown-account"),
    ]
    assert all((item["received_on"], item["held_since"]) == ("2015-12-03",) * 2 for item in items)
    unreadable = (await api.get("/v1/suspense-items?reason=unreadable")).json()["items"]
    assert [item["problems"] for item in unreadable] == [["account must be an account's id"]]
    path = f"/v1/suspense-items/{items[0]['item']}/assignments"
    answer = await api.post(path, {"household": "avery", "selection": "sel-1"})
    assert answer.status_code == 201
    assert (answer.json()["state"], answer.json()["household"]) == ("assigned", "avery")
    problem(await api.post(path, {"household": "june"}, key="key-2"), status=409, kind="already-decided")
    missing = await api.post("/v1/suspense-items/none/assignments", {"household": "june"}, key="key-3")
    problem(missing, status=404, kind="not-found")
    assert len((await api.get("/v1/suspense-items")).json()["items"]) == 1
    assert len((await api.get("/v1/suspense-items?state=assigned")).json()["items"]) == 1
    [payment] = (await api.get("/v1/households/avery/payments")).json()["items"]
    assert (payment["received_on"], payment["selection"]) == ("2015-12-03", "sel-1")


async def test_PAY_3_a_possible_double_is_dismissed_once_and_nothing_else_is(api: Api) -> None:
    await api.world.heard_of("june")
    for sequence in (1, 2):
        rows = (Row(), Row(account="", reference=str(sequence)))
        api.world.drop(*rows, name=f"{sequence}.csv", sequence=sequence)
        await api.world.settle_down()
    [double] = (await api.get("/v1/suspense-items?reason=possible-double")).json()["items"]
    path = f"/v1/suspense-items/{double['item']}/dismissals"
    problem(await api.post(path, {}, "member"), status=403, kind="forbidden")
    answer = await api.post(path, {})
    assert (answer.status_code, answer.json()["state"]) == (201, "dismissed")
    problem(await api.post(path, {}, key="key-2"), status=409, kind="already-decided")
    [other, _] = (await api.get("/v1/suspense-items")).json()["items"]
    refused = await api.post(f"/v1/suspense-items/{other['item']}/dismissals", {}, key="key-3")
    assert rules(problem(refused, status=422, kind="no-double")) == ["PAY-3"]
    dismissed = (await api.get("/v1/suspense-items?state=dismissed")).json()["items"]
    assert [item["item"] for item in dismissed] == [double["item"]]


ASSIGNMENTS = {
    "nobody": ({}, "/household"),
    "nobody known": ({"household": "jnue"}, "/household"),
    "both": ({"household": "june", "selection": "s", "invoice": "i"}, "/invoice"),
    "another date": ({"household": "june", "received_on": "2015-12-01"}, "/received_on"),
    "a date to come": ({"household": "june", "postmarked_on": "2015-12-04"}, "/postmarked_on"),
    "a card number": ({"household": "4111111111111111"}, "/household"),
    "for a card number": ({"household": "june", "invoice": "4111111111111111"}, "/invoice"),
    "an instant": ({"household": "june", "postmarked_on": 1448928000}, "/postmarked_on"),
}


@pytest.mark.parametrize("fault", ASSIGNMENTS)
async def test_PAY_3_an_assignment_that_cannot_be_is_refused_by_field(api: Api, fault: str) -> None:
    await api.world.heard_of("june")
    api.world.drop(Row(account=""))
    await api.world.settle_down()
    [item] = (await api.get("/v1/suspense-items")).json()["items"]
    body, field = ASSIGNMENTS[fault]
    answer = (await api.post(f"/v1/suspense-items/{item['item']}/assignments", body)).json()
    assert (answer["status"], [error["field"] for error in answer["errors"]]) == (422, [field])
    nothing_happened(api)


@pytest.mark.parametrize("key", ["first", "last"])
@pytest.mark.parametrize("day", [0, 1448928000, "1448928000", "20151203", "2015-12-03T00:00:00", True])
async def test_a_number_is_no_date(api: Api, key: str, day: Any) -> None:
    body = {"first": "2015-12-01", "last": "2015-12-02", key: day}
    answer = (await api.post("/v1/lockbox-days/absences", body)).json()
    assert (answer["status"], [error["field"] for error in answer["errors"]]) == (422, [f"/{key}"])


@pytest.mark.parametrize(
    "path",
    [
        "/v1/lockbox-files?deposit_date",
        "/v1/refund-parts?paid_on",
        "/v1/remittances?on",
        "/v1/remittances?business_date",
    ],
)
async def test_nor_is_it_one_in_a_query(api: Api, path: str) -> None:
    for day in ("0", "1448928000", "20151203"):
        assert (await api.get(f"{path}={day}")).status_code == 422
    assert (await api.get(f"{path}=2015-12-03")).status_code == 200


async def test_PAY_10_lockbox_files_and_what_was_refused_of_them_are_visible(api: Api) -> None:
    api.world.drop(Row(), Row(amount="0.00"), Row(instrument="gold"))
    api.world.lockbox.content["broken.csv"] = b"nothing of the kind"
    await api.world.settle_down()
    files = {each["name"]: each for each in (await api.get("/v1/lockbox-files")).json()["items"]}
    assert files["today.csv"]["state"] == "loaded"
    assert files["today.csv"]["refused_rows"] == [
        {"line": 4, "field": "amount", "rule": "PAY-3", "problem": "must be above 0.00"}
    ]
    assert files["today.csv"]["noted_rows"] == [
        {"line": 5, "field": "instrument", "rule": "PAY-1", "problem": "must be check or money-order"}
    ]
    assert (files["broken.csv"]["state"], files["broken.csv"]["refusal"]) == (
        "refused",
        "has fewer than the three lines that every file has",
    )
    only = (await api.get("/v1/lockbox-files?state=refused")).json()["items"]
    assert [each["name"] for each in only] == ["broken.csv"]


async def test_PAY_3_an_operator_says_once_what_became_of_refused_rows(api: Api) -> None:
    api.world.drop(Row(), Row(amount="0.00"))
    await api.world.settle_down()
    [file] = (await api.get("/v1/lockbox-files?waits=true")).json()["items"]
    path = f"/v1/lockbox-files/{file['file']}/decisions"
    answer = await api.post(path, {"became": "by-hand"}, key="d-1")
    assert answer.status_code == 201
    now = "2015-12-03T10:00:00-05:00"
    assert answer.json() == {
        **file,
        "waits": False,
        "became": "by-hand",
        "decided_at": now,
        "decided_by": "someone",
    }
    problem(await api.post(path, {"became": "by-hand"}, key="d-2"), status=409, kind="nothing-waits")
    refused = await api.post(path, {"became": "by-hand"}, "member", household="june")
    problem(refused, status=403, kind="forbidden")
    assert (await api.get("/v1/lockbox-files?waits=true")).json()["items"] == []


async def test_PAY_10_absences_are_declared_for_days_that_are_over(api: Api) -> None:
    answer = await api.post("/v1/lockbox-days/absences", {"first": "2015-11-27", "last": "2015-12-02"})
    assert answer.status_code == 201
    assert answer.json() == {
        "absent": ["2015-11-27", "2015-11-30", "2015-12-01", "2015-12-02"],
        "loaded": [],
    }
    early = await api.post(
        "/v1/lockbox-days/absences", {"first": "2015-12-02", "last": "2015-12-03"}, key="key-2"
    )
    body = problem(early, status=422, kind="day-not-over")
    assert (rules(body), body["errors"][0]["field"]) == (["PAY-10"], "/last")
