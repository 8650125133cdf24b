"""Each service goes on with what is its own while all the others, and Kafka, are down (OPS-1)."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import local
from tests.e2e.conftest import SERVICES, Desk

pytestmark = [pytest.mark.live, pytest.mark.slow]

DECEMBER_3 = date(2015, 12, 3)
DECEMBER_4 = date(2015, 12, 4)


async def take_down_all_but(desk: Desk, service: str) -> None:
    for name in ("kafka", *(each for each in SERVICES if each != service)):
        await desk.live.take_down(name)


async def test_OPS_1_a_plan_is_selected_while_everything_else_is_down(desk: Desk) -> None:
    await desk.register("alone")
    await desk.advance(DECEMBER_3)
    await take_down_all_but(desk, "enrollment")
    answer = await desk.select("alone")
    assert (answer.status, answer.body["effective"]) == (201, "2016-01-01")
    assert await desk.lifecycle("alone") == ["selected"]
    await desk.bring_all_up(local(DECEMBER_3, 13))
    balance = await desk.get("invoicing", "/v1/households/alone/balance")
    assert (balance["owed_cents"], balance["held_cents"], balance["credit_cents"]) == (50000, 0, 0)


async def test_OPS_1_PAY_3_money_is_taken_while_everything_else_is_down(desk: Desk) -> None:
    await desk.register("payer")
    assert (await desk.select("payer")).ok
    await desk.advance(DECEMBER_4)
    await take_down_all_but(desk, "payments")
    answer = await desk.pay("payer")
    assert (answer.status, answer.body["amount_cents"]) == (201, 50000)
    # Payments has never heard of this one, and takes its money all the same.
    assert (await desk.pay("stranger", 700)).status == 201
    await desk.bring_all_up(local(DECEMBER_4, 13))
    assert await desk.lifecycle("payer") == ["active"]
    stranger = await desk.get("invoicing", "/v1/households/stranger/balance")
    assert stranger["credit_cents"] == 700
    sent = await desk.get("carrier-gateway", "/v1/transmissions?carrier=BCBSVT&household=payer")
    assert [(each["kind"], each["effective"]) for each in sent["items"]] == [("initial", "2016-01-01")]
