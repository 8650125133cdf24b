"""Enrollment's API: what it refuses, and how it says so."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from typing import Any

import pytest

from services.enrollment.tests.contract.http import JUNE, PERSONAL, PLAN, Api, fields, kind, rules

HOUSEHOLD = "/v1/households/june"
SELECTIONS = f"{HOUSEHOLD}/selections"
TERMINATIONS = f"{HOUSEHOLD}/terminations"
SILVER = {"plans": ["SILVER"], "via": "web"}
MARCH = {"on": "2016-03-31", "reason": "requested"}

POSTS = [("/v1/households", JUNE), (SELECTIONS, SILVER), (TERMINATIONS, MARCH)]
GETS = ["/v1/plans", HOUSEHOLD, f"{HOUSEHOLD}/policies", f"{HOUSEHOLD}/policies/nobody-s/months"]


@pytest.fixture
async def api() -> Api:
    return await Api().with_june()


@pytest.mark.parametrize(("path", "body"), POSTS)
async def test_without_a_token_nothing_is_done(api: Api, path: str, body: Any) -> None:
    answer = await api.post(path, body, role=None)
    assert (answer.status_code, kind(answer)) == (401, "unauthenticated")


@pytest.mark.parametrize("path", GETS)
async def test_without_a_token_nothing_is_shown(api: Api, path: str) -> None:
    answer = await api.get(path, role=None)
    assert (answer.status_code, kind(answer)) == (401, "unauthenticated")


async def test_without_a_token_no_plan_is_offered(api: Api) -> None:
    assert (await api.put("/v1/plans/SILVER", PLAN, role=None)).status_code == 401


@pytest.mark.parametrize(("path", "body"), POSTS)
async def test_another_household_s_token_finds_nothing(api: Api, path: str, body: Any) -> None:
    events = len(api.database.events)
    answer = await api.post(path, body, role="member", household="other")
    assert (answer.status_code, kind(answer)) == (404, "not-found")
    assert len(api.database.events) == events


@pytest.mark.parametrize("path", GETS[1:])
async def test_another_household_s_token_sees_nothing(api: Api, path: str) -> None:
    answer = await api.get(path, role="member", household="other")
    assert (answer.status_code, kind(answer)) == (404, "not-found")


@pytest.mark.parametrize(("path", "body"), POSTS)
async def test_roles_that_have_no_business_here_are_turned_away(api: Api, path: str, body: Any) -> None:
    answer = await api.post(path, body, role="carrier")
    assert (answer.status_code, kind(answer)) == (403, "forbidden")


async def test_only_operators_offer_plans_and_assisters_end_nothing(api: Api) -> None:
    assert (await api.put("/v1/plans/SILVER", PLAN, role="assister")).status_code == 403
    assert (await api.post(TERMINATIONS, MARCH, role="assister")).status_code == 403


@pytest.mark.parametrize(("path", "body"), POSTS)
async def test_PAY_2_every_post_needs_an_idempotency_key(api: Api, path: str, body: Any) -> None:
    answer = await api.post(path, body, key="")
    assert answer.status_code == 400
    assert rules(answer) == ["PAY-2"]


async def test_PAY_2_a_key_used_for_another_body_is_refused(api: Api) -> None:
    await api.post(SELECTIONS, SILVER, key="once")
    answer = await api.post(SELECTIONS, {**SILVER, "plans": ["GOLD"]}, key="once")
    assert (answer.status_code, kind(answer), rules(answer)) == (422, "idempotency-key-reused", ["PAY-2"])


@pytest.mark.parametrize("path", GETS[1:])
async def test_a_household_nobody_registered_is_not_found(path: str) -> None:
    answer = await Api().get(path, role="member", household="june")
    assert (answer.status_code, kind(answer)) == (404, "not-found")


@pytest.mark.parametrize(("path", "body"), POSTS[1:])
async def test_a_household_nobody_registered_selects_and_ends_nothing(path: str, body: Any) -> None:
    api = Api()
    answer = await api.post(path, body, role="member", household="june")
    assert (answer.status_code, kind(answer)) == (404, "not-found")
    assert api.database.events == []


@pytest.mark.parametrize("number", ["123456789", "123-45-6789", "123.45.6789", "123_45_6789"])
async def test_no_household_is_called_by_what_may_be_somebodys_social_security_number(number: str) -> None:
    """A household's id keys events, and is in traces and names of files."""
    api = Api()
    answer = await api.post("/v1/households", {**JUNE, "household": number})
    assert (answer.status_code, fields(answer)) == (422, ["/household"])
    assert number not in answer.text
    assert api.database.events == []


