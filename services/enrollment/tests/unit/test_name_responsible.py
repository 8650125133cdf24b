"""Who acts for a child is named with a death or by itself, shown, corrected, and nowhere where it means nothing."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.errors import NotFound, Refused
from bulkhead.kernel.personal import Masked
from enrollment.adapters.names.anyascii_names import AnyAsciiNames
from enrollment.application.find_household import Found
from enrollment.application.name_responsible import name_responsible
from enrollment.domain.changes import CannotLeave, LeaveKind, NobodyToActFor, Responsible
from enrollment.domain.events import ContactRecorded
from enrollment.domain.households import Member
from enrollment.domain.names import LatinNameNeeded, NameNotReadable
from enrollment.domain.people import Person
from services.enrollment.tests.builders import Desk, person

KIM = person("Kim Example", born="2010-05-05", relation="child")
MAX = person("Max Example", born="1981-05-05", relation="spouse")
TOLD = date(2016, 6, 20)


async def covered(*others: Person) -> Desk:
    desk = Desk()
    await desk.offer()
    await desk.register("h", person(), *others)
    await desk.covered("SILVER")
    return desk.at(TOLD)


async def bereaved() -> Desk:
    desk = await covered(KIM)
    await desk.leave("h-1", "death", date(2016, 6, 15), responsible="王小明")
    return desk


async def left(desk: Desk) -> list[date | None]:
    return [each.left for each in await desk.stored(Member)]


async def name(desk: Desk, who: str, *, latin: str | None = None, household: str = "h") -> Found:
    latin_name = None if latin is None else Masked(latin)
    async with desk.uows.begin(now=desk.now, households=[household]) as uow:
        return await name_responsible(
            uow,
            household=household,
            responsible=Responsible(name=Masked(who), latin_name=latin_name),
            parameters=desk.parameters,
            transliterator=AnyAsciiNames(),
        )


async def test_ENR_16_a_latin_name_is_proposed_for_who_acts_for_a_child() -> None:
    desk = await bereaved()
    said = desk.said(ContactRecorded)[-1]
    assert (said.responsible_name, said.responsible_latin_name) == (
        Masked("王小明"),
        Masked("Wang Xiao Ming"),
    )
    assert said.responsible_until_age == 18


async def test_ENR_13_who_acts_for_a_child_is_named_otherwise_as_a_new_version_that_is_told() -> None:
    desk = await bereaved()
    found = await name(desk, "王小明", latin="Xiaoming Wang")
    assert (found.contact.contact_version, found.household.contact_version) == (3, 3)
    assert desk.said(ContactRecorded)[-1].responsible_latin_name == Masked("Xiaoming Wang")
    await name(desk, "Eva Example")
    said = desk.said(ContactRecorded)[-1]
    assert (said.contact_version, said.responsible_name, said.responsible_latin_name) == (
        4,
        Masked("Eva Example"),
        Masked("Eva Example"),
    )
    await name(desk, "Eva Example")
    assert len(desk.said(ContactRecorded)) == 4  # who is named already makes no version


async def test_ENR_13_somebody_is_named_ahead_while_a_parent_is_there_and_told_once_they_must_act() -> None:
    desk = await covered(KIM)
    await name(desk, "Eva Example")
    said = desk.said(ContactRecorded)[-1]
    assert (said.responsible_name, said.responsible_until_age) == (None, None)
    await desk.leave("h-1", "death", date(2016, 6, 15))
    assert desk.said(ContactRecorded)[-1].responsible_name == Masked("Eva Example")


async def test_ENR_13_nobody_is_named_where_everybody_is_of_age_or_by_no_name() -> None:
    desk = await covered(MAX)
    with pytest.raises(NobodyToActFor) as refused:
        await name(desk, "Eva Example")
    assert (refused.value.field, [each.rule for each in refused.value.reasons]) == ("/name", ["ENR-13"])
    with pytest.raises(NotFound):
        await name(desk, "Eva Example", household="nobody")
    desk = await bereaved()
    before = len(desk.said(ContactRecorded))
    with pytest.raises(NameNotReadable) as unreadable:
        await name(desk, "  ")
    with pytest.raises(LatinNameNeeded) as needed:
        await name(desk, "Eva", latin="Ева")
    assert (unreadable.value.field, needed.value.field) == ("/name", "/latin_name")
    assert len(desk.said(ContactRecorded)) == before


@pytest.mark.parametrize(
    ("others", "member", "kind"),
    [
        ((MAX, KIM), "h-2", "divorce"),  # nobody died
        ((person("Lou", born="1990-06-20", relation="child"), KIM), "h-2", "age"),
        ((), "h-1", "death"),  # nobody is left
        ((MAX,), "h-1", "death"),  # who is left is of age
    ],
)
async def test_ENR_13_a_departure_that_leaves_nobody_to_act_for_names_nobody(
    others: tuple[Person, ...], member: str, kind: LeaveKind
) -> None:
    desk = await covered(*others)
    with pytest.raises(CannotLeave) as refused:
        await desk.leave(member, kind, TOLD, responsible="Eva Example")
    assert (refused.value.field, refused.value.reasons[0].rule) == ("/responsible", "ENR-13")
    assert len(desk.said(ContactRecorded)) == 1
    assert await left(desk) == [None] * (1 + len(others))


async def test_ENR_16_a_name_that_cannot_be_of_who_acts_for_a_child_refuses_the_death() -> None:
    desk = await covered(KIM)
    with pytest.raises(Refused) as refused:
        await desk.leave("h-1", "death", date(2016, 6, 15), responsible="\u3164")
    assert refused.value.field == "/responsible/name"
    assert await left(desk) == [None, None]
