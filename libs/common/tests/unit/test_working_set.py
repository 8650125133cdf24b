"""What a piece of work has at hand, and what of it is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

import pytest
from sqlmodel import BigInteger, Field

from bulkhead.chassis_tables import CHASSIS_TABLES, service_registry
from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.working_set import WorkingSet
from bulkhead.persistence.ports import AlreadyExists
from bulkhead.persistence.tables import TableModel
from bulkhead.persistence.working_set import write
from bulkhead.service import Occasion, Received, route
from bulkhead_testing.memory import MemoryDatabase

NOW = local(date(2016, 1, 5), 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    policy: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    policy: str
    number: int
    cents: int


class ShelfTable(TableModel, registry=service_registry()):
    """A table of the shelf."""


class Policies(ShelfTable, table=True):
    policy: str = Field(primary_key=True)
    cents: int = Field(sa_type=BigInteger)


class Shares(ShelfTable, table=True):
    policy: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    cents: int = Field(sa_type=BigInteger)


class Shelf(WorkingSet):
    KEYS: ClassVar = {Policy: ("policy",), Share: ("policy", "number")}


KNOWN = Policy(policy="p1", cents=500)


def shelf() -> Shelf:
    found = Shelf()
    found.take([KNOWN], [Share(policy="p1", number=1, cents=200)])
    return found


def test_rows_are_found_by_their_key() -> None:
    found = shelf()
    assert found.find(Policy, "p1") == found.get(Policy, "p1") == KNOWN
    assert found.get(Share, "p1", 1).cents == 200
    assert found.find(Share, "p1", 2) is None
    assert found.by_key(Policy) == {"p1": KNOWN}
    with pytest.raises(KeyError):
        found.get(Policy, "p2")


def test_only_what_changed_is_written() -> None:
    found = shelf()
    found.put(KNOWN)
    assert found.changed(Policy) == []
    found.put(replace(KNOWN, cents=600), Share(policy="p1", number=2, cents=300))
    assert found.rows(Policy) == found.changed(Policy) == [replace(KNOWN, cents=600)]
    assert found.changed(Share) == [Share(policy="p1", number=2, cents=300)]


def test_what_is_new_is_inserted_as_it_is_in_the_end() -> None:
    found, new = shelf(), Policy(policy="p2", cents=1)
    assert found.add(new)
    assert not found.add(replace(new, cents=2))
    assert not found.add(replace(KNOWN, cents=2))
    found.put(replace(new, cents=3))
    assert found.added(Policy) == [replace(new, cents=3)]
    assert found.changed(Policy) == []


async def test_several_sets_are_written_as_one() -> None:
    database = MemoryDatabase(tables={**CHASSIS_TABLES, Policy: Policies, Share: Shares})
    first, second = shelf(), Shelf()
    first.put(replace(KNOWN, cents=1))
    second.add(Policy(policy="p2", cents=2))
    async with database.begin(now=NOW) as uow:
        await write(uow, first, second)
        await write(uow)
    assert [(each.policy, each.cents) for each in database.rows(Policy)] == [("p1", 1), ("p2", 2)]


async def test_what_is_new_here_and_there_already_is_refused() -> None:
    database = MemoryDatabase(tables={**CHASSIS_TABLES, Policy: Policies, Share: Shares})
    async with database.begin(now=NOW) as uow:
        await uow.records(Policy).add([KNOWN])
    unknowing = Shelf()
    unknowing.add(KNOWN)
    with pytest.raises(AlreadyExists):
        async with database.begin(now=NOW) as uow:
            await write(uow, unknowing)


def received(fact: Any, *, household: str | None = "june", at: datetime = NOW) -> Received:
    return Received(event_id="e", household=household, occurred_at=at, fact=fact, partition=0)


def test_a_fact_is_done_what_its_route_says_with_its_own_date() -> None:
    seen: list[tuple[Any, date, date]] = []

    def do(_shelf: Shelf, fact: Any, occasion: Occasion) -> None:
        seen.append((fact, occasion.happened_on, occasion.today))

    happened = local(date(2015, 12, 31), 23, 59)
    route({str: do}, received("a fact", at=happened), shelf(), now=NOW)
    assert seen == [("a fact", date(2015, 12, 31), date(2016, 1, 5))]
    with pytest.raises(TypeError, match="nothing is done about int"):
        route({str: do}, received(1), shelf(), now=NOW)


def test_a_fact_about_no_household_is_impossible_where_one_is_needed() -> None:
    assert received("a fact").about == "june"
    with pytest.raises(Impossible, match="str without a household"):
        _ = received("a fact", household=None).about