async def test_no_corrections_are_listed_by_what_may_be_somebodys_social_security_number(api: Api) -> None:
    answer = await api.get("/v1/corrections?household=123-45-6789", role="operator")
    assert (answer.status_code, "123-45-6789" in answer.text) == (422, False)


async def test_a_household_is_registered_once(api: Api) -> None:
    answer = await api.post("/v1/households", JUNE)
    assert (answer.status_code, kind(answer)) == (409, "household-already-registered")


async def test_ENR_1_a_selection_outside_the_window_is_refused_with_dates_that_would_do(api: Api) -> None:
    answer = await api.at(date(2016, 2, 1)).post(SELECTIONS, SILVER)
    assert (answer.status_code, kind(answer), rules(answer)) == (
        422,
        "outside-enrollment",
        ["ENR-1", "ENR-3"],
    )
    closed, needed = answer.json()["reasons"]
    assert (closed["facts"]["next_opens"], closed["facts"]["next_closes"]) == ("2016-11-01", "2017-01-31")
    assert needed["facts"]["earliest_event"] == "2015-12-03"
    assert (await api.get(f"{HOUSEHOLD}/policies")).json()["items"] == []


async def test_ENR_12_a_transfer_outside_the_windows_is_refused_and_says_what_it_needs(api: Api) -> None:
    answer = await api.at(date(2016, 2, 1)).post(SELECTIONS, {**SILVER, "transferred_from": "DELTA"})
    assert (answer.status_code, kind(answer), rules(answer)) == (
        422,
        "outside-enrollment",
        ["ENR-1", "ENR-3", "ENR-12"],
    )
    assert "after a qualifying event" in answer.json()["reasons"][-1]["says"]


async def test_ENR_12_a_transfer_from_a_carrier_nobody_knows_is_refused_at_its_field(api: Api) -> None:
    answer = await api.post(SELECTIONS, {**SILVER, "transferred_from": "AETNA"})
    assert (answer.status_code, kind(answer), fields(answer), rules(answer)) == (
        422,
        "unknown-carrier",
        ["/transferred_from"],
        ["ENR-12"],
    )
    assert "as the plan catalog does" in answer.json()["reasons"][0]["says"]
    assert (await api.get(f"{HOUSEHOLD}/policies")).json()["items"] == []


async def test_ENR_3_an_event_too_long_ago_is_refused_with_the_days_it_allowed(api: Api) -> None:
    event = {"kind": "birth", "on": "2016-03-01"}
    answer = await api.at(date(2016, 5, 1)).post(SELECTIONS, {**SILVER, "event": event})
    assert (answer.status_code, fields(answer), rules(answer)) == (422, ["/event"], ["ENR-1", "ENR-3"])
    assert answer.json()["reasons"][1]["facts"]["select_until"] == "2016-04-30"


