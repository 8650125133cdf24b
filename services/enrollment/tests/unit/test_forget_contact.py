"""A household's people are forgotten: what goes, what stays, and when it is refused."""

from __future__ import annotations

import re
from datetime import date

import pytest

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.persistence.household_keys import HouseholdKey
from enrollment.application.correct_latin_name import correct_latin_name
from enrollment.application.forget_contact import StillCovered, forget_contact
from enrollment.domain.events import ContactRecorded
from enrollment.domain.household_acts import HouseholdAct
from enrollment.domain.households import Contact, Member
from enrollment.domain.policies import Policy
from services.enrollment.tests.builders import Desk, person


async def forget(desk: Desk, household: str = "june") -> bool:
    async with desk.uows.begin(now=desk.now, households=[household]) as uow:
        return await forget_contact(uow, household, because="asked-for")


async def registered() -> Desk:
    desk = Desk()
    await desk.register("june", person("June Example", born="1980-03-02", ssn="123456789"))
    await desk.register("carol", person("Carol Example", ssn="987654321"))
    return desk


async def test_who_is_forgotten_has_no_name_address_or_number_here_and_no_key_anywhere() -> None:
    desk = await registered()
    assert await forget(desk)
    carol, june = desk.database.rows(Member)
    assert (june.name, june.latin_name, june.born, june.ssn) == (
        Masked("-"),
        Masked("-"),
        Masked("1980-01-01"),
        None,
    )
    assert carol.name == Masked("Carol Example")
    assert [each.email is None for each in desk.database.rows(Contact)] == [False, True]
    assert [(each.household, each.sealed is None) for each in desk.database.rows(HouseholdKey)] == [
        ("carol", False),
        ("june", True),
    ]
    assert desk.database.events[-1] == HouseholdKeySet(household="june", number=1, key=None, sealed=None)
    keys = [each for each in desk.database.rows(OutboxRecord) if each.type == "ContactKeySet"]
    assert [bool(re.search(b'"sealed":"', each.envelope)) for each in keys] == [False, True, False]


async def test_that_it_was_forgotten_and_why_stays_and_is_done_once() -> None:
    desk = await registered()
    assert await forget(desk)
    said = len(desk.database.events)
    assert not await forget(desk)
    assert len(desk.database.events) == said
    acts = [each for each in desk.database.rows(HouseholdAct) if each.kind == "forgotten"]
    assert [(each.household, each.on, each.facts) for each in acts] == [
        ("june", desk.now.date(), {"because": "asked-for"})
    ]


async def test_who_is_covered_or_may_still_be_is_not_forgotten_and_their_policies_stay_once_it_is_over() -> (
    None
):
    desk = Desk()
    await desk.register("june", person("June Example"))
    await desk.offer()
    await desk.select("SILVER", household="june")
    policies = desk.database.rows(Policy)
    with pytest.raises(StillCovered):
        await forget(desk)
    assert [each.name for each in desk.database.rows(Member)] == [Masked("June Example")]
    await desk.end(date(2015, 12, 31), household="june")
    assert await forget(desk)
    assert [each.policy for each in desk.database.rows(Policy)] == [each.policy for each in policies]


async def test_a_household_that_is_not_there_is_not_forgotten() -> None:
    with pytest.raises(NotFound):
        await forget(Desk(), "nobody")


async def test_who_is_recorded_anew_after_it_has_another_key() -> None:
    desk = await registered()
    await forget(desk)
    async with desk.uows.begin(now=desk.now, households=["june"]) as uow:
        await correct_latin_name(
            uow, household="june", member="june-1", latin_name=Masked("J"), parameters=desk.parameters
        )
    assert [each.number for each in desk.said(HouseholdKeySet) if each.household == "june"] == [1, 1, 2]
    assert desk.said(ContactRecorded)[-1].members[0].name == Masked("-")
