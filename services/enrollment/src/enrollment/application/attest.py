"""A household attests something new, and the hub is asked again (45 CFR 155.330(c))."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.find_household import household_of
from enrollment.application.waiting import VERIFICATIONS
from enrollment.domain.eligibility import Decided, attested
from enrollment.domain.households import Household


async def attest(uow: UnitOfWork, *, household: str, income_cents: int | None) -> Decided:
    """Note another income that a household attests, a year's; return how its verification stands: as before.

    Raises `NotFound` for a household nobody registered.
    """
    decided = attested(await household_of(uow, household), income_cents=income_cents)
    await uow.records(Household).put([decided.household])
    await VERIFICATIONS.forget(uow, [household])
    return decided
