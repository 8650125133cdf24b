"""Use case: of a household whose key is forgotten nothing is kept of how its people are named and reached."""

from __future__ import annotations

from collections.abc import Collection

from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.records import Contact, ContactMember, Transmission


async def forget_contacts(uow: UnitOfWork, households: Collection[str]) -> None:
    """Erase all versions of these households' contacts. What their carriers were told of coverage and money stays, by
    ids; files that were exchanged stay as they are.

    Raises `Impossible` while a carrier is still to be told of one, for it is told by name: that is parked, and replayed
    once it was.
    """
    if not households:
        return
    wanted = sorted(households)
    if await uow.records(Transmission).count(household=wanted, state="waiting"):
        raise Impossible("a household is forgotten of which a carrier is still to be told")
    await uow.records(ContactMember).remove(household=wanted)
    await uow.records(Contact).remove(household=wanted)
