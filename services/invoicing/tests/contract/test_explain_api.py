"""Why a household owes what it does, is in grace, is on a list: rules, values in force, arithmetic, sentences."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.invoicing.tests.builders import months_of
from services.invoicing.tests.contract.http import ISSUER, Desk


@pytest.fixture
async def desk() -> Desk:
    """June paid 500.00 for January and 200.00 more; it is December 4."""
    return await Desk().open()


async def told(desk: Desk, path: str, **who: str) -> Any:
    answer = await desk.get(f"/v1/households/h/{path}", household="h", **who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_INV_16_a_balance_is_lines_that_add_up_to_it_to_the_cent(desk: Desk) -> None:
    await desk.to(date(2016, 1, 6))  # February is billed on January 5, less the credit of 200.00
    answer = await told(desk, "balance/explain")
    assert [
        (each["kind"], each["cents"], each["balance_cents"], each["rule"]) for each in answer["lines"]
    ] == [
        ("charged", 50000, 50000, "INV-1"),
        ("received", -70000, -20000, "INV-5"),
        ("charged", 50000, 30000, "INV-2"),
    ]
    assert answer["balance_cents"] == sum(each["cents"] for each in answer["lines"]) == 30000
    assert (answer["owed_cents"], answer["held_cents"], answer["to_pay_cents"]) == (50000, 20000, 30000)
    assert [(each["month"], each["owed_cents"], each["on_time_until"]) for each in answer["owed_for"]] == [
        ("2016-02", 50000, "2016-01-31")
    ]
    assert answer["says"] == (
        "The household owes $500.00. $200.00 is here and waits for the rest, so $300.00 is still to be paid."
    )
    assert [each["says"] for each in answer["lines"]] == [
        "Premium of January 2016 for SILVER: $500.00.",
        "Payment received on December 3, 2015 from a bank account: $700.00.",
        "Premium of February 2016 for SILVER: $500.00.",
    ]


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("es", "No se debe nada, y $200.00 son crédito para la próxima prima."),
        ("fr", "Rien n’est dû, et 200,00 $US sont un crédit pour la prochaine prime."),
    ],
)
async def test_an_answer_is_in_the_language_that_is_asked_for(desk: Desk, language: str, says: str) -> None:
    assert (await told(desk, f"balance/explain?language={language}"))["says"].replace("\xa0", " ") == says


async def test_lines_are_bounded_and_what_is_before_them_is_brought_forward(desk: Desk) -> None:
    await desk.to(date(2016, 1, 6))
    answer = await told(desk, "balance/explain?limit=1")
    assert [(each["kind"], each["on"], each["cents"]) for each in answer["lines"]] == [
        ("brought-forward", None, -20000),
        ("charged", "2016-01-05", 50000),
    ]
    assert answer["balance_cents"] == 30000
    assert answer["lines"][0]["says"] == "What came before comes to $200.00 in the household's favor."
    wrong = await desk.get("/v1/households/h/balance/explain?limit=501", household="h")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "query/limit")


async def test_INV_4_a_change_is_a_line_with_what_changed_it(desk: Desk) -> None:
    await desk.to(date(2016, 1, 6))
    cheaper = months_of(45000, first=date(2016, 2, 1), last=date(2016, 12, 31), assistance=5000)
    await desk.book.change("h", cheaper)
    (line,) = [each for each in (await told(desk, "balance/explain"))["lines"] if each["kind"] == "adjusted"]
    assert (line["cents"], line["reason"], line["rule"], line["month"]) == (
        -5000,
        "assistance",
        "ENR-8",
        "2016-02",
    )
    assert line["says"] == "The premium of February 2016 for SILVER became $50.00 less."


async def test_INV_2_a_charge_is_explained_by_its_invoice_and_the_values_in_force(desk: Desk) -> None:
    await desk.to(date(2016, 1, 6))
    answer = await told(desk, "policies/h-silver/months/2016-02/explain")
    assert (answer["cents"], answer["owed_cents"], answer["due"]) == (50000, 50000, "2016-01-26")
    (ground,) = answer["because"]
    assert ground["rule"] == "INV-2"
    assert [(each["parameter"], each["value"]) for each in ground["in_force"]] == [
        ("run_day", 5),
        ("due_day", 26),
    ]
    assert "VHC §3" in ground["in_force"][0]["citation"]
    assert answer["says"] == "February 2016 in SILVER costs $500.00, of which $500.00 is owed."
    paid = await told(desk, "policies/h-silver/months/2016-01/explain")
    assert [(each["kind"], each["cents"]) for each in paid["lines"]] == [
        ("charged", 50000),
        ("settled", -50000),
    ]
    assert (paid["state"], paid["owed_cents"], paid["because"][0]["rule"]) == ("settled", 0, "INV-1")
    for path in ("policies/h-silver/months/2016-09/explain", "policies/other/months/2016-02/explain"):
        assert (await desk.get(f"/v1/households/h/{path}", household="h")).status_code == 404


async def test_INV_8_grace_is_explained_by_why_so_long_and_what_ends_it(desk: Desk) -> None:
    assert (await told(desk, "grace/explain"))["state"] == "none"
    await desk.to(date(2016, 2, 6))
    answer = await told(desk, "grace/explain")
    assert (answer["state"], answer["month"], answer["of"], answer["last_day"]) == (
        "open",
        1,
        1,
        "2016-02-29",
    )
    entered, ends = answer["because"]
    assert (entered["rule"], entered["facts"]["assisted"]) == ("INV-8", "false")
    assert {each["parameter"]: each["value"] for each in entered["in_force"]} == {
        "grace_months_assisted": 3,
        "grace_months_unassisted": 1,
        "grace_assistance": "aptc-or-subsidy",
    }
    assert (ends["rule"], ends["recorded"]) == ("INV-9", None)
    assert answer["to_pay_cents"] == 80000  # February and March, less the 200.00 that are held
    assert sum(each["owed_cents"] for each in answer["owed_for"]) == 100000
    assert "paying $800.00 ends it" in answer["says"]
    await desk.book.pay("h", 80000)
    left = await told(desk, "grace/explain?month=2016-02")
    assert (left["state"], left["ended_on"], left["to_pay_cents"]) == ("exited", "2016-02-06", 0)
    assert [each["rule"] for each in left["because"]] == ["INV-8", "INV-9"]
    assert (await told(desk, "grace/explain?month=2016-05"))["state"] == "none"


async def test_CAR_3_a_row_of_a_list_is_explained_and_so_is_none(desk: Desk) -> None:
    await desk.to(date(2016, 2, 6))
    answer = await told(desk, "delinquency-lists/2016-02-01/explain")
    assert (answer["outcome"], [each["past_due_cents"] for each in answer["rows"]]) == ("entered", [30000])
    assert [each["rule"] for each in answer["because"]] == ["INV-8", "CAR-3"]
    assert answer["because"][1]["facts"]["months"] == "2016-02"
    assert answer["says"].endswith("$300.00 was past due, to be paid by February 29, 2016.")
    none = await told(desk, "delinquency-lists/2016-01-01/explain")
    assert (none["outcome"], none["rows"], [each["rule"] for each in none["because"]]) == (
        None,
        [],
        ["INV-7"],
    )
    assert none["says"] == "Nothing is decided of the household for a list of January 1, 2016."


async def test_the_timeline_has_what_became_of_the_account_in_its_own_order(desk: Desk) -> None:
    await desk.to(date(2016, 3, 2))
    whole = (await told(desk, "timeline"))["items"]
    assert [
        (each["what"], each["on"], each["because"][0]["rule"], each["amount_cents"]) for each in whole
    ] == [
        ("charged", "2015-12-03", "INV-1", 50000),
        ("received", "2015-12-03", "INV-5", 70000),
        ("binder-satisfied", "2015-12-03", "ENR-5", 50000),
        ("settled", "2015-12-03", "INV-5", 50000),
        ("invoiced", "2015-12-04", "INV-1", 50000),
        ("charged", "2016-01-05", "INV-2", 50000),
        ("invoiced", "2016-01-05", "INV-2", 30000),
        ("grace-entered", "2016-02-01", "INV-8", 30000),
        ("listed", "2016-02-01", "CAR-3", 30000),
        ("charged", "2016-02-05", "INV-2", 50000),
        ("invoiced", "2016-02-05", "INV-2", 80000),
        ("listed", "2016-03-01", "CAR-3", 80000),
        ("grace-expired", "2016-03-01", "INV-11", None),
        ("adjusted", "2016-03-01", "INV-11", -50000),
    ]
    paged, cursor = [], ""
    while cursor is not None:
        page = await told(desk, f"timeline?limit=1{cursor and '&cursor=' + cursor}")
        paged += page["items"]
        cursor = page["next_cursor"]
    assert paged == whole


async def test_INV_13_a_refusal_is_explained_as_long_as_its_answer_is_kept(desk: Desk) -> None:
    asked = await desk.client.post(
        "/v1/households/h/reinstatement-requests",
        json={},
        headers=ISSUER.headers("member", household="h", key="k1"),
    )
    assert asked.status_code == 422
    (refusal,) = (await told(desk, "refusals/explain?language=fr"))["items"]
    assert (refusal["kind"], [each["rule"] for each in refusal["because"]]) == (
        "nothing-to-reinstate",
        ["INV-13"],
    )
    assert {each["parameter"] for each in refusal["because"][0]["in_force"]} >= {"reinstatement_ask_days"}


PATHS = (
    "balance/explain",
    "policies/h-silver/months/2016-01/explain",
    "grace/explain",
    "delinquency-lists/2016-02-01/explain",
    "refusals/explain",
    "timeline",
)


@pytest.mark.parametrize("path", PATHS)
async def test_members_see_their_own_operators_all_and_carriers_none(desk: Desk, path: str) -> None:
    where = f"/v1/households/h/{path}"
    assert (await desk.get(where, household="h")).status_code == 200
    assert (await desk.as_operator(where)).status_code == 200
    assert (await desk.get(where, household="other")).status_code == 404
    carrier = await desk.client.get(where, headers=ISSUER.headers("carrier", carrier="MVP"))
    assert carrier.status_code == 403
    assert (await desk.client.get(where)).status_code == 401


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("grace/explain?month=2016-13", "query/month"),
        ("policies/h-silver/months/May/explain", "path/month"),
        ("delinquency-lists/first/explain", "path/on"),
        ("balance/explain?language=de", "query/language"),
        ("timeline?cursor=WyJhIl0", "query/cursor"),
    ],
)
async def test_what_cannot_be_asked_is_a_problem(desk: Desk, asked: str, field: str) -> None:
    wrong = await desk.get(f"/v1/households/h/{asked}", household="h")
    assert (wrong.status_code, [each["field"] for each in wrong.json()["errors"]]) == (422, [field])
