"""Invoicing's API: asking that ended coverage stand again."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from datetime import date

import httpx2
import pytest

from bulkhead.web.auth import Role
from services.invoicing.tests.contract.http import ISSUER, Desk

PATH = "/v1/households/h/reinstatement-requests"
WHY = "was in hospital, 123-45-6789"


async def ended() -> Desk:
    """Return the desk of a household whose coverage ended on February 29: 300.00 of February are unpaid, and March."""
    desk = await Desk().open()
    await desk.to(date(2016, 3, 1))
    return desk


async def ask(
    desk: Desk, *, role: Role = "member", key: str = "k1", reason: str | None = None
) -> httpx2.Response:
    headers = ISSUER.headers(role, key=key, household="h" if role == "member" else None)
    body = {} if reason is None else {"reason": reason}
    return await desk.client.post(PATH, json=body, headers=headers)


@pytest.mark.parametrize("role", ["member", "operator"])
async def test_INV_13_a_household_or_an_operator_asks_and_is_told_what_to_pay_by_when(role: Role) -> None:
    desk = await ended()
    answer = await ask(desk, role=role)
    assert answer.status_code == 201
    said = answer.json()
    assert (said["state"], said["pay_by"], said["lacking_cents"]) == ("waiting", "2016-03-30", 80000)
    assert (said["policies"], said["plan_year"], said["decided_on"]) == (["h-silver"], 2016, None)
    (reason,) = said["reasons"]
    assert (reason["rule"], reason["citation"]) == ("INV-13", "VHC §3; HBEE 64.06(b)")
    assert reason["facts"] == {"pay_by": "2016-03-30", "lacking": "800.00"}


async def test_PAY_2_the_same_request_is_answered_as_before_and_another_finds_what_waits() -> None:
    desk = await ended()
    first = await ask(desk)
    await desk.book.pay("h", 30000)
    assert (await ask(desk)).json() == first.json()
    assert (await ask(desk, key="k2")).json()["lacking_cents"] == 50000
    listed = (await desk.get(PATH, household="h")).json()["items"]
    assert [each["state"] for each in listed] == ["waiting"]


async def test_INV_13_what_is_paid_already_is_granted_at_once() -> None:
    desk = await ended()
    await desk.book.pay("h", 80000)
    answer = (await ask(desk)).json()
    assert (answer["state"], answer["lacking_cents"], answer["decided_on"]) == ("granted", 0, "2016-03-01")
    (listed,) = (await desk.as_operator(PATH)).json()["items"]
    assert (listed["state"], listed["decided_on"]) == ("granted", "2016-03-01")


async def test_INV_13_a_refusal_names_the_limit_that_fails_and_what_would_do() -> None:
    desk = await Desk().open()
    answer = await ask(desk)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["type"] == "urn:bulkhead:problem:nothing-to-reinstate"
    desk = await ended()
    await desk.to(date(2016, 3, 31))
    late = await ask(desk)
    assert (late.status_code, late.json()["type"]) == (422, "urn:bulkhead:problem:asked-too-late")
    (reason,) = late.json()["reasons"]
    assert reason["facts"] == {"ended": "2016-02-29", "ask_by": "2016-03-30"}
    assert "open enrollment" in reason["says"]
    assert (await desk.as_operator(PATH)).json()["items"] == []


async def test_INV_13_why_a_household_asks_is_for_operators_and_is_nowhere_else() -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        desk = await ended()
        answer = await ask(desk, reason=WHY)
        await desk.book.pay("h", 80000)
    journal = await desk.as_operator("/v1/events?household=h")
    own = await desk.get(PATH, household="h")
    for text in (answer.text, journal.text, own.text, out.getvalue(), err.getvalue()):
        assert "hospital" not in text
    assert [each["reason"] for each in (await desk.as_operator(PATH)).json()["items"]] == [WHY]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"reason": "  "}, "/reason"), ({"reason": "two\nlines"}, "/reason"), ({"by": "ada"}, "/by")],
)
async def test_INV_13_what_cannot_be_meant_is_refused_by_field(body: dict[str, str], field: str) -> None:
    desk = await ended()
    headers = ISSUER.headers("operator", key="k1")
    answer = await desk.client.post(PATH, json=body, headers=headers)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])


@pytest.mark.parametrize("role", ["assister", "carrier", "service"])
async def test_INV_13_nobody_else_asks(role: Role) -> None:
    assert (await ask(await ended(), role=role)).status_code == 403


async def test_INV_13_another_household_does_not_learn_of_it() -> None:
    desk = await ended()
    headers = ISSUER.headers("member", key="k1", household="other")
    assert (await desk.client.post(PATH, json={}, headers=headers)).status_code == 404
    assert (await desk.get(PATH, household="other")).status_code == 404
