"""In memory whoever found nothing to do rests until what it looked at has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bulkhead_testing.exchange import Rest
from bulkhead_testing.memory import MemoryDatabase
from bulkhead_testing.suites.example import NOW, Account, teller

ACCOUNT = Account(household="june", number=1, reference="a")


class Poller:
    """Looks for accounts in some way, and counts how often; it rests as `Rest` says."""

    def __init__(self, **looks_for: Any) -> None:
        self.database = MemoryDatabase.for_service(teller())
        self.turns = 0
        self.stands = "as before"
        self._rest = Rest()
        self._looks_for = looks_for

    async def turn(self) -> int:
        self.turns += 1
        async with self.database.begin(now=NOW) as uow:
            return await uow.records(Account).count(**self._looks_for)

    async def asked_at(self, moment: int) -> int:
        return await self._rest.unless_nothing_changed(
            "poller", self.turn, database=self.database, moment=moment, stands=lambda: self.stands
        )

    async def keep(self, account: Account) -> None:
        async with self.database.begin(now=NOW) as uow:
            await uow.records(Account).put([account])


async def test_where_nothing_is_to_be_found_on_any_day_nobody_looks_on_another() -> None:
    poller = Poller(open=False)
    await poller.keep(ACCOUNT)
    assert [await poller.asked_at(moment) for moment in (1, 1, 2)] == [0, 0, 0]
    assert poller.turns == 1


async def test_what_changes_is_found() -> None:
    poller = Poller(open=False)
    assert await poller.asked_at(1) == 0
    await poller.keep(replace(ACCOUNT, open=False))
    assert await poller.asked_at(1) == 1


@pytest.mark.parametrize(
    "looks_for",
    [{"opened_on": date(2016, 1, 1)}, {"opened_on__le": date(2016, 1, 1)}, {"household__gt": "june"}],
    ids=str,
)
async def test_what_another_day_or_another_page_may_show_is_looked_for_at_each_moment(
    looks_for: dict[str, Any],
) -> None:
    poller = Poller(**looks_for)
    await poller.keep(ACCOUNT)
    assert [await poller.asked_at(moment) for moment in (1, 1, 2)] == [0, 0, 0]
    assert poller.turns == 2


async def test_who_found_something_looks_again() -> None:
    poller = Poller(open=True)
    await poller.keep(ACCOUNT)
    assert [await poller.asked_at(1), await poller.asked_at(1)] == [1, 1]


async def test_what_is_no_table_counts_too() -> None:
    poller = Poller(open=False)
    assert await poller.asked_at(1) == 0
    poller.stands = "otherwise"
    assert await poller.asked_at(1) == 0
    assert poller.turns == 2
