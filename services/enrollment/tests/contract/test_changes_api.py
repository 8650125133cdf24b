"""Changes over HTTP: who may state what, what is answered, and that one request changes once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bulkhead.web.auth import Role
from services.enrollment.tests.contract.http import JUNE, Api, fields, kind, rules

HOUSEHOLD = "/v1/households/june"
ASSISTANCE: dict[str, Any] = {"from": "2016-03-01", "aptc_cents": 10000, "subsidy_cents": 0}
BABY: dict[str, Any] = {
    "person": {"name": "Bo Example", "born": "2016-06-10", "relation": "child"},
    "kind": "birth",
    "on": "2016-06-10",
}


@pytest.fixture
async def api() -> Api:
    """June and her child have selected a plan of 965.00, with 300.00 APTC; it is June 20."""
    api = await Api().with_june()
    assert (await api.post(f"{HOUSEHOLD}/selections", {"plans": ["SILVER"], "via": "web"})).status_code == 201
    return api.at(date(2016, 6, 20))


@pytest.mark.parametrize(
    ("role", "status"), [("member", 201), ("assister", 201), ("operator", 201), ("service", 403)]
)
async def test_ENR_13_a_household_and_who_helps_it_state_where_it_lives(
    api: Api, role: Role, status: int
) -> None:
    body = {"from": "2016-07-01", "address": "7 Elm Street\nBurlington VT 05401"}
    answer = await api.post(
        f"{HOUSEHOLD}/address-changes", body, role, "june" if role in ("member", "assister") else None
    )
    assert answer.status_code == status
    shown = (await api.get(HOUSEHOLD)).json()
    assert (shown["address"] == body["address"], shown["contact_version"]) == (
        status == 201,
        1 + (status == 201),
    )


async def test_ENR_13_days_gone_by_of_a_move_are_an_operators_to_state(api: Api) -> None:
    body = {"from": "2016-06-01", "address": "7 Elm Street, Burlington VT 05401"}
    refused = await api.post(f"{HOUSEHOLD}/address-changes", body, "member", "june")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:bulkhead:problem:cannot-move")
    assert (await api.post(f"{HOUSEHOLD}/address-changes", body, "operator")).status_code == 201


@pytest.mark.parametrize(
    ("role", "status"),
    [("member", 422), ("assister", 422), ("operator", 422), ("service", 403), ("carrier", 403)],
)
async def test_ENR_17_a_household_and_who_helps_it_state_tobacco_where_it_is_asked(
    api: Api, role: Role, status: int
) -> None:
    # Vermont lets no rate differ by it
    body = {"from": "2016-07-01", "uses_tobacco": True}
    path = f"{HOUSEHOLD}/members/june-1/tobacco-uses"
    answer = await api.post(path, body, role, "june" if role in ("member", "assister") else None)
    assert answer.status_code == status
    if status == 422:
        assert (kind(answer), fields(answer), rules(answer)) == (
            "tobacco-not-asked",
            ["/uses_tobacco"],
            ["ENR-17"],
        )
    assert [each["uses_tobacco"] for each in (await api.get(HOUSEHOLD)).json()["members"]] == [False, False]


async def test_ENR_17_an_application_says_nothing_of_tobacco_where_it_is_not_asked(api: Api) -> None:
    members = [JUNE["members"][0] | {"uses_tobacco": True}]
    refused = await api.post("/v1/households", {**JUNE, "household": "kim", "members": members})
    assert (kind(refused), fields(refused)) == ("tobacco-not-asked", ["/members/0/uses_tobacco"])
    members[0]["uses_tobacco"] = False
    assert (
        await api.post("/v1/households", {**JUNE, "household": "kim", "members": members})
    ).status_code == 201


async def test_ENR_8_a_household_never_states_its_own_assistance(api: Api) -> None:
    own = {**JUNE, "household": "kim", "members": JUNE["members"][:1]}
    for granted, field in (({}, "aptc_cents"), ({"aptc_cents": 0, "subsidy_cents": 1}, "subsidy_cents")):
        answer = await api.post("/v1/households", {**own, **granted}, "member", "kim")
        assert (answer.status_code, kind(answer)) == (403, "forbidden")
        assert (fields(answer), rules(answer)) == ([f"/{field}"], ["ENR-8"])
        assert answer.json()["detail"] == "is stated by operator or service only: leave it out"
    assert (await api.get("/v1/households/kim")).status_code == 404
    attested = {**own, "aptc_cents": 0, "subsidy_cents": 0}
    assert (await api.post("/v1/households", attested, "member", "kim")).status_code == 201
    for role in ("member", "assister"):
        answer = await api.post(f"{HOUSEHOLD}/assistance-changes", ASSISTANCE, role, "june")
        assert answer.status_code == 403
    assert (await api.get(HOUSEHOLD)).json()["aptc_cents"] == 30000
    answer = await api.post(f"{HOUSEHOLD}/assistance-changes", ASSISTANCE, "service")
    assert answer.status_code == 201
    assert (await api.get(HOUSEHOLD)).json()["aptc_cents"] == 10000


async def test_ENR_13_a_change_answers_what_it_made_of_each_policy_and_is_made_once(api: Api) -> None:
    answers = [await api.post(f"{HOUSEHOLD}/assistance-changes", ASSISTANCE, key="once") for _ in range(2)]
    first = answers[0].json()
    assert [each.json() for each in answers] == [first, first]
    assert (first["from"], [each["net_cents"] for each in first["policies"]]) == ("2016-03-01", [86500])
    assert [each["rule"] for each in first["reasons"]] == ["ENR-13", "ENR-8"]
    journal = (await api.get("/v1/events?household=june")).json()["items"]
    assert [each["type"] for each in journal].count("PolicyChanged") == 1


async def test_ENR_13_a_member_tells_of_a_birth_and_of_a_death_in_the_own_household_alone(api: Api) -> None:
    assert (await api.post(f"{HOUSEHOLD}/members", BABY, "member", "other")).status_code == 404
    answer = await api.post(f"{HOUSEHOLD}/members", BABY, "member", "june")
    assert (answer.status_code, answer.json()["from"]) == (201, "2016-06-10")
    gone = {"kind": "death", "on": "2016-06-15"}
    answer = await api.post(f"{HOUSEHOLD}/members/june-2/departures", gone, "member", "june")
    assert (answer.status_code, answer.json()["from"]) == (201, "2016-06-16")
    assert (await api.post(f"{HOUSEHOLD}/members/june-9/departures", gone)).status_code == 404


async def test_ENR_13_what_cannot_be_is_refused_by_field_and_rule(api: Api) -> None:
    answer = await api.post(f"{HOUSEHOLD}/assistance-changes", {**ASSISTANCE, "from": "2016-03-02"})
    assert (kind(answer), fields(answer), rules(answer)) == (
        "assistance-in-mid-month",
        ["/from"],
        ["ENR-13"],
    )
    answer = await api.post(f"{HOUSEHOLD}/members", {**BABY, "on": "2016-06-11"})
    assert (kind(answer), fields(answer)) == ("cannot-join", ["/person/born"])
    gone: dict[str, Any] = {"kind": "death", "on": "2016-06-15"}
    answer = await api.post(f"{HOUSEHOLD}/members/june-1/departures", gone)
    assert (kind(answer), fields(answer), rules(answer)) == ("cannot-leave", ["/responsible"], ["ENR-13"])
    gone["responsible"] = {"name": "王小明", "latin_name": "王"}
    answer = await api.post(f"{HOUSEHOLD}/members/june-1/departures", gone)
    assert (kind(answer), fields(answer)) == ("latin-name-needed", ["/responsible/latin_name"])
    gone["responsible"] = {"name": "Eva Example"}
    answer = await api.post(f"{HOUSEHOLD}/members/june-1/departures", gone)
    assert (answer.status_code, answer.json()["from"]) == (201, "2016-06-16")


async def test_ENR_4_medicaid_is_stated_by_staff_or_a_service_and_never_by_a_member(api: Api) -> None:
    determination = {"members": ["june-2"], "from": "2016-07-01"}
    for role in ("member", "assister", "carrier"):
        answer = await api.post(f"{HOUSEHOLD}/medicaid-determinations", determination, role, "june")
        assert answer.status_code == 403
    answer = await api.post(f"{HOUSEHOLD}/medicaid-determinations", {"from": "2016-07-15"})
    assert (kind(answer), fields(answer), rules(answer)) == ("medicaid-from", ["/from"], ["ENR-4"])
    answer = await api.post(f"{HOUSEHOLD}/medicaid-determinations", determination, "service")
    assert (answer.status_code, answer.json()["from"]) == (201, "2016-07-01")
    assert [each["rule"] for each in answer.json()["reasons"]] == ["ENR-4", "ENR-8"]
    child = (await api.get(HOUSEHOLD)).json()["members"][1]
    assert child["medicaid"] == [{"from": "2016-07-01", "through": None}]
    ending = {"through": "2016-09-30"}
    assert (await api.post(f"{HOUSEHOLD}/medicaid-endings", ending, "member", "june")).status_code == 403
    answer = await api.post(f"{HOUSEHOLD}/medicaid-endings", ending)
    assert answer.status_code == 201
    assert (answer.json()["members"], answer.json()["select_until"]) == (["june-2"], "2016-11-29")
    answer = await api.post(f"{HOUSEHOLD}/medicaid-endings", ending)
    assert (kind(answer), rules(answer)) == ("not-eligible-then", ["ENR-4"])
