"""A household has another address from a day on; its coverage follows (ENR-13, ENR-17)."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from enrollment.application.book import PolicyBook
from enrollment.application.find_household import find_household
from enrollment.application.ports import Parameters
from enrollment.application.record_contact import record_contact
from enrollment.application.rerate_policies import Changed, rerate_policies
from enrollment.domain.areas import area_of
from enrollment.domain.households import Contact
from enrollment.domain.moves import Move, address_changed, check_move, moved


async def change_address(uow: UnitOfWork, household: str, move: Move, *, parameters: Parameters) -> Changed:
    """Give a household an address from a day on; return the policies that cost something else by it.

    It is written to there at once. Raises `NotFound` for a household nobody registered, and `CannotMove`; then nothing
    happened.
    """
    found = await find_household(uow, household)
    check_move(move, today=uow.today)
    in_force = parameters.as_of(uow.today)
    version = found.contact.contact_version + 1
    contact: Contact = replace(found.contact, contact_version=version, address=move.address)
    area = area_of(move.address, parameters=in_force)
    after = replace(moved(found.household, since=move.since, area=area), contact_version=version)
    book = await PolicyBook.load(uow, [household])
    book.put(after)
    await book.take_circumstances(uow)
    await uow.records(Contact).put([contact])
    await record_contact(uow, contact=contact, members=found.members, parameters=in_force)
    changed = rerate_policies(
        book,
        household,
        since=move.since,
        reasons=(address_changed(since=move.since, area=area),),
        today=uow.today,
    )
    await write(uow, book)
    return changed
