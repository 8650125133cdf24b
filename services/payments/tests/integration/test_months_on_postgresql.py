"""Some months on a real server come out as they do in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from payments.application.decide_suspense import assign_suspense, dismiss_suspense, lock_of
from payments.application.lockbox_poller import LockboxPoller
from payments.application.ports import ProcessorMisunderstood
from payments.application.take_online_payment import UnderWay, record_online_payment
from payments.domain.attempts import Attempt, ProcessorAway
from payments.domain.corrections import Correction
from payments.domain.lockbox import LockboxContent, LockboxDay, LockboxFile
from payments.domain.payments import Payment
from payments.domain.refunds import Refund, RefundPart
from payments.domain.remittances import CarrierBalance, Remittance, RemittanceLine
from payments.domain.returns import PaymentReturn
from payments.domain.settlements import Settlement, WaitingShare
from payments.domain.suspense import AlreadyDecided, Assignment, SuspenseItem
from services.payments.tests.builders import (
    PARAMETERS,
    Row,
    Staff,
    World,
    at,
    charge_online,
    group_settled,
    premium,
    refund,
    settled,
    unsettled,
)
from services.payments.tests.unit.test_online_payment import order

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"

KINDS: tuple[type, ...] = (
    Attempt,
    Payment,
    SuspenseItem,
    LockboxFile,
    LockboxContent,
    LockboxDay,
    Settlement,
    WaitingShare,
    RemittanceLine,
    Remittance,
    CarrierBalance,
    Refund,
    RefundPart,
)


@pytest.fixture
async def postgres(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    """Payments' database on a real server, migrated and empty."""
    url = databases.migrated(MIGRATIONS)
    database = PostgresDatabase.for_service(World().service, url=url)
    yield database
    await database.close()
    databases.drop(url)


async def play(world: World) -> dict[type, list[Any]]:
    """Take money in every way, settle, remit, take back, refund, decide about suspense, and close the books;
    return every row.
    """

    world.restart()
    await world.opened()
    await world.advance("2015-12-03T10:00")
    charge = await charge_online(
        world.uows, order(), processor=world.processor, under_way=UnderWay(), now=world.now
    )
    async with world.uows.begin(now=world.now, households=["avery"]) as uow:
        card = await record_online_payment(uow, "payment-1", charge=charge, parameters=PARAMETERS)
    await world.heard_of("june")
    world.drop(
        Row(postmarked="2015-11-30", names="selection:sel-1"),
        Row(account="kim"),
        Row(account="", amount="0.00"),
        Row(reference="1002", received="2015-W49-4", names="the blue one"),
    )
    await world.settle_down()
    world.drop(Row(), name="double.csv", sequence=2)
    await world.settle_down()
    await decide(world)
    async with world.uows.begin(now=world.now) as uow:
        check = await uow.records(Payment).get(household="june", reference="1001")
    assert check is not None
    first = settled(card, settlement="avery.1", on="2015-12-03", cents=20_000)
    second = settled(check, settlement="june.1", on="2015-12-03")
    await world.hear(first, second, refund(card, cents=5_000))
    await world.advance("2015-12-10T10:00")
    await world.heard_of("kim")
    await world.hear(unsettled(second, on="2015-12-10"))
    await world.advance("2015-12-17T10:00")
    cash = await world.pay("june", cents=80_000)
    await world.hear(
        group_settled(
            premium([(check, 40_000), (cash, 30_000)], settlement="june.2"),
            premium(cash, cents=10_000, settlement="june.3", carrier="DELTA", policy="p2"),
            on="2015-12-17",
        )
    )
    world.odd["payment-2"] = ProcessorMisunderstood("the processor answered 401")
    with pytest.raises(ProcessorAway):
        await charge_online(
            world.uows,
            replace(
                order(token="tok_card_slow"),
                payment="payment-2",
                at_selection=False,
                selection=None,
                invoice="inv-1",
            ),
            processor=world.processor,
            under_way=UnderWay(),
            now=world.now,
        )
    await world.advance("2015-12-20T10:00")
    assert world.service.overdue is not None
    async with world.uows.begin(now=world.now) as uow:
        assert [each.kind for each in await world.service.overdue(uow)] == [
            "attempt",
            "lockbox-file-refused",
        ]
    world.odd.clear()
    await world.advance("2016-01-04T12:00")
    async with world.uows.begin(now=world.now) as uow:
        return {kind: await uow.records(kind).select() for kind in KINDS}


