"""A household states whether one of it uses tobacco, from a day on; its coverage follows (ENR-13, ENR-17)."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.find_household import find_household
from enrollment.application.ports import Parameters
from enrollment.application.record_contact import record_contact
from enrollment.application.rerate_policies import Changed, rerate_policies
from enrollment.domain.households import Contact
from enrollment.domain.tobacco import TobaccoStatement, check_statement, stated, use_stated


async def state_tobacco_use(
    uow: UnitOfWork, household: str, statement: TobaccoStatement, *, parameters: Parameters
) -> Changed:
    """Have a member of a household be somebody who uses tobacco, or does not, from a day on; return the policies that
    cost something else by it. Carriers are told as of a new version of the contact.

    Raises `NotFound` for a household or member nobody registered, `TobaccoNotAsked` where no rate differs by it, and
    `CannotStateTobaccoUse`; then nothing happened.
    """
    found = await find_household(uow, household)
    member = next((each for each in found.members if each.member == statement.member), None)
    if member is None:
        raise NotFound("there is no such member")
    in_force = parameters.as_of(uow.today)
    check_statement(statement, today=uow.today, parameters=in_force)
    version = found.household.contact_version + 1
    contact = replace(found.contact, contact_version=version)
    after = stated(member, statement)
    members = [after if each == member else each for each in found.members]
    await uow.records(Contact).put([contact])
    await record_contact(uow, contact=contact, members=members, parameters=in_force)
    book = await PolicyBook.load(uow, [household])
    book.put(replace(found.household, contact_version=version))
    await book.take_circumstances(uow)
    book.put(after)
    changed = rerate_policies(
        book,
        household,
        since=statement.since,
        reasons=(use_stated(since=statement.since, parameters=in_force),),
        today=uow.today,
    )
    await write(uow, book)
    return changed
