"""Use case: of a household whose key is forgotten nothing is kept of how it is reached."""

from __future__ import annotations

from collections.abc import Collection

from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.bounces import RefusedAddress
from notifications.domain.contacts import Contact


async def forget_contacts(uow: UnitOfWork, households: Collection[str]) -> None:
    """Erase how these households are reached. What they were told stays, by ids and amounts; letters and mails that
    were sent stay as they are.
    """
    if households:
        await uow.records(Contact).remove(household=sorted(households))
        await uow.records(RefusedAddress).remove(household=sorted(households))
