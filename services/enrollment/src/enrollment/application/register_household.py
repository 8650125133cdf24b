"""A household is registered: its people, how to reach them, and the assistance it is granted."""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.ids import checked_household_id
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.age_out_children import take_out_due
from enrollment.application.book import PolicyBook
from enrollment.application.ports import Parameters, Transliterator
from enrollment.application.record_contact import record_contact
from enrollment.domain.areas import area_of
from enrollment.domain.events import HouseholdRegistered
from enrollment.domain.households import FIRST_CONTACT_VERSION, Contact, Household, Member, member_id
from enrollment.domain.names import latin_form
from enrollment.domain.people import Person, check_people
from enrollment.domain.tobacco import check_asked
from enrollment.domain.verification import pending_until


class HouseholdAlreadyRegistered(Conflict):
    """There is a household of this id."""

    kind = "household-already-registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a household says of itself. The two assistances are cents a month, the income those of a year."""

    household: str
    people: tuple[Person, ...]
    language: str
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    aptc_cents: int
    subsidy_cents: int
    income_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The household and its members, in the order they were named."""

    household: Household
    members: tuple[Member, ...]


async def register_household(
    uow: UnitOfWork, application: Application, *, parameters: Parameters, transliterator: Transliterator
) -> Registered:
    """Register a household and return it with its members.

    It is accepted on what it attests; verification is pending for the inconsistency period (ENR-10). Raises
    `HouseholdAlreadyRegistered`, `TobaccoNotAsked`, one of the refusals of `enrollment.domain.people` and
    `enrollment.domain.names` (ENR-16), or `InvalidValue` for an id that cannot be one.
    """
    checked_household_id(application.household, field="/household")
    in_force = parameters.as_of(uow.today)
    if await uow.records(Household).get(household=application.household) is not None:
        raise HouseholdAlreadyRegistered("there is a household of this id already", field="/household")
    check_people(application.people, today=uow.today, parameters=in_force)
    for position, person in enumerate(application.people):
        check_asked(uses=person.uses_tobacco, field=f"/members/{position}/uses_tobacco", parameters=in_force)
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
        decisions=0,
        income_cents=application.income_cents,
        rating_area=area_of(application.address, parameters=in_force),
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
        member_of(
            person,
            household=application.household,
            position=position,
            field=f"/members/{position}",
            transliterator=transliterator,
        )
        for position, person in enumerate(application.people)
    )
    await uow.records(Household).add([household])
    await uow.records(Contact).add([contact])
    await uow.records(Member).add(members)
    uow.emit(
        HouseholdRegistered(household=household.household, contact_version=household.contact_version),
        household=household.household,
    )
    await record_contact(uow, contact=contact, members=members, parameters=in_force)
    book = await PolicyBook.load(uow, [household.household])
    await book.take_circumstances(uow)
    take_out_due(book, household.household, today=uow.today, parameters=in_force)
    await write(uow, book)
    return Registered(household=household, members=tuple(book.members_of(household.household)))


def member_of(
    person: Person, *, household: str, position: int, field: str, transliterator: Transliterator
) -> Member:
    """Return a person as a member, at a position in the household's order; a Latin name is proposed (ENR-16).

    Raises the refusals of `enrollment.domain.names` about ``field``.
    """
    latin_name = latin_form(person.name, given=person.latin_name, latin=transliterator.latin, field=field)
    return Member(
        member=member_id(household=household, position=position),
        household=household,
        position=position,
        relation=person.relation,
        name=person.name,
        latin_name=latin_name,
        born=person.born,
        ssn=person.ssn,
        uses_tobacco=person.uses_tobacco,
    )
