"""Use case: keep how a household is reached."""

from __future__ import annotations

from bulkhead.service import Occasion
from notifications.application.desk import Desk
from notifications.application.facts import ContactRecorded
from notifications.domain.contacts import Contact


def record_contact(desk: Desk, fact: ContactRecorded, _occasion: Occasion) -> None:
    """Keep the newest contact of a household; an older version is already so. What waited for it goes on."""
    known = desk.find(Contact, fact.household)
    if known is not None and known.contact_version >= fact.contact_version:
        return
    named = [member for member in fact.members if member.relation == "self"] or list(fact.members)
    desk.put(
        Contact(
            household=fact.household,
            contact_version=fact.contact_version,
            language=fact.language,
            addressee=named[0].name if named else None,
            email=fact.email,
            address=fact.address,
        )
    )
