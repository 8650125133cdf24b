"""What a change would do: the same code says it, and nothing of it stays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from enrollment.domain.households import Member
from enrollment.domain.policies import Policy
from services.enrollment.tests.contract.http import JUNE, Api, covered, kind

HOUSEHOLD = "/v1/households/june"
SELECTION: dict[str, Any] = {"plans": ["SILVER"], "via": "web"}
BABY: dict[str, Any] = {
    "person": {"name": "Bo Example", "born": "2016-06-10", "relation": "child"},
    "kind": "birth",
    "on": "2016-06-10",
}


@pytest.fixture
async def api() -> Api:
    """June and her child: nothing selected yet."""
    return await Api().with_june()


async def test_a_selection_is_tried_as_often_as_one_likes_and_then_made(api: Api) -> None:
    tried = [await api.post(f"{HOUSEHOLD}/selections?dry_run=true", SELECTION, key="") for _ in range(2)]
    assert [each.status_code for each in tried] == [200, 200]
    assert api.database.rows(Policy) == []
    assert (await api.get(f"{HOUSEHOLD}/policies")).json()["items"] == []
    made = await api.post(f"{HOUSEHOLD}/selections", SELECTION)
    assert made.status_code == 201
    without_ids = [_without_ids(each) for each in (tried[0].json()["outcome"], made.json())]
    assert without_ids[0] == without_ids[1]
    assert [each["type"] for each in tried[0].json()["events"]] == ["PlansSelected"]
    assert tried[0].json()["events"][0]["data"]["household"] == "june"


def _without_ids(selection: dict[str, Any]) -> dict[str, Any]:
    policies = [{**each, "policy": "", "selection": ""} for each in selection["policies"]]
    return {**selection, "selection": "", "policies": policies}


async def test_ENR_13_a_change_is_tried_and_nothing_of_it_stays(api: Api) -> None:
    await api.post(f"{HOUSEHOLD}/selections", SELECTION)
    api.at(date(2016, 6, 20))
    said, members = len(api.database.emitted), len(api.database.rows(Member))
    versions = api.database.rows(Policy)
    for path, body in (
        ("members", BABY),
        ("assistance-changes", {"from": "2016-07-01", "aptc_cents": 0, "subsidy_cents": 0}),
        ("terminations", {"on": "2015-12-31", "reason": "requested"}),
    ):
        tried = await api.post(f"{HOUSEHOLD}/{path}?dry_run=true", body, key="")
        assert (path, tried.status_code) == (path, 200), tried.json()
        assert tried.json()["events"] != []
    assert (len(api.database.emitted), len(api.database.rows(Member))) == (said, members)
    assert api.database.rows(Policy) == versions


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (
            "plan-changes",
            {"plans": ["GOLD"], "via": "web", "event": {"kind": "move", "on": "2016-06-07"}},
            ["PolicyTerminated", "PlansSelected", "PolicyActivated"],
        ),
        ("medicaid-determinations", {"from": "2016-07-01"}, ["MedicaidBegun", "PolicyTerminated"]),
        (
            "medicaid-determinations",
            {"members": ["june-2"], "from": "2016-07-01"},
            ["MedicaidBegun", "PolicyChanged"],
        ),
    ],
)
async def test_ENR_4_and_ENR_13_what_takes_the_place_of_a_plan_is_tried_and_then_done(
    path: str, body: dict[str, Any], told: list[str]
) -> None:
    api = await covered()
    before, people = api.database.rows(Policy), api.database.rows(Member)
    tried = await api.post(f"{HOUSEHOLD}/{path}?dry_run=true", body, key="")
    assert tried.status_code == 200, tried.text
    assert (api.database.rows(Policy), api.database.rows(Member)) == (before, people)
    assert [each["type"] for each in tried.json()["events"]] == told
    made = await api.post(f"{HOUSEHOLD}/{path}", body)
    assert made.status_code == 201, made.text
    assert made.json()["reasons"] == tried.json()["outcome"]["reasons"]
    assert [type(each.event).__name__ for each in api.database.emitted[-len(told) :]] == told


async def test_ENR_4_the_end_of_medicaid_is_tried_and_nothing_of_it_stays() -> None:
    api = await covered()
    await api.post(f"{HOUSEHOLD}/medicaid-determinations", {"from": "2016-07-01"})
    people = api.database.rows(Member)
    ending = {"through": "2016-09-30"}
    tried = await api.post(f"{HOUSEHOLD}/medicaid-endings?dry_run=true", ending, key="")
    assert (tried.status_code, api.database.rows(Member)) == (200, people)
    assert [each["type"] for each in tried.json()["events"]] == ["MedicaidEnded"]
    made = await api.post(f"{HOUSEHOLD}/medicaid-endings", ending)
    assert made.json() == tried.json()["outcome"]


async def test_what_would_be_refused_is_refused_and_may_be_asked_again(api: Api) -> None:
    api.at(date(2016, 6, 20))
    for body in ({"plans": ["NONE"], "via": "web"}, SELECTION):
        tried = await api.post(f"{HOUSEHOLD}/selections?dry_run=true", body, key="")
        made = await api.post(f"{HOUSEHOLD}/selections", body)
        assert (tried.status_code, tried.json()) == (made.status_code, made.json())


async def test_who_may_not_do_it_may_not_try_it(api: Api) -> None:
    assistance = {"from": "2016-03-01", "aptc_cents": 10000, "subsidy_cents": 0}
    path = f"{HOUSEHOLD}/assistance-changes?dry_run=true"
    assert (await api.post(path, assistance, "member", "june", key="")).status_code == 403
    answer = await api.post(f"{HOUSEHOLD}/selections?dry_run=true", SELECTION, "member", "other", key="")
    assert answer.status_code == 404
    paper = {"plans": ["SILVER"], "via": "paper", "received_on": "2015-11-20"}
    answer = await api.post(f"{HOUSEHOLD}/selections?dry_run=true", paper, "member", "june", key="")
    assert answer.status_code == 403


async def test_what_cannot_be_tried_is_not_done_either(api: Api) -> None:
    own = {**JUNE, "household": "kim", "members": JUNE["members"][:1]}
    answer = await api.post("/v1/households?dry_run=true", own)
    assert (answer.status_code, kind(answer)) == (422, "invalid-value")
    assert "query/dry_run" in answer.text
    assert (await api.get("/v1/households/kim")).status_code == 404
    answer = await api.post(f"{HOUSEHOLD}/selections?dry_run=perhaps", SELECTION, key="")
    assert answer.status_code == 422
    assert api.database.rows(Policy) == []
