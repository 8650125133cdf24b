"""Files of debits on a real server: two workers at once make two files, and number nothing twice (PAY-8)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from payments.application.ports import DirectDebit
from payments.application.write_debit_files import make_debit_file
from payments.domain.ach_debits import AchDebit, AchFile, AchNumbers
from payments.domain.payments import Payment
from services.payments.tests.builders import Staff, World, at
from services.payments.tests.debits import files_of, keep, pay_from
from services.payments.tests.unit.test_debits_not_sent import said_by_the_bank

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"
HOUSEHOLDS = ("avery", "carol", "june", "kim")


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    """Payments on a real server, migrated and empty."""
    url = databases.migrated(MIGRATIONS)
    database = PostgresDatabase.for_service(World().service, url=url)
    yield await World(start=at("2016-01-04T10:00"), store=database).opened()
    await database.close()
    databases.drop(url)


async def test_PAY_8_two_workers_at_once_give_no_modifier_and_no_trace_number_twice(world: World) -> None:
    debit = DirectDebit(keys=world.keys, originator=world.originator, folder=world.debits)
    for household in HOUSEHOLDS:
        await pay_from(world, await keep(world, household), name=f"p-{household}")

    async def make(household: str) -> None:
        async with world.uows.begin(now=world.now, households=[household]) as uow:
            await make_debit_file(uow, [household], debit=debit)

    await asyncio.gather(*(make(each) for each in HOUSEHOLDS))
    async with world.uows.begin(now=world.now) as uow:
        files = await uow.records(AchFile).select(order_by=("modifier",))
        debits = await uow.records(AchDebit).select(order_by=("trace",))
        [numbers] = await uow.records(AchNumbers).select()
    assert [each.modifier for each in files] == ["A", "B", "C", "D"]
    assert [each.trace for each in debits] == [f"0914006067{number:05}" for number in range(1, 5)]
    assert (numbers.made_on, numbers.modifier, numbers.sequence) == (date(2016, 1, 4), "D", 6_700_004)
    await world.settle_down()
    assert len(files_of(world)) == 4


async def test_PAY_5_what_waits_from_a_closed_account_goes_back_from_whoever_has_it(world: World) -> None:
    await world.heard_of("carol")
    account = await keep(world)
    await pay_from(world, account)
    await world.advance("2016-01-06T10:00")
    second = await pay_from(world, account, name="p-2", cents=20_000)
    await Staff(world).move(second, ("carol", 5_000))
    await said_by_the_bank(world, "p-1", code="R02")
    async with world.uows.begin(now=world.now) as uow:
        [debit] = await uow.records(AchDebit).select(payment="p-2")
        left = await uow.records(Payment).count(returned_on=None)
    assert ((debit.state, debit.because), left) == (("called-off", "account-closed"), 0)
    assert (await world.books()).balanced
