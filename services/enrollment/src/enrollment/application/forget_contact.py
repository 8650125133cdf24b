"""Use case: what is known of a household's people is forgotten, here and by all who heard of it (ADR 0075)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.explanations import facts_of
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.rotating import forget_keys
from enrollment.application.find_household import household_of
from enrollment.domain.household_acts import ForgottenBecause, HouseholdAct
from enrollment.domain.households import Contact, Member, forgotten_member
from enrollment.domain.policies import Policy


class StillCovered(Conflict):
    """A household covers somebody, or may still: its carriers must be told of them, and letters reach them."""

    kind: ClassVar[str] = "still-covered"


async def forget_contact(uow: UnitOfWork, household: str, *, because: ForgottenBecause) -> bool:
    """Erase names, addresses and numbers of a household's people, and forget the key that all was sealed by that was
    said of them; return False where that was done before. Its policies, its money and its ids stay, and that it was
    forgotten, in its timeline.

    The household's lock is held. Raises `NotFound` for a household nobody registered, and `StillCovered`.
    """
    found = await household_of(uow, household)
    policies = await uow.records(Policy).select(household=household)
    if any(each.overlaps(first=uow.today, last=date.max) for each in policies):
        raise StillCovered("the household covers somebody, or may still: end its coverage first")
    if not await forget_keys(uow, [household]):
        return False
    await uow.records(Contact).update(
        {
            "email": None,
            "address": None,
            "phone": None,
            "responsible_name": None,
            "responsible_latin_name": None,
        },
        household=household,
    )
    members = await uow.records(Member).select(household=household)
    await uow.records(Member).put(forgotten_member(each) for each in members)
    act = HouseholdAct(
        household=household,
        kind="forgotten",
        number=found.contact_version,
        at=uow.now,
        on=uow.today,
        facts=facts_of(because=because),
        reasons=(),
    )
    await uow.records(HouseholdAct).add([act])
    return True
