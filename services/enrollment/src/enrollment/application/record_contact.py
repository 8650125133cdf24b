"""Who the household's people are and how to reach them, told on the contacts topic."""

from __future__ import annotations

from collections.abc import Sequence

from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.events import ContactMember, ContactRecorded
from enrollment.domain.households import Contact, Member


def record_contact(uow: UnitOfWork, *, contact: Contact, members: Sequence[Member]) -> None:
    """Say a version of a household's contact: how to reach it, and how each of its people is named."""
    uow.emit(
        ContactRecorded(
            household=contact.household,
            contact_version=contact.contact_version,
            language=contact.language,
            email=contact.email,
            address=contact.address,
            phone=contact.phone,
            members=tuple(
                ContactMember(
                    member=member.member,
                    relation=member.relation,
                    name=member.name,
                    latin_name=member.latin_name,
                    born=member.born,
                    ssn=member.ssn,
                )
                for member in members
            ),
        ),
        household=contact.household,
    )
