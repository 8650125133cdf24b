"""Of a household whose key is forgotten the gateway keeps no contact, and of others all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway_builders import (
    CARRIER,
    Gateway,
    activated,
    canceled,
    changed,
    closed,
    contact,
    listed,
    paid,
    profile,
    remittance,
    remitted,
    selected,
    since,
    terminated,
)

from bulkhead.kernel.key_rings import HouseholdKeySet
from bulkhead.persistence.event_tables import ParkedEvent
from bulkhead.persistence.household_keys import HouseholdKey
from carrier_gateway.domain.records import (
    Contact,
    ContactMember,
    DelinquencyList,
    Policy,
    ToForget,
    Transmission,
)
from carrier_gateway.domain.remittances import Remittance

FORGOTTEN = HouseholdKeySet(household="june", number=1, key=None, sealed=None)


ENDED = date(2016, 1, 31)
FEBRUARY_10 = date(2016, 2, 10)


def known(gateway: Gateway) -> list[tuple[str, int]]:
    """Return whose contacts are known, as of which version."""
    members = {(each.household, each.contact_version) for each in gateway.rows(ContactMember)}
    contacts = [(each.household, each.contact_version) for each in gateway.rows(Contact)]
    assert members == set(contacts)
    return contacts


async def keep(gateway: Gateway, row: object) -> None:
    async with gateway.uows.begin(now=gateway.now, households=["june"]) as uow:
        await uow.records(type(row)).put([row])


async def overdue(gateway: Gateway) -> list[tuple[str, str, date]]:
    assert gateway.service.overdue is not None
    async with gateway.uows.begin(now=gateway.now) as uow:
        return [(each.kind, each.id, each.deadline) for each in await gateway.service.overdue(uow)]


async def test_no_version_of_a_forgotten_household_s_contact_stays_and_its_policies_do() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), contact(version=2), selected(), paid(), contact(household="carol"))
    await gateway.tell(canceled(version=2))
    sent = gateway.rows(Transmission)
    assert [(each.kind, each.state) for each in sent] == [("initial", "sent"), ("cancel", "sent")]
    await gateway.tell(FORGOTTEN)
    assert known(gateway) == [("carol", 1)]
    assert [each.policy for each in gateway.rows(Policy)] == ["june-medical"]
    assert gateway.rows(Transmission) == sent
    assert gateway.rows(ToForget) == []


async def test_I4_a_carrier_is_told_of_an_end_that_comes_after_its_household_was_forgotten() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.at(FEBRUARY_10).tell(FORGOTTEN)
    assert known(gateway) == [("june", 1)]
    await gateway.tell(terminated(ENDED))
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent")]
    assert (gateway.policy().told, gateway.policy().told_through) == ("ended", ENDED)
    assert known(gateway) == []
    assert await overdue(gateway.later(days=90)) == []


async def test_who_a_carrier_is_still_to_be_told_of_is_forgotten_once_it_was() -> None:
    gateway = Gateway()
    await gateway.hear(contact(), selected(), paid(), terminated(ENDED))
    await gateway.at(FEBRUARY_10).hear(FORGOTTEN)
    await gateway.work()  # its carrier has no profile
    assert gateway.transmissions() == [("initial", "waiting"), ("termination", "waiting")]
    assert known(gateway) == [("june", 1)]
    await gateway.profile(profile(CARRIER))
    await gateway.work()
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent")]
    assert known(gateway) == []


async def test_I9_whose_end_is_never_heard_of_is_overdue_and_not_forgotten() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.tell(FORGOTTEN)
    assert await overdue(gateway.at(date(2015, 12, 12), 23)) == []
    assert await overdue(gateway.at(date(2015, 12, 13), 0)) == [
        ("contact-not-forgotten", "june", date(2015, 12, 12))
    ]
    assert known(gateway) == [("june", 1)]


async def test_I9_who_was_forgotten_and_is_still_to_be_told_of_is_overdue() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.at(date(2017, 1, 2)).tell(FORGOTTEN)  # as far as is known here, all is over and told
    assert known(gateway) == []
    await gateway.tell(terminated(date(2016, 5, 31)))
    assert gateway.policy().told == "covered"
    assert await overdue(gateway.at(date(2017, 1, 4))) == []
    assert await overdue(gateway.at(date(2017, 1, 5))) == [
        ("policy-not-told", "june-medical", date(2017, 1, 4))
    ]


async def test_what_is_said_of_a_household_once_it_was_forgotten_is_kept() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.at(FEBRUARY_10).tell(FORGOTTEN)
    await gateway.tell(contact(version=2))
    assert known(gateway) == [("june", 1), ("june", 2)]
    await gateway.tell(terminated(ENDED, version=1))
    assert known(gateway) == [("june", 2)]


async def test_a_list_and_a_remittance_go_out_that_name_who_is_forgotten_by_ids_alone() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), terminated(ENDED))
    await gateway.at(FEBRUARY_10).tell(FORGOTTEN)
    await keep(
        gateway, HouseholdKey(household="june", number=1, key=None, sealed=None)
    )  # as the chassis does
    assert known(gateway) == []
    await gateway.tell(listed(), closed(1), remittance(remitted(-50000), remitted(50000, month=2)))
    assert [each.state for each in gateway.rows(DelinquencyList)] == ["written"]
    assert [each.state for each in gateway.rows(Remittance)] == ["written"]


async def test_I4_an_end_that_names_a_contact_nobody_can_open_any_more_is_told_by_the_last_one_known() -> (
    None
):
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.at(FEBRUARY_10).tell(FORGOTTEN)  # version 2 was said, and was not heard in time
    await gateway.tell(terminated(ENDED, version=2))
    assert gateway.transmissions() == [("initial", "sent"), ("termination", "sent")]
    assert known(gateway) == []


async def test_I9_an_end_of_somebody_whom_no_contact_names_any_more_is_overdue() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.at(FEBRUARY_10).tell(FORGOTTEN)
    newborn = since(members=("june-1", "june-2"))
    await gateway.tell(changed(newborn, version=2), terminated(date(2016, 3, 31), version=2))
    assert gateway.transmissions() == [("initial", "sent")]
    assert await overdue(gateway.at(date(2016, 4, 10))) == [
        ("policy-not-told", "june-medical", date(2016, 2, 12)),
        ("contact-not-forgotten", "june", date(2016, 2, 12)),
    ]


async def test_a_household_with_parked_events_waits_and_is_forgotten_at_night_once_they_are_discarded() -> (
    None
):
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), terminated(ENDED))
    parked = ParkedEvent(
        household="june",
        position=1,
        event_id="event-x",
        topic="enrollment.policies.v1",
        partition=0,
        offset=1,
        type="PolicyTerminated",
        kind="bug",
        reason="",
        state="parked",
        parked_at=gateway.now,
        settled_at=None,
        discard_reason=None,
        value=b"",
    )
    await keep(gateway, parked)
    await gateway.at(FEBRUARY_10).tell(FORGOTTEN)
    assert known(gateway) == [("june", 1)]
    await keep(gateway, replace(parked, state="discarded", settled_at=gateway.now, discard_reason="twice"))
    (duty,) = [each for each in gateway.service.duties if each.name == "forget-contacts"]
    assert duty.households is not None
    async with gateway.uows.begin(now=gateway.now, households=["june"]) as uow:
        assert await duty.households(uow, FEBRUARY_10, "", 10) == ["june"]
        await duty.run(uow, FEBRUARY_10, ["june"])
    assert known(gateway) == []


async def test_a_contact_that_no_key_opens_any_more_is_left_where_what_others_said_is_taken_in_anew() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid())
    for picture in gateway.service.pictures:
        if picture.kind in (Contact, ContactMember):
            stored = gateway.rows(picture.kind)
            assert stored
            assert list(picture.paint([], stored, gateway.now)) == stored
