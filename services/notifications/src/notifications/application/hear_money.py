"""Use case: send invoices, and receipts for what was paid (NOT-1)."""

from __future__ import annotations

from notifications.application.desk import Desk
from notifications.application.facts import InvoiceIssued, PaymentReceived
from notifications.domain.notices import InvoiceFacts, NoticeFacts, PaymentFacts


def tell_invoice(desk: Desk, fact: InvoiceIssued) -> None:
    """Lay out an invoice to be sent; none where all was paid at selection (NOT-1, INV-1)."""
    if not fact.mail:
        return
    invoice = InvoiceFacts(
        invoice=fact.invoice,
        number=fact.number,
        selection=fact.selection,
        kind=fact.kind,
        dated=fact.dated,
        due=fact.due,
        on_time_until=fact.on_time_until,
        charges=fact.charges,
        adjustments_cents=fact.adjustments_cents,
        unpaid_before_cents=fact.unpaid_before_cents,
        held_cents=fact.held_cents,
        credit_cents=fact.credit_cents,
        total_cents=fact.total_cents,
        received_cents=fact.received_cents,
    )
    desk.tell(
        notice_type="invoice",
        about=fact.invoice,
        household=fact.household,
        facts=NoticeFacts(invoice=invoice),
    )


def tell_receipt(desk: Desk, fact: PaymentReceived) -> None:
    """Lay out the receipt for a payment (NOT-1). It waits where the payer is not known yet (PAY-3)."""
    payment = PaymentFacts(
        payment=fact.payment,
        cents=fact.cents,
        method=fact.method,
        received_on=fact.received_on,
        selection=fact.selection,
        invoice=fact.invoice,
    )
    desk.tell(
        notice_type="receipt",
        about=fact.payment,
        household=fact.household,
        facts=NoticeFacts(payment=payment),
    )
