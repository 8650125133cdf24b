"""Of a household whose key is forgotten notifications does not know any more how it is reached."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.persistence.household_keys import HouseholdKey
from notifications.application.find_overdue import overdue_of
from notifications.application.send_notices import return_notices
from notifications.application.timeline import timeline_of
from notifications.domain.contacts import Contact
from notifications.domain.notices import FORGOTTEN, Notice
from services.notifications.tests.builders import PARAMETERS, contact, invoice, paid
from services.notifications.tests.office import Office


async def forget(office: Office, *others: object, number: int = 1) -> None:
    """Have June's key be forgotten, as the chassis keeps it and hands it on."""
    async with office.uows.begin(now=office.now, households=["june"]) as uow:
        forgotten = HouseholdKey(household="june", number=number, key=None, sealed=None)
        await uow.records(HouseholdKey).put([forgotten])
    await office.hear(*others, HouseholdKeySet(household="june", number=number, key=None, sealed=None))


async def overdue(office: Office) -> list[str]:
    async with office.uows.begin(now=office.now + timedelta(days=90)) as uow:
        return [each.id for each in await overdue_of(PARAMETERS)(uow)]


def how(notice: Notice) -> tuple[str, str | None, str | None]:
    return notice.state, notice.waits_for, notice.problem


async def test_a_forgotten_household_is_not_reached_any_more_and_others_are() -> None:
    office = Office()
    await office.hear(contact("june"), contact("carol"))
    await forget(office)
    assert [each.household for each in office.database.rows(Contact)] == ["carol"]


async def test_what_was_queued_for_a_forgotten_household_is_withdrawn_and_others_get_theirs() -> None:
    office = Office()
    await office.hear(contact("june"), contact("carol"), paid("june"), paid("carol", payment="q"))
    assert office.only(household="june").state == "queued"
    await forget(office)
    assert how(office.only(household="june")) == ("withdrawn", None, FORGOTTEN)
    async with office.uows.begin(now=office.now) as uow:
        assert [each.what for each in await timeline_of(uow, "june")] == ["forgotten"]
    await office.send()
    assert office.only(household="carol").state == "sent"
    assert await overdue(office) == []


async def test_what_waited_is_withdrawn_too() -> None:
    office = Office()
    await office.hear(contact("june"), invoice("june"))  # the policy that it names was not heard of
    assert office.only().state == "waiting"
    await forget(office)
    assert how(office.only()) == ("withdrawn", None, FORGOTTEN)


async def test_what_a_sender_that_stopped_had_in_hand_is_withdrawn() -> None:
    office = Office()
    await office.hear(contact("june"), paid("june"))
    async with office.uows.begin(now=office.now, households=["june"]) as uow:
        values = {
            "state": "sending",
            "claimed_by": "two",
            "claimed_until": office.now + timedelta(minutes=15),
        }
        await uow.records(Notice).update(values, household="june")
    await forget(office)
    assert office.only().state == "sending"  # it may be on its way just now
    office.now += timedelta(minutes=16)
    await office.send()
    assert how(office.only()) == ("withdrawn", None, FORGOTTEN)
    assert office.mailed() == []


async def test_what_a_sender_has_in_hand_and_cannot_send_is_put_back_and_withdrawn() -> None:
    office = Office()
    await office.hear(contact("june"), paid("june"))
    async with office.uows.begin(now=office.now, households=["june"]) as uow:
        values = {
            "state": "sending",
            "claimed_by": "one",
            "claimed_until": office.now + timedelta(minutes=15),
        }
        await uow.records(Notice).update(values, household="june")
    await forget(office)
    async with office.uows.begin(now=office.now, households=["june"]) as uow:
        notices = [office.only().notice]
        await return_notices(uow, notices=notices, sender="one", problem="not taken for now", attempts=1)
    assert office.only().state == "queued"
    await office.send()
    assert how(office.only()) == ("withdrawn", None, FORGOTTEN)


async def test_later_facts_about_a_forgotten_household_are_kept_and_told_nobody() -> None:
    office = Office()
    await office.hear(contact("june"))
    await forget(office, invoice("june"))
    await office.hear(paid("june"))
    assert [how(each) for each in office.notices()] == [("withdrawn", None, FORGOTTEN)] * 2
    await office.send()
    assert office.mailed() == []
    assert await overdue(office) == []


@pytest.mark.parametrize("waits", [True, False])
async def test_who_is_recorded_anew_is_told_again_from_then_on(waits: bool) -> None:
    office = Office()
    await office.hear(contact("june"))
    await forget(office)
    await office.hear(*([] if waits else [contact("june", version=2)]), paid("june"))
    await office.hear(contact("june", version=2))
    await office.send()
    assert office.only().state == ("withdrawn" if waits else "sent")


async def test_who_is_recorded_anew_and_whose_key_comes_first_is_waited_for() -> None:
    office = Office()
    await office.hear(contact("june"))
    await forget(office)
    async with office.uows.begin(now=office.now, households=["june"]) as uow:
        await uow.records(HouseholdKey).put([HouseholdKey(household="june", number=2, key="k", sealed=b"s")])
    await office.hear(paid("june"))
    assert how(office.only()) == ("waiting", "contact", None)
    await office.hear(contact("june", version=2))
    await office.send()
    assert office.only().state == "sent"
