"""Payments that an operator records: cash at a counter, a check handed in, a payment by phone (PAY-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.application.record_payments import record_payments
from payments.application.take_online_payment import key_used_for_another_payment
from payments.domain.attempts import Attempt
from payments.domain.direction import checked_direction
from payments.domain.payments import (
    CounterMethod,
    Payment,
    Tender,
    checked_amount,
    checked_past_date,
    checked_postmark,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterOrder:
    """A payment as an operator enters it. ``received_on`` None is today. ``payment`` comes from the request's
    key. ``token`` is what no payment at a counter has.
    """

    payment: str
    household: str
    amount_cents: int
    method: CounterMethod
    received_on: date | None
    postmarked_on: date | None
    at_selection: bool
    operator: str
    selection: str | None = None
    invoice: str | None = None
    token: Masked | None = None


async def take_counter_payment(uow: UnitOfWork, order: CounterOrder, *, parameters: Parameters) -> Payment:
    """Record the payment, say so, and return it. Nothing is asked of anybody, whatever the household (PAY-3).

    Raises `InvalidValue` naming the field, and `KeyUsedForAnotherPayment` when the key began an online
    payment.
    """
    if order.token is not None:
        raise InvalidValue(field="/token", problem="belongs to a payment by card or bank account")
    checked_amount(order.amount_cents)
    checked_direction(at_selection=order.at_selection, selection=order.selection, invoice=order.invoice)
    received_on = checked_past_date(order.received_on, field="/received_on", today=uow.today) or uow.today
    postmarked_on = checked_past_date(order.postmarked_on, field="/postmarked_on", today=uow.today)
    checked_postmark(postmarked_on, received_on=received_on, field="/postmarked_on")
    if await uow.records(Attempt).get(payment=order.payment) is not None:
        raise key_used_for_another_payment()
    tender = Tender(
        payment=order.payment,
        household=order.household,
        amount_cents=order.amount_cents,
        method=order.method,
        source="counter",
        received_on=received_on,
        postmarked_on=postmarked_on,
        at_selection=order.at_selection,
        selection=order.selection,
        invoice=order.invoice,
        reference=None,
        origin=f"operator:{order.operator}",
    )
    recorded = await record_payments(uow, [tender], parameters=parameters)
    if not recorded:
        raise key_used_for_another_payment()
    return recorded[0]
