"""Voiding an invoice that was wrong as a document: what it asked for is as if it had never been asked (OPS-5).

Nothing of money changes: charges and settlements stand. The charges are invoiced no more, so that nobody is delinquent
for them (INV-7), until another invoice shows them, with dates of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.corrections import reason_of
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict
from invoicing.domain import events
from invoicing.domain.account import Account
from invoicing.domain.billing import issue_initial_invoice
from invoicing.domain.corrections import Correction
from invoicing.domain.due import due_of
from invoicing.domain.grace import leave_grace_of_void_invoice
from invoicing.domain.money import refresh_charges, settle
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Adjustment, Charge, Grace, Invoice, Selection
from invoicing.domain.sources import SOURCES


class InvoiceIsVoid(Conflict):
    """An invoice is void already (OPS-5)."""

    kind: ClassVar[str] = "invoice-is-void"


class NewerInvoice(Conflict):
    """A newer invoice asks for what this one did (INV-3)."""

    kind: ClassVar[str] = "newer-invoice"


class CoverageEndedForIt(Conflict):
    """Coverage ended because this invoice was not paid: to undo that is a correction of its own (INV-11, INV-13)."""

    kind: ClassVar[str] = "coverage-ended-for-it"


class ChargesChanged(Conflict):
    """What an invoice asked for costs something else by now: the next invoice asks for that (INV-4)."""

    kind: ClassVar[str] = "charges-changed"


def first_asked_cents(invoice: Invoice) -> int:
    """Return the cents that an invoice was the first to ask for."""
    return sum(line.net_cents for line in invoice.charges)


def void_invoice(
    account: Account, correction: Correction, *, now: datetime, parameters: InvoicingParameters
) -> Correction:
    """Make an invoice void, and return the correction with what that takes off it. All invoices are at hand.

    Its charges are not invoiced, and its adjustments not shown. What is paid stays paid. A binder is invoiced anew at
    once, everything else by the next run. Grace that was for it alone is left.

    Raises `InvoiceIsVoid`, `NewerInvoice` and `CoverageEndedForIt`.
    """
    invoice = account.get(Invoice, correction.corrects)
    _require_voidable(account, invoice)
    shown = [each for each in account.rows(Adjustment) if each.invoice == invoice.invoice]
    correction = replace(correction, adjustments=tuple(sorted(each.number for each in shown)))
    void = replace(invoice, voided_on=local_date(now), correction=correction.correction)
    account.put(void, *(replace(each, invoice=None, invoiced_at=None) for each in shown))
    charges = _charges_of(account, invoice)
    # What they changed by since is no line of its own: the next invoice shows them as they are then.
    account.put(
        *(replace(each, invoice=invoice.invoice, invoiced_at=now) for each in _since(account, charges))
    )
    account.put(
        *(
            replace(
                each,
                invoice=None,
                void_invoice=invoice.invoice,
                invoiced_cents=None,
                invoiced_at=None,
                on_time_until=None,
            )
            for each in charges
        )
    )
    with account.marked(reason_of(correction)):
        account.tell(_voided(account, void, correction), on=local_date(now), reasons=(_why_void(void),))
        if invoice.selection is not None:
            _invoice_anew(account, invoice.selection, now=now, parameters=parameters)
        leave_grace_of_void_invoice(account, now=now)
    return correction


def restore_invoice(
    account: Account, correction: Correction, *, first: Correction, now: datetime
) -> Correction:
    """Have an invoice that the first correction made void stand again, with the dates it had; return the correction
    that does (OPS-5).

    Raises `NewerInvoice` where another shows its charges by now, as of a binder one does at once, or what one asked
    that was made void before, and `ChargesChanged`.
    """
    invoice = account.get(Invoice, first.corrects)
    charges = _charges_of(account, invoice)
    _require_restorable(account, invoice, charges)
    stands = replace(invoice, voided_on=None, correction=None)
    since = [each for each in account.rows(Adjustment) if each.invoice == invoice.invoice]
    shown = [each for each in account.rows(Adjustment) if each.number in first.adjustments]
    account.put(stands, *(replace(each, invoice=None, invoiced_at=None) for each in since))
    account.put(
        *(replace(each, invoice=invoice.invoice, invoiced_at=invoice.issued_at) for each in shown),
        *(
            replace(
                each,
                invoice=invoice.invoice,
                void_invoice=None,
                invoiced_cents=line.net_cents,
                invoiced_at=invoice.issued_at,
                on_time_until=invoice.on_time_until,
            )
            for line in invoice.charges
            for each in charges
            if (each.policy, each.month) == (line.policy, line.month)
        ),
    )
    due_cents = due_of(account, stands, now=now).cents if stands.kind == "monthly" else 0
    with account.marked(reason_of(correction)):
        account.tell(
            events.InvoiceRestored(
                household=account.household,
                invoice=invoice.invoice,
                number=account.next_number(),
                kind=invoice.kind,
                selection=invoice.selection,
                restored_on=local_date(now),
                due_cents=due_cents,
                payments=account.position.payments,
                because=correction.wrong_because,
                correction=correction.correction,
                reverses=first.correction,
            ),
            on=local_date(now),
            reasons=(_why_restored(stands),),
        )
    return correction


def _voided(account: Account, invoice: Invoice, correction: Correction) -> events.InvoiceVoided:
    return events.InvoiceVoided(
        household=account.household,
        invoice=invoice.invoice,
        number=account.next_number(),
        kind=invoice.kind,
        selection=invoice.selection,
        dated=invoice.dated,
        total_cents=invoice.total_cents,
        voided_on=invoice.voided_on or invoice.dated,
        because=correction.wrong_because,
        correction=correction.correction,
    )


def _invoice_anew(
    account: Account, selection: str, *, now: datetime, parameters: InvoicingParameters
) -> None:
    """Invoice a binder again, for what it costs by now: nothing asks for less any more (INV-1)."""
    before = account.get(Selection, selection)
    account.put(replace(before, invoiced=False))
    if before.state == "open":
        refresh_charges(account, account.policies_of(selection), now=now, reason="correction")
    issue_initial_invoice(account, account.get(Selection, selection), now=now, parameters=parameters)
    settle(account, now=now)


def _charges_of(account: Account, invoice: Invoice) -> list[Charge]:
    """Return the charges that an invoice was the first to show and no other has shown since."""
    return [
        each
        for each in account.rows(Charge)
        if each.invoice == invoice.invoice or (each.invoice is None and each.void_invoice == invoice.invoice)
    ]


def _since(account: Account, charges: Iterable[Charge]) -> list[Adjustment]:
    """Return what charges changed by that no invoice shows yet."""
    these = {each.charge for each in charges}
    return [each for each in account.rows(Adjustment) if each.invoice is None and each.charge in these]


def _require_voidable(account: Account, invoice: Invoice) -> None:
    if invoice.is_void:
        raise InvoiceIsVoid(
            "the invoice is void already",
            reasons=(_reason("an invoice is made void once", voided_on=str(invoice.voided_on)),),
        )
    _require_not_ended_for(account, invoice)
    binder = None if invoice.selection is None else account.get(Selection, invoice.selection)
    if binder is None or binder.state != "open":  # what belongs to an open binder is on its own invoice alone
        _require_latest(
            account, invoice, "a newer invoice asks for what this one left unpaid: void that one first"
        )


def _require_latest(account: Account, invoice: Invoice, says: str) -> None:
    newer = [
        each
        for each in account.rows(Invoice)
        if each.kind == "monthly" and each.number > invoice.number and not each.is_void
    ]
    if newer:
        latest = max(newer, key=lambda each: each.number)
        raise NewerInvoice(
            says,
            reasons=(
                Reason(
                    rule="INV-3",
                    says="an invoice shows the whole unpaid balance",
                    citation=SOURCES["INV-3"],
                    facts={"newer": latest.invoice, "dated": str(latest.dated)},
                ),
            ),
        )


def _require_not_ended_for(account: Account, invoice: Invoice) -> None:
    """Raise `CoverageEndedForIt` where grace ran out with something of an invoice unpaid, or its binder is over."""
    charges = _charges_of(account, invoice)
    ended = [
        each
        for each in account.rows(Grace)
        if each.state == "expired"
        and invoice.dated <= each.last_day
        and any(_was_unpaid(charge, each) for charge in charges)
    ]
    binder = None if invoice.selection is None else account.get(Selection, invoice.selection)
    over = binder is not None and binder.state in ("lapsed", "canceled")
    if ended or over:
        raise CoverageEndedForIt(
            "coverage ended for want of what it asked for: where that was in error, reinstate coverage for error"
            " (enrollment's POST /v1/households/{household}/reinstatements), which asks for it anew",
            reasons=(
                Reason(
                    rule="INV-13",
                    says="coverage that ended in error stands again by staff, with a reason",
                    citation=SOURCES["INV-13"],
                    facts={"grace": str(ended[0].first_month)}
                    if ended
                    else {"selection": str(invoice.selection)},
                ),
            ),
        )


def _was_unpaid(charge: Charge, grace: Grace) -> bool:
    """Whether a charge was not paid when grace ran out, and not taken back for something else."""
    if charge.state == "reversed":
        return charge.policy in grace.ended_policies
    return charge.settled_on is None or charge.settled_on > grace.last_day


def _require_no_other_shows(
    account: Account, invoice: Invoice, theirs: Collection[tuple[str, CoverageMonth]]
) -> None:
    """Raise `NewerInvoice`, which names it, where another invoice has shown a charge of this one since it is void."""
    lines = {(line.policy, line.month) for line in invoice.charges}
    elsewhere = [
        name
        for each in account.rows(Charge)
        if (each.policy, each.month) in lines.difference(theirs)
        and (name := each.invoice or each.void_invoice) is not None
    ]
    if not elsewhere:
        return
    newer = max((account.get(Invoice, each) for each in elsewhere), key=lambda each: each.number)
    if invoice.selection is not None:
        says = (
            "the invoice of a binder that is void does not stand again: the binder was invoiced anew at once,"
            " and that invoice asks for it"
        )
        why = "a binder is invoiced anew as soon as its invoice is void"
    elif newer.is_void:
        says = "a newer invoice asked for what this one did, and is void too: only that one can stand again"
        why = "an invoice stands again while no other has shown its charges"
    else:
        says = "another invoice asks for what this one did by now: void that one instead"
        why = "an invoice stands again while no other has shown its charges"
    raise NewerInvoice(
        says, reasons=(_reason(why, invoice=invoice.invoice, newer=newer.invoice, dated=str(newer.dated)),)
    )


def _require_restorable(account: Account, invoice: Invoice, charges: Iterable[Charge]) -> None:
    theirs = {(each.policy, each.month): each for each in charges}
    _require_no_other_shows(account, invoice, theirs.keys())
    _require_latest(
        account, invoice, "another invoice asks for what this one did by now: void that one instead"
    )
    older = [
        each
        for each in account.rows(Invoice)
        if each.is_void
        and each.number < invoice.number
        and any(
            charge.void_invoice == each.invoice and charge.is_shown_again
            for charge in account.charges("open")
        )
    ]
    if older:
        raise NewerInvoice(
            "the invoice asks for what one asked before it that is void too: have that one stand again first",
            reasons=(_reason("invoices stand again the oldest first", older=older[0].invoice),),
        )
    since = [each for each in account.rows(Adjustment) if each.invoice == invoice.invoice]
    for line in invoice.charges:
        charge = theirs[line.policy, line.month]
        known = sum(each.cents for each in since if each.charge == charge.charge)
        if charge.cents != line.net_cents + known:
            raise ChargesChanged(
                "coverage that the invoice asked for costs something else since it is void: the next invoice shows it",
                reasons=(_reason("an issued invoice is never edited", month=str(line.month)),),
            )


def _reason(says: str, **facts: str) -> Reason:
    return Reason(rule="INV-4", says=says, citation=SOURCES["INV-4"], facts=facts)


def _why_void(invoice: Invoice) -> Reason:
    return _reason(
        "an issued invoice is never edited: one that is wrong is void, and another asks instead",
        void_invoice=invoice.invoice,
    )


def _why_restored(invoice: Invoice) -> Reason:
    return _reason(
        "the invoice was right after all, and stands as it was issued", restored_invoice=invoice.invoice
    )
