"""A household is registered: its people, how to reach them, and the assistance it is granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.ids import checked_id
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.ports import Parameters
from enrollment.domain.events import ContactMember, ContactRecorded, HouseholdRegistered
from enrollment.domain.households import Contact, Household, Member, Person, member_id, relate
from enrollment.domain.verification import pending_until

FIRST_CONTACT_VERSION = 1


class HouseholdAlreadyRegistered(Conflict):
    """There is a household of this id."""

    kind = "household-already-registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a household says of itself. The two assistances are cents a month."""

    household: str
    people: tuple[Person, ...]
    language: str
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    aptc_cents: int
    subsidy_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The household and its members, in the order they were named."""

    household: Household
    members: tuple[Member, ...]


async def register_household(
    uow: UnitOfWork, application: Application, *, parameters: Parameters
) -> Registered:
    """Register a household and return it with its members.

    It is accepted on what it attests; verification is pending for the inconsistency period (ENR-10). Raises
    `HouseholdAlreadyRegistered`, `RelationsUnclear`, or `InvalidValue` for an id that cannot be one.
    """
    checked_id(application.household, field="/household")
    in_force = parameters.as_of(uow.today)
    if await uow.records(Household).get(household=application.household) is not None:
        raise HouseholdAlreadyRegistered("there is a household of this id already", field="/household")
    relations = relate(application.people, today=uow.today, adult_age=in_force.adult_age)
    household = Household(
        household=application.household,
        registered_on=uow.today,
        aptc_cents=application.aptc_cents,
        subsidy_cents=application.subsidy_cents,
        contact_version=FIRST_CONTACT_VERSION,
        verification="pending",
        verification_until=pending_until(
            applied_on=uow.today, inconsistency_days=in_force.inconsistency_days
        ),
    )
    contact = Contact(
        household=application.household,
        contact_version=FIRST_CONTACT_VERSION,
        language=application.language,
        email=application.email,
        address=application.address,
        phone=application.phone,
    )
    members = tuple(
        Member(
            member=member_id(household=application.household, position=position),
            household=application.household,
            position=position,
            relation=relation,
            name=person.name,
            born=person.born,
            ssn=person.ssn,
        )
        for position, (person, relation) in enumerate(zip(application.people, relations, strict=True))
    )
    await uow.records(Household).add([household])
    await uow.records(Contact).add([contact])
    await uow.records(Member).add(members)
    _announce(uow, household=household, contact=contact, members=members)
    return Registered(household=household, members=members)


def _announce(uow: UnitOfWork, *, household: Household, contact: Contact, members: Sequence[Member]) -> None:
    uow.emit(
        HouseholdRegistered(household=household.household, contact_version=household.contact_version),
        household=household.household,
    )
    uow.emit(
        ContactRecorded(
            household=household.household,
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
                    born=member.born,
                    ssn=member.ssn,
                )
                for member in members
            ),
        ),
        household=household.household,
    )
