"""What payments mean for an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bulkhead.kernel.errors import Impossible
from invoicing.application.facts import PaymentReceived, PaymentRefunded
from invoicing.domain import binders, grace, money, reinstatement
from invoicing.domain.account import Account
from invoicing.domain.parameters import InvoicingParameters
from invoicing.domain.records import Payment, Refund


class UnknownRefund(Impossible):
    """An event pays back a refund nobody approved."""


def receive_payment(
    account: Account, fact: PaymentReceived, *, now: datetime, parameters: InvoicingParameters
) -> None:
    """Apply money: oldest month first, then what it undoes or ends (INV-5, INV-6, INV-9, INV-12)."""
    if account.find(Payment, fact.payment) is not None:
        return
    payment = Payment(
        payment=fact.payment,
        household=fact.household,
        cents=fact.cents,
        method=fact.method,
        received_on=fact.received_on,
        postmarked_on=fact.postmarked_on,
        known_at=fact.known_at,
        at_selection=fact.at_selection,
    )
    account.put(payment)
    account.book(
        kind="received",
        identity=payment.payment,
        on=payment.received_on,
        debit="cash",
        credit="unapplied",
        cents=payment.cents,
    )
    money.settle(account, now=now)
    binders.restore_lapsed_binders(account, now=now, parameters=parameters)
    reinstatement.reinstate_on_postmark(account, payment, now=now, parameters=parameters)
    grace.leave_grace_if_paid(account, now=now)


def note_refund(account: Account, fact: PaymentRefunded) -> None:
    """Book that approved credit was paid back."""
    refund = account.find(Refund, fact.refund)
    if refund is None:
        raise UnknownRefund(f"refund {fact.refund} was never approved")
    if refund.refunded_on is not None:
        return
    account.put(replace(refund, refunded_on=fact.refunded_on))
    account.book(
        kind="refunded",
        identity=refund.refund,
        on=fact.refunded_on,
        debit="refunds",
        credit="cash",
        cents=refund.cents,
    )
