"""Refunds: credit that invoicing approved to be paid back, the way each part of it came (INV-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.ids import derived_id
from payments.domain.events import PaymentRefunded
from payments.domain.payments import Payment
from payments.domain.settlements import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund as approved: its money has left the household's free money and is paid back in parts."""

    refund: str
    household: str
    cents: int
    approved_on: date
    state: Literal["due", "paid"]
    paid_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPart:
    """What goes back of one payment: to its card or bank account through the processor, else by check.

    ``charge`` is the processor's charge it goes back on; ``reference`` our name of this part at the
    processor, or the number in the register of checks to be written.
    """

    refund: str
    payment: str
    household: str
    cents: int
    way: Literal["processor", "check"]
    charge: str | None
    reference: str
    state: Literal["due", "paid"]
    paid_on: date | None


def parts_of(
    *, refund: str, household: str, shares: Iterable[Share], payments: Mapping[str, Payment], today: date
) -> tuple[RefundPart, ...]:
    """Return the parts of a refund. A check is written the day it is approved; a processor is asked later
    (INV-6).
    """
    return tuple(
        _part(refund=refund, household=household, share=share, payment=payments[share.payment], today=today)
        for share in shares
    )


def _part(*, refund: str, household: str, share: Share, payment: Payment, today: date) -> RefundPart:
    part = RefundPart(
        refund=refund,
        payment=share.payment,
        household=household,
        cents=share.cents,
        way="processor",
        charge=payment.reference,
        reference=derived_id("refund", refund, share.payment),
        state="due",
        paid_on=None,
    )
    return part if payment.source == "online" else by_check(part, today=today)


def by_check(part: RefundPart, *, today: date) -> RefundPart:
    """Return the part as paid by a check: no processor has the money, or it will not give it back."""
    return _paid(replace(part, way="check", charge=None), today=today)


def through_processor(part: RefundPart, *, today: date) -> RefundPart:
    """Return the part as paid back by the processor."""
    return _paid(part, today=today)


def _paid(part: RefundPart, *, today: date) -> RefundPart:
    return replace(part, state="paid", paid_on=today)


def checked_refund(*, cents: int, shares: Sequence[Share]) -> None:
    """Raise `Impossible` unless a refund is the sum of its parts, each of another payment (INV-6)."""
    if cents <= 0 or sum(share.cents for share in shares) != cents:
        raise Impossible("a refund is not the sum of what it takes from payments")
    if len({share.payment for share in shares}) != len(shares):
        raise Impossible("a refund names a payment twice")


def settle_refund(refund: Refund, parts: Iterable[RefundPart]) -> tuple[Refund, PaymentRefunded | None]:
    """Return the refund after its parts changed, and what is told once all of them are paid (INV-6)."""
    paid_on: list[date] = []
    for part in parts:
        if part.paid_on is None:
            return refund, None
        paid_on.append(part.paid_on)
    done = replace(refund, state="paid", paid_on=max(paid_on))
    return done, PaymentRefunded(
        household=refund.household, refund=refund.refund, cents=refund.cents, refunded_on=max(paid_on)
    )
