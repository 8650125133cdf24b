"""Of a household whose key is forgotten notifications does not know any more how it is reached."""

from __future__ import annotations

from bulkhead.kernel.key_rings import HouseholdKeySet
from notifications.domain.contacts import Contact
from services.notifications.tests.builders import contact
from services.notifications.tests.office import Office


async def test_a_forgotten_household_is_not_reached_any_more_and_others_are() -> None:
    office = Office()
    await office.hear(contact("june"), contact("carol"))
    await office.hear(HouseholdKeySet(household="june", number=1, key=None, sealed=None))
    assert [each.household for each in office.database.rows(Contact)] == ["carol"]
