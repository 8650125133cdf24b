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
from invoicing.domain.records import Invoice
from payments.adapters.processor.sandbox import SandboxCharge
from payments.domain.attempts import Attempt
from payments.domain.autopay import Draw, Mandate
from payments.domain.payments import Payment
from simulation.cash import redated
from simulation.sight import Sight
from stories.language import Deed

_OFTEN = 0.4
"""How many households ever agree to it."""
_CARDS = ("ok", "ok", "ok", "slow", "insufficient-funds", "expired", "declined")
_LONGEST_DELAY = timedelta(days=6)


class Agenda(Protocol):
    """What is done when."""

    def plan(self, at: datetime, draw: Callable[[], Deed | None]) -> None:
        """Have something drawn at an instant."""
        ...


class DrawnFrom:
    """Who agrees to autopay and when, with dice of its own."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice

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

        def agree() -> Deed:
            self._some_day(at, household)
            return Deed(word="autopay", fields=fields, line=0)

        self._agenda.plan(at, agree)


def drawn_references(sight: Sight) -> set[str]:
    """Return the references under which autopay asks the processor, or asked."""
    return {each.payment for each in sight.rows("payments", Draw) if each.payment is not None}


def wrong(its: Sight, *, charged: Iterable[SandboxCharge]) -> list[str]:
    """Return what autopay took of a household that it should not have, and what it should have and did not."""
    draws = its.rows("payments", Draw)
    if not draws:
        return []
    invoices = {each.invoice: each for each in its.rows("invoicing", Invoice)}
    approved = {each.reference: each.amount_cents for each in charged if each.status == "approved"}
    found = [
        f"PAY-8: {its.household}'s {invoice} was drawn {times} times"
        for invoice, times in Counter(each.invoice for each in draws if each.payment in approved).items()
        if times > 1
    ]
    dated_anew = redated(its)
    paid = {each.payment: each for each in its.rows("payments", Payment) if each.payment not in dated_anew}
    for draw in draws:
        invoice, took = invoices[draw.invoice], approved.get(draw.payment or "", 0)
        since = _paid_since(its, invoice, draw) if took else 0
        if took + since > invoice.total_cents:
            asked = f"an invoice of {invoice.total_cents} of which {since} was paid"
            found.append(f"PAY-8: {took} were drawn of {its.household} for {asked}")
        made = paid.get(draw.payment or "")
        if made is not None and made.received_on < invoice.due:
            found.append(f"PAY-8: {its.household} was drawn from on {made.received_on}, due {invoice.due}")
    return found + _not_drawn(its, draws, invoices.values())


def _paid_since(its: Sight, invoice: Invoice, draw: Draw) -> int:
    """Return what was paid between an invoice and the try to draw it, for no selection, and is still the household's."""
    (attempt,) = [each for each in its.rows("payments", Attempt) if each.payment == draw.payment]
    return sum(
        each.kept_cents
        for each in its.rows("payments", Payment)
        if invoice.issued_at < each.known_at < attempt.started_at
        if not each.is_gone and each.selection is None
    )


def _not_drawn(its: Sight, draws: list[Draw], invoices: Iterable[Invoice]) -> list[str]:
    """An invoice that is due is drawn, declined, or paid, where autopay was on from before that day until after it."""
    tried = {each.invoice for each in draws if each.state in ("drawing", "drawn", "nothing-due", "declined")}
    tried |= {each.invoice for each in draws if each.decline is not None}
    latest = max((each.number for each in invoices if each.kind == "monthly"), default=0)
    found: list[str] = []
    for invoice in invoices:
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
