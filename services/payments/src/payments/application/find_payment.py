"""A payment that a request is about, or the refusal that there is none."""

from __future__ import annotations

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from payments.domain.payments import Payment


async def find_payment(uow: UnitOfWork, payment: str) -> Payment:
    """Return a payment; raises `NotFound`."""
    found = await uow.records(Payment).get(payment=payment)
    if found is None:
        raise NotFound("there is no such payment")
    return found


async def household_of(uow: UnitOfWork, payment: str) -> str:
    """Return whose payment it is; raises `NotFound`."""
    return (await find_payment(uow, payment)).household
