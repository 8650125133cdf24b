"""Units of work that share a transaction on PostgreSQL: whose locks it has, and what becomes of each (ADR 0019)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from time import monotonic
from typing import Any

import pytest

from bulkhead.persistence.connections import Connection
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.persistence.ports import NotShared
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead.persistence.questions import Question
from bulkhead_testing.backing import Databases
from bulkhead_testing.suites.example import NOW, TELLER, Account, PaymentReceived, teller
from bulkhead_testing.suites.records import account


class Stumbled(Exception):
    """What a use case may raise."""


@pytest.fixture
async def postgres(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    """An empty database of the teller."""
    opened = PostgresDatabase.for_service(teller(), url=databases.fresh(TELLER))
    yield opened
    await opened.close()


async def pay(database: PostgresDatabase, household: str, *, stumbles: bool = False) -> str:
    """Keep an account and say so; return the id of the transaction it was done in."""
    async with database.begin_shared(now=NOW, households=[household]) as uow:
        await uow.records(Account).add([account(household, 1)])
        uow.emit(PaymentReceived(household=household, payment=household, cents=1), household=household)
        if stumbles:
            raise Stumbled
        return (await uow.fetch("SELECT pg_current_xact_id()::text"))[0][0]


async def put(database: PostgresDatabase, household: str, *, stumbles: bool = False) -> None:
    """Write an account at once, which one cannot take back alone."""
    async with database.begin_shared(now=NOW, households=[household]) as uow:
        await uow.records(Account).put([account(household, 1)])
        if stumbles:
            raise Stumbled


async def stored(database: PostgresDatabase) -> tuple[list[str], int]:
    async with database.begin(now=NOW) as uow:
        accounts = await uow.records(Account).select()
        return [each.household for each in accounts], await uow.records(OutboxRecord).count()


async def outcomes(*work: Any) -> list[Any]:
    found = await asyncio.gather(*work, return_exceptions=True)
    return [type(each) if isinstance(each, BaseException) else each for each in found]


HOUSEHOLDS = [f"h{number}" for number in range(10)]


async def test_who_comes_at_the_same_time_shares_one_transaction(postgres: PostgresDatabase) -> None:
    transactions = await asyncio.gather(*(pay(postgres, each) for each in HOUSEHOLDS))
    assert len(set(transactions)) == 1
    assert await stored(postgres) == (HOUSEHOLDS, 10)


async def test_two_for_one_household_share_none(postgres: PostgresDatabase) -> None:
    paid, kept = await outcomes(pay(postgres, "a"), put(postgres, "a"))
    # Each has a transaction of its own, and whoever comes to the lock first has it: the other may have to go alone.
    assert (isinstance(paid, str), kept) in ((True, None), (True, NotShared), (False, None))
    assert paid is NotShared or isinstance(paid, str)
    assert await stored(postgres) == (["a"], int(paid is not NotShared))


async def test_one_that_stumbles_before_it_wrote_is_no_matter_to_others(postgres: PostgresDatabase) -> None:
    async def stumble() -> None:
        async with postgres.begin_shared(now=NOW, households=["x"]) as uow:
            await uow.records(Account).add([account("x", 1)])
            uow.emit(PaymentReceived(household="x", payment="x", cents=1), household="x")
            raise Stumbled

    assert await outcomes(put(postgres, "a"), stumble(), put(postgres, "b")) == [None, Stumbled, None]
    assert await stored(postgres) == (["a", "b"], 0)


@pytest.mark.parametrize("fails", ["stumbles", "clashes"])
async def test_what_must_be_undone_is_undone_for_all_who_share(
    postgres: PostgresDatabase, fails: str
) -> None:
    async def clash() -> None:
        async with postgres.begin_shared(now=NOW, households=["x"]) as uow:
            await uow.records(Account).add([account("x", 1, reference="a-1")])

    failing = put(postgres, "x", stumbles=True) if fails == "stumbles" else clash()
    assert await outcomes(pay(postgres, "a"), failing, put(postgres, "b")) == [NotShared] * 3
    assert await stored(postgres) == ([], 0)


async def test_nobody_waits_there_for_a_household_that_another_has(postgres: PostgresDatabase) -> None:
    async with postgres.begin(now=NOW, households=["b"]):
        pass
    async with postgres.begin(now=NOW, households=["b"]):
        assert await outcomes(put(postgres, "a"), put(postgres, "b")) == [None, NotShared]
    assert await outcomes(put(postgres, "b")) == [None]


async def test_a_household_that_another_is_just_making_known_is_not_waited_for_long(
    postgres: PostgresDatabase,
) -> None:
    async with postgres.begin(now=NOW, households=["b"]):
        began = monotonic()
        assert await outcomes(put(postgres, "a"), put(postgres, "b")) == [NotShared, NotShared]
        # A tenth of a second is what it is; the pool's own limit on waiting for a lock is thirty.
        assert 0.1 <= monotonic() - began < 5
    assert await outcomes(put(postgres, "a"), put(postgres, "b")) == [None, None]


async def look(database: PostgresDatabase, household: str) -> tuple[list[Account], int]:
    """Return a household's accounts, and how many statements asked for accounts in the same transaction so far."""
    async with database.begin_shared(now=NOW, households=[household]) as uow:
        found = await uow.records(Account).select(household=household, open=True)
        asked = await uow.fetch(
            "SELECT sum(generic_plans + custom_plans)::int FROM pg_prepared_statements"
            " WHERE statement LIKE 'SELECT accounts.%'"
        )
    return found, asked[0][0]


