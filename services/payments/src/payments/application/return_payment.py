"""That a payment's money went back is recorded: an operator says so, or the bank's return file (PAY-5)."""

from __future__ import annotations

from collections.abc import Sequence
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
    """A return as an operator reads it on the bank's paper, or as its file says it. ``on`` is the day it gives.

    ``together`` is the file of a third party whose whole sum went back.
    """

    payment: str
    amount_cents: int
    kind: ReturnKind
    on: date
    reference: str
    operator: str
    together: str | None = None


async def record_return(uow: UnitOfWork, order: ReturnOrder) -> Payment:
    """Record that all of a payment's money went back, say so, and return the payment. Its household is locked, and
    those whose it was before it was moved.

    What it had paid is undone by invoicing, and what a carrier has of it is taken back by the next remittance (INV-14,
    PAY-7). Autopay from an account that is closed ends, whosever the money is by now. Raises `NotFound`,
    `AlreadyReturned`, `MovedAway` where all of it is other payments now, and `InvalidValue` naming the field.
    """
    [gone] = await record_returns(uow, [(await find_payment(uow, order.payment), order)])
    return gone


async def record_returns(uow: UnitOfWork, orders: Sequence[tuple[Payment, ReturnOrder]]) -> list[Payment]:
    """Record that all money of each of these payments went back, as one set, and return them: see `record_return`.
    Their households are locked. Raises `AlreadyReturned`, `MovedAway` and `InvalidValue`.
    """
    pairs: list[tuple[Payment, PaymentReturn]] = []
    for payment, order in orders:
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
            together=order.together,
        )
        pairs.append((return_payment(payment, returned, today=uow.today), returned))
    await uow.records(Payment).put([gone for gone, _ in pairs])
    await uow.records(PaymentReturn).add([returned for _, returned in pairs])
    for gone, returned in pairs:
        uow.emit(
            returned_event(gone, returned),
            household=gone.household,
            reasons=(
                Reason(
                    rule="PAY-5",
                    says="money may go back at any time after it came, also after it was passed on",
                    facts={"kind": returned.kind, "returned_on": returned.returned_on.isoformat()},
                ),
            ),
        )
    closed = [gone.payment for gone, returned in pairs if returned.kind == "closed-account"]
    await end_drawing_from(uow, closed, because="account-closed")
    return [gone for gone, _ in pairs]
