"""What holds in memory holds on PostgreSQL: one effect for one key, one chunk for two runners."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx2
import pytest

from bulkhead.duties.runner import DutyRunner
from bulkhead.duties.tables import DutyClaim
from bulkhead.kernel.calendar import local
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.retries.retries import Retry
from bulkhead.web.app import create_app
from bulkhead.web.tables import IdempotencyRecord
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.backing import Databases
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.web import client_of

pytestmark = pytest.mark.postgres

COUNTER = runpy.run_path(str(Path(__file__).parents[1] / "counter.py"))
METADATA, TALLY = COUNTER["METADATA"], COUNTER["Tally"]
SERVICE = COUNTER["build"](COUNTER["CounterSettings"].model_construct(None, inbox=Path()))
ISSUER = TestIssuer()
NOW = local(date(2015, 12, 1))


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    found = PostgresDatabase.for_service(SERVICE, url=databases.fresh(METADATA))
    yield found
    await found.close()


@pytest.fixture
def client(database: PostgresDatabase) -> httpx2.AsyncClient:
    app = create_app(service=SERVICE, uows=database, clock=FixedClock(NOW), verifier=ISSUER.verifier())
    return client_of(app)


async def deposit(
    client: httpx2.AsyncClient, cents: int, *, key: str, household: str = "june"
) -> httpx2.Response:
    return await client.post(
        f"/v1/households/{household}/deposits",
        json={"cents": cents},
        headers=ISSUER.headers("operator", key=key),
    )


async def test_PAY_2_many_at_once_with_one_key_have_one_effect_and_one_answer(
    database: PostgresDatabase, client: httpx2.AsyncClient
) -> None:
    answers = await asyncio.gather(*(deposit(client, 5, key="k1") for _ in range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.content for answer in answers} == {b'{"deposited":5,"heard":0,"bills":0}'}
    async with database.begin(now=NOW) as uow:
        assert await uow.records(TALLY).total("deposited") == 5
        assert await uow.records(IdempotencyRecord).count() == 1
    refused = await deposit(client, 6, key="k1")
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:bulkhead:problem:idempotency-key-reused"


async def test_two_runners_at_once_do_every_chunk_of_every_date_once(
    database: PostgresDatabase, client: httpx2.AsyncClient
) -> None:
    for number in range(7):
        await deposit(client, 5, key=f"k{number}", household=f"h{number}")
    runners = [DutyRunner(SERVICE.duties, database) for _ in range(3)]
    for runner in runners:
        await runner.open(NOW)
    await asyncio.gather(*(runner.turn(local(date(2015, 12, 3), 3)) for runner in runners))
    async with database.begin(now=NOW) as uow:
        assert [tally.bills for tally in await uow.records(TALLY).select()] == [3] * 7
    assert sum(runner.done for runner in runners) >= 3
    listed = (await client.get("/v1/duties?state=done", headers=ISSUER.headers("operator"))).json()["items"]
    assert [each["on"] for each in listed] == ["2015-12-03", "2015-12-02", "2015-12-01"]


async def test_a_household_left_aside_has_its_dates_in_order_and_once_with_three_runners(
    database: PostgresDatabase, client: httpx2.AsyncClient
) -> None:
    for number in range(7):
        await deposit(client, 5, key=f"k{number}", household=f"h{number}")
    (billing,) = SERVICE.duties
    bad, billed = {"h3"}, list[date]()

    async def run(uow: UnitOfWork, on_date: date, households: list[str]) -> None:
        if not bad.isdisjoint(households):
            raise ZeroDivisionError
        await billing.run(uow, on_date, households)
        billed.extend(on_date for each in households if each == "h3")

    runners = [DutyRunner([replace(billing, run=run)], database) for _ in range(3)]
    for runner in runners:
        await runner.open(NOW)
    await asyncio.gather(*(runner.turn(local(date(2015, 12, 3), 3)) for runner in runners))
    headers = ISSUER.headers("operator")
    listed = (await client.get("/v1/retries?kind=duties", headers=headers)).json()["items"]
    assert [(each["item"].rpartition("/")[0], each["household"], each["failures"]) for each in listed] == [
        (f"{billing.name}/2015-12-01", "h3", 1),
        (f"{billing.name}/2015-12-02", "h3", 0),
        (f"{billing.name}/2015-12-03", "h3", 0),
    ]
    bad.clear()
    for hour in (4, 5, 6):
        await asyncio.gather(*(runner.turn(local(date(2015, 12, 3), hour)) for runner in runners))
    async with database.begin(now=NOW) as uow:
        assert [tally.bills for tally in await uow.records(TALLY).select()] == [3] * 7
        assert await uow.records(DutyClaim).count() == await uow.records(Retry).count() == 0
    assert billed == [date(2015, 12, 1), date(2015, 12, 2), date(2015, 12, 3)]