@pytest.mark.parametrize(
    ("change", "named", "field", "rule"),
    [
        ({"plans": []}, "no-plans-selected", "/plans", []),
        ({"plans": ["SILVER", "BRONZE"]}, "unknown-plan", "/plans/1", []),
        ({"plans": ["SILVER", "SILVER"]}, "plan-selected-twice", "/plans/1", []),
        ({"plans": ["SILVER", "GOLD"]}, "plan-selected-twice", "/plans", []),
        ({"via": "paper", "received_on": "2015-12-04"}, "paper-dates", "/received_on", ["ENR-11"]),
        ({"received_on": "2015-12-01"}, "paper-dates", "/received_on", ["ENR-11"]),
    ],
)
async def test_a_refused_selection_names_the_field_and_the_rule(
    api: Api, change: dict[str, Any], named: str, field: str, rule: list[str]
) -> None:
    answer = await api.post(SELECTIONS, SILVER | change)
    assert (answer.status_code, kind(answer), fields(answer), rules(answer)) == (422, named, [field], rule)


async def test_ENR_13_a_second_plan_of_a_kind_is_refused(api: Api) -> None:
    await api.post(SELECTIONS, SILVER)
    answer = await api.post(SELECTIONS, {**SILVER, "plans": ["GOLD"]})
    assert (answer.status_code, kind(answer), fields(answer)) == (422, "kind-already-held", ["/plans"])
    assert rules(answer) == ["ENR-13"]


@pytest.mark.parametrize(
    ("body", "named", "rule"),
    [
        ({"on": "2016-01-15", "reason": "requested"}, "cannot-end-then", ["ENR-9"]),
        ({"on": "2015-12-31", "reason": "requested", "plans": ["TEETH"]}, "nothing-to-end", []),
    ],
)
async def test_a_refused_end_names_the_rule(
    api: Api, body: dict[str, Any], named: str, rule: list[str]
) -> None:
    await api.post(SELECTIONS, SILVER)
    answer = await api.post(TERMINATIONS, body)
    assert (answer.status_code, kind(answer), rules(answer)) == (422, named, rule)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"members": []}, "/members"),
        ({"members": [{"relation": "self", "name": "June", "born": "1980-02-30"}]}, "/members/0/born"),
        ({"members": [{"relation": "self", "name": "June", "born": "2016-01-01"}]}, "/members/0/born"),
        ({"members": [{"relation": "self", "name": "", "born": "1980-03-02"}]}, "/members/0/name"),
        ({"members": [{"relation": "self", "name": "June\u0000", "born": "1980-03-02"}]}, "/members/0/name"),
        (
            {"members": [{"relation": "self", "name": "June", "born": "1980-03-02", "ssn": "12345"}]},
            "/members/0/ssn",
        ),
        (
            {"members": [{"relation": "self", "name": "June", "born": "1980-03-02", "ssn": "１23456789"}]},
            "/members/0/ssn",
        ),
        ({"members": [{"name": "June", "born": "1980-03-02", "relation": "aunt"}]}, "/members/0/relation"),
        (
            {"members": [{"relation": "self", "name": "June\u2028Example", "born": "1980-03-02"}]},
            "/members/0/name",
        ),
        ({"email": "june"}, "/email"),
        ({"phone": "call me"}, "/phone"),
        ({"language": "English"}, "/language"),
        ({"aptc_cents": -1}, "/aptc_cents"),
        ({"aptc_cents": 100.5}, "/aptc_cents"),
        ({"subsidy_cents": "100"}, "/subsidy_cents"),
        ({"household": "ju ne"}, "/household"),
        ({"apct_cents": 1}, "/apct_cents"),
    ],
)
async def test_a_mistake_in_a_registration_is_named_by_its_field(change: dict[str, Any], field: str) -> None:
    api = Api()
    answer = await api.post("/v1/households", JUNE | change)
    assert (answer.status_code, fields(answer)) == (422, [field])
    assert api.database.events == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (SELECTIONS, {"plans": ["SILVER"]}, "/via"),
        (SELECTIONS, {**SILVER, "via": "fax"}, "/via"),
        (SELECTIONS, {**SILVER, "plans": ["SIL\u0000VER"]}, "/plans/0"),
        (SELECTIONS, {**SILVER, "event": {"kind": "boredom", "on": "2015-12-01"}}, "/event/kind"),
        (SELECTIONS, {**SILVER, "event": {"kind": "birth", "on": "9999-12-31"}}, "/event/on"),
        (SELECTIONS, {**SILVER, "via": "paper", "received_on": "2013-09-30"}, "/received_on"),
        (TERMINATIONS, {"on": "2016-03-31", "reason": "medicaid"}, "/reason"),
        (TERMINATIONS, {**MARCH, "plans": []}, "/plans"),
        (TERMINATIONS, {"reason": "death"}, "/on"),
    ],
)
async def test_a_mistake_in_a_body_is_named_by_its_field(api: Api, path: str, body: Any, field: str) -> None:
    answer = await api.post(path, body)
    assert (answer.status_code, fields(answer)) == (422, [field])
    assert kind(answer) in ("invalid-request", "invalid-value")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "vision"}, "/kind"),
        ({"carrier": ""}, "/carrier"),
        ({"monthly_cents": {"single": 1, "couple": 1, "parent": 1}}, "/monthly_cents/family"),
        ({"plan_year": 16}, "/plan_year"),
    ],
)
async def test_a_mistake_in_a_plan_is_named_by_its_field(change: dict[str, Any], field: str) -> None:
    answer = await Api().put("/v1/plans/SILVER", PLAN | change)
    assert (answer.status_code, fields(answer)) == (422, [field])


