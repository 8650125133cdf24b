"""Use case: send invoices, receipts for what was paid, notices of what went back or was moved, and keep what a letter
needs to ask for the rest (NOT-1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bulkhead.service import Occasion
from notifications.application.desk import Desk
from notifications.application.facts import (
    BinderLapsed,
    InvoiceIssued,
    InvoiceRestored,
    InvoiceVoided,
    PaymentMoved,
    PaymentReceived,
    PaymentReturned,
    PremiumsSettled,
    PremiumUnsettled,
)
from notifications.domain import money
from notifications.domain.notices import (
    InvoiceFacts,
    MoveFacts,
    Notice,
    NoticeFacts,
    NoticeType,
    PaymentFacts,
    ReturnFacts,
    VoidFacts,
    may_be_withdrawn,
)


def tell_invoice(desk: Desk, fact: InvoiceIssued, occasion: Occasion) -> None:
    """Lay out an invoice to be sent; none where all was paid at selection (NOT-1, INV-1)."""
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
    asked = money.Asked(
        invoice=fact.invoice,
        number=fact.number,
        payments=fact.payments,
        kind=fact.kind,
        selection=fact.selection,
        issued_on=occasion.happened_on,
        due=fact.due,
        on_time_until=fact.on_time_until,
        cents=invoice.to_pay_cents,
        before_cents=fact.unpaid_before_cents + fact.adjustments_cents,
        lines=fact.charges,
        letter=fact.mail,
    )
    desk.put(money.invoiced(desk.account(fact.household), asked))
    if not fact.mail:
        return
    desk.tell(
        occasion=occasion,
        notice_type="invoice",
        about=fact.invoice,
        household=fact.household,
        facts=NoticeFacts(invoice=invoice),
    )


def tell_voided(desk: Desk, fact: InvoiceVoided, occasion: Occasion) -> None:
    """Lay out that nothing is to be paid on an invoice, and have its letter not be sent where it has not left (NOT-1,
    OPS-5). Nothing is told of one that has no letter, or that was told to be void last.
    """
    desk.put(money.made_void(desk.account(fact.household), fact.invoice, at=occasion.happened_at))
    told = desk.told_of(fact.invoice)
    last = _withdraw_unsent(desk, told)
    if not told or last == "invoice-voided":
        return
    letter = _letter_of(told)
    voided = VoidFacts(
        invoice=fact.invoice,
        kind=fact.kind,
        selection=None if letter is None else letter.selection,
        dated=fact.dated,
        total_cents=fact.total_cents,
        voided_on=fact.voided_on,
    )
    desk.tell(
        occasion=occasion,
        notice_type="invoice-voided",
        about=f"{fact.invoice}:{fact.correction}",
        household=fact.household,
        facts=NoticeFacts(voided=voided),
    )


def tell_restored(desk: Desk, fact: InvoiceRestored, occasion: Occasion) -> None:
    """Lay an invoice out again that was void and stands, where what was told of it last is not so (NOT-1, OPS-5)."""
    told = desk.told_of(fact.invoice)
    last = _withdraw_unsent(desk, told)
    letter = _letter_of(told)
    asks = letter is not None and last != "invoice"
    account = desk.account(fact.household)
    known = account.find_asked(fact.invoice) is not None
    desk.put(money.stands_again(account, fact.invoice, on=occasion.happened_on, letter=asks))
    if letter is None or not asks:
        return
    if not known:
        desk.put(money.taken_up(account, _asked_again(letter, fact)))
    desk.tell(
        occasion=occasion,
        notice_type="invoice",
        about=f"{fact.invoice}:{fact.correction}",
        household=fact.household,
        facts=NoticeFacts(invoice=replace(letter, stands_again=last is not None)),
    )


def _asked_again(letter: InvoiceFacts, fact: InvoiceRestored) -> money.Asked:
    """Return an invoice that was let go of, from what its letter says and what invoicing says is open of it."""
    return money.Asked(
        invoice=letter.invoice,
        number=letter.number,
        payments=fact.payments,
        kind=letter.kind,
        selection=letter.selection,
        issued_on=letter.dated,
        due=letter.due,
        on_time_until=letter.on_time_until,
        cents=letter.to_pay_cents,
        before_cents=letter.unpaid_before_cents + letter.adjustments_cents,
        lines=letter.charges,
        letter=True,
        open_cents=fact.due_cents if letter.kind == "monthly" else None,
    )


def _letter_of(told: Sequence[Notice]) -> InvoiceFacts | None:
    """Return what an invoice's letter says, None where it has none."""
    return next((each.facts.invoice for each in told if each.facts.invoice is not None), None)