async def decide(world: World) -> None:
    """Assign what could not be read, and dismiss what came twice."""
    async with world.uows.begin(now=world.now) as uow:
        items = {each.reason: each.item for each in await uow.records(SuspenseItem).select()}
    unreadable, double = items["unreadable"], items["possible-double"]
    async with world.uows.begin(now=world.now, households=["june", lock_of(unreadable)]) as uow:
        to = Assignment(household="june", received_on=date(2015, 12, 2))
        await assign_suspense(uow, unreadable, to, operator="ops", parameters=PARAMETERS)
    async with world.uows.begin(now=world.now, households=[lock_of(double)]) as uow:
        await dismiss_suspense(uow, double, operator="ops")


async def test_PAY_9_months_on_postgresql_are_those_in_memory(postgres: PostgresDatabase) -> None:
    memory, server = World(), World(store=postgres)
    expected, found = await play(memory), await play(server)
    for kind in KINDS:
        assert found[kind] == expected[kind], kind.__name__
    assert server.remittances.content == memory.remittances.content
    report = await server.books()
    assert report == await memory.books()
    assert report.balanced
    assert report.closed_through == date(2016, 1, 3)
    assert len(server.remittances.content) == 4


async def returns(world: World) -> dict[type, list[Any]]:
    """Three payments, one settled and one refunded from, are all returned; then what the first settled falls."""
    await world.opened()
    await world.heard_of("june")
    first, second, third = await world.pay(), await world.pay(), await world.pay()
    fact = settled(first, on="2016-01-04")
    await world.hear(fact, refund(third, cents=20_000))
    await world.advance("2016-01-06T20:00")
    for payment in (first, second, third):
        await world.give_back(payment)
    await world.hear(unsettled(fact, on="2016-01-06"))
    await world.advance("2016-01-13T20:00")
    async with world.uows.begin(now=world.now) as uow:
        return {kind: await uow.records(kind).select() for kind in (*KINDS, PaymentReturn)}


async def test_PAY_5_returns_on_postgresql_are_those_in_memory(postgres: PostgresDatabase) -> None:
    memory, server = (World(start=at("2016-01-04T10:00"), store=store) for store in (None, postgres))
    expected, found = await returns(memory), await returns(server)
    for kind, rows in expected.items():
        assert found[kind] == rows, kind.__name__
    assert await server.books() == await memory.books()
    assert (await server.books()).balanced


async def corrections(world: World) -> dict[type, list[Any]]:
    """Two payments are split among others, one of them by two people; one is declined, one taken back."""
    await world.opened()
    await world.heard_of("june", "mia", "noa")
    staff, small, large = Staff(world), await world.pay(), await world.pay(cents=80_000)
    fact = settled(large, on="2016-01-04")
    await world.hear(fact)
    first = await staff.move(small, ("mia", 20_000), ("noa", 10_000))
    second = await staff.move(large, ("mia", 60_000))
    await staff.decide(second, "approve", by="bea")
    await world.hear(unsettled(fact, on="2016-01-04"))
    await world.advance("2016-01-06T20:00")
    declined = await staff.move(await world.pay(cents=70_000), ("noa", 70_000))
    await staff.decide(declined, "decline", by="bea")
    await staff.reverse(first)
    redated = await staff.decide(await staff.redate(large, "2016-01-02", "2015-12-31"), "approve", by="bea")
    await staff.decide(await staff.reverse(redated), "approve", by="bea")
    async with world.uows.begin(now=world.now) as uow:
        return {kind: await uow.records(kind).select() for kind in (*KINDS, Correction)}


async def test_OPS_5_corrections_on_postgresql_are_those_in_memory(postgres: PostgresDatabase) -> None:
    memory, server = (World(start=at("2016-01-04T10:00"), store=store) for store in (None, postgres))
    expected, found = await corrections(memory), await corrections(server)
    for kind, rows in expected.items():
        assert found[kind] == rows, kind.__name__
    assert {each.state for each in found[Correction]} == {"applied", "declined", "reversed"}
    assert await server.books() == await memory.books()
    assert (await server.books()).balanced


