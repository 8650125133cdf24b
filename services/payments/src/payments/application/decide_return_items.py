"""A person decides about what a return file says and is not clear: of which payment it is, or of none (PAY-5)."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from payments.application.find_payment import find_payment
from payments.application.load_return_files import return_by_items
from payments.domain.return_files import DONE, ReturnItem, assigned, dismissed, returned_on
from payments.domain.returns import already_returned


def lock_of(item: str) -> str:
    """Return the name under which an item is locked: no household's id has a colon."""
    return f"return-item:{item}"


async def assign_return_item(
    uow: UnitOfWork, item: str, *, payment: str, on: date | None, operator: str
) -> ReturnItem:
    """Record that a payment went back as an item says, and return the item (PAY-5).

    It went back on the day that the item says, unless the person gives another. A payment that an operator had recorded
    as returned is the item's all the same. The item and the payment's household are locked. Raises `NotFound`,
    `ItemDecided`, `AlreadyReturned` where another item said so, `MovedAway`, and `InvalidValue` naming the field: for
    an item that says of no debit that it went back, for a payment that no debit brought, for one of another amount, and
    for a day before it came.
    """
    found = await find_payment(uow, payment)
    decided = assigned(await _known(uow, item), found, now=uow.now, by=operator)
    if found.returned_on is not None and await uow.records(ReturnItem).count(payment=payment, state=DONE):
        raise already_returned(found.returned_on)
    day = on or returned_on(decided, today=uow.today)
    await return_by_items(uow, [(decided, found, day)], by=operator)
    await uow.records(ReturnItem).put([decided])
    return decided


async def dismiss_return_item(uow: UnitOfWork, item: str, *, operator: str) -> ReturnItem:
    """Note that there is nothing to record of an item, or nothing any more, and return it (PAY-5).

    The item is locked. Raises `NotFound` and `ItemDecided`.
    """
    decided = dismissed(await _known(uow, item), now=uow.now, by=operator)
    await uow.records(ReturnItem).put([decided])
    return decided


async def _known(uow: UnitOfWork, item: str) -> ReturnItem:
    found = await uow.records(ReturnItem).get(item=item)
    if found is None:
        raise NotFound("there is no such return item")
    return found
