"""A household is registered."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.kernel.personal import Masked
from enrollment.application.register_household import HouseholdAlreadyRegistered
from enrollment.domain.events import ContactMember, ContactRecorded, HouseholdRegistered
from enrollment.domain.households import Contact, Household, Member
from enrollment.domain.names import LatinNameNeeded, NameNotReadable
from enrollment.domain.people import RelationsUnclear
from services.enrollment.tests.builders import Desk, person


async def test_ENR_10_an_application_is_accepted_on_attestation_and_stays_pending_for_90_days() -> None:
    desk = Desk().at(date(2015, 12, 3))
    registered = await desk.register("june", person(), aptc=30000, subsidy=1000)
    assert registered.household == Household(
        household="june",
        registered_on=date(2015, 12, 3),
        aptc_cents=30000,
        subsidy_cents=1000,
        contact_version=1,
        verification="pending",
        verification_until=date(2016, 3, 2),
        decisions=0,
    )
    assert desk.database.rows(Household) == [registered.household]


async def test_members_are_numbered_in_the_order_they_were_named() -> None:
    desk = Desk()
    registered = await desk.register(
        "june",
        person(ssn="123456789"),
        person("Jay", born="1981-01-01", relation="spouse"),
        person("Jo", born="2012-01-01", relation="child"),
    )
    assert [(each.member, each.relation) for each in registered.members] == [
        ("june-1", "self"),
        ("june-2", "spouse"),
        ("june-3", "child"),
    ]
    assert tuple(desk.database.rows(Member)) == registered.members


async def test_others_hear_of_a_household_and_only_the_contacts_topic_of_its_people() -> None:
    desk = Desk()
    await desk.register("june", person("Джун", ssn="123456789"))
    registered, key, contact = desk.database.events
    assert (registered, contact) == (
        HouseholdRegistered(household="june", contact_version=1),
        ContactRecorded(
            household="june",
            contact_version=1,
            language="en",
            email=Masked("june@example.test"),
            address=None,
            phone=None,
            members=(
                ContactMember(
                    member="june-1",
                    relation="self",
                    name=Masked("Джун"),
                    latin_name=Masked("Dzhun"),
                    born=Masked("1980-03-02"),
                    ssn=Masked("123456789"),
                ),
            ),
            subscriber="june-1",
        ),
    )
    assert isinstance(key, HouseholdKeySet)
    assert (key.household, key.number, key.key) == ("june", 1, "trial-1")
    assert [each.record.topic for each in desk.database.emitted] == [
        "enrollment.policies.v1",
        "enrollment.contact-keys.v1",
        "enrollment.contacts.v1",
    ]


async def test_a_household_is_registered_once() -> None:
    desk = Desk()
    await desk.register("june")
    with pytest.raises(HouseholdAlreadyRegistered):
        await desk.register("june", person("Somebody Else"))
    assert [each.name for each in desk.database.rows(Member)] == [Masked("June Example")]
    assert len(desk.database.events) == 3


@pytest.mark.parametrize("household", ["", "-june", "ju ne", "j" * 65])
async def test_an_id_that_cannot_be_one_is_refused(household: str) -> None:
    desk = Desk()
    with pytest.raises(InvalidValue) as refused:
        await desk.register(household)
    assert refused.value.field == "/household"


async def test_a_refused_registration_leaves_nothing_behind() -> None:
    desk = Desk()
    with pytest.raises(RelationsUnclear):
        await desk.register("june", person(relation="self"), person(relation="self"))
    assert desk.database.rows(Household) == []
    assert desk.database.rows(Contact) == []
    assert desk.database.rows(Member) == []
    assert desk.database.events == []


async def test_ENR_16_a_latin_name_that_is_given_stands() -> None:
    desk = Desk()
    registered = await desk.register("june", person("王小明", latin_name="Xiaoming Wang"))
    assert registered.members[0].latin_name == Masked("Xiaoming Wang")
    assert registered.members[0].name == Masked("王小明")


async def test_ENR_16_a_name_that_cannot_be_one_is_refused_by_its_place() -> None:
    desk = Desk()
    with pytest.raises(NameNotReadable) as refused:
        await desk.register("june", person(), person("\u200b", relation="child", born="2012-01-01"))
    assert refused.value.field == "/members/1/name"
    with pytest.raises(LatinNameNeeded) as needed:
        await desk.register("june", person(latin_name="王"))
    assert needed.value.field == "/members/0/latin_name"
    assert desk.database.events == []
