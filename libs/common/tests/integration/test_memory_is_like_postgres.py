"""The database in memory and PostgreSQL give the same answers to the same thousands of questions."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.faults import StorageFault
from bulkhead.persistence.ports import AlreadyExists, Records
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.suites.example import NOW, TELLER, Account, Line, teller

TRANSACTIONS = 150
STEPS = 6
FIELDS = ("household", "number", "reference", "cents", "open", "opened_on", "seen_at", "month")


class Chance:
    """Draws records and questions that meet often enough to matter."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._draw: dict[str, Callable[[], Any]] = {
            "household": lambda: self._random.choice(["a", "B", "é", "b b", "z%_'\""]),
            "number": lambda: self._random.randint(-2, 3),
            "reference": lambda: f"r{self._random.randint(0, 25)}",
            "cents": lambda: self._random.choice([0, 1, -1, 2**62]),
            "open": lambda: self._random.random() < 0.5,
            "opened_on": lambda: self._maybe(date(2016, 1, self._random.randint(1, 4))),
            "seen_at": lambda: self._maybe(NOW + timedelta(hours=self._random.randint(0, 3))),
            "month": lambda: self._maybe(CoverageMonth(2016, self._random.randint(1, 4))),
        }

    def _maybe(self, value: Any) -> Any:
        return None if self._random.random() < 0.3 else value

    def account(self) -> Account:
        """Return any record."""
        drawn = {field: self._draw[field]() for field in FIELDS}
        lines = tuple(
            Line(month=CoverageMonth(2016, 1), cents=each) for each in range(self._random.randint(0, 2))
        )
        found = Account(**drawn, owner=self._maybe(Masked("June Example")), lines=lines)
        forbidden = [
            replace(found, number=-3),
            replace(found, reference="r\0"),
            replace(found, owner=Masked("\0")),
        ]
        return self._random.choice(forbidden) if self._random.random() < 0.02 else found

    def accounts(self) -> list[Account]:
        """Return a few records."""
        return [self.account() for _ in range(self._random.randint(0, 4))]

    def conditions(self, *, at_least: int = 0) -> dict[str, Any]:
        """Return conditions on some fields."""
        found: dict[str, Any] = {}
        for field in self._random.sample(FIELDS, self._random.randint(at_least, 3)):
            operator = self._random.choice(["", "", "", "__ne", "__lt", "__le", "__gt", "__ge", "in"])
            value = self._draw[field]()
            if operator == "in":
                found[field] = [each for each in (value, self._draw[field]()) if each is not None]
            elif operator in ("", "__ne") or (value is not None and field != "open"):
                found[f"{field}{operator}"] = value
        return found if len(found) >= at_least else {"number": 0}

    def order(self) -> list[str]:
        """Return fields to order by."""
        fields = self._random.sample(FIELDS, self._random.randint(0, 3))
        return [self._random.choice(["", "-"]) + field for field in fields]

    def step(self) -> Callable[[Records[Account]], Any]:
        """Return something to do with records."""
        accounts, conditions, order = self.accounts(), self.conditions(), self.order()
        some, field = self.conditions(at_least=1), self._random.choice(FIELDS)
        limit = self._random.choice([None, None, 1, 3])
        plain = [replace(each, reference=f"{each.household}{each.number}") for each in accounts]
        return self._random.choice(
            [
                lambda records: records.add_new(accounts),
                lambda records: records.put(plain),
                lambda records: records.put(accounts[:1]),
                lambda records: added(records, accounts[:1]),
                lambda records: records.select(order_by=order, limit=limit, **conditions),
                lambda records: records.select(order_by=order, limit=limit, **conditions),
                lambda records: records.distinct(field, limit=limit, **conditions),
                lambda records: records.count(**conditions),
                lambda records: records.total("number", **conditions),
                lambda records: records.remove(**some),
            ]
        )

    def abandons(self) -> bool:
        """Whether this transaction is rolled back."""
        return self._random.random() < 0.2


async def added(records: Records[Account], accounts: list[Account]) -> None:
    """Add records and ask: that they cannot be there is said when something is asked, at the latest."""
    await records.add(accounts)
    await records.count()


class Abandoned(Exception):
    """A transaction that is not to be."""


@pytest.fixture
async def postgres(databases: Databases) -> AsyncIterator[PostgresDatabase]:
    """An empty database of the teller."""
    opened = PostgresDatabase.for_service(teller(), url=databases.fresh(TELLER))
    yield opened
    await opened.close()


async def answers(
    database: Any, steps: list[Callable[[Records[Account]], Any]], *, abandons: bool
) -> list[Any]:
    """Return what each step of a transaction answers, an error by its type."""
    found: list[Any] = []
    try:
        async with database.begin(now=NOW) as uow:
            for step in steps:
                found.append(await step(uow.records(Account)))
            if abandons:
                raise Abandoned
    except (AlreadyExists, StorageFault, Abandoned) as error:
        found.append(type(error))
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_they_answer_alike(postgres: PostgresDatabase, seed: int) -> None:
    memory, chance = MemoryDatabase.for_service(teller()), Chance(seed)
    for _ in range(TRANSACTIONS):
        steps, abandons = [chance.step() for _ in range(STEPS)], chance.abandons()
        expected = await answers(postgres, steps, abandons=abandons)
        assert await answers(memory, steps, abandons=abandons) == expected
    async with postgres.begin(now=NOW) as uow:
        rows = await uow.records(Account).select()
    assert rows
    assert memory.rows(Account) == rows
