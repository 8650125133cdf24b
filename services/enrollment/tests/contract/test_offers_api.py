"""The plans a household can select, with what each would cost it, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from enrollment.adapters.hub.sandbox import Told
from enrollment.application.ask_hub import HubPoller
from services.enrollment.tests.builders import PARAMETERS
from services.enrollment.tests.contract.http import PLAN, Api, fields, kind, rules

PLANS = "/v1/households/june/plans"
JANUARY = f"{PLANS}?effective=2016-01-01"


@pytest.fixture
async def api() -> Api:
    return await Api().with_june()


@pytest.mark.parametrize("role", ["member", "assister", "operator"])
async def test_ENR_8_a_household_sees_what_each_plan_would_cost_it(api: Api, role: Any) -> None:
    answer = await api.get(f"{JANUARY}&kind=medical&limit=1", role, "june")
    assert answer.status_code == 200
    (gold,) = answer.json()["items"]
    (why,) = gold.pop("reasons")
    assert gold == {
        "plan": "GOLD",
        "carrier": "BCBSVT",
        "kind": "medical",
        "name": None,
        "metal": None,
        "variant": None,
        "effective": "2016-01-01",
        "rated_by": "tier",
        "rating_area": None,
        "rates": [],
        "gross_cents": 96500,
        "aptc_cents": 30000,
        "subsidy_cents": 0,
        "net_cents": 66500,
        "billed_by_carrier": None,
    }
    assert (why["rule"], why["facts"]["net_cents"]) == ("ENR-8", "66500")
    rest = await api.get(f"{JANUARY}&kind=medical&cursor={answer.json()['next_cursor']}", role, "june")
    assert [each["plan"] for each in rest.json()["items"]] == ["SILVER"]
    assert rest.json()["next_cursor"] is None


async def test_ENR_8_what_is_shown_is_what_a_selection_says(api: Api) -> None:
    (teeth,) = (await api.get(f"{JANUARY}&kind=dental", "member", "june")).json()["items"]
    tried = await api.post(
        "/v1/households/june/selections?dry_run=true", {"plans": ["TEETH"], "via": "web"}, "member", "june"
    )
    (policy,) = tried.json()["outcome"]["policies"]
    amounts = ("gross_cents", "aptc_cents", "subsidy_cents", "net_cents", "effective")
    assert {each: teeth[each] for each in amounts} == {each: policy[each] for each in amounts}


async def test_ENR_10_the_hubs_word_on_cost_sharing_names_the_variant_of_each_plan() -> None:
    api = Api()
    variants = {"metal": "silver", "variants": ["06", "05", "04", "01"]}
    await api.with_june()
    assert (await api.put("/v1/plans/SILVER", {**PLAN, **variants})).status_code == 200
    api.hub.store.keep(Told(household="june", csr_variant="05"))
    assert await HubPoller(api.database.units_of_work, hub=api.hub, parameters=PARAMETERS).turn(
        api.clock.now()
    )
    shown = (await api.get(JANUARY, "member", "june")).json()["items"]
    assert [(each["plan"], each["metal"], each["variant"]) for each in shown] == [
        ("GOLD", None, None),
        ("SILVER", "silver", "05"),
        ("TEETH", None, None),
    ]


async def test_the_first_day_is_needed_and_is_a_day(api: Api) -> None:
    for path, field in (
        (PLANS, "query/effective"),
        (f"{PLANS}?effective=2016-13-01", "query/effective"),
        (f"{JANUARY}&kind=vision", "query/kind"),
    ):
        answer = await api.get(path)
        assert (answer.status_code, fields(answer)) == (422, [field])


async def test_only_the_household_itself_and_staff_look(api: Api) -> None:
    assert (await api.get(JANUARY, "member", "kim")).status_code == 404
    assert (await api.get(JANUARY, "carrier")).status_code == 403
    assert (await api.get("/v1/households/nobody/plans?effective=2016-01-01")).status_code == 404


async def test_ENR_4_where_everybody_is_in_medicaid_there_is_nobody_to_cover(api: Api) -> None:
    stated = {"members": ["june-1", "june-2"], "from": "2016-01-01"}
    assert (await api.post("/v1/households/june/medicaid-determinations", stated)).status_code == 201
    answer = await api.get(JANUARY, "member", "june")
    assert (answer.status_code, kind(answer), rules(answer)) == (422, "nobody-to-cover", ["ENR-13"])
