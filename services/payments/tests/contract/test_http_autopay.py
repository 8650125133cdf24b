"""Autopay over HTTP (PAY-8)."""

from __future__ import annotations

import pytest

from bulkhead.policy import PolicyPack
from payments.application.facts import InvoiceIssued
from payments.domain.autopay import Mandate
from payments.domain.consents import CONSENTS
from services.payments.tests.builders import PACKS, World, at
from services.payments.tests.contract.support import Api, problem, rules
from services.payments.tests.unit.test_autopay import invoice

BODY = {"method": "card", "token": "tok_card_ok", "consent": "v1", "language": "fr"}
AUTOPAY = "/v1/households/june/autopay"
OFF = {
    "on": False,
    "method": None,
    "consent": None,
    "language": None,
    "agreed_at": None,
    "corrected_at": None,
    "next_draw": None,
    "last_draw": None,
}


async def hear(api: Api, fact: InvoiceIssued) -> None:
    await api.world.hear(fact)


async def test_PAY_8_a_member_agrees_sees_what_is_drawn_and_ends_it(api: Api) -> None:
    api.world.set("2016-01-05T10:00")
    await hear(api, invoice())
    who = {"household": "june"}
    assert (await api.get(AUTOPAY, "member", **who)).json() == OFF
    begun = await api.post(AUTOPAY, BODY, "member", **who)
    assert begun.status_code == 201
    planned = {
        "invoice": "june-2",
        "on": "2016-01-26",
        "amount_cents": 50_000,
        "state": "planned",
        "nothing_because": None,
        "decline": None,
        "payment": None,
    }
    on = {
        "on": True,
        "method": "card",
        "consent": "v1",
        "language": "fr",
        "agreed_at": "2016-01-05T10:00:00-05:00",
        "corrected_at": None,
        "next_draw": planned,
        "last_draw": None,
    }
    assert begun.json() == on
    assert (await api.post(AUTOPAY, BODY, "member", **who)).json() == on  # the same key
    assert len(api.world.rows(Mandate)) == 1
    assert (await api.get(AUTOPAY, "member", **who)).json() == on
    ended = await api.post(f"{AUTOPAY}/ends", None, "member", key="key-2", **who)
    assert (ended.status_code, ended.json()) == (200, OFF)
    again = await api.post(f"{AUTOPAY}/ends", None, "member", key="key-3", **who)
    assert rules(problem(again, status=409, kind="no-autopay")) == ["PAY-8"]


async def test_PAY_8_of_a_token_nothing_is_shown(api: Api) -> None:
    answer = await api.post(AUTOPAY, BODY)
    assert "tok_card" not in answer.text
    assert "tok_card" not in (await api.get(AUTOPAY)).text


async def test_another_household_has_no_autopay_for_a_member(api: Api) -> None:
    who = {"household": "avery"}
    problem(await api.get(AUTOPAY, "member", **who), status=404, kind="not-found")
    problem(await api.post(AUTOPAY, BODY, "member", **who), status=404, kind="not-found")
    problem(await api.post(f"{AUTOPAY}/ends", None, "member", **who), status=404, kind="not-found")
    assert api.world.rows(Mandate) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**BODY, "token": "4111111111111111"}, "/token"),
        ({**BODY, "token": ""}, "/token"),
        ({**BODY, "consent": "v0"}, "/consent"),
        ({**BODY, "method": "cash"}, "/method"),
    ],
)
async def test_PAY_8_what_cannot_be_drawn_from_is_refused_by_field(
    api: Api, body: dict[str, str], field: str
) -> None:
    answer = await api.post(AUTOPAY, body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert api.world.rows(Mandate) == []


async def test_OPS_4_nothing_is_agreed_to_before_paying_online_is_open() -> None:
    world = World(start=at("2014-02-28T10:00"), pack=PolicyPack.named("vermont-2014", directory=PACKS))
    async with world.client() as client:
        problem(await Api(world, client).post(AUTOPAY, BODY), status=409, kind="online-payment-not-open")


@pytest.mark.parametrize("language", ["en", "es", "fr"])
async def test_PAY_8_what_is_agreed_to_can_be_read(api: Api, language: str) -> None:
    answer = await api.get(f"/v1/autopay/consents/v1?language={language}", "member", household="june")
    assert answer.json() == {"consent": "v1", "language": language, "text": CONSENTS["v1"][language]}  # type: ignore[index]
