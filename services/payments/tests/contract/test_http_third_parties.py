"""One sum for many households over HTTP (PAY-1, PAY-5)."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead.persistence.ports import UnitOfWork
from payments.application.return_third_party import locks_of_sum
from payments.entrypoints.api import third_parties
from services.payments.tests.contract.support import Api, nothing_happened, problem, rules

SUM: dict[str, Any] = {
    "payer": "Example Nation, Inc.",
    "payer_kind": "tribe",
    "means": "check",
    "number": "4711",
    "received_on": "2015-12-03",
    "total_cents": 620_50,
    "lines": [{"account": "june", "amount_cents": 500_00}, {"account": "sage", "amount_cents": 120_50}],
}
PATH = "/v1/third-party-payments"


async def test_PAY_1_a_sum_is_recorded_shown_and_sent_back_whole(api: Api) -> None:
    await api.world.heard_of("june")
    answer = await api.post(PATH, SUM)
    assert (answer.status_code, answer.json()["state"]) == (202, "stored")
    file = answer.json()["file"]
    assert (await api.post(PATH, SUM, key="key-2")).json()["file"] == file
    await api.world.settle_down()
    [whole] = (await api.get(PATH)).json()["items"]
    assert (whole["file"], whole["payer"], whole["amount_cents"], whole["line_count"]) == (
        file,
        "Example Nation, Inc.",
        620_50,
        2,
    )
    parts = (await api.get(f"{PATH}/{file}/parts")).json()
    assert [(each["household"], each["amount_cents"]) for each in parts["payments"]] == [("june", 500_00)]
    assert [(each["account"], each["state"]) for each in parts["suspense"]] == [("sage", "open")]
    back = {"kind": "nsf", "on": "2015-12-03", "reference": "R-77"}
    gone = await api.post(f"{PATH}/{file}/returns", back, key="key-3")
    assert (gone.status_code, gone.json()["returned_cents"]) == (201, 620_50)
    again = await api.post(f"{PATH}/{file}/returns", back, key="key-4")
    assert rules(problem(again, status=409, kind="sum-returned")) == ["PAY-5"]
    problem(await api.post(f"{PATH}/none/returns", back, key="key-5"), status=404, kind="not-found")
    problem(await api.get(f"{PATH}/none/parts"), status=404, kind="not-found")


async def test_PAY_5_a_sum_that_becomes_somebodys_at_this_moment_goes_back_as_it_is_asked_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.world.heard_of("june")
    file = (await api.post(PATH, SUM)).json()["file"]
    await api.world.settle_down()

    async def heard_of_meanwhile(uow: UnitOfWork, name: str) -> list[str]:
        found = await locks_of_sum(uow, name)
        await api.world.heard_of("sage")
        return found

    monkeypatch.setattr(third_parties, "locks_of_sum", heard_of_meanwhile)
    back = {"kind": "nsf", "on": "2015-12-03", "reference": "R-77"}
    answer = await api.post(f"{PATH}/{file}/returns", back, key="key-3")
    assert rules(problem(answer, status=409, kind="sum-moved")) == ["PAY-5"]
    parts = (await api.get(f"{PATH}/{file}/parts")).json()["payments"]
    assert [(each["household"], each["status"]) for each in parts] == [
        ("june", "received"),
        ("sage", "received"),
    ]
    gone = await api.post(f"{PATH}/{file}/returns", back, key="key-3")
    assert (gone.status_code, gone.json()["returned_cents"]) == (201, 620_50)


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "not the sum": ({"total_cents": 700_00}, "invalid-value", "/total_cents"),
    "no kind": ({"payer_kind": "friend"}, "invalid-request", "/payer_kind"),
    "a provider of care": ({"payer_kind": "provider"}, "invalid-value", "/payer_kind"),
    "no number": ({"means": "bank-entry", "number": "- 0"}, "invalid-value", "/number"),
    "no lines": ({"lines": []}, "invalid-request", "/lines"),
    "tomorrow": ({"received_on": "2015-12-04"}, "invalid-value", "/received_on"),
    "posted later": (
        {"postmarked_on": "2015-12-03", "received_on": "2015-12-02"},
        "invalid-value",
        "/postmarked_on",
    ),
}


@pytest.mark.parametrize("what", sorted(WRONG))
async def test_PAY_1_a_sum_that_is_not_right_is_refused_at_once(api: Api, what: str) -> None:
    fields, kind, field = WRONG[what]
    answer = await api.post(PATH, SUM | fields)
    found = problem(answer, status=422, kind=kind)
    assert [each["field"] for each in found["errors"]] == [field]
    nothing_happened(api)


async def test_PAY_3_the_same_entry_of_the_bank_is_known_again_as_a_file_says_it_or_a_request(
    api: Api,
) -> None:
    await api.world.heard_of("june", "sage")
    for number, spelled in enumerate(("WIRE 9", "0wire-9")):
        body = SUM | {"means": "bank-entry", "number": spelled}
        assert (await api.post(PATH, body, key=f"key-{number}")).status_code == 202
        await api.world.settle_down()
    assert [each["number"] for each in (await api.get(PATH)).json()["items"]] == ["WIRE 9"]
    refused = (await api.get("/v1/lockbox-files?state=refused")).json()["items"]
    assert [each["refusal"] for each in refused] == [
        "the same sum of the same payer is recorded by another file"
    ]


async def test_PAY_1_nobody_but_an_operator_records_a_sum(api: Api) -> None:
    problem(await api.post(PATH, SUM, "member"), status=403, kind="forbidden")
    nothing_happened(api)
