"""Enrollment's API: corrections of what was told wrong (OPS-5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from enrollment.domain.corrections import Correction
from enrollment.domain.events import PolicyReinstated
from services.enrollment.tests.contract.http import JUNE, Api, fields, kind, rules

HOUSEHOLD = "/v1/households/free"
ENDS = f"{HOUSEHOLD}/end-corrections"
WRONG: dict[str, Any] = {"because": "keying-error", "note": "meant June Example, 123-45-6789"}


@pytest.fixture
async def api() -> Api:
    """Somebody whose premium is 0 is covered; her coverage was ended within March."""
    api = await Api().with_june()
    await api.post("/v1/households", {**JUNE, "household": "free", "aptc_cents": 100000})
    assert (await api.post(f"{HOUSEHOLD}/selections", {"plans": ["SILVER"], "via": "web"})).status_code == 201
    answer = await api.post(f"{HOUSEHOLD}/terminations", {"on": "2016-03-15", "reason": "requested"})
    assert answer.status_code == 201
    return api.at(date(2016, 3, 1))


async def test_OPS_5_a_correction_is_tried_made_shown_and_reversed(api: Api) -> None:
    tried = (await api.post(f"{ENDS}?dry_run=true", WRONG, key="")).json()
    assert [each["type"] for each in tried["events"]] == ["PolicyReinstated"]
    assert tried["events"][0]["reasons"][-1]["rule"] == "OPS-5"
    assert api.database.rows(Correction) == []
    made = await api.post(ENDS, WRONG)
    assert (made.status_code, made.json()["state"], made.json()["takes_two"]) == (201, "applied", False)
    (end,) = made.json()["ends"]
    assert (end["before"], end["after"]) == ({"on": "2016-03-15", "reason": "requested"}, None)
    correction = f"/v1/corrections/{made.json()['correction']}"
    assert (await api.get(correction)).json() == made.json()
    listed = (await api.get("/v1/corrections?state=applied&household=free")).json()["items"]
    assert listed == [made.json()]
    back = await api.post(f"{correction}/reversals", {"because": "correction-in-error"})
    assert back.json()["reverses"] == made.json()["correction"]
    assert (await api.get(correction)).json()["state"] == "reversed"
    again = await api.post(f"{correction}/reversals", {"because": "correction-in-error"})
    assert (again.status_code, kind(again), rules(again)) == (409, "correction-not-open", ["OPS-5"])


async def test_OPS_5_the_note_is_kept_for_operators_and_is_nowhere_else(api: Api) -> None:
    made = await api.post(ENDS, WRONG)
    assert made.json()["note"] == WRONG["note"]
    (event,) = api.database.events_of(PolicyReinstated)
    assert event.correction == made.json()["correction"]
    for path in ("/v1/events?household=free", f"{HOUSEHOLD}/policies", f"{HOUSEHOLD}/timeline"):
        assert "June" not in (await api.get(path)).text
    for role in ("member", "assister", "carrier", "service"):
        for path in ("/v1/corrections", f"/v1/corrections/{made.json()['correction']}"):
            assert (await api.get(path, role=role, household="free")).status_code == 403  # type: ignore[arg-type]


async def test_OPS_5_a_departure_waits_for_another_operator(api: Api) -> None:
    told = await api.post(f"{HOUSEHOLD}/members/free-2/departures", {"kind": "death", "on": "2016-02-20"})
    assert told.status_code == 201
    path = f"{HOUSEHOLD}/members/free-2/departure-corrections"
    asked = await api.post(path, {"because": "told-wrong"})
    assert (asked.json()["state"], asked.json()["takes_two"]) == ("requested", True)
    decisions = f"/v1/corrections/{asked.json()['correction']}/decisions"
    refused = await api.post(decisions, {"decision": "approve"})
    assert (refused.status_code, kind(refused), rules(refused)) == (409, "second-person-needed", ["OPS-5"])
    declined = await api.post(decisions, {"decision": "decline"})
    assert declined.json()["state"] == "declined"


@pytest.mark.parametrize(
    ("path", "body", "status", "where"),
    [
        ("end-corrections", {}, 422, "/because"),
        ("end-corrections", {"because": "mood"}, 422, "/because"),
        ("end-corrections", {"because": "other", "note": " "}, 422, "/note"),
        ("end-corrections", {"because": "other", "plans": ["NONE"]}, 422, "/plans"),
        ("end-corrections", {"because": "other", "through": "2016-03-15"}, 422, "/through"),
        ("members/free-2/departure-corrections", {"because": "other", "kind": "death"}, 422, "/on"),
        ("members/free-2/departure-corrections", {"because": "other", "on": "2016-01-01"}, 422, "/kind"),
        ("members/free-2/birth-date-corrections", {"because": "other", "born": "2030-01-01"}, 422, "/born"),
        ("rate-corrections", {"because": "other", "from": "2015-12-01"}, 422, "/from"),
        ("rate-corrections", {"because": "other", "from": "2016-01-01"}, 422, "/from"),
    ],
)
async def test_OPS_5_what_cannot_be_is_refused_by_its_field(
    api: Api, path: str, body: dict[str, Any], status: int, where: str
) -> None:
    answer = await api.post(f"{HOUSEHOLD}/{path}", body)
    assert (answer.status_code, fields(answer)) == (status, [where])
    assert api.database.rows(Correction) == []


async def test_OPS_5_of_a_household_or_a_correction_that_is_not_there_nothing_is_corrected(api: Api) -> None:
    for path in ("/v1/households/nobody/end-corrections", "/v1/corrections/none/reversals"):
        assert (await api.post(path, WRONG)).status_code == 404
