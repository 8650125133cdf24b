"""Enrollment's API: what it answers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from enrollment.domain.age_rates import AGE_BANDS
from services.enrollment.tests.contract.http import JUNE, PERSONAL, PLAN, UNNAMED, Api

SELECTIONS = "/v1/households/june/selections"
TERMINATIONS = "/v1/households/june/terminations"
SILVER = {"plans": ["SILVER"], "via": "web"}


@pytest.fixture
async def api() -> Api:
    return await Api().with_june()


async def test_a_plan_is_offered_replaced_and_listed(api: Api) -> None:
    dearer = {
        **PLAN,
        "monthly_cents": {**PLAN["monthly_cents"], "single": 51000},
        "plan_year": 2016,
        "years": [],
    }
    answer = await api.put("/v1/plans/SILVER", dearer)
    assert answer.status_code == 200
    assert answer.json() == {"plan": "SILVER", "rated_by": "tier", **dearer, "ages": [], **UNNAMED}
    page = (await api.get("/v1/plans?limit=2", role="member", household="june")).json()
    assert [each["plan"] for each in page["items"]] == ["GOLD", "SILVER"]
    rest = (await api.get(f"/v1/plans?limit=2&cursor={page['next_cursor']}")).json()
    assert ([each["plan"] for each in rest["items"]], rest["next_cursor"]) == (["TEETH"], None)


RATES = {band: 3000 + 10 * number for number, band in enumerate(AGE_BANDS)}
SMILE: dict[str, Any] = {
    "carrier": "DELTA",
    "kind": "dental",
    "rated_by": "age",
    "ages": [{"plan_year": 2016, "rating_area": 1, "monthly_cents": RATES}],
}


async def test_ENR_17_a_plan_is_offered_by_age_and_selected_where_the_household_has_an_area(api: Api) -> None:
    answer = await api.put("/v1/plans/SMILE", SMILE)
    assert answer.status_code == 200
    assert answer.json()["ages"] == [each | {"tobacco_monthly_cents": None} for each in SMILE["ages"]]
    assert answer.json()["monthly_cents"] is None
    assert (await api.get("/v1/households/june")).json()["rating_area"] == 1
    made = await api.post(SELECTIONS, {"plans": ["SMILE"], "via": "web"}, "member", "june")
    # 35 and 3 on January 1: 3000 + 21 * 10, and 3000 beside it, less 300.00 of assistance
    (policy,) = made.json()["policies"]
    assert policy["gross_cents"] == 3210 + 3000
    (rated,) = [each for each in policy["reasons"] if each["rule"] == "ENR-17"]
    assert rated["facts"]["rates"] == "june-1:3210 june-2:3000"


async def test_ENR_17_who_lives_nowhere_is_told_what_would_do(api: Api) -> None:
    await api.put("/v1/plans/SMILE", SMILE)
    await api.post("/v1/households", {**JUNE, "household": "may", "address": None, "aptc_cents": 0})
    refused = await api.post(
        "/v1/households/may/selections", {"plans": ["SMILE"], "via": "web"}, "member", "may"
    )
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:bulkhead:problem:not-rated-here")
    assert "ZIP code" in refused.json()["reasons"][0]["says"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"ages": []}, "/ages"),
        ({"rated_by": "tier"}, "/monthly_cents"),
        ({"monthly_cents": PLAN["monthly_cents"]}, "/monthly_cents"),
        (
            {"ages": [{"plan_year": 2016, "rating_area": 2, "monthly_cents": RATES}]},
            "/ages/0/rating_area",
        ),
        (
            {"ages": [{"plan_year": 2016, "rating_area": 1, "monthly_cents": {"13": 100}}]},
            "/ages/0/monthly_cents",
        ),
    ],
)
async def test_ENR_17_rates_that_cannot_be_are_refused_by_field(
    api: Api, changed: dict[str, Any], field: str
) -> None:
    refused = await api.put("/v1/plans/SMILE", {**SMILE, **changed})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:bulkhead:problem:rates-refused")
    assert [each["field"] for each in refused.json()["errors"]] == [field]
    assert refused.json()["reasons"][0]["rule"] == "ENR-17"


async def test_a_member_registers_their_own_household() -> None:
    api = Api()
    attested = {**JUNE, "aptc_cents": 0}
    answer = await api.post("/v1/households", attested, role="member", household="june")
    assert answer.status_code == 201
    assert answer.json() == {
        "household": "june",
        "members": [{"member": "june-1", "relation": "self"}, {"member": "june-2", "relation": "child"}],
    }


async def test_a_household_without_an_id_gets_the_one_of_the_token_or_a_new_one() -> None:
    api = Api()
    nameless = {key: value for key, value in JUNE.items() if key not in ("household", "aptc_cents")}
    own = await api.post("/v1/households", nameless, role="member", household="june")
    assert own.json()["household"] == "june"
    first = await api.post("/v1/households", nameless, role="assister", key="same")
    again = await api.post("/v1/households", nameless, role="assister", key="same")
    other = await api.post("/v1/households", nameless, role="assister")
    assert first.json()["household"] == again.json()["household"] != other.json()["household"]


async def test_a_household_is_shown_whole_to_itself_and_to_operators(api: Api) -> None:
    own = await api.get("/v1/households/june", role="member", household="june")
    staff = await api.get("/v1/households/june", role="operator")
    assert (own.json()["possible_duplicates"], staff.json()["possible_duplicates"]) == (None, [])
    for answer in (own, staff):
        assert answer.json() | {"possible_duplicates": ...} == {
            "household": "june",
            "registered_on": "2015-12-03",
            "members": [
                {
                    "member": "june-1",
                    "relation": "self",
                    "name": "June Example",
                    "latin_name": "June Example",
                    "born": "1980-03-02",
                    "medicaid": [],
                    "uses_tobacco": False,
                },
                {
                    "member": "june-2",
                    "relation": "child",
                    "name": "Kim Example",
                    "latin_name": "Kim Example",
                    "born": "2012-05-06",
                    "medicaid": [],
                    "uses_tobacco": False,
                },
            ],
            "email": "june@example.test",
            "address": "1 Main Street\nMontpelier VT 05602",
            "phone": "802-555-0100",
            "responsible": None,
            "language": "en",
            "aptc_cents": 30000,
            "subsidy_cents": 0,
            "rating_area": 1,
            "contact_version": 1,
            "verification": "pending",
            "verification_until": "2016-03-02",
            "documents_wanted": [],
            "income_cents": None,
            "determination": None,
            "merged_into": None,
            "possible_duplicates": ...,
        }


async def test_an_assister_sees_no_personal_data(api: Api) -> None:
    answer = await api.get("/v1/households/june", role="assister", household="june")
    assert answer.status_code == 200
    assert not any(text in answer.text for text in PERSONAL)
    assert answer.json()["members"][0] == {
        "member": "june-1",
        "relation": "self",
        "name": None,
        "latin_name": None,
        "born": None,
        "medicaid": None,
        "uses_tobacco": None,
    }


async def test_no_answer_shows_a_social_security_number(api: Api) -> None:
    assert "6789" not in (await api.get("/v1/households/june")).text


async def test_ENR_2_a_selection_says_from_when_at_what_price_and_why(api: Api) -> None:
    answer = await api.post(SELECTIONS, {"plans": ["TEETH", "SILVER"], "via": "web"}, "member", "june")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["effective"], body["binder_required"]) == ("2016-01-01", True)
    assert (body["selected_on"], body["entered_on"], body["via"]) == ("2015-12-03", "2015-12-03", "web")
    assert [each["rule"] for each in body["reasons"]] == ["ENR-2", "ENR-8", "ENR-5"]
    assert set(body["reasons"][0]) == {"rule", "says", "citation", "facts"}
    medical, dental = body["policies"]
    assert {
        key: value for key, value in medical.items() if key not in ("policy", "selection", "reasons")
    } == {
        "plan": "SILVER",
        "carrier": "BCBSVT",
        "kind": "medical",
        "lifecycle": "selected",
        "from": "2016-01-01",
        "through": None,
        "end_reason": None,
        "acknowledgement": "unsent",
        "payment_standing": {"state": "binder-due", "month": None},
        "verification": "pending",
        "tier": "parent",
        "members": ["june-1", "june-2"],
        "gross_cents": 96500,
        "aptc_cents": 30000,
        "subsidy_cents": 0,
        "net_cents": 66500,
        "effective": "2016-01-01",
        "coverage_ends": "2016-12-31",
        "renews": None,
        "billed_by_carrier": None,
    }
    assert dental["selection"] == medical["selection"] == body["selection"]
    listed = (await api.get("/v1/households/june/policies", role="member", household="june")).json()
    assert {each["policy"] for each in listed["items"]} == {medical["policy"], dental["policy"]}
    assert medical in listed["items"]
    assert listed["next_cursor"] is None


async def test_policies_are_listed_a_page_at_a_time(api: Api) -> None:
    await api.post(SELECTIONS, {"plans": ["TEETH", "SILVER"], "via": "web"})
    first = (await api.get("/v1/households/june/policies?limit=1")).json()
    second = (await api.get(f"/v1/households/june/policies?limit=1&cursor={first['next_cursor']}")).json()
    assert {each["items"][0]["plan"] for each in (first, second)} == {"SILVER", "TEETH"}
    assert second["next_cursor"] is None


async def test_ENR_3_a_qualifying_event_comes_with_the_selection(api: Api) -> None:
    event = {"kind": "move", "on": "2016-05-01"}
    answer = await api.at(date(2016, 5, 20)).post(SELECTIONS, {**SILVER, "event": event})
    assert (answer.status_code, answer.json()["effective"]) == (201, "2016-07-01")


async def test_ENR_12_a_transfer_says_which_carrier_the_household_comes_from(api: Api) -> None:
    answer = await api.post(SELECTIONS, {**SILVER, "transferred_from": "DELTA"}, "member", "june")
    body = answer.json()
    assert (answer.status_code, body["transferred_from"], body["binder_required"]) == (201, "DELTA", True)
    assert [each["rule"] for each in body["reasons"]] == ["ENR-2", "ENR-12", "ENR-8", "ENR-5"]
    (policy,) = (await api.get("/v1/households/june/policies")).json()["items"]
    whence = next(each for each in policy["reasons"] if each["rule"] == "ENR-12")
    assert (whence["citation"], whence["facts"]) == (
        "VHC §4",
        {"transferred_from": "DELTA", "effective": "2016-01-01"},
    )
    journal = (await api.get("/v1/events?household=june")).json()["items"]
    assert journal[-1]["data"]["transferred_from"] == "DELTA"


async def test_who_selects_without_coming_from_a_carrier_is_shown_so(api: Api) -> None:
    assert (await api.post(SELECTIONS, SILVER)).json()["transferred_from"] is None


async def test_ENR_11_paper_comes_with_the_day_it_was_received(api: Api) -> None:
    paper = {"plans": ["SILVER"], "via": "paper", "received_on": "2015-12-15"}
    answer = await api.at(date(2016, 1, 4)).post(SELECTIONS, paper)
    body = answer.json()
    assert (body["selected_on"], body["entered_on"], body["effective"]) == (
        "2015-12-15",
        "2016-01-04",
        "2016-01-01",
    )


async def test_PAY_2_repeating_a_selection_gives_the_first_answer_and_no_second_selection(api: Api) -> None:
    first = await api.post(SELECTIONS, SILVER, key="once")
    again = await api.post(SELECTIONS, SILVER, key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert len((await api.get("/v1/households/june/policies")).json()["items"]) == 1


async def test_coverage_is_called_off_before_its_first_day(api: Api) -> None:
    await api.post(SELECTIONS, SILVER)
    answer = await api.post(TERMINATIONS, {"on": "2015-12-31", "reason": "requested"}, "member", "june")
    assert answer.status_code == 201
    (policy,) = answer.json()["policies"]
    assert (policy["lifecycle"], policy["end_reason"], policy["through"]) == ("canceled", "requested", None)
    assert policy["payment_standing"] == {"state": "ended", "month": None}


async def test_OPS_1_a_selection_needs_nothing_but_the_service_s_own_database(api: Api) -> None:
    # Nothing else is here: no broker, no other service.
    assert (await api.post(SELECTIONS, SILVER)).status_code == 201
    journal = (await api.get("/v1/events?household=june")).json()["items"]
    assert [each["type"] for each in journal] == [
        "HouseholdRegistered",
        "ContactKeySet",
        "ContactRecorded",
        "PlansSelected",
    ]
    assert [each["data"] for each in journal[1:3]] == [None, None]  # neither a key nor people
    assert not any(text in str(journal) for text in PERSONAL)
    assert [each["rule"] for each in journal[-1]["reasons"]] == ["ENR-2", "ENR-8", "ENR-5"]
