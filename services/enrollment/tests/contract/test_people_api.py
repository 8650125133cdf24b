"""Enrollment's API: people, their names, and the dates a caller writes."""

from __future__ import annotations

from typing import Any

import pytest

from services.enrollment.tests.contract.http import JUNE, PLAN, Api, fields, kind, rules

LATIN = "/v1/households/wang/members/wang-1/latin-name"
WANG = {
    "household": "wang",
    "members": [{"name": "王小明", "born": "1980-03-02", "relation": "self", "ssn": "123-45-6789"}],
}
SELF: dict[str, Any] = {"name": "June", "born": "1980-03-02", "relation": "self"}


@pytest.fixture
async def api() -> Api:
    return await Api().with_june()


def of(**changes: Any) -> dict[str, Any]:
    return {"members": [SELF | changes]}


async def test_ENR_16_a_relation_is_asked_for_and_never_guessed(api: Api) -> None:
    nameless = {key: value for key, value in SELF.items() if key != "relation"}
    answer = await api.post("/v1/households", {"members": [SELF, nameless]})
    assert (answer.status_code, kind(answer), fields(answer)) == (
        422,
        "invalid-request",
        ["/members/1/relation"],
    )


@pytest.mark.parametrize(
    ("member", "named", "field"),
    [
        ({"name": "Jo", "born": "2012-11-30", "relation": "spouse"}, "birth-date-implausible", "born"),
        ({"name": "Jo", "born": "1979-01-01", "relation": "child"}, "birth-date-implausible", "born"),
        ({"name": "   ", "born": "2012-01-01", "relation": "child"}, "name-not-readable", "name"),
        ({"name": "\u200b\u3164", "born": "2012-01-01", "relation": "child"}, "name-not-readable", "name"),
        (
            {"name": "Jo", "latin_name": "Йо", "born": "2012-01-01", "relation": "child"},
            "latin-name-needed",
            "latin_name",
        ),
        (
            {"name": "Jo", "born": "2012-01-01", "relation": "child", "ssn": "123456789"},
            "ssn-named-twice",
            "ssn",
        ),
    ],
)
async def test_ENR_16_people_that_cannot_be_are_refused_by_their_field(
    api: Api, member: dict[str, Any], named: str, field: str
) -> None:
    events = len(api.database.events)
    answer = await api.post("/v1/households", {"members": [SELF | {"ssn": "123-45-6789"}, member]})
    assert (answer.status_code, kind(answer), rules(answer)) == (422, named, ["ENR-16"])
    assert fields(answer) == [f"/members/1/{field}"]
    assert len(api.database.events) == events
    assert "123" not in answer.text.replace("/members/1", "")


async def test_ENR_16_a_latin_name_is_proposed_shown_and_corrected(api: Api) -> None:
    assert (await api.post("/v1/households", WANG)).status_code == 201
    shown = (await api.get("/v1/households/wang", "member", "wang")).json()["members"][0]
    assert (shown["name"], shown["latin_name"]) == ("王小明", "Wang Xiao Ming")
    answer = await api.put(LATIN, {"latin_name": "Xiaoming Wang"}, "member", "wang")
    assert (answer.status_code, answer.json()["contact_version"]) == (200, 2)
    assert answer.json()["members"][0]["latin_name"] == "Xiaoming Wang"
    again = await api.put(LATIN, {"latin_name": "Xiaoming Wang"})
    assert again.json()["contact_version"] == 2


async def test_ENR_16_a_latin_name_is_corrected_by_the_household_and_operators_alone(api: Api) -> None:
    await api.post("/v1/households", WANG)
    body = {"latin_name": "Xiaoming Wang"}
    assert (await api.put(LATIN, body, None)).status_code == 401
    assert (await api.put(LATIN, body, "assister")).status_code == 403
    assert (await api.put(LATIN, body, "member", "june")).status_code == 404
    wrong = await api.put(LATIN, {"latin_name": "王小明"})
    assert (wrong.status_code, kind(wrong), fields(wrong)) == (422, "latin-name-needed", ["/latin_name"])
    missing = await api.put(LATIN.replace("wang-1", "wang-2"), body)
    assert (missing.status_code, kind(missing)) == (404, "not-found")
    assert (await api.get("/v1/households/wang")).json()["contact_version"] == 1


async def test_ENR_16_the_same_person_in_two_households_is_pointed_out_to_operators(api: Api) -> None:
    await api.post("/v1/households", WANG)  # with June's number
    shown = (await api.get("/v1/households/wang")).json()
    assert shown["possible_duplicates"] == [
        {"member": "wang-1", "other_household": "june", "other_member": "june-1"}
    ]
    assert (await api.get("/v1/households/june")).json()["possible_duplicates"] == [
        {"member": "june-1", "other_household": "wang", "other_member": "wang-1"}
    ]
    for role, household in (("member", "wang"), ("assister", "wang")):
        seen = await api.get("/v1/households/wang", role, household)  # pyright: ignore[reportArgumentType]
        assert seen.json()["possible_duplicates"] is None


