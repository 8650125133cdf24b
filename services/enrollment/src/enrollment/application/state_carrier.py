"""Staff states what customers are told of a carrier, and who bills for its plans (CAR-1)."""

from __future__ import annotations

from datetime import date
from typing import Any

from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.carriers import BillingChange, Carrier, changes_of_billing, year_billed_otherwise
from enrollment.domain.policies import Policy


async def state_carrier(uow: UnitOfWork, carrier: Carrier) -> Carrier:
    """Put a carrier's name, phone and billing in place of what was stated before, and return it.

    What is selected or renewed from now on is billed so; policies stay with who bills for them. Raises
    `YearBilledOtherwise` where who bills would change for a plan year of which policies stand or wait already.
    """
    before = await uow.records(Carrier).get(carrier=carrier.carrier)
    for change in changes_of_billing(before, carrier):
        policies = await _billed_otherwise(uow, carrier, change)
        if policies:
            raise year_billed_otherwise(carrier, change, policies=policies)
    await uow.records(Carrier).put([carrier])
    return carrier


async def _billed_otherwise(uow: UnitOfWork, carrier: Carrier, change: BillingChange) -> int:
    conditions: dict[str, Any] = {
        "billed_by_carrier" if change.billing == "carrier" else "billed_by_carrier__ne": None,
        "effective__ge": date(change.first, 1, 1),
    }
    if change.last is not None:
        conditions["effective__le"] = date(change.last, 12, 31)
    return await uow.records(Policy).count(carrier=carrier.carrier, lifecycle__ne="canceled", **conditions)
