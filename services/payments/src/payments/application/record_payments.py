"""Recording: payments, what is said of them, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable

from bulkhead.persistence.ports import UnitOfWork
from payments.application.keep_payments import keep_payments
from payments.application.ports import Parameters
from payments.domain.payments import (
    Payment,
    Tender,
    cleared_event,
    cleared_reason,
    receive,
    received_event,
)


async def record_payments(
    uow: UnitOfWork, tenders: Iterable[Tender], *, parameters: Parameters
) -> list[Payment]:
    """Record money as payments known as of now, and say so; return those that were not recorded before.

    Money whose clearing date has come already is said to have cleared in the same breath (PAY-3, PAY-4).
    """
    in_force = parameters.as_of(uow.today)
    payments = [receive(tender, now=uow.now, parameters=in_force) for tender in tenders]
    recorded = await keep_payments(uow, payments)
    for payment in recorded:
        uow.emit(received_event(payment), household=payment.household)
        if payment.cleared_on is not None:
            say_cleared(uow, payment)
    return recorded


def say_cleared(uow: UnitOfWork, payment: Payment) -> None:
    """Say that a payment has cleared, for the date on which it did (PAY-4)."""
    uow.emit(
        cleared_event(payment),
        household=payment.household,
        business_date=payment.cleared_on,
        reasons=(cleared_reason(payment),),
    )
