"""Credit of a household that was merged, on a real server: the same rows as in memory, moved once (OPS-5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from payments.application import facts
from payments.application.pass_on_credit import PassingPoller
from payments.domain.corrections import Correction
from payments.domain.passings import MergedHousehold, Passing
from payments.domain.payments import Payment
from payments.domain.settlements import Share
from services.payments.tests.builders import Staff, World, at

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"
START = "2015-12-03T09:00"


@pytest.fixture
async def postgres(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    """Payments' database on a real server, migrated and empty."""
    url = databases.migrated(MIGRATIONS)
    database = PostgresDatabase.for_service(World().service, url=url)
    yield database
    await database.close()
    databases.drop(url)


def passed_on(payment: Payment, cents: int, *, passing: str = "p1") -> facts.CreditPassedOn:
    return facts.CreditPassedOn(
        household="june-2",
        passing=passing,
        into="june",
        taken_from=(Share(payment=payment.payment, cents=cents),),
        correction="m1",
    )


async def merged(world: World) -> dict[type, list[Any]]:
    """A household that is merged, whose money moves on, later money too, and comes back; return every row."""
    await world.opened()
    await world.heard_of("june", "june-2")
    paid = await world.pay("june-2", cents=30_000)
    await world.hear(
        facts.HouseholdMerged(household="june-2", into="june", correction="m1"), passed_on(paid, 30_000)
    )
    await world.settle_down()
    later = await world.pay("june-2", cents=12_345)
    await world.hear(passed_on(later, 12_345, passing="p2"))
    await world.settle_down()
    await world.hear(
        facts.MergeReversed(household="june-2", into="june", reverses="m1"),
        facts.CreditCalledBack(household="june-2", passing="b1", into="june", reverses="m1"),
    )
    await world.settle_down()
    async with world.uows.begin(now=world.now) as uow:
        kinds: tuple[type, ...] = (Payment, Correction, Passing, MergedHousehold)
        return {kind: await uow.records(kind).select() for kind in kinds}


async def test_OPS_5_a_merge_on_postgresql_leaves_the_same_rows_as_in_memory(
    postgres: PostgresDatabase,
) -> None:
    memory, server = (World(start=at(START), store=store) for store in (None, postgres))
    expected, found = await merged(memory), await merged(server)
    for kind, rows in expected.items():
        assert sorted(found[kind], key=repr) == sorted(rows, key=repr), kind.__name__
    assert [len(rows) for rows in found.values()] == [6, 4, 3, 1]
    assert (await server.books()).balanced


async def test_OPS_5_two_replicas_move_credit_once_while_money_moves_the_other_way(
    postgres: PostgresDatabase,
) -> None:
    world = World(start=at(START), store=postgres)
    await world.opened()
    await world.heard_of("june", "june-2")
    replicas = [PassingPoller(postgres) for _ in range(2)]
    for number in range(6):
        one, other = await world.pay("june-2", cents=10_000), await world.pay("june", cents=20_000)
        await world.hear(passed_on(one, 10_000, passing=f"p{number}"))
        staff = Staff(world, number=10 * number)
        with capture_logs() as logs:
            await asyncio.gather(
                *(each.turn(world.now) for each in replicas), staff.move(other, ("june-2", 1_000))
            )
        assert logs == []
    async with postgres.begin(now=world.now) as uow:
        kept = await uow.records(Payment).select(household="june")
        assert sum(each.kept_cents for each in kept) == 6 * (20_000 - 1_000 + 10_000)
        assert await uow.records(Passing).count(state="due") == 0
    assert (await world.books()).balanced
