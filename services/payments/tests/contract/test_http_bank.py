"""The trust account at the bank over HTTP (PAY-13)."""

from __future__ import annotations

from typing import Any

from services.payments.tests.bank import Line, bai2
from services.payments.tests.contract.support import Api, problem, rules


async def dropped(api: Api, *lines: Line) -> dict[str, Any]:
    """Pay in cash, let the day pass, drop its statement, and return what is shown of the file."""
    await api.post(
        "/v1/households/june/payments", {"amount_cents": 8_000, "method": "cash"}, key="paid", role="operator"
    )
    await api.world.advance("2015-12-04T10:00")
    api.world.statements.content["S.bai"] = bai2(*lines, day="151203")
    await api.world.settle_down()
    [file] = (await api.get("/v1/bank-files")).json()["items"]
    return file


async def test_PAY_13_a_statement_its_entries_and_the_day_are_visible(api: Api) -> None:
    file = await dropped(api, Line(cents=8_000), Line(cents=-1_200))
    assert (file["state"], file["format"], file["statements"]) == ("loaded", "bai2", 1)
    assert (await api.get(f"/v1/bank-files/{file['file']}")).json() == file
    [statement] = (await api.get("/v1/bank-statements?day=2015-12-03")).json()["items"]
    assert (statement["account"], statement["closing_cents"], statement["entries"]) == ("6789", 6_800, 2)
    assert (await api.get(f"/v1/bank-statements/{statement['statement']}")).json() == statement
    [entry] = (await api.get("/v1/bank-entries?state=open")).json()["items"]
    assert (entry["amount_cents"], entry["direction"], entry["age_days"]) == (1_200, "debit", 1)
    [moved] = (await api.get("/v1/trust-movements?kind=counter")).json()["items"]
    assert (moved["state"], moved["amount_cents"]) == ("matched", 8_000)
    day = (await api.get("/v1/bank-days/2015-12-03")).json()
    assert (day["agrees"], day["closing_cents"], day["not_in_books_cents"]) == (True, 6_800, -1_200)
    problem(await api.get("/v1/bank-days/2015-12-04"), status=404, kind="not-found")
    problem(await api.get("/v1/bank-days/1999-01-01"), status=404, kind="not-found")
    problem(await api.get("/v1/bank-statements/nothing"), status=404, kind="not-found")


async def test_PAY_13_an_operator_notes_an_entry_once_and_takes_it_back(api: Api) -> None:
    await dropped(api, Line(cents=-1_200))
    [entry] = (await api.get("/v1/bank-entries?state=open")).json()["items"]
    body = {"because": "fee", "entries": [entry["entry"]]}
    answer = await api.post("/v1/bank-notes", body, key="n-1")
    assert answer.status_code == 201
    assert (await api.post("/v1/bank-notes", body, key="n-1")).content == answer.content
    refused = problem(await api.post("/v1/bank-notes", body, key="n-2"), status=409, kind="item-not-open")
    assert rules(refused) == ["PAY-13"]
    decision = answer.json()["correction"]
    assert (await api.get(f"/v1/bank-decisions/{decision}")).json() == answer.json()
    back = await api.post(f"/v1/bank-decisions/{decision}/reversals", {"because": "other"}, key="r-1")
    assert (back.status_code, back.json()["reverses"]) == (201, decision)
    assert len((await api.get("/v1/bank-entries?state=open")).json()["items"]) == 1
    assert len((await api.get("/v1/bank-decisions")).json()["items"]) == 2


async def test_PAY_13_sides_of_other_sums_are_no_match(api: Api) -> None:
    await dropped(api, Line(cents=7_900))
    [entry] = (await api.get("/v1/bank-entries?state=open")).json()["items"]
    [moved] = (await api.get("/v1/trust-movements?state=open")).json()["items"]
    body = {"because": "same-money", "entries": [entry["entry"]], "movements": [moved["movement"]]}
    refused = problem(await api.post("/v1/bank-matches", body, key="m-1"), status=422, kind="invalid-value")
    assert rules(refused) == ["PAY-13"]


async def test_PAY_13_a_file_that_was_loaded_is_taken_back_by_two_operators(api: Api) -> None:
    await dropped(api, Line(cents=-1_200))
    [file] = (await api.get("/v1/bank-files?state=loaded")).json()["items"]
    path = f"/v1/bank-files/{file['file']}/takings-back"
    asked = await api.post(path, {"because": "bank-error"}, key="t-1")
    assert (asked.status_code, asked.json()["state"], asked.json()["file"]) == (
        201,
        "requested",
        file["file"],
    )
    problem(await api.post(path, {"because": "other"}, key="t-2"), status=409, kind="correction-waits")
    problem(
        await api.post("/v1/bank-files/nothing/takings-back", {"because": "other"}, key="t-3"),
        status=404,
        kind="not-found",
    )
    decide = f"/v1/bank-decisions/{asked.json()['correction']}/decisions"
    same = await api.post(decide, {"decision": "approve"}, key="t-4")
    problem(same, status=409, kind="second-person-needed")
