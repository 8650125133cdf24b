"""Paying online before it has been opened (OPS-4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bulkhead.policy import PolicyPack
from services.payments.tests.builders import PACKS, World, at
from services.payments.tests.contract.support import CARD, CASH, Api, nothing_happened, problem

BANK = {**CARD, "method": "bank", "token": "tok_bank_ok"}
FIRST_YEAR = PolicyPack.named("vermont-2014", directory=PACKS)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    world = World(start=at("2014-02-28T23:59"), pack=FIRST_YEAR)
    async with world.client() as client:
        yield Api(world, client)


@pytest.mark.parametrize("body", [CARD, BANK])
@pytest.mark.parametrize("role", ["member", "operator"])
async def test_OPS_4_a_door_that_is_not_open_yet_takes_no_money_early(api: Api, body: Any, role: Any) -> None:
    answer = await api.post("/v1/households/june/payments", body, role, household="june")
    said = problem(answer, status=409, kind="online-payment-not-open")
    assert (said["detail"], said["errors"][0]["field"]) == (
        "paying online has not been opened yet and nothing was taken; pay by phone, by mail or at a counter",
        "/method",
    )
    assert said["reasons"] == [
        {
            "rule": "OPS-4",
            "says": "a channel that has not been opened refuses money instead of taking it early",
            "citation": "N0: 'the online payment function hasn't worked' (PAY-1, OPS-4)",
            "facts": {},
        }
    ]
    nothing_happened(api)
    assert api.world.kept.charges == {}


async def test_OPS_4_the_same_request_is_taken_on_the_day_the_door_opens(api: Api) -> None:
    problem(await api.pay(CARD), status=409, kind="online-payment-not-open")
    assert (await api.get("/v1/households/june/payments")).json()["items"] == []
    api.world.set("2014-03-01T00:00")
    assert (await api.pay(CARD)).status_code == 201


async def test_OPS_4_cash_needs_no_door(api: Api) -> None:
    assert (await api.pay(CASH)).status_code == 201
