"""Autopay, as far as letters need it: which invoice is drawn when and from what, and what is told of it (PAY-8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, TypeAlias

DrawnFrom: TypeAlias = Literal["card", "bank"]
"""From which kind of thing it is drawn. No letter knows which card or bank account it is."""
DeclineReason: TypeAlias = Literal[
    "insufficient-funds", "limit-exceeded", "expired", "account-closed", "wrong-details", "not-authorized"
]
ToldEnd: TypeAlias = Literal["asked", "account-closed", "lost"]
"""Why autopay ended, of what has a letter of its own: the letter of a decline says it itself, and that of what takes
its place does too.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autopay:
    """What a household's monthly invoices are drawn from while autopay is on, each on the day it is due.

    ``draws_on`` is the day of one that was due before ``begins_on``, None where that is not drawn. Of the invoice
    ``declined``, the last that was, ``again_on`` is the day of the next try, None where there is none.
    """

    mandate: str
    method: DrawnFrom
    begins_on: date
    draws_on: date | None
    declined: str | None = None
    again_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDraw:
    """From what an invoice is drawn, and on which day."""

    method: DrawnFrom
    on: date

    @property
    def may_end_until(self) -> date:
        """The last day on which ending autopay keeps it from being drawn."""
        return self.on - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayBegunFacts:
    """What was agreed to, and from what was drawn until then; ``draws_on`` is when an invoice of before is drawn."""

    method: DrawnFrom
    begins_on: date
    draws_on: date | None
    instead_of: DrawnFrom | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopayEndedFacts:
    """From what is drawn no more, since when, and why."""

    method: DrawnFrom
    ended_on: date
    because: ToldEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineFacts:
    """A draw of an invoice that was declined: when it is tried again, if it is, by when it is on time if paid
    otherwise, and whether autopay has ended. Cents.
    """

    invoice: str
    cents: int
    method: DrawnFrom
    decline: DeclineReason
    declined_on: date
    again_on: date | None
    pay_by: date
    autopay_ended: bool


def draw_of(autopay: Autopay, *, invoice: str, due: date | None) -> InvoiceDraw | None:
    """Return when the newest monthly invoice is drawn, None where it is not: nobody is drawn from for a day that was
    over when they agreed, but for what was declined before and is still on time (PAY-8).

    ``due`` is None of an invoice that is not heard of yet.
    """
    if autopay.declined == invoice:
        on = autopay.again_on
    else:
        on = due if due is None or due >= autopay.begins_on else autopay.draws_on
    return None if on is None else InvoiceDraw(method=autopay.method, on=on)


def after_decline(autopay: Autopay, *, invoice: str, again_on: date | None) -> Autopay:
    """Return autopay after a draw was declined: that invoice is drawn again on that day, or not any more."""
    return replace(autopay, declined=invoice, again_on=again_on)


def after_invoice(autopay: Autopay, invoice: str) -> Autopay:
    """Return autopay after a newer monthly invoice: one before it that was declined is drawn as part of this one."""
    if autopay.declined == invoice:
        return autopay
    return replace(autopay, declined=None, again_on=None)
