"""A payment: how it was made, when it counts, when its money clears, how much of it is still free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import add_business_days, local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from payments.domain.events import Method, PaymentCleared, PaymentReceived
from payments.domain.identification import identification_of
from payments.domain.parameters import PaymentsParameters

CounterMethod: TypeAlias = Literal["check", "cash", "phone"]
Source: TypeAlias = Literal["online", "counter", "lockbox", "return-file", "web-debit", "ppd-debit"]

KEPT_SOURCES: Final[tuple[Source, ...]] = ("web-debit", "ppd-debit")
"""Sources of what debits of accounts kept here bring."""

LARGEST_PAYMENT_CENTS = 99_999_999
"""A cent less than a million dollars: more in one payment is a slip of the hand."""

EARLIEST_DATE = date(2000, 1, 1)
"""A date of receipt or a postmark before it is a slip of the hand (PAY-3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received for a household. ``unapplied_cents`` of it settle nothing and are not being refunded.

    Below zero they are what of money that went back, or to another household, is still in use: until invoicing frees
    it, or for good where it was refunded. ``returned_on`` is the day its money went back (PAY-5). ``moved_cents`` of it
    are payments of other households now; ``moved_from`` is the payment that it was a part of itself, until a
    ``correction`` moved it (PAY-11).
    ``received_on`` and ``postmarked_on`` decide whether it was on time; ``known_at`` is when the exchange
    learned of it. ``selection`` or ``invoice`` is what its payer named (INV-5). ``reference`` is the processor's
    charge (online) or the check's number. ``origin`` says where it was recorded from: an attempt, a lockbox file
    and line, an operator's request, an item of a return file by which its money came again, a debit of an account kept
    here. ``number`` counts its
    household's in the order in which they are told, from 1; 0 is one that is not kept yet. ``identification`` is what a
    payment from a bank account is called at the banks (PAY-5).
    """

    payment: str
    household: str
    amount_cents: int
    method: Method
    source: Source
    received_on: date
    postmarked_on: date | None
    known_at: datetime
    at_selection: bool
    selection: str | None
    invoice: str | None
    clears_on: date
    cleared_on: date | None
    unapplied_cents: int
    reference: str | None
    origin: str
    returned_on: date | None = None
    moved_cents: int = 0
    moved_from: str | None = None
    correction: str | None = None
    number: int = 0
    identification: str | None = None

    @property
    def kept_cents(self) -> int:
        """What of it was not moved to other households, returned or not."""
        return self.amount_cents - self.moved_cents

    @property
    def is_gone(self) -> bool:
        """Whether all of it went back or to other households."""
        return self.returned_on is not None or not self.kept_cents

    @property
    def usable_cents(self) -> int:
        """What others may say of it that it pays: what is free, and what was so before it went back or was moved. They
        may not have heard of that yet.
        """
        return self.unapplied_cents + (self.moved_cents if self.returned_on is None else self.amount_cents)

    @property
    def status(self) -> Literal["received", "cleared", "returned", "moved"]:
        """How far the money has got."""
        if self.returned_on is not None:
            return "returned"
        if not self.kept_cents:
            return "moved"
        return "received" if self.cleared_on is None else "cleared"

    @property
    def remittable_on(self) -> date:
        """The first date on which its money has cleared, or will have unless it is returned (PAY-4)."""
        return self.clears_on if self.cleared_on is None else self.cleared_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """Money as it is handed in, before it is a payment."""

    payment: str
    household: str
    amount_cents: int
    method: Method
    source: Source
    received_on: date
    postmarked_on: date | None
    at_selection: bool
    selection: str | None
    invoice: str | None
    reference: str | None
    origin: str


def clearing_date(*, received_on: date, parameters: PaymentsParameters) -> date:
    """Return the date at whose start money clears: Monday's on Wednesday, Saturday's on Tuesday (PAY-4,
    CAL-2).
    """
    return add_business_days(
        received_on, parameters.clearing_business_days, extra_holidays=parameters.extra_holidays
    )


def receive(tender: Tender, *, now: datetime, parameters: PaymentsParameters) -> Payment:
    """Return the payment that a tender is, known as of ``now``.

    Money learned of so late that its clearing date has come has cleared the moment it is known (PAY-4).
    """
    clears_on = clearing_date(received_on=tender.received_on, parameters=parameters)
    today = local_date(now)
    called = tender.method == "bank" and tender.source != "return-file"
    return Payment(
        payment=tender.payment,
        household=tender.household,
        amount_cents=tender.amount_cents,
        method=tender.method,
        source=tender.source,
        received_on=tender.received_on,
        postmarked_on=tender.postmarked_on,
        known_at=now,
        at_selection=tender.at_selection,
        selection=tender.selection,
        invoice=tender.invoice,
        clears_on=clears_on,
        cleared_on=today if clears_on <= today else None,
        unapplied_cents=tender.amount_cents,
        reference=tender.reference,
        origin=tender.origin,
        identification=identification_of(tender.payment) if called else None,
    )


def clear(payment: Payment, *, moves_on: date | None) -> Payment:
    """Return the payment as cleared on the date it was to clear, whenever that is done; not before the day on which
    its money is to move, where a file of debits says one (PAY-4).
    """
    on = payment.clears_on if moves_on is None else max(payment.clears_on, moves_on)
    return replace(payment, clears_on=on, cleared_on=on)


def received_event(payment: Payment) -> PaymentReceived:
    """Return what is told of a payment that was just recorded."""
    return PaymentReceived(
        household=payment.household,
        payment=payment.payment,
        cents=payment.amount_cents,
        method=payment.method,
        received_on=payment.received_on,
        postmarked_on=payment.postmarked_on,
        known_at=payment.known_at,
        at_selection=payment.at_selection,
        selection=payment.selection,
        invoice=payment.invoice,
        moved_from=payment.moved_from,
        correction=payment.correction,
    )


def cleared_event(payment: Payment) -> PaymentCleared:
    """Return what is told of a payment that has cleared; raises `ValueError` for one that has not."""
    if payment.cleared_on is None:
        raise ValueError("the payment has not cleared")
    return PaymentCleared(
        household=payment.household,
        payment=payment.payment,
        cents=payment.kept_cents,
        cleared_on=payment.cleared_on,
    )


def cleared_reason(payment: Payment) -> Reason:
    """Return why a payment has cleared (PAY-4)."""
    return Reason(
        rule="PAY-4",
        says="the business days in which it could have been returned are over",
        citation="VHC §3",
        facts={"received_on": payment.received_on.isoformat(), "clears_on": payment.clears_on.isoformat()},
    )


def checked_amount(amount_cents: int, *, place: str = "") -> int:
    """Return the amount if one payment can have it; raises `InvalidValue` naming the field, of that place (PAY-1)."""
    if 0 < amount_cents <= LARGEST_PAYMENT_CENTS:
        return amount_cents
    raise InvalidValue(
        field=f"{place}/amount_cents",
        problem=f"must be 1 to {LARGEST_PAYMENT_CENTS}",
        reasons=(Reason(rule="PAY-1", says="a payment is an amount above zero"),),
    )


def checked_postmark(postmarked_on: date | None, *, received_on: date, field: str) -> date | None:
    """Return the postmark if what bears it can have come by then; raises `InvalidValue` naming the field
    (PAY-3).
    """
    if postmarked_on is None or postmarked_on <= received_on:
        return postmarked_on
    raise InvalidValue(
        field=field,
        problem="would have been posted after it was received",
        reasons=(
            Reason(
                rule="PAY-3",
                says="what comes by mail is postmarked before it is received, or on that day",
                facts={"received_on": received_on.isoformat(), "postmarked_on": postmarked_on.isoformat()},
            ),
        ),
    )


def checked_past_date(day: date | None, *, field: str, today: date) -> date | None:
    """Return the date if money can have it; raises `InvalidValue` naming the field (PAY-3)."""
    if day is None or EARLIEST_DATE <= day <= today:
        return day
    raise InvalidValue(
        field=field,
        problem=f"must be from {EARLIEST_DATE} to today",
        reasons=(
            Reason(
                rule="PAY-3",
                says="money keeps the dates it was received and postmarked on, and neither is in the future",
                facts={"today": today.isoformat()},
            ),
        ),
    )
