"""Who the household's people are and how to reach them, told on the contacts topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import facts_of
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.find_household import Found
from enrollment.domain.events import ContactMember, ContactRecorded
from enrollment.domain.household_acts import HouseholdAct
from enrollment.domain.households import FIRST_CONTACT_VERSION, Contact, Household, Member, subscriber_to_come
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.tobacco import told_uses


async def record_anew(uow: UnitOfWork, found: Found, *, parameters: EnrollmentParameters) -> Found:
    """Keep how a household is reached and named as a new version, and say it; return the household with it."""
    version = found.household.contact_version + 1
    after = replace(
        found,
        household=replace(found.household, contact_version=version),
        contact=replace(found.contact, contact_version=version),
    )
    await uow.records(Household).put([after.household])
    await uow.records(Contact).put([after.contact])
    await record_contact(uow, contact=after.contact, members=after.members, parameters=parameters)
    return after


async def record_contact(
    uow: UnitOfWork,
    *,
    contact: Contact,
    members: Sequence[Member],
    parameters: EnrollmentParameters,
    reasons: Sequence[Reason] = (),
) -> None:
    """Keep that there is a version of a household's contact, for its timeline, and say it: how to reach it, how each of
    its people is named and whether they use tobacco, where rates may differ by it (ENR-17), who is the subscriber once
    all has happened that was stated, and who acts for one who is not of age (ENR-13).

    Where nobody is left then, that is who was the subscriber last: letters are for their estate.
    """
    subscriber, over = subscriber_to_come(members, today=uow.today)
    act = HouseholdAct(
        household=contact.household,
        kind="registered" if contact.contact_version == FIRST_CONTACT_VERSION else "contact-recorded",
        number=contact.contact_version,
        at=uow.now,
        on=uow.today,
        facts=facts_of(contact_version=contact.contact_version),
        reasons=tuple(reasons),
    )
    await uow.records(HouseholdAct).add([act])
    adult_age = parameters.adult_age
    minor = not over and not subscriber.is_of_age(uow.today, adult_age=adult_age)
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
                    tobacco=told_uses(member, parameters=parameters),
                )
                for member in members
            ),
            subscriber=subscriber.member,
            estate=over,
            responsible_name=contact.responsible_name if minor else None,
            responsible_latin_name=contact.responsible_latin_name if minor else None,
            responsible_until_age=adult_age if minor and contact.responsible_name is not None else None,
        ),
        household=contact.household,
        reasons=reasons,
    )
