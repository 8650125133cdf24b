"""Autopay: a member agrees that each monthly invoice is paid by a card or bank account on the day it is due (PAY-8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Final, Literal, TypeAlias

from bulkhead.kernel.calendar import local, local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from payments.domain.bank_accounts import is_kept_here
from payments.domain.consents import ConsentLanguage, ConsentWording
from payments.domain.declines import DeclineReason
from payments.domain.events import AutopayBegan, AutopayEnded, DrawDeclined, EndedBecause, OnlineMethod
from payments.domain.parameters import PaymentsParameters

DueBecause: TypeAlias = Literal["coverage", "money"]
MandateState: TypeAlias = Literal["on", "off"]
NothingBecause: TypeAlias = Literal["paid", "not-asked", "later-invoice", "void"]
"""Why nothing of an invoice is drawn: it is paid, coverage that it asked for ended or changed, a later invoice asks for
all that is open, or it is void.
"""
DrawWay: TypeAlias = Literal["processor", "debit"]
"""Who brings a draw's money: the processor, or a debit of an account that is kept here."""
DrawState: TypeAlias = Literal["planned", "drawing", "drawn", "nothing-due", "declined", "withdrawn"]


DRAWN_AT = time(8)
"""When a day's draws begin, in the exchange's time: nobody is drawn from in the night (chosen)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What a member agreed to: that invoices are drawn by this ``token``, under which wording, shown in which
    ``language``, when, and by whom it was given to us. A household has one that is on, or none. ``token`` is None of
    one that was lost with a database. ``corrected_at`` is when the processor had what its bank said is right about the
    account (PAY-5).
    """

    mandate: str
    household: str
    method: OnlineMethod
    token: Masked | None
    consent: ConsentWording
    language: ConsentLanguage
    agreed_at: datetime
    agreed_by: str
    state: MandateState
    ended_at: datetime | None = None
    ended_because: EndedBecause | None = None
    corrected_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledInvoice:
    """A household's latest monthly invoice, as far as drawing it takes.

    ``total_cents`` takes into account the first ``payments`` of the household's payments, in the order they were told.
    ``due_cents`` is what invoicing said last is to be paid of it, with the first ``due_payments`` taken into account:
    the total, unless it said since what changed that (``due_because``). Nothing is to be paid on one that is ``void``.
    """

    household: str
    invoice: str
    number: int
    due: date
    on_time_until: date
    total_cents: int
    payments: int
    due_cents: int
    due_payments: int
    due_because: DueBecause | None = None
    void: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftToPay:
    """What a draw asks for as of now; ``nothing_because`` says why where that is nothing."""

    cents: int
    nothing_because: NothingBecause | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One invoice that is paid by autopay: tried on ``next_on``, as the ``tries``-th time, under ``payment``.

    ``amount_cents`` is what was asked for at the last try, None before the first; ``nothing_because`` why nothing was.
    """

    draw: str
    household: str
    mandate: str
    invoice: str
    next_on: date
    on_time_until: date
    state: DrawState
    tries: int = 0
    amount_cents: int | None = None
    payment: str | None = None
    decline: DeclineReason | None = None
    nothing_because: NothingBecause | None = None
    way: DrawWay = "processor"


class NoAutopay(Conflict):
    """There is no autopay that could be ended (PAY-8)."""

    kind: ClassVar[str] = "no-autopay"


def no_autopay() -> NoAutopay:
    """Return the refusal to end what is not on (PAY-8)."""
    return NoAutopay(
        "autopay is not on for this household",
        reasons=(Reason(rule="PAY-8", says="a household has one autopay that is on, or none"),),
    )


def planned(mandate: Mandate, invoice: BilledInvoice, *, instead: bool) -> Draw | None:
    """Return the draw of an invoice that was there when a mandate was agreed to, on the day it is due; None where
    nothing is asked, or where that day was over: nobody is drawn from at once (PAY-8).

    ``instead``: the mandate before was to pay it and has not, so this one does, as long as that is on time.
    """
    agreed_on = local_date(mandate.agreed_at)
    next_on = max(invoice.due, agreed_on)
    if mandate.agreed_at >= local(next_on, DRAWN_AT.hour):
        next_on += timedelta(days=1)  # of that day all is drawn
    last = invoice.on_time_until if instead else invoice.due
    if last < agreed_on or next_on > invoice.on_time_until:
        return None
    return _of_invoice(mandate, invoice, next_on=next_on)


def planned_when_heard(mandate: Mandate, invoice: BilledInvoice, *, today: date) -> Draw | None:
    """Return the draw of an invoice that is heard of now, on the day it is due, and not before the next day: whoever is
    told how much it is can still end autopay. None where nothing is asked (PAY-8).
    """
    return _of_invoice(mandate, invoice, next_on=max(invoice.due, today + timedelta(days=1)))


def planned_again(draw: Draw | None, mandate: Mandate, invoice: BilledInvoice, *, today: date) -> Draw | None:
    """Return the draw of an invoice that was void and stands again, on the day it is due, and not before the next day;
    None where nothing is asked, where that would be late, or where it was drawn or given up (OPS-5, PAY-8).

    ``draw`` is what there was of it before, None where its mandate was agreed to since.
    """
    anew = planned(mandate, invoice, instead=False) if draw is None else draw
    if anew is None or invoice.total_cents <= 0:
        return None
    next_on = max(anew.next_on, invoice.due, today + timedelta(days=1))
    called_off = draw is None or draw.state == "withdrawn" or draw.nothing_because == "void"
    if not called_off or next_on > invoice.on_time_until:
        return None
    return replace(anew, state="planned", next_on=next_on, nothing_because=None)


def _of_invoice(mandate: Mandate, invoice: BilledInvoice, *, next_on: date) -> Draw | None:
    if invoice.void or invoice.total_cents <= 0:
        return None
    return Draw(
        draw=derived_id("draw", mandate.mandate, invoice.invoice),
        household=mandate.household,
        mandate=mandate.mandate,
        invoice=invoice.invoice,
        next_on=next_on,
        on_time_until=invoice.on_time_until,
        state="planned",
        way="debit" if mandate.token is not None and is_kept_here(mandate.token) else "processor",
    )


def left_to_pay(invoice: BilledInvoice, *, since_issued_cents: int, since_due_cents: int) -> LeftToPay:
    """Return what of an invoice is not paid yet: never more than its total less what came since it was issued, and
    never more than what is due less what came since that was said (PAY-8).

    What came is what was told after the payments that the invoice, or what is due, takes into account; what went back
    or elsewhere is none, and what was named for a selection pays that one's binder first: what of it pays the invoice
    invoicing says (INV-5).
    """
    if invoice.void:
        return LeftToPay(cents=0, nothing_because="void")
    of_total = invoice.total_cents - since_issued_cents
    of_due = invoice.due_cents - since_due_cents
    cents = max(0, min(of_total, of_due))
    if cents:
        return LeftToPay(cents=cents, nothing_because=None)
    not_asked = of_total > 0 and invoice.due_because == "coverage"
    return LeftToPay(cents=0, nothing_because="not-asked" if not_asked else "paid")


ASKED_ANEW: Final = LeftToPay(cents=0, nothing_because="later-invoice")
"""What is drawn of an invoice in whose place a later one stands."""


def with_due(invoice: BilledInvoice, *, cents: int, payments: int, because: DueBecause) -> BilledInvoice:
    """Return the invoice with what invoicing said is to be paid of it, and because of what."""
    return replace(invoice, due_cents=cents, due_payments=payments, due_because=because)


def begun(draw: Draw, left: LeftToPay) -> Draw:
    """Return the draw as its day has come: it is tried now, for so much; nothing is due where that is nothing."""
    return asking_for(replace(draw, tries=draw.tries + 1), left)


def asking_for(draw: Draw, left: LeftToPay) -> Draw:
    """Return the draw as one that asks for so much: another amount is another payment."""
    if not left.cents:
        return replace(
            draw,
            state="nothing-due",
            amount_cents=0,
            payment=None,
            nothing_because=left.nothing_because,
        )
    payment = derived_id("payment", draw.draw, str(draw.tries), str(left.cents))
    return replace(draw, state="drawing", amount_cents=left.cents, payment=payment)


def drawn(draw: Draw) -> Draw:
    """Return the draw as one whose money was taken."""
    return replace(draw, state="drawn", decline=None)


def after_decline(draw: Draw, why: DeclineReason, *, today: date, parameters: PaymentsParameters) -> Draw:
    """Return the draw after a decline: tried again on one of the pack's days after the first, as long as that pays the
    invoice on time, or not any more (PAY-8).
    """
    again = _next_try(draw, today=today, parameters=parameters)
    if is_hard(why, parameters.autopay_hard_declines) or again is None:
        return given_up(draw, why)
    return replace(draw, state="planned", decline=why, next_on=again)


def given_up(draw: Draw, why: DeclineReason) -> Draw:
    """Return the draw after a decline, and not tried again: what it was drawn by has ended meanwhile (PAY-8)."""
    return replace(draw, state="declined", decline=why)


def _next_try(draw: Draw, *, today: date, parameters: PaymentsParameters) -> date | None:
    waits = parameters.autopay_retry_days[draw.tries - 1 :]
    again = today + timedelta(days=waits[0]) if waits else None
    return again if again is not None and again <= draw.on_time_until else None


def is_hard(why: DeclineReason, hard: Collection[DeclineReason]) -> bool:
    """Whether no later try can be expected to go through: autopay ends with it (PAY-8)."""
    return why in hard


def withdrawn(draws: Iterable[Draw]) -> list[Draw]:
    """Return draws of which nothing was asked yet, as called off."""
    return [replace(each, state="withdrawn") for each in draws]


def is_unpaid(draw: Draw) -> bool:
    """Whether a draw was to pay its invoice and has not: who agrees to another card then wants that one drawn from."""
    return draw.state in ("planned", "drawing", "declined") or draw.decline is not None


def ended(mandate: Mandate, *, because: EndedBecause, now: datetime) -> Mandate:
    """Return the mandate as one that is off."""
    return replace(mandate, state="off", ended_at=now, ended_because=because)


def began_event(mandate: Mandate, *, on: date, draws_on: date | None) -> AutopayBegan:
    """Return what is told of a mandate, and when it draws what was invoiced before; its token goes nowhere."""
    return AutopayBegan(
        household=mandate.household,
        mandate=mandate.mandate,
        method=mandate.method,
        consent=mandate.consent,
        language=mandate.language,
        begins_on=on,
        draws_on=draws_on,
    )


def ended_event(mandate: Mandate, *, on: date) -> AutopayEnded:
    """Return what is told of a mandate that is off; raises `ValueError` for one that is on."""
    if mandate.ended_because is None:
        raise ValueError("the mandate is on")
    return AutopayEnded(
        household=mandate.household,
        mandate=mandate.mandate,
        method=mandate.method,
        ended_on=on,
        because=mandate.ended_because,
    )


def declined_event(draw: Draw, *, method: OnlineMethod, on: date, autopay_ended: bool) -> DrawDeclined:
    """Return what is told of a draw that was declined; raises `ValueError` for one that was not."""
    if draw.decline is None or draw.amount_cents is None:
        raise ValueError("the draw was not declined")
    return DrawDeclined(
        household=draw.household,
        draw=draw.draw,
        mandate=draw.mandate,
        invoice=draw.invoice,
        cents=draw.amount_cents,
        method=method,
        decline=draw.decline,
        tries=draw.tries,
        declined_on=on,
        again_on=draw.next_on if draw.state == "planned" else None,
        pay_by=draw.on_time_until,
        autopay_ended=autopay_ended,
    )
