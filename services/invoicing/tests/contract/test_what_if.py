"""What would become of an account: said by what would do it, and nothing of it stays."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx2
import pytest

from services.invoicing.tests.contract.http import ISSUER, Desk

WHAT_IF = "/v1/households/h/what-if"
TERMINATED: dict[str, Any] = {
    "type": "PolicyTerminated",
    "version": 1,
    "data": {
        "household": "h",
        "policy": "h-silver",
        "plan": "SILVER",
        "carrier": "BCBSVT",
        "effective": "2016-01-01",
        "through": "2016-02-29",
        "reason": "requested",
        "months": [],
        "contact_version": 1,
        "decided_by": "enrollment",
        "decision": "d-1",
    },
}


@pytest.fixture
async def desk() -> Desk:
    """A household that paid its binder of 500.00 and owes February; it is February 10."""
    desk = await Desk().open()
    await desk.to(date(2016, 2, 10))
    return desk


async def ask(desk: Desk, body: dict[str, Any], **who: str) -> httpx2.Response:
    return await desk.client.post(
        WHAT_IF, json=body, headers=ISSUER.headers("member", **(who or {"household": "h"}))
    )


async def test_INV_5_money_that_is_supposed_settles_what_it_would(desk: Desk) -> None:
    before = await desk.book.balance("h")
    said = len(desk.book.database.emitted)
    answer = await ask(desk, {"payments": [{"cents": 80000}]})
    assert answer.status_code == 200, answer.json()
    outcome = answer.json()["outcome"]
    assert outcome["before"]["balance"]["owed_cents"] == before[0] == 100000
    assert outcome["before"]["grace"]["in_grace"] is True
    # 200.00 of credit were there: 800.00 more are both months
    assert (outcome["after"]["balance"]["owed_cents"], outcome["after"]["grace"]["in_grace"]) == (0, False)
    assert [each["type"] for each in answer.json()["events"]] == [
        "PremiumsSettled",
        "PremiumsSettled",
        "GraceExited",
    ]
    assert [each["rule"] for each in answer.json()["events"][2]["reasons"]] == ["INV-9"]
    assert (await desk.book.balance("h"), len(desk.book.database.emitted)) == (before, said)


async def test_INV_5_a_cent_short_settles_one_month_alone(desk: Desk) -> None:
    outcome = (await ask(desk, {"payments": [{"cents": 79999}]})).json()["outcome"]
    assert outcome["after"]["balance"]["owed_cents"] == 50000
    assert outcome["after"]["balance"]["held_cents"] == 49999
    assert [each["settled"] for each in outcome["after"]["months"]] == [True, True, False]


async def test_INV_4_what_enrollment_would_say_is_heard_as_from_itself(desk: Desk) -> None:
    said = {**TERMINATED, "household": "h", "business_date": "2016-02-10", "reasons": []}
    outcome = (await ask(desk, {"events": [said]})).json()["outcome"]
    assert [each["month"] for each in outcome["before"]["months"]] == ["2016-01", "2016-02", "2016-03"]
    assert [each["month"] for each in outcome["after"]["months"]] == ["2016-01", "2016-02"]


async def test_OPS_5_a_merge_that_is_supposed_leaves_what_is_owed_and_passes_on_what_is_credit(
    desk: Desk,
) -> None:
    merged = {
        "type": "HouseholdMerged",
        "version": 1,
        "data": {"household": "h", "into": "other", "correction": "m1"},
    }
    stays = (await ask(desk, {"events": [merged]})).json()
    assert stays["outcome"]["after"] == stays["outcome"]["before"]
    assert stays["outcome"]["after"]["balance"]["owed_cents"] == 100000
    assert stays["events"] == []
    # 800.00 more would pay what it owes, and what is over is the other's
    goes = (await ask(desk, {"events": [merged], "payments": [{"cents": 90000}]})).json()
    assert goes["outcome"]["after"]["balance"]["owed_cents"] == 0
    (passed,) = [each["data"] for each in goes["events"] if each["type"] == "CreditPassedOn"]
    assert (passed["into"], passed["cents"], passed["correction"]) == ("other", 10000, "m1")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"events": [{"type": "Nonsense", "data": {}}]}, "/events/0/type"),
        ({"events": [{"type": "PolicyTerminated", "data": {"household": "h"}}]}, "/events/0/data"),
        ({"payments": [{"cents": 0}]}, "/payments/0/cents"),
        ({"payments": [{"cents": 1, "received_on": "2016-02-11"}]}, "/payments/0/received_on"),
        (
            {"payments": [{"cents": 1}, {"cents": 1, "postmarked_on": "2014-02-11"}]},
            "/payments/1/postmarked_on",
        ),
    ],
)
async def test_what_cannot_be_supposed_is_told_by_field(desk: Desk, body: dict[str, Any], field: str) -> None:
    answer = await ask(desk, body)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_another_household_can_be_supposed_nothing_of(desk: Desk) -> None:
    assert (await ask(desk, {}, household="other")).status_code == 404
    event = {**TERMINATED, "data": {**TERMINATED["data"], "household": "other"}}
    answer = await ask(desk, {"events": [event]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "/events/0/data/household")


async def test_an_event_that_this_service_does_not_listen_to_changes_nothing(desk: Desk) -> None:
    outcome = (await ask(desk, {"events": [{"type": "ContactRecorded", "data": None}]})).json()["outcome"]
    assert outcome["before"] == outcome["after"]
