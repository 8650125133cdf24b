"""A payment that a request is about, or the refusal that there is none."""

from __future__ import annotations

from collections.abc import Collection

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


async def households_of(uow: UnitOfWork, payment: str) -> list[str]:
    """Return whose payment it is and whose it was before it was moved, in order; raises `NotFound`."""
    found = await find_payment(uow, payment)
    before = await uow.records(Payment).select(payment=sorted(await drawn_as(uow, [payment])))
    return sorted({found.household, *(each.household for each in before)})


async def drawn_as(uow: UnitOfWork, payments: Collection[str]) -> set[str]:
    """Return these payments and those that they were parts of, however often their money was moved (PAY-11)."""
    found, left = set[str](), set(payments)
    while left:
        found |= left
        parts = await uow.records(Payment).select(payment=sorted(left))
        left = {each.moved_from for each in parts if each.moved_from is not None} - found
    return found