async def test_who_asks_alike_is_answered_by_one_statement_and_told_what_each_asked_for(
    postgres: PostgresDatabase,
) -> None:
    accounts = [account(each, number) for each in HOUSEHOLDS[:-1] for number in (2, 1)]
    async with postgres.begin(now=NOW) as uow:
        await uow.records(Account).add([*accounts, account("h0", 3, open=False)])
    looks = await asyncio.gather(*(look(postgres, each) for each in HOUSEHOLDS))
    assert looks == [
        *(([account(each, 1), account(each, 2)], 1) for each in HOUSEHOLDS[:-1]),
        ([], 1),
    ]


async def test_what_is_new_is_told_each_of_those_who_add_together(postgres: PostgresDatabase) -> None:
    async def add(household: str, *references: str) -> list[str]:
        new = [account(household, at, reference=each) for at, each in enumerate(references)]
        async with postgres.begin_shared(now=NOW, households=[household]) as uow:
            return [each.reference for each in await uow.records(Account).add_new(new)]

    added = await asyncio.gather(add("a", "x", "y"), add("b", "z"), add("c", "y", "w"))
    assert added == [["x", "y"], ["z"], ["w"]]
    async with postgres.begin(now=NOW) as uow:
        kept = await uow.records(Account).distinct("reference")
    assert kept == ["w", "x", "y", "z"]


async def test_a_question_that_fails_leaves_all_who_asked_to_go_alone(postgres: PostgresDatabase) -> None:
    async with postgres.begin(now=NOW) as uow:
        await uow.execute("LOCK TABLE accounts")
        assert await outcomes(look(postgres, "a"), look(postgres, "b")) == [NotShared, NotShared]
    assert [found for found, _ in await asyncio.gather(look(postgres, "a"), look(postgres, "b"))] == [[], []]


class Lingering(Question[None]):
    """A question that is never answered."""

    reads = True

    def __init__(self, asked: asyncio.Event) -> None:
        self._asked = asked

    @property
    def alike(self) -> str:
        return "lingering"

    async def answered(self, connection: Connection, others: Sequence[Lingering]) -> list[None]:
        assert len(others) == 1
        self._asked.set()
        await asyncio.Event().wait()
        return [None, None]


async def test_who_waits_for_another_to_ask_goes_alone_where_that_one_is_cancelled(
    postgres: PostgresDatabase,
) -> None:
    asked = asyncio.Event()

    async def ask(household: str) -> None:
        async with postgres.begin_shared(now=NOW, households=[household]) as uow:
            await uow.ask(Lingering(asked))

    asking = [asyncio.create_task(ask(each)) for each in ("a", "b")]
    await asked.wait()
    asking[0].cancel()
    assert await outcomes(*asking) == [asyncio.CancelledError, NotShared]


async def test_one_that_is_cancelled_keeps_nobody(postgres: PostgresDatabase) -> None:
    begun = asyncio.Event()

    async def linger() -> None:
        async with postgres.begin_shared(now=NOW, households=["x"]):
            begun.set()
            await asyncio.Event().wait()

    lingering = asyncio.create_task(linger())
    other = asyncio.create_task(put(postgres, "a"))
    await begun.wait()
    lingering.cancel()
    assert await outcomes(lingering, other) == [asyncio.CancelledError, None]
    assert await stored(postgres) == (["a"], 0)
