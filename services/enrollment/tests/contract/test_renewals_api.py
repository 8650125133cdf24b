"""Renewals over HTTP: operators alone; what is wrong with a crosswalk is said entry by entry (ENR-14)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.decisions import Reason
from bulkhead.web.auth import Role
from enrollment.domain.policies import Policy, activate
from services.enrollment.tests.contract.http import UNNAMED, Api, fields, kind, rules

CROSSWALK = "/v1/renewals/2017/crosswalk"
RUNS = "/v1/renewals/2017/runs"
SAME: dict[str, Any] = {"entries": [{"plan": "SILVER", "next_plan": "SILVER", "because": "same-plan"}]}


@pytest.fixture
async def api() -> Api:
    """Return enrollment with june covered by SILVER in 2016, in October."""
    api = await Api().with_june()
    selected = await api.post("/v1/households/june/selections", {"plans": ["SILVER"], "via": "web"})
    assert selected.status_code == 201
    policy = api.database.rows(Policy)[0]
    async with api.database.units_of_work.begin(now=api.clock.now(), households=["june"]) as uow:
        reason = Reason(rule="ENR-5", says="paid")
        await uow.records(Policy).put([activate(policy, on=date(2015, 12, 3), reason=reason)])
    return api.at(date(2016, 10, 14))


async def walk(api: Api) -> None:
    walker, _hub = api.service.pollers(api.database.units_of_work)
    while await walker.turn(api.clock.now()):
        pass


async def test_ENR_14_a_crosswalk_is_imported_a_season_planned_and_made_and_reported(api: Api) -> None:
    taken = await api.put(CROSSWALK, SAME)
    assert taken.json() == {"plan_year": 2017, **SAME}
    assert (await api.get(CROSSWALK)).json() == taken.json()
    asked = await api.post(RUNS, {"act": "plan"})
    assert (asked.status_code, asked.json()["number"], asked.json()["state"]) == (202, 1, "running")
    await walk(api)
    (planned,) = (await api.get("/v1/renewals/2017/policies?state=planned")).json()["items"]
    assert {key: planned[key] for key in ("household", "plan", "state", "next_plan", "net_cents")} == {
        "household": "june",
        "plan": "SILVER",
        "state": "planned",
        "next_plan": "SILVER",
        "net_cents": 66500,
    }
    await api.post(RUNS, {"act": "run"})
    await walk(api)
    report = (await api.get("/v1/renewals/2017")).json()
    assert report["states"] == {
        "planned": 0,
        "renewed": 1,
        "unmapped": 0,
        "chosen": 0,
        "owed": 0,
        "reversed": 0,
    }
    assert [(each["act"], each["state"], each["policies"]) for each in report["runs"]] == [
        ("plan", "done", 1),
        ("run", "done", 1),
    ]
    policies = (await api.get("/v1/households/june/policies")).json()["items"]
    assert [(each["effective"], each["renews"]) for each in policies] == [
        ("2016-01-01", None),
        ("2017-01-01", policies[0]["policy"]),
    ]


async def test_ENR_14_a_wrong_entry_is_named_and_nothing_is_taken(api: Api) -> None:
    wrong = {"entries": [*SAME["entries"], {"plan": "GOLD", "next_plan": "TEETH", "because": "discontinued"}]}
    answer = await api.put(CROSSWALK, wrong)
    assert (answer.status_code, kind(answer), fields(answer), rules(answer)) == (
        422,
        "crosswalk-refused",
        ["/entries/1/next_plan"],
        ["ENR-14"],
    )
    assert (await api.get(CROSSWALK)).json()["entries"] == []


async def test_ENR_14_nothing_is_made_without_a_crosswalk_out_of_its_year_or_while_it_is_being_made(
    api: Api,
) -> None:
    refused = await api.post(RUNS, {"act": "run"})
    assert (refused.status_code, kind(refused), rules(refused)) == (422, "no-crosswalk", ["ENR-14"])
    await api.put(CROSSWALK, SAME)
    early = await api.post("/v1/renewals/2019/runs", {"act": "run"})
    assert (early.status_code, kind(early), rules(early)) == (422, "renewals-not-now", ["ENR-14"])
    assert (await api.post(RUNS, {"act": "run"})).status_code == 202
    again = await api.post(RUNS, {"act": "run"})
    assert (again.status_code, kind(again), rules(again)) == (409, "renewal-run-goes-on", ["ENR-14"])


@pytest.mark.parametrize("role", ["member", "assister", "carrier", "service"])
async def test_renewals_are_operators_alone(api: Api, role: Role) -> None:
    answers = [
        await api.put(CROSSWALK, SAME, role=role, household="june"),
        await api.get(CROSSWALK, role=role, household="june"),
        await api.post(RUNS, {"act": "run"}, role=role, household="june"),
        await api.get("/v1/renewals/2017", role=role, household="june"),
        await api.get("/v1/renewals/2017/policies", role=role, household="june"),
    ]
    assert [each.status_code for each in answers] == [403] * 5


async def test_a_plan_says_what_it_costs_in_a_year_and_each_year_once(api: Api) -> None:
    monthly = {"single": 54000, "couple": 108000, "parent": 104220, "family": 151740}
    plan = {
        "carrier": "BCBSVT",
        "kind": "medical",
        "monthly_cents": {"single": 50000, "couple": 100000, "parent": 96500, "family": 140500},
        "plan_year": None,
        "years": [{"plan_year": 2017, "monthly_cents": monthly}],
    }
    answer = await api.put("/v1/plans/SILVER", plan)
    assert answer.json() == {"plan": "SILVER", "rated_by": "tier", **plan, "ages": [], **UNNAMED}
    twice = await api.put("/v1/plans/SILVER", plan | {"years": plan["years"] * 2})
    assert (twice.status_code, fields(twice)) == (422, ["/years"])
