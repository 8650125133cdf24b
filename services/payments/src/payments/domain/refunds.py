"""Refunds: credit that invoicing approved to be paid back, the way each part of it came (INV-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.ids import derived_id
from payments.domain.events import PaymentRefunded, RefundWithdrawn
from payments.domain.payments import Payment
from payments.domain.settlements import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund as approved: its money has left the household's free money and is paid back in parts.

    It is withdrawn where no part of it is paid.
    """

    refund: str
    household: str
    cents: int
    approved_on: date
    state: Literal["due", "paid", "withdrawn"]
    paid_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPart:
    """What goes back of one payment: to its card or bank account through the processor, else by check.

    ``charge`` is the processor's charge it goes back on; ``reference`` our name of this part at the
    processor, or the number in the register of checks to be written. Since ``asked_at`` it may have gone back; before,
    it is withdrawn when the payment itself is returned: money goes back once (PAY-5).
    """

    refund: str
    payment: str
    household: str
    cents: int
    way: Literal["processor", "check"]
    charge: str | None
    reference: str
    state: Literal["due", "paid", "withdrawn"]
    paid_on: date | None
    asked_at: datetime | None = None


def parts_of(
    *, refund: str, household: str, shares: Iterable[Share], payments: Mapping[str, Payment], today: date
) -> tuple[RefundPart, ...]:
    """Return the parts of a refund. A check is written the day it is approved, unless the payment is gone; a processor
    is asked later (INV-6).
    """
    return tuple(
        _part(refund=refund, household=household, share=share, payment=payments[share.payment], today=today)
        for share in shares
    )


def _part(*, refund: str, household: str, share: Share, payment: Payment, today: date) -> RefundPart:
    online = payment.source == "online"
    part = RefundPart(
        refund=refund,
        payment=share.payment,
        household=household,
        cents=share.cents,
        way="processor" if online else "check",
        charge=payment.reference if online else None,
        reference=derived_id("refund", refund, share.payment),
        state="due",
        paid_on=None,
    )
    return part if online or payment.is_gone else by_check(part, today=today)


def by_check(part: RefundPart, *, today: date) -> RefundPart:
    """Return the part as paid by a check: no processor has the money, or it will not give it back."""
    return _paid(replace(part, way="check", charge=None), today=today)


def through_processor(part: RefundPart, *, today: date) -> RefundPart:
    """Return the part as paid back by the processor."""
    return _paid(part, today=today)


def withdraw(
    part: RefundPart, payment: Payment, *, today: date
) -> tuple[RefundPart, Payment, RefundWithdrawn]:
    """Return the part as never to be paid, its payment with the money free again, and what is told (PAY-5)."""
    told = RefundWithdrawn(
        household=part.household,
        refund=part.refund,
        payment=part.payment,
        cents=part.cents,
        withdrawn_on=today,
    )
    freed = replace(payment, unapplied_cents=payment.unapplied_cents + part.cents)
    return replace(part, state="withdrawn"), freed, told


def _paid(part: RefundPart, *, today: date) -> RefundPart:
    return replace(part, state="paid", paid_on=today)


def checked_refund(*, cents: int, shares: Sequence[Share]) -> None:
    """Raise `Impossible` unless a refund is the sum of its parts, each of another payment (INV-6)."""
    if cents <= 0 or sum(share.cents for share in shares) != cents:
        raise Impossible("a refund is not the sum of what it takes from payments")
    if len({share.payment for share in shares}) != len(shares):
        raise Impossible("a refund names a payment twice")


def settle_refund(refund: Refund, parts: Iterable[RefundPart]) -> tuple[Refund, PaymentRefunded | None]:
    """Return the refund after its parts changed, and what is told once none of them is due and one is paid (INV-6)."""
    all_of_it = list(parts)
    if any(part.state == "due" for part in all_of_it):
        return refund, None
    paid = [(part.paid_on, part.cents) for part in all_of_it if part.paid_on is not None]
    if not paid:
        return replace(refund, state="withdrawn"), None
    on, cents = max(on for on, _ in paid), sum(cents for _, cents in paid)
    return replace(refund, state="paid", paid_on=on), PaymentRefunded(
        household=refund.household, refund=refund.refund, cents=cents, refunded_on=on
    )