async def test_no_problem_and_no_log_line_repeats_what_a_person_typed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        api = await Api().with_june()
        members: list[Any] = JUNE["members"]  # pyright: ignore[reportAssignmentType]
        answers = [
            await api.post("/v1/households", JUNE),
            await api.post(
                "/v1/households", {**JUNE, "members": [*members, {**members[0], "relation": "self"}]}
            ),
            await api.post(
                "/v1/households", {**JUNE, "phone": "802-555-0100 ask for June", "household": "k"}
            ),
            await api.post("/v1/households", {**JUNE, "email": "june@example.test June", "household": "k"}),
            await api.post(SELECTIONS, {**SILVER, "plans": ["BRONZE"]}),
            await api.post(TERMINATIONS, MARCH),
        ]
    assert {each.status_code for each in answers} <= {409, 422}
    seen = (
        "".join(each.text for each in answers) + out.getvalue() + err.getvalue() + "".join(capfd.readouterr())
    )
    assert not any(text in seen for text in PERSONAL)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"email": "nobody"}, "/email", "must be an e-mail address such as name@mail.org"),
        ({"phone": "call me"}, "/phone", "must be 5 to 30 digits, blanks and + ( ) . -"),
        ({"language": "English"}, "/language", "must be a language such as en, es or pt-BR"),
        ({"address": "a\tb"}, "/address", "must be text without control characters other than line feeds"),
        ({"aptc_cents": "1"}, "/aptc_cents", "must be a whole number"),
        ({"aptc_cents": -1}, "/aptc_cents", "must not be less than 0"),
        ({"members": {}}, "/members", "must be a list"),
    ],
)
async def test_a_refusal_of_form_says_what_a_value_must_be_like(
    change: dict[str, Any], field: str, says: str
) -> None:
    answer = await (await Api().with_june()).post("/v1/households", {**JUNE, "household": "k", **change})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": field, "problem": says}]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"born": "1899-12-31"}, "must be from 1900-01-01 to 2199-12-31"),
        ({"born": "1980-02-30"}, "must be a date such as 2016-01-04"),
        ({"ssn": "12"}, "must be nine digits, such as 000-00-0000"),
        ({"name": "a\nb"}, "must be one line without control characters"),
        ({"relation": "friend"}, "must be 'self', 'spouse' or 'child'"),
    ],
)
async def test_a_refusal_of_a_person_says_what_a_value_must_be_like(
    change: dict[str, Any], says: str
) -> None:
    members: list[Any] = JUNE["members"]  # pyright: ignore[reportAssignmentType]
    body = {**JUNE, "household": "k", "members": [{**members[0], **change}]}
    answer = await (await Api().with_june()).post("/v1/households", body)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": f"/members/0/{next(iter(change))}", "problem": says}]
