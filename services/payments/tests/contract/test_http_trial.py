"""Anybody may ask over HTTP whether money can be paid online (OPS-3)."""

from __future__ import annotations

from services.payments.tests.contract.support import Api


async def test_OPS_3_anybody_is_told_whether_money_can_be_paid_online(api: Api) -> None:
    answer = await api.client.get("/v1/online-payment")
    assert (answer.status_code, answer.json()) == (
        200,
        {"takes_payments": True, "outcome": "ok", "tried_at": "2015-12-03T10:00:00-05:00"},
    )
    api.world.processor.reachable = False
    api.world.seconds = 60.0
    assert (await api.client.get("/v1/online-payment")).json() == {
        "takes_payments": False,
        "outcome": "processor-away",
        "tried_at": "2015-12-03T10:00:00-05:00",
    }


async def test_OPS_3_while_the_database_is_away_it_answers_503(api: Api) -> None:
    api.world.database.away = True
    answer = await api.client.get("/v1/online-payment")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
