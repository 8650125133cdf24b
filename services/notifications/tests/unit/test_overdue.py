"""A notice that has not left in time stands in a list that a person is alarmed to (I9)."""

from __future__ import annotations

from datetime import date, timedelta

from bulkhead.kernel.calendar import local
from bulkhead.overdue import Overdue
from notifications.application.find_overdue import KINDS, overdue_of
from services.notifications.tests.builders import PARAMETERS, activated, contact, invoice, paid, selected
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_api import assembled
from services.notifications.tests.unit.test_order import FaultyAtReceipts

FIND = overdue_of(PARAMETERS)


async def overdue(office: Office) -> list[Overdue]:
    async with office.uows.begin(now=office.now) as uow:
        return list(await FIND(uow))


async def test_I9_a_notice_is_overdue_after_five_days_and_not_before() -> None:
    office = Office(now=local(date(2016, 6, 5), 2))
    await office.hear(paid("stranger"))
    office.now = local(date(2016, 6, 10), 23)
    assert await overdue(office) == []
    office.now = local(date(2016, 6, 11))
    assert await overdue(office) == [
        Overdue(
            kind="notice",
            id=office.only().notice,
            household="stranger",
            deadline=date(2016, 6, 10),
            says="it waits for a contact that is not known, or not as newly as needed",
        )
    ]


async def test_I9_it_says_why_as_far_as_is_known() -> None:
    office = Office(writer=FaultyAtReceipts())
    office.start(pace=lambda: 0.0)
    office.mailbox.busy = {"kim@example.test"}
    await office.hear(contact(), selected(), paid())
    await office.hear(contact("kim", email="kim@example.test"), selected("kim"), activated("kim"))
    await office.hear(contact("lee"), invoice("lee"))
    await office.hear(paid("lee"))
    await office.send()
    office.now += timedelta(days=30)
    assert {(each.household, each.says) for each in await overdue(office)} == {
        ("june", "ZeroDivisionError"),
        ("kim", "not taken for now"),
        ("lee", "it waits for a policy it names"),
        ("lee", "it waits for an earlier notice of its household"),
    }


async def test_I9_what_was_sent_is_never_overdue() -> None:
    office = Office()
    await office.hear(contact(), selected(), invoice())
    await office.send()
    office.now += timedelta(days=400)
    assert await overdue(office) == []


def test_I9_the_service_is_asked_and_looks_every_night() -> None:
    service = assembled()
    assert service.overdue is not None
    assert [duty.name for duty in service.duties] == ["print-batch", "look-for-overdue"]
    assert KINDS == ("notice", "letter")
