"""Of a household whose key is forgotten the gateway keeps no contact, and of others all."""

from __future__ import annotations

import pytest
from gateway_builders import Gateway, contact, paid, selected

from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.key_rings import HouseholdKeySet
from carrier_gateway.domain.records import Contact, ContactMember, Policy, Transmission

FORGOTTEN = HouseholdKeySet(household="june", number=1, key=None, sealed=None)


async def test_no_version_of_a_forgotten_household_s_contact_stays_and_its_policies_do() -> None:
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid("june-medical"), contact(household="carol"))
    sent = gateway.database.rows(Transmission)
    assert [each.state for each in sent] == ["sent"]
    await gateway.tell(FORGOTTEN)
    assert [each.household for each in gateway.database.rows(Contact)] == ["carol"]
    assert {each.household for each in gateway.database.rows(ContactMember)} == {"carol"}
    assert [each.policy for each in gateway.database.rows(Policy)] == ["june-medical"]
    assert gateway.database.rows(Transmission) == sent


async def test_who_a_carrier_is_still_to_be_told_of_is_not_forgotten_before_it_was() -> None:
    gateway = await Gateway().open()
    await gateway.hear(contact(), selected(), paid("june-medical"))  # and nothing is sent yet
    with pytest.raises(Impossible, match="a carrier is still to be told"):
        await gateway.hear(FORGOTTEN)
    assert [each.household for each in gateway.database.rows(Contact)] == ["june"]
    await gateway.work()
    await gateway.hear(FORGOTTEN)
    assert gateway.database.rows(Contact) == []
