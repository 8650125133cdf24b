"""The bank's statements on a real server: kept, matched and decided about as in memory (PAY-13)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from payments.application.decide_bank_items import (
    Asked,
    decide_bank_decision,
    note_items,
    reverse_bank_decision,
    take_file_back,
)
from payments.application.find_overdue import overdue_by
from payments.application.reconcile_day import latest_bank_day
from payments.domain.bank_days import BankDay
from payments.domain.bank_decisions import BankDecision
from payments.domain.bank_statements import TRUST_LOCK, BankEntry, BankFile, BankStatement
from payments.domain.trust_movements import TrustDay, TrustMovement
from services.payments.tests.bank import Line, bai2, camt
from services.payments.tests.builders import PARAMETERS, World, at

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"
KINDS = (BankFile, BankStatement, BankEntry, TrustMovement, TrustDay, BankDecision)


@pytest.fixture
async def postgres(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    """Payments' database on a real server, migrated and empty."""
    url = databases.migrated(MIGRATIONS)
    database = PostgresDatabase.for_service(World().service, url=url)
    yield database
    await database.close()
    databases.drop(url)


def asked(decision: str) -> Asked:
    return Asked(correction=decision, because="fee", note=None, operator="ann")


async def a_week_at_the_bank(world: World) -> tuple[dict[type, list[Any]], BankDay | None, list[str]]:
    """Money that came, some of it recorded after its day, statements of two days, one that is refused and one that is
    taken back for another, and a decision that is taken back; return every row, the last day, and what is overdue two
    weeks later.
    """
    await world.opened()
    await world.heard_of("june")
    await world.pay_online()
    await world.pay(cents=80_00)
    await world.advance("2016-01-06T10:00")
    world.statements.content["1.bai"] = bai2(Line(cents=500_00), Line(cents=-12_00))
    world.statements.content["2.xml"] = camt(Line(cents=80_00), day="2016-01-05", opening=488_00)
    world.statements.content["3.bai"] = bai2(Line(cents=1_00), closing=0)
    await world.settle_down()
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        entries = [each.entry for each in await uow.records(BankEntry).select(state="open")]
        await note_items(uow, entries=entries, movements=[], asked=asked("d1"), parameters=PARAMETERS)
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        await reverse_bank_decision(uow, "d1", asked=asked("d2"), parameters=PARAMETERS)
    world.now = at("2016-01-05T23:50")
    await world.pay_online(cents=30_00)
    world.set("2016-01-06T11:00")
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        [second] = await uow.records(BankStatement).select(day=date(2016, 1, 5))
        await take_file_back(uow, second.file, asked=asked("d3"), parameters=PARAMETERS)
    async with world.uows.begin(now=world.now, households=[TRUST_LOCK]) as uow:
        await decide_bank_decision(uow, "d3", "approve", operator="bob")
    world.statements.content["2.bai"] = bai2(Line(cents=80_00), day="160105", opening=488_00)
    await world.advance("2016-01-20T10:00")
    async with world.uows.begin(now=world.now) as uow:
        rows = {kind: await uow.records(kind).select() for kind in KINDS}
        overdue = [each.kind for each in await overdue_by(PARAMETERS)(uow)]
        return rows, await latest_bank_day(uow), overdue


async def test_PAY_13_statements_are_kept_and_matched_as_they_are_in_memory(
    postgres: PostgresDatabase,
) -> None:
    start = at("2016-01-04T10:00")
    rows, day, overdue = await a_week_at_the_bank(World(start=start))
    there, *shown = await a_week_at_the_bank(World(start=start, store=postgres))
    assert shown == [day, overdue]
    for kind, found in rows.items():
        assert sorted(there[kind], key=repr) == sorted(found, key=repr), kind.__name__
    assert {kind.__name__: len(found) for kind, found in rows.items()} == {
        "BankFile": 4,
        "BankStatement": 2,
        "BankEntry": 3,
        "TrustMovement": 3,
        "TrustDay": 16,
        "BankDecision": 3,
    }
    assert day is not None
    assert (day.day, day.closing_cents, day.difference_cents) == (date(2016, 1, 5), 568_00, 0)
    assert overdue == ["bank-file-refused", "bank-file-refused", "bank-statement", "bank-entry"]