def _withdraw_unsent(desk: Desk, told: Sequence[Notice]) -> NoticeType | None:
    """Have those not be sent that have not left; return what the last told that did, None where none did."""
    left = [each for each in told if each.state in ("sending", "sent")]
    for each in told:
        if may_be_withdrawn(each):
            desk.withdraw(each)
    return left[-1].type if left else None


def tell_receipt(desk: Desk, fact: PaymentReceived, occasion: Occasion) -> None:
    """Lay out the receipt for a payment (NOT-1). It waits where the payer is not known yet (PAY-3)."""
    if desk.knows_payment(fact.payment):
        return
    account = money.paid(
        desk.account(fact.household),
        payment=fact.payment,
        cents=fact.cents,
        selection=fact.selection,
        invoice=fact.invoice,
    )
    desk.put(account)
    payment = PaymentFacts(
        payment=fact.payment,
        cents=fact.cents,
        method=fact.method,
        received_on=fact.received_on,
        selection=fact.selection,
        invoice=fact.invoice,
    )
    desk.tell(
        occasion=occasion,
        notice_type="receipt",
        about=fact.payment,
        household=fact.household,
        facts=NoticeFacts(payment=payment),
    )


def tell_returned(desk: Desk, fact: PaymentReturned, occasion: Occasion) -> None:
    """Lay out the notice that a payment went back, and let it lower no letter any more (NOT-1, PAY-5)."""
    desk.put(money.gone(desk.account(fact.household), fact.payment, on=fact.returned_on))
    returned = ReturnFacts(
        payment=fact.payment,
        cents=fact.cents,
        method=fact.method,
        received_on=fact.received_on,
        returned_on=fact.returned_on,
        kind=fact.kind,
    )
    desk.tell(
        occasion=occasion,
        notice_type="payment-returned",
        about=fact.payment,
        household=fact.household,
        facts=NoticeFacts(returned=returned),
    )


def tell_moved(desk: Desk, fact: PaymentMoved, occasion: Occasion) -> None:
    """Lay out the notice that money is another household's, and let it lower no letter of this one any more (NOT-1,
    PAY-11).
    """
    desk.put(money.less(desk.account(fact.household), fact.payment, cents=fact.cents, on=fact.moved_on))
    if fact.because == "registered-twice":
        return  # it is the same person's: the receipt at the other household says where it is
    moved = MoveFacts(
        payment=fact.payment,
        cents=fact.cents,
        method=fact.method,
        received_on=fact.received_on,
        moved_on=fact.moved_on,
    )
    desk.tell(
        occasion=occasion,
        notice_type="payment-moved",
        about=f"{fact.payment}:{fact.correction}",
        household=fact.household,
        facts=NoticeFacts(moved=moved),
    )


def note_settled(desk: Desk, fact: PremiumsSettled, _occasion: Occasion) -> None:
    """Keep what is paid and by whom: no letter asks for it any more (INV-5)."""
    account = desk.account(fact.household)
    for each in fact.premiums:
        premium = money.Settled(
            settlement=each.settlement,
            group=fact.group,
            policy=each.policy,
            month=each.month,
            cents=each.cents,
            rest_cents=each.rest_cents,
            funded_by=each.funded_by,
            after=account.invoices,
        )
        account = money.settled(account, premium)
    desk.put(account)


def note_unsettled(desk: Desk, fact: PremiumUnsettled, _occasion: Occasion) -> None:
    """Keep that a settlement no longer stands: its money is free again."""
    desk.put(money.unsettled(desk.account(fact.household), fact.settlement))


def note_lapsed(desk: Desk, fact: BinderLapsed, _occasion: Occasion) -> None:
    """Keep that a binder lapsed: nothing is to be paid for it, and money that names it is free (ENR-6)."""
    desk.put(money.binder_lapsed(desk.account(fact.household), fact.selection))
