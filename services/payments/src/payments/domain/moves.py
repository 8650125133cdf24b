"""Moving a payment: money that was recorded for the wrong household goes to the right one, its dates kept (PAY-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import ClassVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from bulkhead.kernel.money import format_cents
from payments.domain.corrections import Correction, Move
from payments.domain.events import PaymentMoved
from payments.domain.payments import Payment


class MovedAway(Conflict):
    """Money of a payment is other payments now: what is done about it is done about those (PAY-11)."""

    kind: ClassVar[str] = "moved-away"


class WentBack(Conflict):
    """The money of a payment went back to where it had come from: there is none to correct (PAY-5, OPS-5)."""

    kind: ClassVar[str] = "went-back"


def checked_cents(payment: Payment, cents: int) -> int:
    """Return the cents if there are so many of the payment to be moved; raises `InvalidValue` (PAY-11). Of one that is
    gone it says nothing.
    """
    if payment.is_gone or cents <= payment.kept_cents:
        return cents
    raise InvalidValue(
        field="/to",
        problem="is more than there is of the payment",
        reasons=(
            Reason(
                rule="PAY-11",
                says="no more of a payment is moved than there is",
                facts={"there_is": format_cents(payment.kept_cents), "asked": format_cents(cents)},
            ),
        ),
    )


def moved_away(payments: Sequence[str] = ()) -> MovedAway:
    """Return the refusal for money of a payment that became these payments."""
    return MovedAway(
        "the money was moved: it is other payments now",
        reasons=(
            Reason(
                rule="PAY-11",
                says="what becomes of moved money is recorded of the payments it became",
                facts={"payments": " ".join(payments)} if payments else {},
            ),
        ),
    )


def require_not_returned(payment: Payment) -> None:
    """Raise `WentBack` where a payment was returned: there is nothing of it to correct (PAY-5)."""
    if payment.returned_on is not None:
        raise WentBack(
            "the payment was returned: there is nothing to correct",
            reasons=(
                Reason(
                    rule="PAY-5",
                    says="a returned payment's money is gone",
                    facts={"returned_on": payment.returned_on.isoformat()},
                ),
            ),
        )


def move_away(payment: Payment, *, cents: int) -> Payment:
    """Return the payment without cents that are another household's, also where they settle something still (PAY-11).

    Raises `WentBack` where it was returned, and `MovedAway` where so much of it is not there any more.
    """
    require_not_returned(payment)
    if cents > payment.kept_cents:
        raise moved_away()
    return replace(
        payment,
        moved_cents=payment.moved_cents + cents,
        unapplied_cents=payment.unapplied_cents - cents,
    )


def arrive(payment: Payment, move: Move, *, correction: str, now: datetime) -> Payment:
    """Return the payment that moved money is at the other household: with the dates it came with, known there since
    now, and cleared as far as it was (PAY-11).
    """
    return replace(
        payment,
        payment=move.arrives_as,
        household=move.to,
        amount_cents=move.cents,
        known_at=now,
        at_selection=False,
        selection=move.selection,
        invoice=move.invoice,
        unapplied_cents=move.cents,
        moved_cents=0,
        moved_from=payment.payment,
        correction=correction,
        identification=None,
    )


def moved_event(payment: Payment, correction: Correction, *, on: date) -> PaymentMoved:
    """Return what is told of a payment of which a correction moved money."""
    return PaymentMoved(
        household=payment.household,
        payment=payment.payment,
        cents=correction.taken_from()[payment.payment],
        moved_on=on,
        method=payment.method,
        received_on=payment.received_on,
        because=correction.because,
        correction=correction.correction,
        reverses=correction.reverses,
    )
