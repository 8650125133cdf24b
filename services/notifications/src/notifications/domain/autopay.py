"""Autopay, as far as letters need it: which invoice is drawn when and from what, and what is told of it (PAY-8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import in_exchange_time, local_date

DrawnFrom: TypeAlias = Literal["card", "bank"]
"""From which kind of thing it is drawn. No letter knows which card or bank account it is."""
DeclineReason: TypeAlias = Literal[
    "insufficient-funds", "limit-exceeded", "expired", "account-closed", "wrong-details", "not-authorized"
]
ToldEnd: TypeAlias = Literal["asked", "account-closed", "account-changed", "household-merged", "lost"]
"""Why autopay ended, of what has a letter of its own: the letter of a decline says it itself, and that of what takes
its place does too.
"""

DRAWN_AT: Final = time(8)
"""When payments begins a day's draws, in the exchange's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autopay:
    """What a household's monthly invoices are drawn from while autopay is on, each on the day it is due.

    ``draws_on`` is the day, as payments said it, of one that was there at ``begins_on``, None where that is not drawn.
    Of the invoice ``declined``, the last that was, ``again_on`` is the day of the next try, None where there is none;
    one is too that was drawn, and lacks money again.
    """

    mandate: str
    method: DrawnFrom
    begins_on: date
    draws_on: date | None
    declined: str | None = None
    again_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidSpell:
    """A while in which an invoice was void: it is not drawn on ``first_day`` or later, until it ``stood_again_on`` a
    day, None while it is void.
    """

    first_day: date
    stood_again_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDates:
    """A monthly invoice as far as drawing it goes: the day it was ``issued_on``, its dates, and when it was void."""

    invoice: str
    issued_on: date
    due: date
    on_time_until: date
    void: tuple[VoidSpell, ...] = ()


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


def draw_of(autopay: Autopay, dates: InvoiceDates) -> InvoiceDraw | None:
    """Return when payments draws the newest monthly invoice, None where it does not (PAY-8): on the day it is due, and
    not before the day after it was told. One that was void before that day is drawn the day after it stands again at
    the earliest, as long as that is on time (OPS-5).

    Nobody is drawn from for a day that was over when they agreed, but for what was declined before and is on time.
    """
    on = _planned_on(autopay, dates)
    for spell in dates.void:
        on = _after_spell(on, spell, dates)
    return None if on is None else InvoiceDraw(method=autopay.method, on=on)


def is_called_off(autopay: Autopay, dates: InvoiceDates) -> bool:
    """Whether an invoice that is void was to be drawn on a day that had not come then (OPS-5, PAY-8)."""
    if not dates.void:
        return False
    before = draw_of(autopay, replace(dates, void=dates.void[:-1]))
    return before is not None and before.on >= dates.void[-1].first_day


def void_since(at: datetime) -> VoidSpell:
    """Return the while that begins as an invoice becomes void: a day's draws that have begun were made."""
    begun = in_exchange_time(at).time() >= DRAWN_AT
    return VoidSpell(first_day=local_date(at) + timedelta(days=1 if begun else 0))


def _planned_on(autopay: Autopay, dates: InvoiceDates) -> date | None:
    if autopay.declined == dates.invoice:
        return autopay.again_on
    if autopay.draws_on is not None and dates.due <= autopay.draws_on <= dates.on_time_until:
        return autopay.draws_on
    if dates.due <= autopay.begins_on and dates.issued_on <= autopay.begins_on:
        return None
    return max(dates.due, dates.issued_on + timedelta(days=1))


def _after_spell(on: date | None, spell: VoidSpell, dates: InvoiceDates) -> date | None:
    """Return on which day it is drawn after it was void: what that did not call off is over."""
    if on is None or spell.stood_again_on is None or on < spell.first_day:
        return None
    again = max(on, spell.stood_again_on + timedelta(days=1))
    return again if again <= dates.on_time_until else None


def after_decline(autopay: Autopay, *, invoice: str, again_on: date | None) -> Autopay:
    """Return autopay after a draw was declined: that invoice is drawn again on that day, or not any more."""
    return replace(autopay, declined=invoice, again_on=again_on)


def after_invoice(autopay: Autopay, invoice: str) -> Autopay:
    """Return autopay after a newer monthly invoice: one before it that was declined is drawn as part of this one."""
    if autopay.declined == invoice:
        return autopay
    return replace(autopay, declined=None, again_on=None)
