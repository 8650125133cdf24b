"""Use case: of a household whose key is forgotten nothing is kept of how its people are named and reached."""

from __future__ import annotations

from collections.abc import Collection

from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.records import Contact, ContactMember


async def forget_contacts(uow: UnitOfWork, households: Collection[str]) -> None:
    """Erase all versions of these households' contacts. What their carriers were told of coverage and money stays, by
    ids; files that were exchanged stay as they are.
    """
    if households:
        await uow.records(ContactMember).remove(household=sorted(households))
        await uow.records(Contact).remove(household=sorted(households))
