"""An operator finds out whose money it is (PAY-3)."""

from __future__ import annotations

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from payments.application.record_payments import record_payments
from payments.domain.parameters import ParametersOn
from payments.domain.suspense import AlreadyAssigned, SuspenseItem, assign, tender_of


async def assign_suspense(
    uow: UnitOfWork, item: str, *, household: str, operator: str, parameters_on: ParametersOn
) -> SuspenseItem:
    """Make a suspense item the household's payment, with the dates it came with, and return the item (PAY-3).

    Raises `NotFound` for an unknown item and `AlreadyAssigned` for one that is somebody's already.
    """
    found = await uow.records(SuspenseItem).get(item=item)
    if found is None:
        raise NotFound("there is no such suspense item")
    assigned = assign(found, household=household, now=uow.now, by=operator)
    recorded = await record_payments(uow, [tender_of(assigned)], parameters_on=parameters_on)
    if not recorded:
        raise AlreadyAssigned("the item was assigned already")  # at the same moment, by somebody else
    await uow.records(SuspenseItem).put([assigned])
    return assigned
