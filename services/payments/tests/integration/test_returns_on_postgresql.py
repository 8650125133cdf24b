"""Return files on a real server: two replicas at once return a payment once (PAY-5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from payments.application.decide_return_items import (
    ItemAssignment,
    assign_return_item,
    dismiss_return_item,
    lock_of,
)
from payments.application.return_file_poller import ReturnFilePoller
from payments.domain.payments import Payment
from payments.domain.return_files import ItemDecided, ReturnFile, ReturnItem
from payments.domain.returns import PaymentReturn
from services.payments.tests.builders import World, at
from services.payments.tests.nacha import Entry, return_file

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"
NOBODYS = "ZZZZZZZZZZZZZZZ"


@pytest.fixture
async def postgres(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    """Payments' database on a real server, migrated and empty."""
    url = databases.migrated(MIGRATIONS)
    database = PostgresDatabase.for_service(World().service, url=url)
    yield database
    await database.close()
    databases.drop(url)


async def returns(world: World) -> dict[type, list[Any]]:
    """A file that returns, one that waits for a person in many ways, one that is refused; return every row."""
    await world.opened()
    await world.heard_of("june")
    first, second = await world.pay_online(), await world.pay_online(cents=1)
    named = [each.identification or "" for each in (first, second)]
    world.returns.content["1.ach"] = return_file(Entry(identification=named[0], code="R02"), settled="006")
    world.returns.content["2.ach"] = return_file(
        Entry(identification=named[0]),
        Entry(identification=named[1], code="R68"),
        Entry(identification=named[1], transaction="27"),
        Entry(identification=NOBODYS, cents=9_999_999_999),
        Entry(identification="somebody", code="C01", cents=0),
        modifier="B",
    )
    world.returns.content["3.ach"] = return_file(Entry(identification=named[1]))[:200]
    await world.settle_down()
    async with world.uows.begin(now=world.now) as uow:
        kinds: tuple[type, ...] = (Payment, PaymentReturn, ReturnFile, ReturnItem)
        return {kind: await uow.records(kind).select() for kind in kinds}


async def test_PAY_5_return_files_on_postgresql_are_those_in_memory(postgres: PostgresDatabase) -> None:
    memory, server = (World(start=at("2016-01-06T10:00"), store=store) for store in (None, postgres))
    expected, found = await returns(memory), await returns(server)
    for kind, rows in expected.items():
        assert sorted(found[kind], key=repr) == sorted(rows, key=repr), kind.__name__
    assert [len(rows) for rows in found.values()] == [2, 1, 3, 6]
    assert await server.books() == await memory.books()
    assert server.returns.content == memory.returns.content


async def test_PAY_5_two_replicas_that_find_the_same_payment_in_two_files_return_it_once(
    postgres: PostgresDatabase,
) -> None:
    world = World(start=at("2016-01-06T10:00"), store=postgres)
    payment = await world.pay_online()
    assert payment.identification is not None
    again = Entry(identification=payment.identification)
    for modifier in "AB":
        world.returns.content[f"{modifier}.ach"] = return_file(again, modifier=modifier)
    twins = [ReturnFilePoller(postgres, folder=world.returns) for _ in range(2)]
    with capture_logs() as logs:
        await asyncio.gather(*(twin.turn(world.now) for twin in twins))
    assert logs == []
    await world.settle_down()
    async with postgres.begin(now=world.now) as uow:
        assert await uow.records(PaymentReturn).count() == 1
        assert await uow.records(ReturnFile).count(state="loaded") == 2
        items = await uow.records(ReturnItem).select(order_by=("state",))
    assert [(each.state, each.reason) for each in items] == [("open", "returned-before"), ("recorded", None)]
    assert sorted(world.returns.content) == ["loaded/A.ach", "loaded/B.ach"]
    assert (await world.books()).balanced


async def test_PAY_5_an_item_that_is_assigned_and_dismissed_at_once_is_one_of_both(
    postgres: PostgresDatabase,
) -> None:
    world = World(start=at("2016-01-06T10:00"), store=postgres)
    for number in range(8):
        payment = await world.pay_online()
        world.returns.content[f"{number}.ach"] = return_file(
            Entry(identification=NOBODYS), modifier=str(number)
        )
        await world.settle_down()
        async with postgres.begin(now=world.now) as uow:
            item = await uow.records(ReturnItem).get(state="open")
        assert item is not None

        async def assign(item: str, of: str) -> None:
            async with postgres.begin(now=world.now, households=["june", lock_of(item)]) as uow:
                to = ItemAssignment(payment=of, on=None, kind=None, note=None)
                await assign_return_item(uow, item, to, operator="ops")

        async def dismiss(item: str) -> None:
            async with postgres.begin(now=world.now, households=[lock_of(item)]) as uow:
                await dismiss_return_item(uow, item, note=None, operator="ops")

        outcomes = await asyncio.gather(
            assign(item.item, payment.payment), dismiss(item.item), return_exceptions=True
        )
        assert [type(each) for each in outcomes if each is not None] == [ItemDecided]
    assert (await world.books()).balanced
