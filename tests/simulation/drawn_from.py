"""Households that agree to autopay, by cards that go through and cards that do not, change their mind, and whose bank
closes an account; and what was drawn, held against their invoices (PAY-8).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Protocol

from bulkhead.kernel.calendar import local_date
from bulkhead_testing.files import MemoryFiles
from invoicing.domain.corrections import Correction
from invoicing.domain.records import Charge, Invoice, Selection, Transfer
from payments.adapters.processor.sandbox import SandboxCharge
from payments.domain.attempts import Attempt
from payments.domain.autopay import Draw, Mandate
from payments.domain.payments import Payment
from payments.domain.settlements import Settlement
from simulation.cash import redated
from simulation.debited import DEBITED, debited
from simulation.sight import Sight
from stories.language import Deed

_OFTEN = 0.4
"""How many households ever agree to it."""
_KEPT = 0.5
"""How many of the bank accounts the exchange keeps itself."""
_CARDS = ("ok", "ok", "ok", "slow", "insufficient-funds", "expired", "declined")
_LONGEST_DELAY = timedelta(days=6)


class Agenda(Protocol):
    """What is done when."""

    def plan(self, at: datetime, draw: Callable[[], Deed | None]) -> None:
        """Have something drawn at an instant."""
        ...


class DrawnFrom:
    """Who agrees to autopay and when, with dice of its own, and whose bank account the exchange keeps, with others."""

    def __init__(self, agenda: Agenda, dice: Random, *, accounts: Random) -> None:
        self._agenda = agenda
        self._dice = dice
        self._accounts = accounts

    def begin(self, after: datetime, household: str) -> None:
        """Have a household agree to it some day, or never."""
        if self._dice.random() < _OFTEN:
            self._some_day(after, household)

    def _some_day(self, after: datetime, household: str) -> None:
        dice = self._dice
        at = after + timedelta(
            days=dice.choice([3, 20, 33, 53, 54, 58, 90]), minutes=dice.choice([5, 185, 890])
        )
        fields: dict[str, Any] = {"household": household, "is": dice.choice(["on", "on", "on", "off"])}
        if fields["is"] == "on":
            fields |= {"by": dice.choice(["card", "bank"]), "card": dice.choice(_CARDS)}
            if fields["by"] == "bank" and self._accounts.random() < _KEPT:
                fields["account"] = "kept"

        def agree() -> Deed:
            self._some_day(at, household)
            return Deed(word="autopay", fields=fields, line=0)

        self._agenda.plan(at, agree)


def drawn_references(sight: Sight) -> set[str]:
    """Return the references under which autopay asks the processor, or asked."""
    return {each.payment for each in sight.rows("payments", Draw) if each.payment is not None}


def wrong(its: Sight, *, charged: Iterable[SandboxCharge], debits: MemoryFiles) -> list[str]:
    """Return what autopay took of a household that it should not have, and what it should have and did not."""
    draws = its.rows("payments", Draw)
    if not draws:
        return []
    invoices = {each.invoice: each for each in its.rows("invoicing", Invoice)}
    approved = {each.reference: each.amount_cents for each in charged if each.status == "approved"}
    approved |= debited(its, debits)
    found = [
        f"PAY-8: {its.household}'s {invoice} was drawn {times} times"
        for invoice, times in Counter(each.invoice for each in draws if each.payment in approved).items()
        if times > 1
    ]
    dated_anew = redated(its)
    paid = {each.payment: each for each in its.rows("payments", Payment) if each.payment not in dated_anew}
    for draw in draws:
        invoice, took = invoices[draw.invoice], approved.get(draw.payment or "", 0)
        if took:
            found += _too_much(its, invoice, draw, took=took)
        made = paid.get(draw.payment or "")
        if made is not None and made.received_on < invoice.due:
            found.append(f"PAY-8: {its.household} was drawn from on {made.received_on}, due {invoice.due}")
    return found + _not_drawn(its, draws, invoices.values())


def _too_much(its: Sight, invoice: Invoice, draw: Draw, *, took: int) -> list[str]:
    """A draw takes no more than what of its invoice was neither paid nor called off by then."""
    [drawn_at] = [
        *(each.started_at for each in its.rows("payments", Attempt) if each.payment == draw.payment),
        *(
            each.known_at
            for each in its.rows("payments", Payment)
            if each.payment == draw.payment and each.source in DEBITED
        ),
    ]
    since = _paid_since(its, invoice, drawn_at)
    over = _no_longer_asked(its, invoice, drawn_at)
    if took <= max(0, invoice.total_cents - since - over):
        return []
    asked = f"an invoice of {invoice.total_cents}, of which {since} was paid and {over} was asked no more"
    return [f"PAY-8: {took} were drawn of {its.household} for {asked}"]


def _paid_since(its: Sight, invoice: Invoice, drawn_at: datetime) -> int:
    """Return what was paid between an invoice and the try to draw it, and is still the household's: for no selection, or
    for one that was paid already (INV-5).
    """
    return sum(
        each.kept_cents
        for each in its.rows("payments", Payment)
        if invoice.issued_at < each.known_at < drawn_at
        if not each.is_gone and (each.selection is None or _was_paid_before(its, each, drawn_at))
    )


def _was_paid_before(its: Sight, payment: Payment, drawn_at: datetime) -> bool:
    """Whether the household's one selection was paid on a day before money came that names it, and that was known on a
    day before it was drawn from.
    """
    came_on = local_date(payment.known_at)
    binder = [
        each for each in its.rows("payments", Settlement) if each.group == f"binder:{payment.selection}"
    ]
    return (
        len(its.rows("invoicing", Selection)) == 1
        and bool(binder)
        and all(each.settled_on < came_on and each.unsettled_on is None for each in binder)
        and came_on < local_date(drawn_at)
        and its.troubled_at < payment.known_at
    )


def _no_longer_asked(its: Sight, invoice: Invoice, drawn_at: datetime) -> int:
    """Return what of an invoice's charges was taken back on a day before its draw, by the ledger; 0 where something was
    away since, so that it may have been told too late.
    """
    drawn_on = local_date(drawn_at)
    charges = {(each.policy, each.month): each.charge for each in its.rows("invoicing", Charge)}
    over = 0
    for line in invoice.charges:
        entries = [
            each
            for each in its.rows("invoicing", Transfer)
            if each.charge == charges[line.policy, line.month] and "premium" in (each.debit, each.credit)
        ]
        if any(each.booked_on <= local_date(its.troubled_at) for each in entries if each.debit == "premium"):
            continue
        by_then = [
            sum(
                each.cents if each.credit == "premium" else -each.cents
                for each in entries
                if each.booked_on <= day
            )
            for day in (drawn_on - timedelta(days=1), drawn_on)
        ]
        over += max(0, line.net_cents - max(by_then))
    return over


def _not_drawn(its: Sight, draws: list[Draw], invoices: Iterable[Invoice]) -> list[str]:
    """An invoice that is due is drawn, declined, or paid, where autopay was on from before that day until after it."""
    tried = {each.invoice for each in draws if each.state in ("drawing", "drawn", "nothing-due", "declined")}
    tried |= {each.invoice for each in draws if each.decline is not None}
    latest = max((each.number for each in invoices if each.kind == "monthly"), default=0)
    found: list[str] = []
    ever_void = {each.invoice for each in its.rows("invoicing", Correction)}
    for invoice in invoices:
        if invoice.invoice in ever_void:
            continue
        if invoice.kind != "monthly" or invoice.number != latest or invoice.invoice in tried:
            continue
        if its.today <= invoice.due + _LONGEST_DELAY or its.now < its.troubled_at + _LONGEST_DELAY:
            continue
        if invoice.total_cents > 0 and any(
            _on_about(each, invoice.due) for each in its.rows("payments", Mandate)
        ):
            found.append(f"PAY-8: {its.household}'s invoice due {invoice.due} was not drawn")
    return found


def _on_about(mandate: Mandate, due: date) -> bool:
    ended = mandate.ended_at
    return local_date(mandate.agreed_at) <= due and (
        ended is None or local_date(ended) > due + _LONGEST_DELAY
    )
