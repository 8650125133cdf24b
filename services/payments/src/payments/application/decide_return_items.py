"""A person decides about what a return file says and is not clear: of which payment it is, or of none (PAY-5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from payments.application.autopay import end_drawing_from
from payments.application.find_payment import find_payment
from payments.application.load_return_files import SaidReturn, end_autopay_by_items, return_by_items
from payments.domain.events import ReturnKind
from payments.domain.return_files import DONE, ReturnItem, assigned, dismissed, kind_of, returned_on
from payments.domain.returns import already_returned


def lock_of(item: str) -> str:
    """Return the name under which an item is locked: no household's id has a colon."""
    return f"return-item:{item}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAssignment:
    """Of which payment an item is: it went back on the day that the item says, unless the person gives another, and the
    return is of the kind that its code says, which a person says of a code nobody knows. ``note`` is why.
    """

    payment: str
    on: date | None
    kind: ReturnKind | None
    note: Masked | None


async def assign_return_item(uow: UnitOfWork, item: str, to: ItemAssignment, *, operator: str) -> ReturnItem:
    """Record that a payment went back as an item says, and return the item (PAY-5).

    A payment that an operator had recorded as returned is the item's all the same. The item is locked, and
    `households_of` the payment. Raises `NotFound`, `ItemDecided`, `AlreadyReturned` where another item said so,
    `MovedAway`, and `InvalidValue` naming the field: for an item that says of no debit that it went back, for a payment
    that no debit brought, for one of another amount, for a day before it came, and where it is not said what a code
    means that nobody knows.
    """
    found = await find_payment(uow, to.payment)
    decided = assigned(await _known(uow, item), found, note=to.note, now=uow.now, by=operator)
    kind = kind_of(decided, given=to.kind)
    if found.returned_on is not None and await uow.records(ReturnItem).count(payment=to.payment, state=DONE):
        raise already_returned(found.returned_on)
    day = to.on or returned_on(decided, today=uow.today)
    await return_by_items(uow, [SaidReturn(item=decided, payment=found, on=day, kind=kind)], by=operator)
    await end_autopay_by_items(uow, [(decided, found)])
    if kind == "closed-account":
        await end_drawing_from(uow, [found.payment], because="account-closed")
    await uow.records(ReturnItem).put([decided])
    return decided


async def dismiss_return_item(
    uow: UnitOfWork, item: str, *, note: Masked | None, operator: str
) -> ReturnItem:
    """Note that there is nothing to record of an item, or nothing any more, and why; return it (PAY-5).

    The item is locked. Raises `NotFound` and `ItemDecided`.
    """
    decided = dismissed(await _known(uow, item), note=note, now=uow.now, by=operator)
    await uow.records(ReturnItem).put([decided])
    return decided


async def _known(uow: UnitOfWork, item: str) -> ReturnItem:
    found = await uow.records(ReturnItem).get(item=item)
    if found is None:
        raise NotFound("there is no such return item")
    return found
