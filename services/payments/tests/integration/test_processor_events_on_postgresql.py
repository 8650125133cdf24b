"""The processor's calls on a real server: as in memory, and two replicas that get one at once do one thing (PAY-1)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bulkhead.kernel.personal import Masked
from bulkhead.kernel.webhooks import sign
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from payments.application.take_online_payment import OnlineOrder, UnderWay
from payments.application.take_processor_events import ProcessorEventPoller
from payments.domain.attempts import Attempt, ProcessorAway
from payments.domain.payments import Payment
from payments.domain.processor_events import ProcessorEvent
from services.payments.tests.builders import (
    PARAMETERS,
    WALL_SECONDS,
    WEBHOOK_KEY,
    World,
    at,
    charge_online,
)

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"
REFERENCES = ("late-1", "late-2", "of-nobody")


@pytest.fixture
async def postgres(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    """Payments' database on a real server, migrated and empty."""
    url = databases.migrated(MIGRATIONS)
    database = PostgresDatabase.for_service(World().service, url=url)
    yield database
    await database.close()
    databases.drop(url)


async def timed_out(world: World) -> None:
    """Have two payments time out, which the processor takes after all."""
    for reference in REFERENCES[:2]:
        order = OnlineOrder(
            payment=reference,
            fingerprint="asked",
            household="june",
            amount_cents=30_000,
            method="card",
            token=Masked("tok_card_late"),
            at_selection=False,
        )
        with suppress(ProcessorAway):
            await charge_online(
                world.uows, order, processor=world.processor, under_way=UnderWay(), now=world.now
            )
        world.processor.behaviour.decide(world.kept.charges[reference])


async def send(client: httpx2.AsyncClient, reference: str) -> tuple[int, str]:
    body = json.dumps({"type": "charge.approved", "data": {"reference": reference}}).encode()
    headers = sign(WEBHOOK_KEY, sent_id=f"evt_{reference}", sent_at=int(WALL_SECONDS), body=body)
    answer = await client.post(
        "/v1/processor-events", content=body, headers={"content-type": "application/json", **headers}
    )
    return answer.status_code, answer.json().get("taken", "")


async def rows(world: World, *kinds: type) -> list[list[Any]]:
    async with world.uows.begin(now=world.now) as uow:
        return [sorted(await uow.records(kind).select(), key=repr) for kind in kinds]


async def called_back(world: World) -> list[list[Any]]:
    """Take an event about each, twice, see to what needs nobody, and return every row."""
    await world.opened()
    await timed_out(world)
    async with world.client() as client:
        for reference in REFERENCES * 2:
            assert (await send(client, reference))[0] == 202
        before = await rows(world, ProcessorEvent)
        await world.settle_down()
        (event,) = [each for each in (await rows(world, ProcessorEvent))[0] if each.state == "open"]
        path = f"/v1/processor-events/{event.event}/dismissals"
        headers = world.issuer.headers("operator", key="key-1")
        assert (await client.post(path, json={}, headers=headers)).status_code == 201
    return before + await rows(world, ProcessorEvent, Payment, Attempt)


async def test_PAY_1_the_processor_s_calls_on_postgresql_are_those_in_memory(
    postgres: PostgresDatabase,
) -> None:
    memory, server = (World(start=at("2016-01-06T10:00"), store=store) for store in (None, postgres))
    expected, found = await called_back(memory), await called_back(server)
    assert found == expected
    assert [len(each) for each in found] == [3, 1, 2, 2]
    assert [each.times for each in found[0]] == [2, 2, 2]


async def test_PAY_1_two_replicas_that_get_the_same_event_at_once_record_its_payment_once(
    postgres: PostgresDatabase,
) -> None:
    world = World(start=at("2016-01-06T10:00"), store=postgres)
    await timed_out(world)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(world.client()) for _ in range(2)]
        answers = await asyncio.gather(
            *(send(client, reference) for reference in REFERENCES for client in clients for _ in range(4))
        )
    assert answers == [(202, "asked-after")] * 16 + [(202, "open")] * 8
    (events,) = await rows(world, ProcessorEvent)
    assert [(each.reference, each.times) for each in sorted(events, key=lambda each: each.reference)] == [
        (reference, 8) for reference in REFERENCES
    ]
    twins = [
        ProcessorEventPoller(postgres, processor=world.processor, under_way=UnderWay(), parameters=PARAMETERS)
        for _ in range(2)
    ]
    await asyncio.gather(*(twin.turn(world.now) for twin in twins))
    payments, events = await rows(world, Payment, ProcessorEvent)
    assert [(each.payment, each.amount_cents) for each in payments] == [
        ("late-1", 30_000),
        ("late-2", 30_000),
    ]
    assert [each.reference for each in events] == ["of-nobody"]
