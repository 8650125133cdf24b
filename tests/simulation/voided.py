"""Invoices that are made void because they were wrong, and some that stand again; and what of that must be so, told from
the invoices alone (OPS-5, INV-7).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth, local, local_date
from invoicing.domain.records import Charge, Grace, Invoice
from notifications.domain.notices import Notice
from payments.domain.attempts import Attempt
from payments.domain.autopay import Draw
from simulation.mistakes import Agenda
from simulation.sight import Sight
from stories.language import Deed

_OFTEN = 0.4
"""For how many households an invoice ever is."""
_RUN_DAY, _RUN_OVER_HOUR = 5, 3


class Voided:
    """Whose invoices turn out to be wrong, with dice of its own."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice

    def begin(self, after: datetime, household: str) -> None:
        """Have invoices of a household be wrong, or leave it alone."""
        if self._dice.random() < _OFTEN:
            self._some_day(after, household)

    def _some_day(self, after: datetime, household: str) -> None:
        dice = self._dice
        at = after + timedelta(
            days=dice.choice([9, 26, 35, 48, 62, 64]), minutes=dice.choice([17, 159, 14 * 60 + 33])
        )

        def find_out() -> Deed | None:
            self._some_day(at, household)
            invoices: list[Invoice] = self._agenda.of("invoicing", Invoice, household)
            if not invoices:
                return None
            fields: dict[str, Any] = {"household": household, "by": "ann"}
            if dice.random() < 0.3:
                fields["nth"] = dice.randint(1, len(invoices))
            fields["because"] = dice.choice(["wrong-amount", "wrong-dates", "wrong-selection", "other"])
            self._decided(at, household)
            if dice.random() < 0.35:
                back = at + timedelta(days=dice.choice([0, 0, 3, 12, 30]), minutes=71)
                fields_back = {"household": household, "by": "bea", "of": "invoicing"}
                self._agenda.plan(back, lambda: Deed(word="reverse-correction", fields=fields_back, line=0))
                self._decided(back, household, by="ann")
            return Deed(word="void-invoice", fields=fields, line=0)

        self._agenda.plan(at, find_out)

    def _decided(self, at: datetime, household: str, *, by: str = "bea") -> None:
        decision = self._dice.choice(["approve", "approve", "approve", "decline"])
        fields = {"household": household, "decision": decision, "by": by, "of": "invoicing"}
        self._agenda.plan(
            at + timedelta(minutes=9), lambda: Deed(word="decide-correction", fields=fields, line=0)
        )


def wrong(its: Sight) -> list[str]:
    """Return what is wrong of a household's invoices that are void, in words; nothing where all is right."""
    invoices = its.rows("invoicing", Invoice)
    void = [each for each in invoices if each.voided_on is not None]
    if not void:
        return []
    return [
        *_dates(its, invoices),
        *_asked_again(its, invoices, void),
        *_listed(its, invoices),
        *_drawn(its, void),
        *_told(its, void),
    ]


def _dates(its: Sight, invoices: list[Invoice]) -> list[str]:
    """A charge has the dates of the invoice that stands and shows it, and none where only void ones did."""
    shown = {
        (line.policy, line.month): each.on_time_until
        for each in invoices
        if each.voided_on is None
        for line in each.charges
    }
    was_shown = {(line.policy, line.month) for each in invoices for line in each.charges}
    return [
        f"OPS-5: {its.household}'s {each.month} is on time until {each.on_time_until}, invoices say {says}"
        for each in its.rows("invoicing", Charge)
        if (each.policy, each.month) in was_shown
        if each.on_time_until != (says := shown.get((each.policy, each.month)))
    ]


def _asked_again(its: Sight, invoices: list[Invoice], void: list[Invoice]) -> list[str]:
    """What a void invoice asked for and nobody paid is on one that stands, once a run was made since."""
    run = its.now.replace(day=_RUN_DAY, hour=_RUN_OVER_HOUR, minute=0, second=0, microsecond=0)
    if run >= its.now:
        before = its.now.replace(day=1) - timedelta(days=1)
        run = run.replace(year=before.year, month=before.month)
    if its.troubled_at >= run - timedelta(days=1):
        return []
    shown = {
        (line.policy, line.month) for each in invoices if each.voided_on is None for line in each.charges
    }
    charges = {(each.policy, each.month): each for each in its.rows("invoicing", Charge)}
    since = {
        (line.policy, line.month): each.voided_on
        for each in sorted(void, key=lambda each: each.number)
        for line in each.charges
        if each.voided_on is not None
    }
    return [
        f"OPS-5: {its.household} owes {month}, and no invoice since {voided_on} asks for it"
        for (policy, month), voided_on in since.items()
        if local(voided_on + timedelta(days=1)) < run
        if (charge := charges[policy, month]).state == "open"
        and not any(changed.at >= run - timedelta(days=1) for changed in (*charge.rises, *charge.reopenings))
        and charge.binder is None
        and (policy, month) not in shown
        and not charge.settlement
    ]


def _listed(its: Sight, invoices: list[Invoice]) -> list[str]:
    """Nobody is in grace who owed nothing when it began on an invoice that stands and whose last day on time was over."""

    def owed(grace: Grace) -> set[tuple[str, CoverageMonth]]:
        return {
            (each.policy, each.month)
            for each in its.rows("invoicing", Charge)
            if each.state == "open" or (each.settled_on and each.settled_on >= grace.first_month.first_day)
        }

    return [
        f"INV-7: {its.household} is in grace since {grace.first_month} for what is void"
        for grace in its.rows("invoicing", Grace)
        if grace.state == "open"
        and not any(
            (line.policy, line.month) in owed(grace)
            for each in invoices
            if each.voided_on is None and each.on_time_until < grace.first_month.first_day
            for line in (*each.charges, *each.adjustments)
        )
    ]


def _drawn(its: Sight, void: list[Invoice]) -> list[str]:
    """Nothing is drawn of an invoice after the day on which it was made void."""
    if its.troubled_at > its.now - timedelta(days=40):
        return []
    since = {each.invoice: each.voided_on for each in void}
    attempts = {each.payment: each for each in its.rows("payments", Attempt)}
    return [
        f"PAY-8: {its.household} was drawn from for an invoice that is void since {voided_on}"
        for each in its.rows("payments", Draw)
        if each.payment in attempts
        and (voided_on := since.get(each.invoice)) is not None
        and local_date(attempts[each.payment].started_at) > voided_on
    ]


def _told(its: Sight, void: list[Invoice]) -> list[str]:
    """Whoever was sent an invoice is told that it is void, and whoever was not is not sent it any more."""
    if its.troubled_at > its.now - timedelta(days=2):
        return []
    notices = its.rows("notifications", Notice)
    told = {each.facts.voided.invoice for each in notices if each.facts.voided is not None}
    found: list[str] = []
    for invoice in void:
        letters = [
            each
            for each in notices
            if each.facts.invoice is not None and each.facts.invoice.invoice == invoice.invoice
        ]
        if letters and invoice.invoice not in told:
            found.append(f"NOT-1: {its.household} is not told that the invoice of {invoice.dated} is void")
        if any(each.state in ("waiting", "queued", "stuck") for each in letters):
            found.append(
                f"NOT-1: {its.household} is yet to get the invoice of {invoice.dated}, which is void"
            )
    return found
