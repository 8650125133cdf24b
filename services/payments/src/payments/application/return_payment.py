"""That a payment's money went back is recorded: an operator says so, or the bank's return file (PAY-5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork
from payments.application.autopay import end_drawing_from
from payments.application.find_payment import find_payment
from payments.domain.events import ReturnKind
from payments.domain.moves import moved_away
from payments.domain.payments import Payment
from payments.domain.returns import PaymentReturn, return_payment, returned_event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOrder:
    """A return as an operator reads it on the bank's paper, or as its file says it. ``on`` is the day it gives."""

    payment: str
    amount_cents: int
    kind: ReturnKind
    on: date
    reference: str
    operator: str


async def record_return(uow: UnitOfWork, order: ReturnOrder) -> Payment:
    """Record that all of a payment's money went back, say so, and return the payment. Its household is locked.

    What it had paid is undone by invoicing, and what a carrier has of it is taken back by the next remittance (INV-14,
    PAY-7). Autopay from an account that is closed ends. Raises `NotFound`, `AlreadyReturned`, `MovedAway` where all of
    it is other payments now, and `InvalidValue` naming the field.
    """
    payment = await find_payment(uow, order.payment)
    if not payment.kept_cents:
        became = await uow.records(Payment).select(moved_from=payment.payment, order_by=("payment",))
        raise moved_away([each.payment for each in became])
    returned = PaymentReturn(
        payment=payment.payment,
        household=payment.household,
        cents=order.amount_cents,
        kind=order.kind,
        returned_on=order.on,
        reference=order.reference,
        recorded_at=uow.now,
        recorded_by=order.operator,
    )
    gone = return_payment(payment, returned, today=uow.today)
    await uow.records(Payment).put([gone])
    await uow.records(PaymentReturn).add([returned])
    uow.emit(
        returned_event(gone, returned),
        household=gone.household,
        reasons=(
            Reason(
                rule="PAY-5",
                says="money may go back at any time after it came, also after it was passed on",
                facts={"kind": order.kind, "returned_on": order.on.isoformat()},
            ),
        ),
    )
    if order.kind == "closed-account":
        await end_drawing_from(uow, gone.payment, because="account-closed")
    return gone
