"""Eligibility over HTTP: what a household attests, what the hub says, and who accepts documents (ENR-10)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.web.auth import Role
from enrollment.adapters.hub.sandbox import Told
from enrollment.domain.households import Household
from services.enrollment.tests.contract.http import JUNE, PLAN, Api, fields, kind, rules

HOUSEHOLD = "/v1/households/june"
VERIFICATIONS = f"{HOUSEHOLD}/verifications"
ATTESTATIONS = f"{HOUSEHOLD}/attestations"
INCOME = {"confirmed": ["income"]}


async def answered(api: Api) -> None:
    """Let the worker ask the hub."""
    _walker, hub = api.service.pollers(api.database.units_of_work)
    await hub.turn(api.clock.now())


@pytest.fixture
async def api() -> Api:
    """June attests an income that the hub contradicts."""
    api = Api()
    api.hub.store.keep(Told(household="june", contradicts=("income",), aptc_cents=10000))
    assert (await api.put("/v1/plans/SILVER", PLAN)).status_code == 200
    registered = await api.post("/v1/households", {**JUNE, "income_cents": 3_000_000})
    assert registered.status_code == 201
    return api


async def test_ENR_10_no_request_waits_for_the_hub_and_none_is_refused_for_it() -> None:
    api = Api()
    api.hub.mode = "away"
    await api.put("/v1/plans/SILVER", PLAN)
    own = {"household": "kim", "members": JUNE["members"][:1], "income_cents": 3_000_000}
    assert (await api.post("/v1/households", own, "member", "kim")).status_code == 201
    await answered(api)
    chosen = {"plans": ["SILVER"], "via": "web"}
    assert (await api.post("/v1/households/kim/selections", chosen, "member", "kim")).status_code == 201
    shown = (await api.get("/v1/households/kim", role="member", household="kim")).json()
    assert (shown["verification"], shown["verification_until"]) == ("pending", "2016-03-02")
    waits = (await api.get("/v1/retries")).json()["items"]
    assert [(each["kind"], each["item"], each["reason"]) for each in waits] == [
        ("hub", "hub", "the sandbox hub is away")
    ]
    tried = await api.post("/v1/retries/tries", {"kind": "hub"})
    assert tried.status_code == 200
    api.hub.mode = "answers"
    await answered(api)
    assert (await api.get("/v1/households/kim")).json()["verification"] == "verified"


async def test_ENR_10_what_the_hub_says_is_shown_to_the_household_itself_and_to_operators(api: Api) -> None:
    await answered(api)
    said = {
        "aptc_cents": 10000,
        "subsidy_cents": 0,
        "csr_variant": "01",
        "contradicts": ["income"],
    }
    for role in ("member", "operator"):
        shown = (await api.get(HOUSEHOLD, role=role, household="june")).json()
        assert (shown["documents_wanted"], shown["income_cents"]) == (["income"], 3_000_000)
        assert shown["determination"] == said
        assert shown["aptc_cents"] == 30000
    hidden = (await api.get(HOUSEHOLD, role="assister", household="june")).json()
    assert (hidden["documents_wanted"], hidden["income_cents"], hidden["determination"]) == (None, None, None)


async def test_ENR_10_an_operator_accepts_documents_once(api: Api) -> None:
    await answered(api)
    accepted = await api.post(VERIFICATIONS, INCOME)
    body = accepted.json()
    assert accepted.status_code == 201
    assert (body["verification"], body["lacking"]) == ("verified", [])
    assert [each["rule"] for each in body["reasons"]] == ["ENR-10"]
    again = await api.post(VERIFICATIONS, INCOME)
    assert (again.status_code, kind(again)) == (409, "nothing-to-verify")
    assert (fields(again), rules(again)) == (["/confirmed"], ["ENR-10"])
    journal = (await api.get("/v1/events?household=june")).json()["items"]
    assert [each["type"] for each in journal if "Verification" in each["type"]] == [
        "VerificationWanted",
        "VerificationDecided",
    ]


async def test_ENR_10_what_documents_leave_open_is_still_wanted(api: Api) -> None:
    before = (await api.post(VERIFICATIONS, INCOME)).json()
    assert (before["verification"], before["lacking"]) == ("pending", ["citizenship", "incarceration"])


@pytest.mark.parametrize("role", ["member", "assister", "service", "carrier"])
async def test_ENR_10_nobody_but_an_operator_accepts_documents(api: Api, role: Role) -> None:
    answer = await api.post(VERIFICATIONS, INCOME, role, "june")
    assert (answer.status_code, kind(answer)) == (403, "forbidden")
    assert (await api.get(HOUSEHOLD)).json()["verification"] == "pending"


async def test_ENR_10_documents_of_a_household_that_is_not_there_or_of_nothing_are_refused(api: Api) -> None:
    assert (await api.post("/v1/households/nobody/verifications", INCOME)).status_code == 404
    for confirmed in ([], ["age"]):
        answer = await api.post(VERIFICATIONS, {"confirmed": confirmed})
        assert answer.status_code == 422


async def test_ENR_10_an_income_is_whole_cents_and_not_below_zero(api: Api) -> None:
    for income in (-1, 1.5, "3000000"):
        body = {**JUNE, "household": "kim", "members": JUNE["members"][:1], "income_cents": income}
        answer = await api.post("/v1/households", body, "member", "kim")
        assert (answer.status_code, fields(answer)) == (422, ["/income_cents"])


async def test_ENR_10_who_attests_another_income_is_asked_about_again(api: Api) -> None:
    await answered(api)
    api.hub.store.keep(Told(household="june"))
    attested = await api.post(ATTESTATIONS, {"income_cents": 2_800_000}, "member", "june")
    assert attested.status_code == 201
    assert (attested.json()["verification"], rules(attested)) == ("pending", ["ENR-10"])
    await answered(api)
    shown = (await api.get(HOUSEHOLD)).json()
    assert (shown["verification"], shown["income_cents"]) == ("verified", 2_800_000)


@pytest.mark.parametrize(("role", "status"), [("assister", 201), ("operator", 201), ("carrier", 403)])
async def test_ENR_10_a_household_attests_itself_or_with_help(api: Api, role: Role, status: int) -> None:
    assert (await api.post(ATTESTATIONS, {"income_cents": None}, role, "june")).status_code == status


async def test_ENR_10_an_attestation_says_an_income_of_its_own_household(api: Api) -> None:
    assert fields(await api.post(ATTESTATIONS, {})) == ["/income_cents"]
    assert (await api.post(ATTESTATIONS, {"income_cents": 1}, "member", "kim")).status_code == 404
    assert (await api.post("/v1/households/nobody/attestations", {"income_cents": 1})).status_code == 404


async def test_ENR_10_documents_are_tried_and_then_accepted_and_so_is_an_attestation(api: Api) -> None:
    await answered(api)
    before, said = api.database.rows(Household), len(api.database.emitted)
    for path, body, told in (
        ("attestations", {"income_cents": 4_000_000}, []),
        ("verifications", {"confirmed": ["income"]}, ["VerificationDecided"]),
    ):
        tried = await api.post(f"{HOUSEHOLD}/{path}?dry_run=true", body, key="")
        assert (path, tried.status_code) == (path, 200), tried.json()
        assert [each["type"] for each in tried.json()["events"]] == told
        assert (api.database.rows(Household), len(api.database.emitted)) == (before, said)
    made = await api.post(f"{HOUSEHOLD}/verifications", {"confirmed": ["income"]})
    assert made.json() == tried.json()["outcome"]


async def test_ENR_10_the_timeline_has_which_documents_were_wanted_and_what_was_decided(api: Api) -> None:
    await answered(api)
    api.at(date(2015, 12, 20))
    assert (await api.post(VERIFICATIONS, INCOME)).status_code == 201
    items = (await api.get(f"{HOUSEHOLD}/timeline")).json()["items"]
    assert [(each["what"], each["on"], each["about"], each["subject"], each["says"]) for each in items] == [
        ("registered", "2015-12-03", "household", "june", "The household was registered."),
        ("verification-wanted", "2015-12-03", "household", "june", "Documents are wanted by March 2, 2016."),
        (
            "verification-decided",
            "2015-12-20",
            "household",
            "june",
            "Whether the household may have what it applied for was decided.",
        ),
    ]
    assert [each["rule"] for each in items[2]["because"]] == ["ENR-10"]
