"""Use case: of a household whose key is forgotten nothing is kept of how it is reached."""

from __future__ import annotations

from collections.abc import Collection

from bulkhead.persistence.ports import UnitOfWork
from notifications.application.send_notices import with_no_letter
from notifications.domain.bounces import RefusedAddress
from notifications.domain.contacts import Contact
from notifications.domain.money import Account
from notifications.domain.notices import Notice, forgotten_one


async def forget_contacts(uow: UnitOfWork, households: Collection[str]) -> None:
    """Erase how these households are reached, and withdraw what they were still to be told. What they were told stays,
    by ids and amounts; letters and mails that were sent stay as they are.

    What a sender has in hand it may be sending: it is withdrawn once nobody has it.
    """
    if not households:
        return
    wanted = sorted(households)
    await uow.records(Contact).remove(household=wanted)
    await uow.records(RefusedAddress).remove(household=wanted)
    unsent = await uow.records(Notice).select(household=wanted, state=["waiting", "queued", "stuck"])
    accounts = {each.household: each for each in await uow.records(Account).select(household=wanted)}
    await uow.records(Notice).put(forgotten_one(each) for each in unsent)
    await uow.records(Account).put(with_no_letter(accounts, unsent))
