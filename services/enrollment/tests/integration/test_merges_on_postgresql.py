"""Merging households on a real server: the same rows as in memory, and of two merges at once one (OPS-5)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from bulkhead.persistence.household_keys import HouseholdKey
from bulkhead.persistence.postgres import PostgresDatabase
from enrollment.application.forget_contact import forget_contact, locks_to_forget
from enrollment.domain.corrections import Correction
from enrollment.domain.households import FORGOTTEN, Household, Member
from enrollment.domain.merges import HouseholdMergedAway, NotMerged
from enrollment.domain.policies import Policy
from services.enrollment.tests.builders import Desk, granted, person
from services.enrollment.tests.merging import Merger

pytestmark = pytest.mark.postgres

NUMBER = "900123456"


async def merged(desk: Desk) -> dict[type, list[Any]]:
    """A household that lapses, is merged, taken back, merged again, and covered after all; return every row."""
    merger = Merger(desk)
    await desk.offer()
    for household in "ab":
        await desk.register(household, person(ssn=NUMBER))
    await desk.covered("SILVER", household="a")
    selected = await desk.select("GOLD", household="b")
    await desk.at(date(2015, 12, 29)).lapse_binder(*selected.policies, due=date(2015, 12, 28))
    first = await merger.decide(await merger.ask())
    await merger.decide(await merger.reverse(first))
    await merger.decide(await merger.ask())
    await desk.hear(granted(*selected.policies, undoes="lapse", binder=True))
    return {kind: await desk.stored(kind) for kind in (Household, Correction, Policy)}


async def test_OPS_5_merges_leave_the_same_rows_there_as_in_memory(postgres: PostgresDatabase) -> None:
    expected, found = await merged(Desk()), await merged(Desk(uows=postgres))
    for kind, rows in expected.items():
        assert sorted(found[kind], key=repr) == sorted(rows, key=repr), kind.__name__
    assert [len(rows) for rows in found.values()] == [2, 4, 2]


async def test_OPS_5_of_two_households_merged_into_each_other_at_once_one_goes_on(
    postgres: PostgresDatabase,
) -> None:
    desk = Desk(uows=postgres)
    merger = Merger(desk)
    await desk.offer()
    for household in "ab":
        await desk.register(household, person(ssn=NUMBER))
    one, other = await merger.ask("b", "a"), await merger.ask("a", "b")
    outcomes = await asyncio.gather(merger.decide(one), merger.decide(other), return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert [type(each) for each in refused] in ([HouseholdMergedAway], [NotMerged])
    into = [each.merged_into for each in await desk.stored(Household)]
    assert sorted(str(each) for each in into) in (["None", "a"], ["None", "b"])


async def test_of_a_household_and_the_one_merged_into_it_nobody_is_named_there_once_it_is_forgotten(
    postgres: PostgresDatabase,
) -> None:
    desk = Desk(uows=postgres)
    merger = Merger(desk)
    for household in "ab":
        await desk.register(household, person(ssn=NUMBER))
    await merger.decide(await merger.ask())
    async with postgres.begin(now=desk.now) as uow:
        locks = await locks_to_forget(uow, "a")
    assert locks == ["a", "b"]
    async with postgres.begin(now=desk.now, households=locks) as uow:
        assert await forget_contact(uow, "a", because="asked-for")
    assert [(each.name, each.ssn) for each in await desk.stored(Member)] == [(FORGOTTEN, None)] * 2
    assert [each.awaits_hub for each in await desk.stored(Household)] == [False, False]
    assert [each.sealed for each in await desk.stored(HouseholdKey)] == [None, None]
