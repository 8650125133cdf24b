"""What payments says happened. Field names are those of the wire contracts. Amounts are cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from payments.domain.consents import ConsentLanguage, ConsentWording
from payments.domain.declines import DeclineReason

Method: TypeAlias = Literal["card", "bank", "check", "cash", "phone"]
OnlineMethod: TypeAlias = Literal["card", "bank"]
ReturnKind: TypeAlias = Literal["nsf", "closed-account", "chargeback", "other"]
"""Why money went back: not enough on the account, no such account any more, a card's issuer took it back, else."""
WrongBecause: TypeAlias = Literal[
    "keying-error",
    "payer-named-another",
    "paid-for-several",
    "registered-twice",
    "correction-in-error",
    "other",
]
"""Why a payment stood wrong: the exchange mistyped it, its payer named another account, it is of several households,
its payer is another household as well, or a correction of it was wrong itself; else.
"""

EndedBecause: TypeAlias = Literal[
    "asked",
    "replaced",
    "declined",
    "account-closed",
    "account-changed",
    "household-merged",
    "lost",
]
"""Why autopay ended: somebody asked, another was agreed to, its issuer said no for good, its bank account is closed or
has changed, its household was merged into another of the same person, or we have lost what it was drawn from.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """Money came in for a household, named for a selection, an invoice or nothing (PAY-1, PAY-3, INV-5)."""

    household: str
    payment: str
    cents: int
    method: Method
    received_on: date
    postmarked_on: date | None
    known_at: datetime
    at_selection: bool
    selection: str | None
    invoice: str | None
    moved_from: str | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCleared:
    """The money of a payment is the exchange's (PAY-4)."""

    household: str
    payment: str
    cents: int
    cleared_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReturned:
    """All of a payment's money went back to where it had come from (PAY-5)."""

    household: str
    payment: str
    cents: int
    kind: ReturnKind
    returned_on: date
    method: Method
    received_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMoved:
    """Money of a payment is another household's, and was taken from this one's by a correction (PAY-11)."""

    household: str
    payment: str
    cents: int
    moved_on: date
    method: Method
    received_on: date
    because: WrongBecause
    correction: str
    reverses: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRedated:
    """The dates of a payment had been recorded wrong, and a correction says what they are (PAY-12)."""

    household: str
    payment: str
    received_on: date
    postmarked_on: date | None
    received_before: date
    postmarked_before: date | None
    redated_on: date
    because: WrongBecause
    correction: str
    reverses: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded:
    """Credit was paid back (INV-6)."""

    household: str
    refund: str
    cents: int
    refunded_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundWithdrawn:
    """What a refund took from a payment is not paid back: the payment itself was returned (PAY-5)."""

    household: str
    refund: str
    payment: str
    cents: int
    withdrawn_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedLine:
    """One policy's coverage month in a remittance: paid on (positive) or taken back (negative)."""

    household: str
    policy: str
    month: CoverageMonth
    cents: int
    settlement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceIssued:
    """What a carrier is paid (PAY-6, PAY-7). A long remittance is told in several parts, amounts in each.

    ``sequence`` numbers the carrier's remittances from 1 without a gap.
    """

    remittance: str
    carrier: str
    business_date: date
    issued_on: date
    total_cents: int
    brought_forward_cents: int
    carried_cents: int
    lines: tuple[IssuedLine, ...]
    part: int
    parts: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayBegan:
    """A member agreed that each monthly invoice from now on is paid by a card or bank account (PAY-8).

    ``draws_on`` is the day on which one that was issued already is paid by it, None where there is none to pay.
    """

    household: str
    mandate: str
    method: OnlineMethod
    consent: ConsentWording
    language: ConsentLanguage
    begins_on: date
    draws_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayEnded:
    """Invoices are not paid by autopay any more (PAY-8)."""

    household: str
    mandate: str
    method: OnlineMethod
    ended_on: date
    because: EndedBecause


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawDeclined:
    """Autopay did not pay an invoice; it is tried again on ``again_on``, None where it is not (PAY-8).

    ``autopay_ended`` is whether no autopay is on any more.
    """

    household: str
    draw: str
    mandate: str
    invoice: str
    cents: int
    method: OnlineMethod
    decline: DeclineReason
    tries: int
    declined_on: date
    again_on: date | None
    pay_by: date
    autopay_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksClosed:
    """All that was received through this date is recorded (PAY-10)."""

    through: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceConcerns:
    """A household has something to pay by days, the earliest first, that a maintenance window touches all the same:
    from ``begins_at`` up to ``ends_at`` nobody can pay online (OPS-2). ``withdrawn``: that was told, and is not to be.
    """

    household: str
    maintenance: str
    begins_at: datetime
    ends_at: datetime
    cutoffs: tuple[date, ...]
    withdrawn: bool = False
