"""A person decides about money in suspense: whose it is, or that it is the same money again (PAY-3)."""

from __future__ import annotations

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.application.record_payments import record_payments
from payments.application.records import KnownAccount
from payments.domain.direction import checked_direction
from payments.domain.payments import checked_past_date
from payments.domain.suspense import AlreadyDecided, Assignment, SuspenseItem, assign, dismiss, tender_of


def lock_of(item: str) -> str:
    """Return the name under which an item is locked: no household's id has a colon."""
    return f"suspense:{item}"


async def assign_suspense(
    uow: UnitOfWork, item: str, to: Assignment, *, operator: str, parameters: Parameters
) -> SuspenseItem:
    """Make a suspense item the household's payment, with the dates it came with, and return the item (PAY-3).

    The item and the household are locked. Raises `NotFound` for an unknown item, `AlreadyDecided` for one that
    is somebody's or nobody's already, `InvalidValue` naming the field: a household nobody has heard of too, for
    an assignment is for good.
    """
    checked_direction(at_selection=False, selection=to.selection, invoice=to.invoice)
    checked_past_date(to.received_on, field="/received_on", today=uow.today)
    checked_past_date(to.postmarked_on, field="/postmarked_on", today=uow.today)
    assigned = assign(await _known(uow, item), to, now=uow.now, by=operator)
    if await uow.records(KnownAccount).get(household=to.household) is None:
        raise InvalidValue(
            field="/household",
            problem="is not known here: look for a typing error, or assign it when enrollment has told of it",
            reasons=(
                Reason(rule="PAY-3", says="money for an account nobody has heard of waits in suspense"),
            ),
        )
    tender = tender_of(assigned, today=uow.today)
    if not await record_payments(uow, [tender], parameters=parameters):
        raise AlreadyDecided("the item was decided already")  # matched at the same moment
    await uow.records(SuspenseItem).put([assigned])
    return assigned


async def dismiss_suspense(uow: UnitOfWork, item: str, *, operator: str) -> SuspenseItem:
    """Note that a possible double is one, so that it is no money, and return the item (PAY-3).

    The item is locked. Raises `NotFound`, `AlreadyDecided`, and `NoDouble` for an item of another reason.
    """
    dismissed = dismiss(await _known(uow, item), now=uow.now, by=operator)
    await uow.records(SuspenseItem).put([dismissed])
    return dismissed


async def _known(uow: UnitOfWork, item: str) -> SuspenseItem:
    found = await uow.records(SuspenseItem).get(item=item)
    if found is None:
        raise NotFound("there is no such suspense item")
    return found