DATES = [
    0,
    1448928000,
    1448928000.5,
    "0",
    "1448928000",
    "2015-W49-4",
    "20151203",
    "2015-12-03T00:00:00",
    True,
]


@pytest.mark.parametrize("written", DATES)
async def test_a_date_is_written_year_month_day_and_nothing_else(api: Api, written: Any) -> None:
    june = "/v1/households/june"
    silver = {"plans": ["SILVER"], "via": "web"}
    for path, body, field in (
        ("/v1/households", of(born=written), "/members/0/born"),
        (f"{june}/selections", {**silver, "via": "paper", "received_on": written}, "/received_on"),
        (f"{june}/selections", {**silver, "event": {"kind": "birth", "on": written}}, "/event/on"),
        (f"{june}/terminations", {"on": written, "reason": "requested"}, "/on"),
    ):
        answer = await api.post(path, body)
        assert (answer.status_code, fields(answer)) == (422, [field])


async def test_a_plan_year_is_a_number(api: Api) -> None:
    answer = await api.put("/v1/plans/SILVER", PLAN | {"plan_year": "2016"})
    assert (answer.status_code, fields(answer)) == (422, ["/plan_year"])


async def test_half_a_character_in_a_name_is_refused(api: Api) -> None:
    answer = await api.client.post(
        "/v1/households",
        content=b'{"members": [{"name": "June \\ud800", "born": "1980-03-02", "relation": "self"}]}',
        headers=api.issuer.headers("operator", key="half") | {"content-type": "application/json"},
    )
    assert (answer.status_code, fields(answer)) == (422, ["/members/0/name"])


async def test_ENR_16_who_is_registered_is_told_by_id_only(api: Api) -> None:
    answer = await api.post("/v1/households", {**JUNE, "household": "again"})
    assert answer.json()["members"] == [
        {"member": "again-1", "relation": "self"},
        {"member": "again-2", "relation": "child"},
    ]


async def test_ENR_13_who_acts_for_a_child_is_shown_to_the_household_and_operators_and_corrected(
    api: Api,
) -> None:
    people = [SELF, {"name": "Kim", "born": "2012-05-06", "relation": "child"}]
    await api.post("/v1/households", {"household": "kim", "members": people})
    gone = {"kind": "death", "on": "2015-12-01", "responsible": {"name": "王小明"}}
    told = await api.post("/v1/households/kim/members/kim-1/departures", gone, "member", "kim")
    assert told.status_code == 201
    proposed = {"name": "王小明", "latin_name": "Wang Xiao Ming"}
    assert (await api.get("/v1/households/kim", "member", "kim")).json()["responsible"] == proposed
    assert (await api.get("/v1/households/kim")).json()["responsible"] == proposed
    assert (await api.get("/v1/households/kim", "assister", "kim")).json()["responsible"] is None
    path, body = "/v1/households/kim/responsible", {"name": "王小明", "latin_name": "Xiaoming Wang"}
    assert (await api.put(path, body, "assister")).status_code == 403
    assert (await api.put(path, body, "member", "june")).status_code == 404
    answer = await api.put(path, body, "member", "kim")
    assert (answer.status_code, answer.json()["responsible"]) == (200, body)
    wrong = await api.put(path, {"name": "Eva", "latin_name": "Ева"})
    assert (wrong.status_code, kind(wrong), fields(wrong)) == (422, "latin-name-needed", ["/latin_name"])
    await api.post("/v1/households", WANG)
    nobody = await api.put("/v1/households/wang/responsible", body)
    assert (kind(nobody), fields(nobody), rules(nobody)) == ("nobody-to-act-for", ["/name"], ["ENR-13"])


@pytest.mark.parametrize("number", ["٩٠٠١٢٣٤٥٦", "９００１２３４５６", "900-12-345٦", "900 12 3456"])
async def test_ENR_16_a_number_in_other_digits_is_refused_with_why_and_never_kept_as_none(
    api: Api, number: str
) -> None:
    body = JUNE | {"household": "other", "members": [JUNE["members"][0] | {"ssn": number}]}
    refused = await api.post("/v1/households", body)
    assert (refused.status_code, fields(refused)) == (422, ["/members/0/ssn"])
    assert refused.json()["errors"][0]["problem"] == "must be nine digits, such as 000-00-0000"
    assert number not in refused.text
    assert (await api.get("/v1/households/other")).status_code == 404
