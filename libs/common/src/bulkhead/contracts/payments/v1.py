"""What payments says, version 1. Amounts are cents."""

from __future__ import annotations

from datetime import date
from typing import Literal

from bulkhead.contracts.wire import Instant, Wire
from bulkhead.kernel.calendar import CoverageMonth


class PaymentReceived(Wire, frozen=True):
    """Money came in for a household.

    ``received_on`` and ``postmarked_on`` are the dates that decide whether it was on time; ``known_at``
    is when the exchange learned of it. ``at_selection`` says it was made in the selection itself.
    ``selection`` or ``invoice`` is what its payer named it for (INV-5), known here or not. ``moved_from`` is the
    payment of another household that it was a part of, until ``correction`` moved it here with its dates (PAY-11).
    """

    household: str
    payment: str
    cents: int
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date
    postmarked_on: date | None
    known_at: Instant
    at_selection: bool
    selection: str | None
    invoice: str | None
    moved_from: str | None = None
    correction: str | None = None


class PaymentCleared(Wire, frozen=True):
    """The money of a payment is the exchange's (PAY-4)."""

    household: str
    payment: str
    cents: int
    cleared_on: date


class PaymentReturned(Wire, frozen=True):
    """All of a payment's money went back to where it had come from, also after it was passed on (PAY-5).

    ``returned_on`` is the day the bank or the card's issuer gives; ``method`` and ``received_on`` are the payment's.
    """

    household: str
    payment: str
    cents: int
    kind: Literal["nsf", "closed-account", "chargeback", "other"]
    returned_on: date
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date


class PaymentMoved(Wire, frozen=True):
    """Money of a payment is another household's, and was taken from this one's by a correction (PAY-11).

    ``cents`` is what was moved of the payment, all or part of it; there it is said to be received, under the same
    ``correction``. ``reverses`` is the correction that this one takes back.
    """

    household: str
    payment: str
    cents: int
    moved_on: date
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date
    because: Literal[
        "keying-error",
        "payer-named-another",
        "paid-for-several",
        "registered-twice",
        "correction-in-error",
        "other",
    ]
    correction: str
    reverses: str | None


class PaymentRedated(Wire, frozen=True):
    """The dates of a payment had been recorded wrong, and a correction says what they are (PAY-12).

    ``received_on`` and ``postmarked_on`` count from now on, ``…_before`` are those that were told before.
    ``reverses`` is the correction that this one takes back.
    """

    household: str
    payment: str
    received_on: date
    postmarked_on: date | None
    received_before: date
    postmarked_before: date | None
    redated_on: date
    because: Literal[
        "keying-error",
        "payer-named-another",
        "paid-for-several",
        "registered-twice",
        "correction-in-error",
        "other",
    ]
    correction: str
    reverses: str | None


class PaymentRefunded(Wire, frozen=True):
    """Credit was paid back: all of a refund but what was withdrawn."""

    household: str
    refund: str
    cents: int
    refunded_on: date


class RefundWithdrawn(Wire, frozen=True):
    """What a refund took from a payment is not paid back: the payment itself was returned (PAY-5)."""

    household: str
    refund: str
    payment: str
    cents: int
    withdrawn_on: date


class RemittanceLine(Wire, frozen=True):
    """One policy's coverage month in a remittance: paid on (positive) or taken back (negative)."""

    household: str
    policy: str
    month: CoverageMonth
    cents: int
    settlement: str


class RemittanceIssued(Wire, frozen=True):
    """What a carrier is paid. ``total_cents`` is never negative: a negative net is ``carried_cents`` (PAY-7).

    ``carried_cents`` and ``brought_forward_cents`` are what the carrier owes, 0 or more. A long remittance is
    told in ``parts`` events, numbered from 1, each with its share of the lines and the same amounts. ``sequence``
    numbers the carrier's remittances from 1 without a gap; 0 where it was told before that was said.
    """

    remittance: str
    carrier: str
    business_date: date
    issued_on: date
    total_cents: int
    brought_forward_cents: int
    carried_cents: int
    lines: tuple[RemittanceLine, ...]
    part: int = 1
    parts: int = 1
    sequence: int = 0


class AutopayBegan(Wire, frozen=True):
    """A member agreed that each monthly invoice that is due from ``begins_on`` on is paid by a card or bank account
    on the day it is due (PAY-8), under the wording ``consent``, shown in ``language``. Of what it is drawn from its
    kind is told alone.
    ``draws_on`` is the day on which an invoice that was issued already is drawn, None where there is none to pay.
    """

    household: str
    mandate: str
    method: Literal["card", "bank"]
    consent: str
    language: Literal["en", "es", "fr"]
    begins_on: date
    draws_on: date | None


class AutopayEnded(Wire, frozen=True):
    """Invoices are not paid by autopay any more (PAY-8).

    ``because``: somebody asked; another is agreed to in its place; its issuer declined it for good; its bank account is
    closed; its bank says that the account is another now, and the member has to give it anew; the exchange has lost
    what it was drawn from.
    """

    household: str
    mandate: str
    method: Literal["card", "bank"]
    ended_on: date
    because: Literal[
        "asked", "replaced", "declined", "account-closed", "account-changed", "household-merged", "lost"
    ]


class DrawDeclined(Wire, frozen=True):
    """Autopay did not pay an invoice: ``cents`` were asked for and nothing was taken (PAY-8).

    It is tried again on ``again_on``, None where it is not; paid otherwise by ``pay_by``, it is on time.
    ``autopay_ended`` is whether no autopay is on any more.
    """

    household: str
    draw: str
    mandate: str
    invoice: str
    cents: int
    method: Literal["card", "bank"]
    decline: Literal[
        "insufficient-funds", "limit-exceeded", "expired", "account-closed", "wrong-details", "not-authorized"
    ]
    tries: int
    declined_on: date
    again_on: date | None
    pay_by: date
    autopay_ended: bool


class BooksClosed(Wire, frozen=True):
    """All that was received through this date is recorded (PAY-10). Written to every partition."""

    through: date


class MaintenanceScheduled(Wire, frozen=True):
    """The service will be taken out, from ``begins_at`` up to ``ends_at``, and then takes nothing that members ask for
    online (OPS-2). ``touches_deadlines``: two people said that it may.
    """

    maintenance: str
    service: str
    begins_at: Instant
    ends_at: Instant
    touches_deadlines: bool


class MaintenanceWithdrawn(Wire, frozen=True):
    """A window that was scheduled will not be (OPS-2)."""

    maintenance: str
    service: str


class MaintenanceStarted(Wire, frozen=True):
    """A window has begun, as it was scheduled (OPS-2)."""

    maintenance: str
    service: str
    begins_at: Instant
    ends_at: Instant


class MaintenanceEnded(Wire, frozen=True):
    """A window is over since ``ended_at``: by the clock, or because somebody ended it early (OPS-2)."""

    maintenance: str
    service: str
    begins_at: Instant
    ended_at: Instant


class MaintenanceConcerns(Wire, frozen=True):
    """A household has something to pay by days, the earliest first, that a maintenance window touches all the same:
    from ``begins_at`` up to ``ends_at`` nobody can pay online (OPS-2). ``withdrawn``: that was told, and is not to be.
    """

    household: str
    maintenance: str
    begins_at: Instant
    ends_at: Instant
    cutoffs: tuple[date, ...]
    withdrawn: bool = False
