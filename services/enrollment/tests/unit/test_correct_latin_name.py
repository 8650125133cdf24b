"""The Latin form of a name is corrected."""

from __future__ import annotations

import pytest

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.personal import Masked
from enrollment.application.correct_latin_name import correct_latin_name
from enrollment.application.find_household import Found
from enrollment.domain.events import ContactRecorded, HouseholdRegistered, PlansSelected
from enrollment.domain.names import LatinNameNeeded
from services.enrollment.tests.builders import Desk, person


async def wang() -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h", person("王小明"), person("Kim", relation="child", born="2012-05-06"))
    return desk


async def correct(desk: Desk, latin: str, *, member: str = "h-1", household: str = "h") -> Found:
    async with desk.uows.begin(now=desk.now, households=[household]) as uow:
        return await correct_latin_name(
            uow,
            household=household,
            member=member,
            latin_name=Masked(latin),
            parameters=desk.parameters,
        )


async def test_ENR_16_a_corrected_latin_name_is_a_new_version_of_the_contact_and_is_told() -> None:
    desk = await wang()
    found = await correct(desk, "Xiaoming Wang")
    assert found.household.contact_version == found.contact.contact_version == 2
    assert [(each.name, each.latin_name) for each in found.members] == [
        (Masked("王小明"), Masked("Xiaoming Wang")),
        (Masked("Kim"), Masked("Kim")),
    ]
    first, second = desk.said(ContactRecorded)
    assert (first.contact_version, second.contact_version) == (1, 2)
    assert [each.latin_name for each in second.members] == [Masked("Xiaoming Wang"), Masked("Kim")]
    assert len(desk.said(HouseholdRegistered)) == 1
    await desk.select("SILVER")
    assert desk.said(PlansSelected)[0].contact_version == 2


async def test_ENR_16_the_latin_name_that_is_there_makes_no_version() -> None:
    desk = await wang()
    found = await correct(desk, "Wang Xiao Ming")
    assert found.household.contact_version == 1
    assert len(desk.said(ContactRecorded)) == 1


async def test_ENR_16_what_cannot_be_a_latin_name_changes_nothing() -> None:
    desk = await wang()
    with pytest.raises(LatinNameNeeded):
        await correct(desk, "王小明")
    with pytest.raises(NotFound):
        await correct(desk, "Xiaoming Wang", member="h-3")
    with pytest.raises(NotFound):
        await correct(desk, "Xiaoming Wang", household="nobody")
    assert len(desk.said(ContactRecorded)) == 1
