"""Enrollment's API: restoring coverage, and the months of a policy."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from typing import Any

import pytest

from services.enrollment.tests.contract.http import JUNE, Api, fields, kind, rules

HOUSEHOLD = "/v1/households/free"
SELECTIONS = f"{HOUSEHOLD}/selections"
TERMINATIONS = f"{HOUSEHOLD}/terminations"
REINSTATEMENTS = f"{HOUSEHOLD}/reinstatements"
SILVER = {"plans": ["SILVER"], "via": "web"}
MIXED_UP = {"reason": "mixed up with June Example, 123-45-6789"}


@pytest.fixture
async def api() -> Api:
    """Somebody whose premium is 0 is covered; her coverage was ended within March."""
    api = await Api().with_june()
    await api.post("/v1/households", {**JUNE, "household": "free", "aptc_cents": 100000})
    assert (await api.post(SELECTIONS, SILVER)).json()["binder_required"] is False
    answer = await api.post(TERMINATIONS, {"on": "2016-03-15", "reason": "requested"})
    assert answer.status_code == 201
    return api.at(date(2016, 3, 1))


async def test_INV_13_an_operator_restores_coverage_with_a_reason(api: Api) -> None:
    answer = await api.post(REINSTATEMENTS, {**MIXED_UP, "plans": ["SILVER"]})
    assert answer.status_code == 201
    (policy,) = answer.json()["policies"]
    assert (policy["lifecycle"], policy["through"], policy["end_reason"]) == ("active", None, None)
    assert policy["reasons"][-1]["rule"] == "INV-13"
    journal = (await api.get("/v1/events?household=free")).json()["items"]
    assert journal[-1]["type"] == "PolicyReinstated"
    assert journal[-1]["data"]["reason"] == "error"


async def test_INV_13_the_reason_is_kept_for_operators_and_is_nowhere_else() -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        api = await Api().with_june()
        await api.post("/v1/households", {**JUNE, "household": "free", "aptc_cents": 100000})
        await api.post(SELECTIONS, SILVER)
        await api.post(TERMINATIONS, {"on": "2016-03-15", "reason": "requested"})
        answer = await api.post(REINSTATEMENTS, MIXED_UP)
        refused = await api.post(REINSTATEMENTS, MIXED_UP)
    journal = await api.get("/v1/events?household=free")
    policies = await api.get(f"{HOUSEHOLD}/policies")
    for text in (answer.text, refused.text, journal.text, policies.text, out.getvalue(), err.getvalue()):
        assert "mixed up" not in text
    listed = (await api.get(REINSTATEMENTS)).json()["items"]
    assert [(each["reason"], each["number"]) for each in listed] == [(MIXED_UP["reason"], 2)]
    assert listed[0]["made_by"]
    assert listed[0]["policies"] == [answer.json()["policies"][0]["policy"]]


@pytest.mark.parametrize("role", ["member", "assister", "carrier", "service"])
async def test_INV_13_nobody_but_operators_restores_or_sees_why(api: Api, role: Any) -> None:
    answer = await api.post(REINSTATEMENTS, MIXED_UP, role=role, household="free")
    assert (answer.status_code, kind(answer)) == (403, "forbidden")
    assert (await api.get(REINSTATEMENTS, role, "free")).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/reason"),
        ({"reason": ""}, "/reason"),
        ({"reason": "   "}, "/reason"),
        ({"reason": "two\nlines"}, "/reason"),
        ({**MIXED_UP, "plans": []}, "/plans"),
        ({**MIXED_UP, "by": "ada"}, "/by"),
    ],
)
async def test_a_mistake_in_a_restoration_is_named_by_its_field(
    api: Api, body: dict[str, Any], field: str
) -> None:
    answer = await api.post(REINSTATEMENTS, body)
    assert (answer.status_code, fields(answer)) == (422, [field])


async def test_INV_13_a_refusal_says_why_and_what_stands_in_the_way(api: Api) -> None:
    nothing = await api.post("/v1/households/june/reinstatements", MIXED_UP)
    assert (nothing.status_code, kind(nothing)) == (422, "nothing-to-restore")
    await api.post(
        "/v1/households/june/selections", {**SILVER, "event": {"kind": "move", "on": "2016-03-01"}}
    )
    await api.post("/v1/households/june/terminations", {"on": "2016-03-01", "reason": "requested"})
    never = await api.post("/v1/households/june/reinstatements", MIXED_UP)
    assert (never.status_code, kind(never), rules(never)) == (422, "never-began", ["INV-12", "INV-13"])
    event = {"kind": "move", "on": "2016-03-01"}
    await api.post(SELECTIONS, {**SILVER, "plans": ["GOLD"], "event": event})
    blocked = await api.post(REINSTATEMENTS, MIXED_UP)
    assert (blocked.status_code, kind(blocked), rules(blocked)) == (422, "restoration-blocked", ["ENR-13"])
    assert (await api.post("/v1/households/nobody/reinstatements", MIXED_UP)).status_code == 404


async def test_PAY_2_a_restoration_repeated_gives_the_first_answer(api: Api) -> None:
    first = await api.post(REINSTATEMENTS, MIXED_UP, key="once")
    again = await api.post(REINSTATEMENTS, MIXED_UP, key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert (await api.post(REINSTATEMENTS, MIXED_UP, key="")).status_code == 400


async def test_INV_18_each_month_is_shown_with_the_days_that_are_covered(api: Api) -> None:
    await api.post(
        "/v1/households/june/selections", {**SILVER, "event": {"kind": "birth", "on": "2016-02-20"}}
    )
    (policy,) = (await api.get("/v1/households/june/policies")).json()["items"]
    path = f"/v1/households/june/policies/{policy['policy']}/months"
    for role, household in (("member", "june"), ("assister", "june"), ("operator", None)):
        months = (await api.get(path, role, household)).json()["items"]  # pyright: ignore[reportArgumentType]
        assert [each["month"] for each in months] == [f"2016-{month:02}" for month in range(2, 13)]
        assert months[0] == {
            "month": "2016-02",
            "members": ["june-1", "june-2"],
            "gross_cents": 33276,  # 965.00 * 10/29 = 332.758.., made of
            "aptc_cents": 10345,  # 300.00 * 10/29 = 103.448.. and
            "subsidy_cents": 0,
            "net_cents": 22931,  # 665.00 * 10/29 = 229.310..
            "days_covered": 10,
            "days_in_month": 29,
        }
        assert months[1] == {
            "month": "2016-03",
            "members": ["june-1", "june-2"],
            "gross_cents": 96500,
            "aptc_cents": 30000,
            "subsidy_cents": 0,
            "net_cents": 66500,
            "days_covered": 31,
            "days_in_month": 31,
        }


async def test_INV_18_an_end_within_a_month_shortens_its_last_month(api: Api) -> None:
    (policy,) = (await api.get(f"{HOUSEHOLD}/policies")).json()["items"]
    path = f"{HOUSEHOLD}/policies/{policy['policy']}/months"
    months = (await api.get(path)).json()["items"]
    assert [(each["month"], each["days_covered"]) for each in months] == [
        ("2016-01", 31),
        ("2016-02", 29),
        ("2016-03", 15),
    ]
    await api.post(REINSTATEMENTS, MIXED_UP)
    assert len((await api.get(path)).json()["items"]) == 12


async def test_months_are_those_of_the_household_s_own_policy(api: Api) -> None:
    (policy,) = (await api.get(f"{HOUSEHOLD}/policies")).json()["items"]
    other = await api.get(f"/v1/households/june/policies/{policy['policy']}/months")
    assert (other.status_code, kind(other)) == (404, "not-found")
    path = f"{HOUSEHOLD}/policies/{policy['policy']}/months"
    assert (await api.get(path, "member", "june")).status_code == 404
    assert (await api.get(path, "carrier")).status_code == 403


async def test_ENR_3_a_start_is_asked_for_with_the_event(api: Api) -> None:
    event = {"kind": "birth", "on": "2016-02-20", "starts": "next-month"}
    answer = await api.post("/v1/households/june/selections", {**SILVER, "event": event})
    assert (answer.status_code, answer.json()["effective"]) == (201, "2016-04-01")
    refused = await api.post(
        "/v1/households/june/selections",
        {"plans": ["TEETH"], "via": "web", "event": {**event, "kind": "move", "starts": "event-date"}},
    )
    assert (refused.status_code, kind(refused), fields(refused)) == (
        422,
        "start-not-offered",
        ["/event/starts"],
    )
    assert rules(refused) == ["ENR-3"]
    wrong = await api.post(
        "/v1/households/june/selections", {**SILVER, "event": {**event, "starts": "whenever"}}
    )
    assert (wrong.status_code, fields(wrong)) == (422, ["/event/starts"])


async def test_I9_what_is_undecided_too_long_is_shown_to_operators(api: Api) -> None:
    await api.post(
        "/v1/households/june/selections", {**SILVER, "event": {"kind": "move", "on": "2016-03-01"}}
    )
    items = (await api.at(date(2016, 5, 1)).get("/v1/overdue")).json()["items"]
    assert [(each["kind"], each["household"], each["deadline"]) for each in items] == [
        ("selection-undecided", "june", "2016-04-30")
    ]
