"""What payments mean for an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Occasion
from invoicing.application.accounts import load_accounts
from invoicing.application.facts import (
    PaymentMoved,
    PaymentReceived,
    PaymentRedated,
    PaymentRefunded,
    PaymentReturned,
    RefundWithdrawn,
)
from invoicing.domain import asking, binders, grace, groups, money, reinstatement, returns
from invoicing.domain.account import Account
from invoicing.domain.allocation import binder_key, month_key
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Invoice, MoneyMoved, MoneyRedated, Payment, Refund, Selection


class UnknownPayment(Impossible):
    """An event returns money nobody was told of."""


class UnknownRefund(Impossible):
    """An event pays back a refund nobody approved."""


def receive_payment(
    account: Account, fact: PaymentReceived, occasion: Occasion, *, parameters: InvoicingParameters
) -> None:
    """Take money: first what it undoes (INV-12), then what it settles (INV-5), then what that ends (INV-9)."""
    if account.find(Payment, fact.payment) is not None:
        return
    selection = _selection_named(account, fact)
    unheard = selection is not None and account.find(Selection, selection) is None
    payment = Payment(
        payment=fact.payment,
        household=fact.household,
        number=account.next_number(),
        cents=fact.cents,
        unapplied_cents=fact.cents,
        method=fact.method,
        received_on=fact.received_on,
        postmarked_on=fact.postmarked_on,
        known_at=fact.known_at,
        at_selection=fact.at_selection,
        selection=selection,
        toward=_toward(account, fact, selection),
        waits_until=occasion.today + timedelta(days=parameters.unheard_selection_days) if unheard else None,
        correction=fact.correction,
    )
    payment = replace(payment, counts_as_of=account.cutoffs.counts_as_of(payment.came_on))
    account.put(payment)
    account.count_payment(of_invoices_cents=0 if fact.selection else fact.cents)
    account.transfer(
        "received",
        on=payment.received_on,
        debit="cash",
        credit="unapplied",
        cents=payment.cents,
        payment=payment.payment,
    )
    with account.marked(*returns.marks_of(fact.correction)):
        apply_payment(account, payment, now=occasion.now, parameters=parameters)


def apply_payment(
    account: Account, payment: Payment, *, now: datetime, parameters: InvoicingParameters
) -> None:
    """Let money that has come, or become free, do what it can: undo, settle, end grace, in that order."""
    reinstatement.reinstate_on_postmark(account, payment, now=now, parameters=parameters)
    asking.reinstate_on_request(account, now=now)
    binders.restore_lapsed_binders(account, payment, now=now, parameters=parameters)
    money.settle(account, now=now)
    grace.leave_grace_if_paid(account, now=now)


async def load_with_freed_money(
    uow: UnitOfWork, households: Sequence[str], *, on: date, parameters: InvoicingParameters
) -> dict[str, Account]:
    """Return the accounts of these households as of a date, on which money stops waiting for a selection nobody has
    heard of (INV-5). What it may still undo is read too, however long ago it came.
    """
    waiting = await uow.records(Payment).select(household=list(households), waits_until__lt=on)
    as_of = min([on, *(each.received_on for each in waiting)])
    accounts = await load_accounts(uow, households, as_of=as_of, threshold=parameters.threshold)
    for account in accounts.values():
        for payment in groups.stop_waiting(account, on=on):
            apply_payment(account, payment, now=uow.now, parameters=parameters)
    return accounts


def _selection_named(account: Account, fact: PaymentReceived) -> str | None:
    """Return the selection a payment is for, named itself or by its initial invoice: what takes the place of one that
    was made anew, whether the money or that was heard of first.
    """
    invoice = None if fact.invoice is None else account.find(Invoice, fact.invoice)
    named = fact.selection or (invoice.selection if invoice else None)
    return None if named is None else groups.named_now(account, named)


def _toward(account: Account, fact: PaymentReceived, selection: str | None) -> tuple[str, ...]:
    """Return the groups the payer named: a binder, or the months of a monthly invoice, the oldest first (INV-5)."""
    if selection is not None:
        return (binder_key(selection),)
    invoice = None if fact.invoice is None else account.find(Invoice, fact.invoice)
    if invoice is None:
        return ()
    return tuple(month_key(month) for month in sorted({line.month for line in invoice.charges}))


def take_back_payment(account: Account, fact: PaymentReturned, occasion: Occasion) -> None:
    """Open what a returned payment had paid (INV-14); one that was returned before changes nothing."""
    payment = account.find(Payment, fact.payment)
    if payment is None:
        raise UnknownPayment("the payment was never received")
    if payment.returned_on is not None:
        return
    if payment.kept_cents != fact.cents:
        raise UnknownPayment("the payment is of another amount")
    returns.return_payment(
        account,
        payment,
        returned_on=fact.returned_on,
        known_at=occasion.happened_at,
        now=occasion.now,
    )


def move_payment_away(account: Account, fact: PaymentMoved, occasion: Occasion) -> None:
    """Take from a payment what is other households' money, and open what it had paid where it must (PAY-11)."""
    payment = account.find(Payment, fact.payment)
    if payment is None or payment.returned_on is not None or fact.cents > payment.kept_cents:
        raise UnknownPayment("the payment was never received, or there is not so much of it")
    moved = MoneyMoved(
        household=fact.household,
        number=account.next_number(),
        payment=fact.payment,
        cents=fact.cents,
        received_on=fact.received_on,
        moved_on=fact.moved_on,
        at=occasion.happened_at,
        because=fact.because,
        correction=fact.correction,
        reverses=fact.reverses,
    )
    with account.marked(*returns.marks_of(fact.correction)):
        returns.move_away(account, payment, moved, now=occasion.now)


