"""What is to be paid of a household's latest monthly invoice, told where payments cannot know it by itself (PAY-8).

Payments takes what came since off the total of an invoice, all but what was named for a selection. That is not what is
due where coverage ended or changed after the invoice was made, or money goes elsewhere than its payer said (INV-5).
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from bulkhead.kernel.decisions import Reason
from invoicing.domain.account import Account, Due
from invoicing.domain.billing import free_for_months, owed_of_months
from invoicing.domain.events import AmountDueChanged
from invoicing.domain.groups import as_asked
from invoicing.domain.records import Adjustment, Charge, Invoice, Payment, Policy, Selection
from invoicing.domain.sources import SOURCES

_WHY = {
    "coverage": (
        "INV-4",
        "coverage that the invoice asked for ended, changed or stands again; the invoice stands as issued",
    ),
    "money": ("INV-5", "money pays something else than its payer named it for, went back, or was moved"),
}


def due_of_latest(account: Account, *, now: datetime) -> Due | None:
    """Return what is to be paid of the latest monthly invoice at hand, None where there is none, or it is void."""
    monthly = [each for each in account.rows(Invoice) if each.kind == "monthly"]
    if not monthly:
        return None
    invoice = max(monthly, key=lambda each: each.number)
    return None if invoice.is_void else due_of(account, invoice, now=now)


def due_of(account: Account, invoice: Invoice, *, now: datetime) -> Due:
    """Return what is to be paid of a monthly invoice that is the latest, or of which all later ones are void.

    What was asked for of months and is still, less the money that is free for them; at most the invoice's total less
    what of it coverage asks no more. What a charge rose by since, and what was paid when the invoice was made and is
    not now, is asked for by the next invoice (INV-4, INV-14).
    """
    charges = [each for each in owed_of_months(account) if each.invoiced_by(now)]
    asked = sum(max(0, each.owed_cents) for each in as_asked(account, charges, now))
    cents = max(0, asked - free_for_months(account)) if asked else 0
    of_invoice = max(0, invoice.total_cents - _asked_no_more_cents(account))
    return Due(invoice=invoice.invoice, cents=min(of_invoice, cents))


def _asked_no_more_cents(account: Account) -> int:
    """Return what charges became less by since the latest invoice, each by itself."""
    since = Counter[str]()
    for each in account.rows(Adjustment):
        if each.invoice is None:
            since[each.charge] += each.cents
    return sum(max(0, -cents) for cents in since.values())


def tell_amount_due(account: Account, *, now: datetime) -> None:
    """Tell what is to be paid of the latest monthly invoice, where it is not what was to be paid of it when the account
    was loaded, less what came since for no selection.
    """
    before = account.due_before
    if before is None or not any(account.changed(kind) for kind in (Charge, Payment, Policy, Selection)):
        return
    due = due_of_latest(account, now=now)
    if due is None or due.invoice != before.invoice:
        return  # the new one says itself what is due
    if due.cents == max(0, before.cents - account.paid_meanwhile_cents):
        return
    because = "coverage" if account.changed(Adjustment) else "money"
    rule, says = _WHY[because]
    account.say(
        AmountDueChanged(
            household=account.household,
            invoice=due.invoice,
            number=account.next_number(),
            due_cents=due.cents,
            payments=account.position.payments,
            because=because,
        ),
        household=account.household,
        reasons=(Reason(rule=rule, says=says, citation=SOURCES[rule]),),
    )
