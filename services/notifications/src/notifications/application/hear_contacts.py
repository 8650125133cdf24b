"""Use case: keep how a household is reached."""

from __future__ import annotations

from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.personal import Masked
from bulkhead.service import Occasion
from notifications.application.desk import Desk
from notifications.application.facts import ContactRecorded
from notifications.domain.contacts import Contact


def record_contact(desk: Desk, fact: ContactRecorded, _occasion: Occasion) -> None:
    """Keep the newest contact of a household; an older version is already so. What waited for it goes on."""
    known = desk.find(Contact, fact.household)
    if known is not None and known.contact_version >= fact.contact_version:
        return
    desk.put(
        Contact(
            household=fact.household,
            contact_version=fact.contact_version,
            language=fact.language,
            addressee=_addressee(fact),
            estate=fact.estate and fact.responsible_name is None,
            email=fact.email,
            address=fact.address,
        )
    )


def _addressee(fact: ContactRecorded) -> Masked:
    """Return whose name letters bear: who acts for the subscriber, else the subscriber's.

    Raises `Impossible` for a subscriber whom the contact does not name.
    """
    if fact.responsible_name is not None:
        return fact.responsible_name
    named = next((each.name for each in fact.members if each.member == fact.subscriber), None)
    if named is None:
        raise Impossible("a contact's subscriber is none of the household's members")
    return named
