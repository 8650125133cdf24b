"""Returns: money that went back to where it had come from, at any time after it came (PAY-5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.kernel.money import format_cents
from payments.domain.events import PaymentReturned, ReturnKind
from payments.domain.payments import Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReturn:
    """A payment's return: one, of all its money that was not moved before. ``reference`` is the bank's or the card
    network's. It went back ``together`` with the others of a third party's sum, by the file of that.
    """

    payment: str
    household: str
    cents: int
    kind: ReturnKind
    returned_on: date
    reference: str
    recorded_at: datetime
    recorded_by: str
    together: str | None = None


class AlreadyReturned(Conflict):
    """The money of a payment went back before: what came again since is a payment of its own (PAY-5)."""

    kind: ClassVar[str] = "already-returned"


def already_returned(on: date) -> AlreadyReturned:
    """Return the refusal of a return of what went back on a day before (PAY-5)."""
    return AlreadyReturned(
        "the payment was returned already: what came again is another payment",
        reasons=(
            Reason(rule="PAY-5", says="a payment is returned once", facts={"returned_on": on.isoformat()}),
        ),
    )


def return_payment(payment: Payment, returned: PaymentReturn, *, today: date) -> Payment:
    """Return the payment as returned: its money is gone, also where it still settles something (PAY-5).

    What was moved to other households is returned of those payments (PAY-11). Raises `AlreadyReturned`, and
    `InvalidValue` for another amount than the payment's or a day before it came or after today.
    """
    if payment.returned_on is not None:
        raise already_returned(payment.returned_on)
    if returned.cents != payment.kept_cents:
        raise InvalidValue(
            field="/amount_cents",
            problem="is not the payment's amount",
            reasons=(
                Reason(
                    rule="PAY-5",
                    says="a payment is returned whole",
                    facts={"amount": format_cents(payment.kept_cents)},
                ),
            ),
        )
    if not payment.received_on <= returned.returned_on <= today:
        raise InvalidValue(
            field="/on",
            problem="must be from the day the payment was received to today",
            reasons=(
                Reason(
                    rule="PAY-5",
                    says="money goes back after it came",
                    facts={"received_on": payment.received_on.isoformat(), "today": today.isoformat()},
                ),
            ),
        )
    return replace(
        payment,
        returned_on=returned.returned_on,
        unapplied_cents=payment.unapplied_cents - payment.kept_cents,
    )


def returned_event(payment: Payment, returned: PaymentReturn) -> PaymentReturned:
    """Return what is told of a payment whose money went back."""
    return PaymentReturned(
        household=payment.household,
        payment=payment.payment,
        cents=returned.cents,
        kind=returned.kind,
        returned_on=returned.returned_on,
        method=payment.method,
        received_on=payment.received_on,
    )
