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
from enrollment.application.forget_contact import (
    CorrectionUndecided,
    StillCovered,
    forget_contact,
    locks_to_forget,
)
from enrollment.domain.corrections import Correction
from enrollment.domain.events import ContactRecorded
from enrollment.domain.household_acts import HouseholdAct
from enrollment.domain.households import Contact, Member
from enrollment.domain.merges import HouseholdMergedAway
from enrollment.domain.policies import Policy
from services.enrollment.tests.asking import asking
from services.enrollment.tests.builders import Desk, person
from services.enrollment.tests.correcting import Corrector
from services.enrollment.tests.merging import Merger


async def locks(desk: Desk, household: str) -> list[str]:
    async with desk.uows.begin(now=desk.now) as uow:
        return await locks_to_forget(uow, household)


async def forget(desk: Desk, household: str = "june") -> bool:
    async with desk.uows.begin(now=desk.now, households=await locks(desk, household)) as uow:
        return await forget_contact(uow, household, because="asked-for")


async def registered_twice() -> Desk:
    desk = Desk()
    await desk.register("a", person("June Example", ssn="123456789"))
    await desk.register("b", person("June Example", ssn="123456789"))
    merger = Merger(desk)
    await merger.decide(await merger.ask())
    return desk


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


async def test_who_was_forgotten_and_is_named_in_a_restored_database_is_forgotten_there_again() -> None:
    desk = await registered()
    contacts, members = desk.database.rows(Contact), desk.database.rows(Member)
    assert await forget(desk)
    async with desk.uows.begin(now=desk.now, households=["june"]) as uow:
        await uow.records(Contact).put(contacts)
        await uow.records(Member).put(members)
    said = len(desk.database.events)
    assert await forget(desk)
    assert len(desk.database.events) == said  # whoever hears keys has heard of it
    assert [each.email is None for each in desk.database.rows(Contact)] == [False, True]
    assert [each.name for each in desk.database.rows(Member)] == [Masked("Carol Example"), Masked("-")]
    assert not await forget(desk)


async def test_of_a_birth_date_that_was_corrected_the_years_stay() -> None:
    desk = Desk()
    await desk.register("h", person(born="1980-03-02"))
    await Corrector(desk).correct_birth_date("h-1", "1985-05-05")
    assert await forget(desk, "h")
    assert [(each.born_before, each.born) for each in desk.database.rows(Correction)] == [
        (Masked("1980-01-01"), Masked("1985-01-01"))
    ]


async def test_the_hub_is_not_asked_about_who_is_forgotten() -> None:
    desk = await asking()
    assert desk.household.awaits_hub
    assert await forget(desk, "h")
    assert not desk.household.awaits_hub
    assert await desk.ask() == 0


async def test_households_that_were_merged_into_one_are_forgotten_with_it_and_not_before_it() -> None:
    desk = await registered_twice()
    with pytest.raises(HouseholdMergedAway, match="goes on as a"):
        await forget(desk, "b")
    assert {each.name for each in desk.database.rows(Member)} == {Masked("June Example")}
    assert await forget(desk, "a")
    assert {each.name for each in desk.database.rows(Member)} == {Masked("-")}
    assert [each.sealed for each in desk.database.rows(HouseholdKey)] == [None, None]
    acts = [each.household for each in desk.database.rows(HouseholdAct) if each.kind == "forgotten"]
    assert acts == ["a", "b"]


async def test_a_household_about_which_a_second_person_has_yet_to_decide_is_not_forgotten() -> None:
    desk = Desk()
    await desk.register("a", person("June Example", ssn="123456789"))
    await desk.register("b", person("June Example", ssn="123456789"))
    merger = Merger(desk)
    asked = await merger.ask()
    for household in ("a", "b"):
        with pytest.raises(CorrectionUndecided):
            await forget(desk, household)
    assert {each.name for each in desk.database.rows(Member)} == {Masked("June Example")}
    await merger.decide(asked, "decline")
    assert await forget(desk, "a")


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
