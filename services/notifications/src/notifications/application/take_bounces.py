"""Use case: a mail server reports what became of a notice's e-mail; a letter follows one that came back (NOT-4)."""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.bounces import Bounce, Followed, RefusedAddress, is_among, refused_address
from notifications.domain.contacts import Contact
from notifications.domain.notices import Notice, came_back, was_mailed, went_by_email


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceTaken:
    """What follows a report about the e-mail of a notice; ``address_refused`` is whether nothing more is mailed to the
    household until it gives another address.
    """

    notice: Notice
    followed: Followed
    address_refused: bool


async def find_bounced(uow: UnitOfWork, bounce: Bounce) -> Notice:
    """Return the notice that a report is about; raises `NotFound` where it is none of ours that was mailed."""
    notice = await uow.records(Notice).get(notice=bounce.notice)
    if notice is None or not was_mailed(notice):
        raise NotFound("no notice was sent under the Message-ID that this report returns")
    return notice


async def take_bounce(uow: UnitOfWork, bounce: Bounce) -> BounceTaken:
    """Have a letter follow where an e-mail did not arrive, written as things are when it leaves; return what follows.
    The household is locked.

    The same report again changes nothing. Where the address is refused for good, or its reader complained, and it is
    still the household's, nothing is mailed there until it changes.
    """
    notice = await find_bounced(uow, bounce)
    unwanted = bounce.complained or (bounce.failed and bounce.hard)
    refused = unwanted and await _refuse(uow, notice.household, bounce)
    nothing = bounce.followed_by_nothing
    if nothing is not None:
        return BounceTaken(notice=notice, followed=nothing, address_refused=refused)
    if not went_by_email(notice):
        return BounceTaken(notice=notice, followed="nothing-known", address_refused=refused)
    back = came_back(notice, on=uow.today)
    await uow.records(Notice).put([back])
    return BounceTaken(notice=back, followed="paper", address_refused=refused)


async def _refuse(uow: UnitOfWork, household: str, bounce: Bounce) -> bool:
    """Mail nothing more to a household's address, where it is one of those that are refused; return whether it is."""
    contact = await uow.records(Contact).get(household=household)
    if contact is None or contact.email is None or not is_among(contact.email, bounce.addresses):
        return False
    known = await uow.records(RefusedAddress).get(household=household)
    refused = refused_address(household, contact.email, on=uow.today)
    if known is None or known.address != refused.address:
        await uow.records(RefusedAddress).put([refused])
    return True
