"""Each service goes on with what is its own while all the others, and Kafka, are down (OPS-1)."""

from __future__ import annotations

import asyncio
import time
from datetime import date
from typing import Any

import httpx2
import pytest

from bulkhead.kernel.calendar import local
from tests.e2e.conftest import SERVICES, Desk

pytestmark = [pytest.mark.live, pytest.mark.slow]

DECEMBER_3 = date(2015, 12, 3)
DECEMBER_4 = date(2015, 12, 4)
KNOWN_WITHIN_SECONDS = 30.0


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


async def told(page: httpx2.AsyncClient, **wanted: str) -> dict[str, Any]:
    """Return what the status page tells machines, once things stand as they are wanted; by then it is not late."""
    began = time.monotonic()
    while True:
        said = (await page.get("/status.json")).json()
        states = {each["doing"].replace("-", "_"): each["state"] for each in said["doings"]}
        if wanted.items() <= states.items():
            return said
        assert time.monotonic() - began < KNOWN_WITHIN_SECONDS, states
        await asyncio.sleep(0.2)


async def test_OPS_3_NOT_2_the_status_page_tells_what_is_away_and_stays_up_when_all_is(desk: Desk) -> None:
    all_works = dict.fromkeys(
        ["choose_plan", "pay_online", "pay_by_phone", "pay_by_mail", "invoices", "letters", "carriers"],
        "works",
    )
    await desk.advance(DECEMBER_4, 14)
    await asyncio.to_thread(desk.instance.start_service, "status")
    async with httpx2.AsyncClient(base_url=desk.instance.status_url, trust_env=False) as page:
        said = await told(page, **all_works)
        assert said["as_of"] == "2015-12-04T14:00:00-05:00"
        assert said["ways_to_pay"] == ["pay-online", "pay-by-phone", "pay-by-mail"]
        await desk.live.take_down("payments")
        said = await told(page, **all_works | {"pay_online": "down"})
        assert said["ways_to_pay"] == ["pay-by-phone", "pay-by-mail"]
        for name in ("notifications", "carrier-gateway", "invoicing", "enrollment", "kafka"):
            await desk.live.take_down(name)
        away = dict.fromkeys(all_works, "down") | {"pay_by_phone": "unknown", "pay_by_mail": "works"}
        await told(page, **away)
        answer = await page.get("/", headers={"Accept-Language": "es"})
        assert (answer.status_code, answer.text.count("No funciona desde el viernes, 4 de diciembre")) == (
            200,
            5,
        )
        await desk.bring_all_up(local(DECEMBER_4, 14))
        said = await told(page, **all_works)
        assert {"pay-online", "letters", "invoices"} <= {each["doing"] for each in said["outages"]}
    await asyncio.to_thread(desk.instance.stop_service, "status")
