"""Corrections of invoices are asked for, tried, approved by a second person, and reversed by another; refunds above the
limit are approved the same way (OPS-5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from bulkhead.kernel import corrections
from bulkhead.kernel.corrections import (
    CorrectionStep,
    done_alone_cents,
    require_another,
    require_none_waits,
    step,
    takes_two,
)
from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.corrections import find_correction, note_reversed
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import Named, load_accounts, save_accounts
from invoicing.application.approve_refund import pay_approved
from invoicing.application.ports import Parameters
from invoicing.domain.account import Account
from invoicing.domain.corrections import (
    REFUND,
    Correction,
    CorrectionKind,
    InvoiceCorrectionKind,
    require_reversible,
)
from invoicing.domain.events import WrongBecause
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Invoice
from invoicing.domain.voiding import first_asked_cents, restore_invoice, void_invoice

Asked: TypeAlias = corrections.Asked[WrongBecause]
"""Who asks for a correction of an invoice, and why."""

Do: TypeAlias = Callable[[Account, Correction], Correction]
"""What a correction does on an account, and what becomes of it by that."""

_OPPOSITE: Final[Mapping[CorrectionKind, InvoiceCorrectionKind]] = {
    "void-invoice": "restore-invoice",
    "restore-invoice": "void-invoice",
}
"""What takes a correction back, by what that did."""


async def find_invoice(uow: UnitOfWork, invoice: str) -> Invoice:
    """Return an invoice; raises `NotFound`."""
    found = await uow.records(Invoice).get(invoice=invoice)
    if found is None:
        raise NotFound("there is no such invoice")
    return found


async def ask_to_void(uow: UnitOfWork, invoice: str, asked: Asked, *, parameters: Parameters) -> Correction:
    """Make an invoice void, or ask that a second person approve it; return the correction (OPS-5).

    Raises `NotFound`, `CorrectionWaits`, `InvoiceIsVoid`, `NewerInvoice` and `CoverageEndedForIt`.
    """
    found, in_force = await find_invoice(uow, invoice), parameters.as_of(uow.today)
    draft = await _draft(uow, found, asked, kind="void-invoice", parameters=in_force)
    do = partial(void_invoice, now=uow.now, parameters=in_force)
    return await _make(uow, found, draft, asked, do=do, parameters=in_force)


async def decide_correction(
    uow: UnitOfWork, correction: str, what: CorrectionStep, *, operator: str, parameters: Parameters
) -> Correction:
    """Approve a correction that was asked for, which does it, or decline it; return it (OPS-5).

    Raises `NotFound`, `CorrectionNotOpen`, `SecondPersonNeeded`, and what asking for it raises where it cannot be done
    any more: of a refund `NotThatMuchCredit`.
    """
    found = await find_correction(uow, Correction, correction)
    decided = step(found, what, by=operator, now=uow.now)
    if decided.state == "applied":
        require_another(found, by=operator)
        if decided.kind == REFUND:
            await pay_approved(uow, decided)
        else:
            decided = await _correct_invoice(uow, decided, parameters=parameters.as_of(uow.today))
    await uow.records(Correction).put([decided])
    return decided


async def _correct_invoice(
    uow: UnitOfWork, approved: Correction, *, parameters: InvoicingParameters
) -> Correction:
    """Do what a correction of an invoice says; return what became of it."""
    first = None if approved.reverses is None else await find_correction(uow, Correction, approved.reverses)
    account = await _account_of(uow, await find_invoice(uow, approved.corrects), parameters=parameters)
    done = _what_does(approved.kind, first, now=uow.now, parameters=parameters)(account, approved)
    await save_accounts(uow, [account])
    await note_reversed(uow, done)
    return done


async def reverse_correction(
    uow: UnitOfWork, correction: str, asked: Asked, *, parameters: Parameters
) -> Correction:
    """Take a correction back by another, or ask that a second person approve that; return that other (OPS-5).

    Raises `NotFound`, `CorrectionNotOpen`, `CorrectionWaits`, and what doing the opposite raises: `NewerInvoice` and
    `ChargesChanged`, or what making an invoice void does.
    """
    first = await find_correction(uow, Correction, correction)
    step(first, "reverse", by=asked.operator, now=uow.now)
    require_reversible(first)
    found, in_force = await find_invoice(uow, first.corrects), parameters.as_of(uow.today)
    draft = await _draft(
        uow, found, asked, kind=_OPPOSITE[first.kind], parameters=in_force, reverses=first.correction
    )
    do = _what_does(draft.kind, first, now=uow.now, parameters=in_force)
    made = await _make(uow, found, draft, asked, do=do, parameters=in_force)
    if made.state == "applied" or asked.preview:
        await note_reversed(uow, made)
    return made


async def _draft(
    uow: UnitOfWork,
    invoice: Invoice,
    asked: Asked,
    *,
    kind: InvoiceCorrectionKind,
    parameters: InvoicingParameters,
    reverses: str | None = None,
) -> Correction:
    """Return the correction of an invoice that is asked for, which is not done yet; raises `CorrectionWaits`.

    What the same person made void of the household alone in the last days counts with it: two invoices of half the
    limit are as much as one of the limit.
    """
    all_known = await uow.records(Correction).select(household=invoice.household)
    known = [each for each in all_known if each.kind != REFUND]
    require_none_waits(
        each for each in known if each.invoice == invoice.invoice and each.state == "requested"
    )
    since = uow.now - timedelta(days=parameters.correction_alone_days)
    cents = first_asked_cents(invoice)
    alone = done_alone_cents(known, by=asked.operator, since=since, reverses=reverses)
    by_two = takes_two(
        kind,
        cents + alone,
        alone_cents=parameters.correction_alone_cents,
        kinds_by_two=parameters.invoice_corrections_by_two,
    )
    return Correction(
        correction=asked.correction,
        kind=kind,
        household=invoice.household,
        invoice=invoice.invoice,
        state="requested" if by_two else "applied",
        because=asked.because,
        note=asked.note,
        cents=cents,
        by_two=by_two,
        asked_at=uow.now,
        asked_by=asked.operator,
        reverses=reverses,
    )


def _what_does(
    kind: CorrectionKind, first: Correction | None, *, now: datetime, parameters: InvoicingParameters
) -> Do:
    """Return what does a correction of a kind; ``first`` is the one that it takes back."""
    if kind == "restore-invoice" and first is not None:
        return partial(restore_invoice, first=first, now=now)
    return partial(void_invoice, now=now, parameters=parameters)


async def _make(
    uow: UnitOfWork,
    invoice: Invoice,
    draft: Correction,
    asked: Asked,
    *,
    do: Do,
    parameters: InvoicingParameters,
) -> Correction:
    """Do a correction, or keep it as asked for; return it. It is done on the account to see that it can be: where a
    second person must approve, nothing of that is kept.
    """
    account = await _account_of(uow, invoice, parameters=parameters)
    done = do(account, draft)
    if draft.state == "requested" and not asked.preview:
        await uow.records(Correction).add([draft])
        return draft
    await uow.records(Correction).add([done])
    await save_accounts(uow, [account])
    return done


async def _account_of(uow: UnitOfWork, invoice: Invoice, *, parameters: InvoicingParameters) -> Account:
    """Return the account as of an invoice, with all its charges and all of the household's invoices."""
    accounts = await load_accounts(
        uow,
        [invoice.household],
        as_of=invoice.dated,
        named=Named(
            policies=sorted({line.policy for line in invoice.charges}),
            selections=[invoice.selection] if invoice.selection else (),
        ),
        threshold=parameters.threshold,
    )
    account = accounts[invoice.household]
    account.take(await uow.records(Invoice).select(household=invoice.household))
    return account