def redate_payment(
    account: Account, fact: PaymentRedated, occasion: Occasion, *, parameters: InvoicingParameters
) -> None:
    """Give a payment the dates that it has, and let it do what it can by them: what it was late for it may undo. What
    was decided by dates that were too early stays decided (PAY-12).
    """
    payment = account.find(Payment, fact.payment)
    if payment is None or payment.returned_on is not None:
        raise UnknownPayment("the payment was never received, or was returned")
    redated = MoneyRedated(
        household=fact.household,
        number=account.next_number(),
        payment=fact.payment,
        cents=payment.kept_cents,
        received_on=fact.received_on,
        postmarked_on=fact.postmarked_on,
        received_before=fact.received_before,
        postmarked_before=fact.postmarked_before,
        redated_on=fact.redated_on,
        at=occasion.happened_at,
        because=fact.because,
        correction=fact.correction,
        reverses=fact.reverses,
    )
    after = replace(payment, received_on=fact.received_on, postmarked_on=fact.postmarked_on)
    after = replace(after, counts_as_of=account.cutoffs.counts_as_of(after.came_on))
    account.put(redated, after)
    with account.marked(*returns.marks_of(fact.correction)):
        apply_payment(account, after, now=occasion.now, parameters=parameters)


def note_refund(account: Account, fact: PaymentRefunded, _occasion: Occasion) -> None:
    """Book that approved credit was paid back."""
    refund = _approved(account, fact.refund)
    if refund.refunded_on is not None:
        return
    account.put(replace(refund, refunded_on=fact.refunded_on))
    account.transfer("refunded", on=fact.refunded_on, debit="refunds", credit="cash", cents=fact.cents)


def withdraw_refund(account: Account, fact: RefundWithdrawn, _occasion: Occasion) -> None:
    """Free what a refund had taken from a payment that was returned: it is not owed back (INV-6, INV-14)."""
    refund, payment = _approved(account, fact.refund), account.find(Payment, fact.payment)
    if payment is None or payment.household != refund.household:
        raise UnknownPayment("the refund took nothing from the payment")
    if fact.payment in refund.withdrawn:
        return
    account.put(
        replace(
            refund,
            withdrawn=(*refund.withdrawn, fact.payment),
            withdrawn_cents=refund.withdrawn_cents + fact.cents,
        ),
        replace(payment, unapplied_cents=payment.unapplied_cents + fact.cents),
    )
    account.transfer(
        "refund-withdrawn", on=fact.withdrawn_on, debit="refunds", credit="unapplied", cents=fact.cents
    )


def _approved(account: Account, refund: str) -> Refund:
    found = account.find(Refund, refund)
    if found is None:
        raise UnknownRefund("the refund was never approved")
    return found
