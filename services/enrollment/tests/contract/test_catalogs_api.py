"""A plan year's catalog over HTTP: taken as CMS publishes it, looked at before, and refused by line (ENR-17)."""

from __future__ import annotations

from typing import Any

import pytest

from enrollment.adapters.catalog_files import PLAN_COLUMNS, RATE_COLUMNS
from enrollment.domain.age_rates import AgeRates
from enrollment.domain.plans import Plan
from services.enrollment.tests.catalog_rows import (
    DENTAL,
    Row,
    all_ages,
    family_option,
    plan_row,
    text_of,
)
from services.enrollment.tests.contract.http import Api, fields, kind

IMPORTS = "/v1/catalogs/2015/imports"
SMILE, BRACES = "18076VT0020001", "18076VT0020002"
VERMONT = {"RatingAreaId": "Rating Area 1"}
PLANS = [plan_row(SMILE, **DENTAL), plan_row(BRACES, **DENTAL)]
RATES = [family_option(SMILE), *all_ages(BRACES, **VERMONT)]


def files(plans: list[Row], rates: list[Row], *, state: str = "VT") -> dict[str, Any]:
    """Return what is posted of these lines."""
    texts = text_of(plans, PLAN_COLUMNS).read(), text_of(rates, RATE_COLUMNS).read()
    return {"state": state, "plans": texts[0], "rates": texts[1]}


@pytest.fixture
def api() -> Api:
    return Api()


async def test_ENR_17_a_catalog_is_taken_and_says_what_was(api: Api) -> None:
    answer = await api.post(IMPORTS, files(PLANS, RATES))
    smile: dict[str, Any] = {
        "plan": SMILE,
        "carrier": "18076",
        "kind": "dental",
        "name": "Smile",
        "metal": "high",
        "variants": ["01"],
        "rated_by": "tier",
        "rating_areas": [],
    }
    braces = {**smile, "plan": BRACES, "rated_by": "age", "rating_areas": [1]}
    assert (answer.status_code, answer.json()) == (201, {"plan_year": 2015, "plans": [smile, braces]})
    listed = (await api.get("/v1/plans")).json()["items"]
    assert [(each["plan"], each["name"]) for each in listed] == [(SMILE, "Smile"), (BRACES, "Smile")]
    assert [each.plan for each in api.database.rows(AgeRates)] == [BRACES]


async def test_ENR_17_a_dry_run_says_what_would_be_taken_and_takes_nothing(api: Api) -> None:
    answer = await api.post(f"{IMPORTS}?dry_run=true", files(PLANS, RATES), key="")
    assert answer.status_code == 200
    assert [each["plan"] for each in answer.json()["outcome"]["plans"]] == [SMILE, BRACES]
    assert answer.json()["events"] == []
    assert api.database.rows(Plan) == api.database.rows(AgeRates) == []


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
async def test_ENR_17_every_line_that_cannot_be_meant_is_a_reason_and_nothing_is_taken(
    api: Api, query: str
) -> None:
    broken = [plan_row(SMILE, **(DENTAL | {"MetalLevel": "Tin"})), plan_row(BRACES, **DENTAL)]
    answer = await api.post(f"{IMPORTS}{query}", files(broken, RATES[:-1]))
    assert (answer.status_code, kind(answer), fields(answer)) == (422, "catalog-refused", ["/plans"])
    assert [each["facts"] for each in answer.json()["reasons"]] == [
        {"file": "plans", "line": "2", "column": "MetalLevel"},
        {"file": "rates", "line": "2", "column": "PlanId"},
        {"file": "rates", "line": "3", "column": "Age"},
    ]
    assert api.database.rows(Plan) == api.database.rows(AgeRates) == []


async def test_ENR_17_what_holds_no_plan_of_the_state_is_refused(api: Api) -> None:
    answer = await api.post(IMPORTS, files(PLANS, RATES, state="NY"))
    assert (answer.status_code, kind(answer)) == (422, "catalog-refused")
    answer = await api.post(IMPORTS, files(PLANS, RATES, state="vt"))
    assert (answer.status_code, kind(answer), fields(answer)) == (422, "invalid-request", ["/state"])


@pytest.mark.parametrize("role", ["member", "assister", "carrier", "service"])
async def test_ENR_17_only_operators_take_a_catalog(api: Api, role: Any) -> None:
    assert (await api.post(IMPORTS, files(PLANS, RATES), role=role)).status_code == 403
    assert api.database.rows(Plan) == []


async def test_PAY_2_the_same_import_again_gets_its_answer_again(api: Api) -> None:
    first = await api.post(IMPORTS, files(PLANS, RATES), key="once")
    again = await api.post(IMPORTS, files(PLANS, RATES), key="once")
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_ENR_17_a_mark_of_the_byte_order_is_no_part_of_a_file(api: Api) -> None:
    marked = {
        name: f"\ufeff{text}" if name in ("plans", "rates") else text
        for name, text in files(PLANS, RATES).items()
    }
    assert (await api.post(IMPORTS, marked)).status_code == 201
