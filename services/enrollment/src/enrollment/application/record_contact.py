"""Who the household's people are and how to reach them, told on the contacts topic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.events import ContactMember, ContactRecorded
from enrollment.domain.households import Contact, Member, last_day_of_anybody, members_on


def record_contact(
    uow: UnitOfWork, *, contact: Contact, members: Sequence[Member], on: date, adult_age: int
) -> None:
    """Say a version of a household's contact: how to reach it, how each of its people is named, who is the subscriber
    on a day, and who acts for one who is not of age then (ENR-13).

    Where nobody is left by then, that is who was the subscriber last: letters are for their estate.
    """
    last = last_day_of_anybody(members) or on
    over = last < on
    # Who comes later is the subscriber where nobody is left until then.
    days = [
        min(last, on),
        *sorted(each.joined for each in members if each.joined is not None and each.joined > on),
    ]
    subscriber = next(there[0] for day in days if (there := members_on(members, day)))
    minor = not over and not subscriber.is_of_age(on, adult_age=adult_age)
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
            subscriber=subscriber.member,
            estate=over,
            responsible_name=contact.responsible_name if minor else None,
            responsible_latin_name=contact.responsible_latin_name if minor else None,
        ),
        household=contact.household,
    )
