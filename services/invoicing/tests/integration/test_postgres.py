"""A year on a real server comes out as it does in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bulkhead.kernel.calendar import local
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from invoicing.application.books import disagreeing_households, read_books
from invoicing.bootstrap import assemble
from invoicing.domain.account import Account
from invoicing.domain.corrections import Correction
from invoicing.domain.records import Adjustment, Charge, Grace, Invoice, Payment, Policy, Position, Transfer
from services.invoicing.tests.builders import Book, months_of
from services.invoicing.tests.contract.http import ISSUER, Desk
from services.invoicing.tests.unit.test_reading_the_pack import PACK

pytestmark = pytest.mark.postgres

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@pytest.fixture
async def postgres(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    """Invoicing's database on a real server, migrated and empty."""
    url = databases.migrated(MIGRATIONS)
    database = PostgresDatabase.for_service(assemble(pack=PACK), url=url)
    yield database
    await database.close()
    databases.drop(url)


async def two_households(book: Book) -> tuple[Account, Account]:
    """One stops paying without assistance, one with: both lose coverage at the end of June (INV-11)."""
    await book.advance(date(2015, 12, 3), 10)
    for household, net, assisted in (("june", 50000, False), ("avery", 30000, True)):
        await book.select(household, net={"silver": net, "dental": 3000}, assistance=20000 if assisted else 0)
        await book.pay(household, net + 3000)
    for month in range(1, 5):
        await book.advance(date(2016, month, 20))
        await book.pay("june", 53000)
        await book.pay("avery", 33000)
    await book.advance(date(2016, 7, 10))
    await book.pay("avery", 66000)
    await book.advance(date(2016, 9, 2))
    await book.pay("avery", 66000, method="check", postmarked=date(2016, 8, 31))
    return await book.account("june"), await book.account("avery")


async def test_INV_16_a_year_on_postgresql_is_the_year_in_memory(postgres: PostgresDatabase) -> None:
    in_memory = await two_households(Book())
    on_server = Book(store=postgres)
    for stored, expected in zip(await two_households(on_server), in_memory, strict=True):
        for kind in (Charge, Grace, Invoice):
            assert sorted(stored.rows(kind), key=repr) == sorted(expected.rows(kind), key=repr)
    async with postgres.begin(now=on_server.now) as uow:
        books = await read_books(uow)
        assert await disagreeing_households(uow, ["june", "avery"]) == []
    assert (books.positions_agree, books.owed_cents) == (True, 53000)


async def changes_and_returns(book: Book) -> Account:
    """The premium falls, part of the credit goes back, it rises, it becomes nothing; three payments are returned."""
    await book.advance(date(2015, 12, 3), 10)
    await book.select("june", net={"silver": 50000, "dental": 3000})
    payments = [await book.pay("june", 53000)]
    for month in range(1, 5):
        await book.advance(date(2016, month, 20))
        payments.append(await book.pay("june", 53000))
    year_ends = date(2016, 12, 31)
    await book.change("june", months_of(40000, first=date(2016, 3, 1), last=year_ends))
    await book.refund("june", 10000)
    await book.advance(date(2016, 5, 10))
    await book.give_back("june", payments[1], 53000)
    await book.change("june", months_of(60000, first=date(2016, 4, 1), last=year_ends))
    await book.advance(date(2016, 6, 10))
    await book.give_back("june", payments[2], 53000)
    await book.change("june", months_of(0, first=date(2016, 7, 1), last=year_ends))
    await book.advance(date(2016, 9, 10))
    await book.give_back("june", payments[0], 53000)
    await book.advance(date(2016, 10, 10))
    return await book.account("june")


async def test_INV_4_changes_and_returns_on_postgresql_are_those_in_memory(
    postgres: PostgresDatabase,
) -> None:
    expected, on_server = await changes_and_returns(Book()), Book(store=postgres)
    stored = await changes_and_returns(on_server)
    for kind in (Charge, Grace, Invoice, Payment, Policy, Adjustment):
        assert sorted(stored.rows(kind), key=repr) == sorted(expected.rows(kind), key=repr)
    async with postgres.begin(now=on_server.now) as uow:
        assert (await read_books(uow)).positions_agree
        assert await disagreeing_households(uow, ["june"]) == []


