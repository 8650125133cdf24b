"""Staff states what customers are told of a carrier, and who bills for its plans (CAR-1)."""

from __future__ import annotations

from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain.carriers import Carrier


async def state_carrier(uow: UnitOfWork, carrier: Carrier) -> Carrier:
    """Put a carrier's name, phone and billing in place of what was stated before, and return it.

    What is selected or renewed from now on is billed so; policies stay with who bills for them.
    """
    await uow.records(Carrier).put([carrier])
    return carrier
