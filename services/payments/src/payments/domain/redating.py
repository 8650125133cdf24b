"""Correcting a payment's dates: they decide whether it was on time, and may have been recorded wrong (PAY-12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import ClassVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue
from payments.domain.corrections import Correction, Redating
from payments.domain.events import PaymentRedated
from payments.domain.moves import moved_away, require_not_returned
from payments.domain.payments import Payment, checked_past_date, checked_postmark


class ChangedSince(Conflict):
    """The dates of a payment are not those any more that a correction was asked for, or made (PAY-12)."""

    kind: ClassVar[str] = "changed-since"


def redating_of(payment: Payment, *, received_on: date, postmarked_on: date | None, today: date) -> Redating:
    """Return how a payment's dates are to be corrected; raises `InvalidValue` for dates that it cannot have, and for
    those that it has (PAY-3, PAY-12).
    """
    checked_past_date(received_on, field="/received_on", today=today)
    checked_past_date(postmarked_on, field="/postmarked_on", today=today)
    checked_postmark(postmarked_on, received_on=received_on, field="/postmarked_on")
    if (received_on, postmarked_on) == (payment.received_on, payment.postmarked_on):
        raise InvalidValue(
            field="/received_on",
            problem="and the postmark are the payment's already",
            reasons=(Reason(rule="PAY-12", says="a correction of dates says other ones"),),
        )
    return Redating(
        payment=payment.payment,
        household=payment.household,
        received_on=received_on,
        postmarked_on=postmarked_on,
        received_before=payment.received_on,
        postmarked_before=payment.postmarked_on,
    )


def opposite_of(redating: Redating) -> Redating:
    """Return what gives a payment the dates back that it had."""
    return replace(
        redating,
        received_on=redating.received_before,
        postmarked_on=redating.postmarked_before,
        received_before=redating.received_on,
        postmarked_before=redating.postmarked_on,
    )


def redate(payment: Payment, redating: Redating) -> Payment:
    """Return the payment with its dates corrected; when its money clears stays as it was (PAY-4, PAY-12).

    Raises `WentBack` and `MovedAway` where there is no money of it, and `ChangedSince` where its dates are others by
    now than those that were to be corrected.
    """
    require_not_returned(payment)
    if not payment.kept_cents:
        raise moved_away()
    if (payment.received_on, payment.postmarked_on) != (redating.received_before, redating.postmarked_before):
        raise ChangedSince(
            "the payment's dates were corrected since",
            reasons=(
                Reason(
                    rule="PAY-12",
                    says="what is corrected is what stands",
                    facts={"received_on": payment.received_on.isoformat()},
                ),
            ),
        )
    return replace(payment, received_on=redating.received_on, postmarked_on=redating.postmarked_on)


def redated_event(redating: Redating, correction: Correction, *, on: date) -> PaymentRedated:
    """Return what is told of a payment whose dates a correction says."""
    return PaymentRedated(
        household=redating.household,
        payment=redating.payment,
        received_on=redating.received_on,
        postmarked_on=redating.postmarked_on,
        received_before=redating.received_before,
        postmarked_before=redating.postmarked_before,
        redated_on=on,
        because=correction.because,
        correction=correction.correction,
        reverses=correction.reverses,
    )