async def voided_and_restored(book: Book) -> Account:
    """A binder is invoiced anew, a month's invoice is void and shown again; another is void, and stands again."""
    await book.advance(date(2015, 12, 3), 10)
    await book.select("june", net={"silver": 50000, "dental": 3000})
    await book.advance(date(2015, 12, 10), 10)
    await book.approve(await book.void("june"))
    await book.pay("june", 53000)
    await book.advance(date(2016, 1, 10))
    await book.change("june", months_of(40000, first=date(2016, 2, 1), last=date(2016, 12, 31)))
    await book.approve(await book.void("june"))
    await book.advance(date(2016, 2, 10))
    await book.approve(await book.reverse(await book.approve(await book.void("june"))))
    await book.pay("june", 43000)
    await book.advance(date(2016, 3, 10))
    return await book.account("june")


async def test_OPS_5_void_invoices_on_postgresql_are_those_in_memory(postgres: PostgresDatabase) -> None:
    in_memory, on_server = Book(), Book(store=postgres)
    expected, stored = await voided_and_restored(in_memory), await voided_and_restored(on_server)
    for kind in (Charge, Grace, Invoice, Adjustment):
        assert sorted(stored.rows(kind), key=repr) == sorted(expected.rows(kind), key=repr)
    async with postgres.begin(now=on_server.now) as uow:
        kept = await uow.records(Correction).select()
        assert kept == in_memory.database.rows(Correction)
        assert [each.state for each in kept] == ["applied", "applied", "reversed", "applied"]
        assert await uow.records(Invoice).select() == in_memory.database.rows(Invoice)
        assert await disagreeing_households(uow, ["june"]) == []


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("household = 'june' AND state IN ('open', 'settled') AND month > '2016-01'", "charges_household"),
        ("household IN ('avery', 'june')", "charges_household"),
        ("household IN ('avery', 'june') AND state = 'reversed' AND month >= '2016-01'", "charges_household"),
        ("household IN ('avery', 'june') AND state = 'open'", "charges_open"),
        (
            "household IN ('avery', 'june') AND state = 'settled' AND settled_on >= '2016-01-01'",
            "charges_settled",
        ),
        (
            "household > 'a' AND state = 'open' AND invoice IS NULL AND binder IS NULL"
            " AND void_invoice IS NOT NULL",
            "charges_shown_again",
        ),
    ],
)
async def test_what_is_asked_of_charges_is_found_by_an_index(
    postgres: PostgresDatabase, asked: str, index: str
) -> None:
    async with postgres.begin(now=local(date(2016, 1, 1))) as uow:
        await uow.execute("SET LOCAL enable_seqscan = off")
        plan = await uow.fetch(f"EXPLAIN SELECT * FROM charges WHERE {asked}")
        assert index in "\n".join(line for (line,) in plan)


async def test_INV_2_a_run_over_many_on_postgresql_is_the_run_in_memory(postgres: PostgresDatabase) -> None:
    in_memory, on_server = Book(), Book(store=postgres)
    for book in (in_memory, on_server):
        await book.advance(date(2015, 12, 3), 10)
        for number in range(80):
            await book.select(f"h{number:02d}", net={"silver": 30000, "dental": 3000})
            await book.pay(f"h{number:02d}", 33000 + number % 3)
        await book.advance(date(2016, 1, 6))
    async with postgres.begin(now=on_server.now) as uow:
        for kind in (Charge, Invoice, Policy, Payment, Position, Transfer):
            assert await uow.records(kind).select() == in_memory.database.rows(kind)
        assert (
            await uow.records(OutboxRecord).count(type="InvoiceIssued", business_date=date(2016, 1, 5)) == 80
        )


EXPLAINED = (
    "balance/explain?limit=2",
    "balance/explain",
    "policies/h-silver/months/2016-02/explain",
    "grace/explain",
    "delinquency-lists/2016-02-01/explain",
    "refusals/explain",
    "timeline?limit=500",
)


async def test_why_is_answered_on_postgresql_as_in_memory(postgres: PostgresDatabase) -> None:
    answers: list[list[Any]] = []
    for desk in (Desk(store=postgres), Desk()):
        await desk.open()
        await desk.to(date(2016, 2, 6))
        asked = ISSUER.headers("operator", key="k1")
        refused = await desk.client.post("/v1/households/h/reinstatement-requests", json={}, headers=asked)
        assert refused.status_code == 422
        found = [await desk.as_operator(f"/v1/households/h/{path}") for path in EXPLAINED]
        assert [each.status_code for each in found] == [200] * len(EXPLAINED)
        answers.append([each.json() for each in found])
    assert answers[0] == answers[1]