async def test_PAY_3_the_account_is_heard_of_while_its_check_is_loaded(postgres: PostgresDatabase) -> None:
    """Whichever comes first, the other sees it: the account's lock is between them."""
    world = World(start=at("2015-12-03T15:00"), store=postgres)
    for number in range(1, 9):
        household = f"household-{number}"
        world.drop(Row(account=household), name=f"{number}.csv", sequence=number)
        await asyncio.gather(world.pollers["lockbox"].turn(world.now), world.heard_of(household))
        async with postgres.begin(now=world.now) as uow:
            assert await uow.records(Payment).count(household=household) == 1
            assert await uow.records(SuspenseItem).count(account=household, state="open") == 0
    assert (await world.books()).balanced


async def test_PAY_3_an_item_that_is_matched_and_assigned_at_once_is_one_households(
    postgres: PostgresDatabase,
) -> None:
    world = World(start=at("2015-12-03T15:00"), store=postgres)

    async def assign(item: str) -> None:
        async with postgres.begin(now=world.now, households=["avery", lock_of(item)]) as uow:
            to = Assignment(household="avery")
            await assign_suspense(uow, item, to, operator="ops", parameters=PARAMETERS)

    for number in range(1, 9):
        household = f"household-{number}"
        world.drop(Row(account=household), name=f"{number}.csv", sequence=number)
        await world.settle_down()
        async with postgres.begin(now=world.now) as uow:
            item = await uow.records(SuspenseItem).get(account=household)
        assert item is not None
        await asyncio.gather(assign(item.item), world.heard_of(household), return_exceptions=True)
        async with postgres.begin(now=world.now) as uow:
            item = await uow.records(SuspenseItem).get(account=household)
            assert item is not None
            payment = await uow.records(Payment).get(payment=item.payment)
        assert payment is not None
        assert (item.state, item.household) == ("assigned", payment.household)
    assert (await world.books()).balanced


async def test_PAY_2_two_replicas_that_find_the_same_file_load_it_once(postgres: PostgresDatabase) -> None:
    world = World(start=at("2015-12-03T15:00"), store=postgres)
    await world.heard_of("june")
    world.drop(Row(), Row(account="", reference="1002"))
    twins = [LockboxPoller(postgres, folder=world.lockbox, parameters=PARAMETERS) for _ in range(2)]
    with capture_logs() as logs:
        await asyncio.gather(*(twin.turn(world.now) for twin in twins))
    assert logs == []
    await world.settle_down()
    async with postgres.begin(now=world.now) as uow:
        assert await uow.records(Payment).count() == await uow.records(SuspenseItem).count() == 1
    assert list(world.lockbox.content) == ["loaded/today.csv"]
    assert (await world.books()).balanced


async def test_PAY_2_the_same_online_payment_asked_for_twice_at_once_is_one(
    postgres: PostgresDatabase,
) -> None:
    world = World(start=at("2015-12-03T15:00"), store=postgres)
    async with world.client() as client:
        headers = world.issuer.headers("operator", key="key-1")
        body = {"amount_cents": 30_000, "method": "card", "token": "tok_card_ok"}
        answers = await asyncio.gather(
            *(client.post("/v1/households/june/payments", json=body, headers=headers) for _ in range(4))
        )
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["payment"] for answer in answers}) == 1
    assert len(world.kept.charges) == 1
    async with postgres.begin(now=world.now) as uow:
        assert await uow.records(Payment).count() == 1


async def test_PAY_3_an_item_that_is_assigned_and_dismissed_at_once_is_one_of_both(
    postgres: PostgresDatabase,
) -> None:
    world = World(start=at("2015-12-03T15:00"), store=postgres)
    await world.heard_of("june")
    for number in range(1, 9):
        for sequence in (number * 2, number * 2 + 1):
            world.drop(Row(reference=str(number)), name=f"{sequence}.csv", sequence=sequence)
            await world.settle_down()
        async with postgres.begin(now=world.now) as uow:
            item = await uow.records(SuspenseItem).get(state="open")
        assert item is not None

        async def assign(item: str) -> None:
            async with postgres.begin(now=world.now, households=["june", lock_of(item)]) as uow:
                to = Assignment(household="june")
                await assign_suspense(uow, item, to, operator="ops", parameters=PARAMETERS)

        async def dismiss(item: str) -> None:
            async with postgres.begin(now=world.now, households=[lock_of(item)]) as uow:
                await dismiss_suspense(uow, item, operator="ops")

        outcomes = await asyncio.gather(assign(item.item), dismiss(item.item), return_exceptions=True)
        assert [type(each) for each in outcomes if each is not None] == [AlreadyDecided]
    assert (await world.books()).balanced
