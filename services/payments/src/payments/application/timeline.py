"""What became of a household's money here, from its receipt to its remittance, and of its autopay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Final

from bulkhead.kernel.calendar import local, local_date
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import Ground, facts_of
from bulkhead.kernel.timelines import About, Happened, earliest
from bulkhead.persistence.ports import UnitOfWork
from payments.domain.attempts import Attempt
from payments.domain.autopay import Mandate
from payments.domain.payments import Payment, cleared_reason
from payments.domain.refunds import Refund, RefundPart
from payments.domain.remittances import ISSUED_AT, Remittance, RemittanceLine
from payments.domain.returns import PaymentReturn
from payments.domain.settlements import Settlement
from payments.domain.suspense import SuspenseItem

_RULES: Final[Mapping[str, tuple[str, str, str]]] = {
    "received": ("PAY-1", "a payment was taken", "45 CFR 156.1240"),
    "moved-here": ("PAY-11", "money recorded for another household is this one's", "chosen (PAY-11)"),
    "moved-away": ("PAY-11", "money recorded for this household is another one's", "chosen (PAY-11)"),
    "returned": ("PAY-5", "the money went back to where it had come from", "VHC §3; NACHA Operating Rules"),
    "suspense-assigned": ("PAY-3", "money of which it was not sure whose it is was assigned", "N2"),
    "refunded": ("INV-6", "credit is paid back the way it came", "chosen (INV-6)"),
    "remitted": ("PAY-6", "settled and cleared premium is passed on to its carrier", "VHC §3"),
    "taken-back": ("PAY-7", "what fell after it was remitted is taken back", "VHC §3"),
    "autopay-began": ("PAY-8", "each monthly invoice is drawn on the day it is due", "chosen (PAY-8)"),
    "autopay-ended": ("PAY-8", "nothing is drawn any more", "chosen (PAY-8)"),
    "declined": ("PAY-1", "a card or bank account was asked, and declined", "45 CFR 156.1240"),
}
"""By which rule something became of money, what that says here, and where it is from."""


async def timeline_of(uow: UnitOfWork, household: str) -> list[Happened]:
    """Return all that became of a household's money here: a query for each kind of thing, by the household's key.

    A payment whose dates were corrected has the right ones; what they were is in invoicing's timeline (PAY-12).
    """
    payments = await uow.records(Payment).select(household=household, order_by=("number",))
    ids = [each.payment for each in payments]
    moved = await uow.records(Payment).select(moved_from=ids)
    moved_of = defaultdict[str | None, list[Payment]](list)
    for each in moved:
        moved_of[each.moved_from].append(each)
    returns = await uow.records(PaymentReturn).select(payment=ids)
    items = await uow.records(SuspenseItem).select(household=household, state="assigned")
    declined = await uow.records(Attempt).select(household=household, state="declined")
    mandates = await uow.records(Mandate).select(household=household)
    return [
        *(each for payment in payments for each in _of_payment(payment, moved_of[payment.payment])),
        *(_moved_away(each) for each in moved),
        *(_returned(each) for each in returns),
        *(_assigned(each) for each in items),
        *await _refunds(uow, household),
        *await _remitted(uow, household),
        *(_declined(each) for each in declined),
        *(each for mandate in mandates for each in _of_mandate(mandate)),
    ]


def _of_payment(payment: Payment, moved: Iterable[Payment]) -> Iterator[Happened]:
    facts = facts_of(
        method=payment.method,
        source=payment.source,
        received_on=payment.received_on,
        postmarked_on=payment.postmarked_on,
        selection=payment.selection,
        invoice=payment.invoice,
        correction=payment.correction,
    )
    marked = payment.correction is not None
    yield _told(
        "received" if payment.correction is None else "moved-here",
        payment.known_at,
        payment.received_on,
        about=("payment", payment.payment),
        cents=payment.amount_cents,
        facts=facts,
        marked=marked,
    )
    if payment.cleared_on is None:
        return
    at = earliest(payment.cleared_on, payment.known_at)
    gone = sum(each.amount_cents for each in moved if each.known_at < at)
    if left := payment.amount_cents - gone:
        yield Happened(
            at=at,
            on=payment.cleared_on,
            what="cleared",
            about="payment",
            subject=payment.payment,
            cents=left,
            facts=facts_of(received_on=payment.received_on, cleared_on=payment.cleared_on),
            grounds=(Ground(reason=cleared_reason(payment)),),
            marked=marked,
        )


def _moved_away(moved: Payment) -> Happened:
    return _told(
        "moved-away",
        moved.known_at,
        local_date(moved.known_at),
        about=("payment", moved.moved_from or ""),
        cents=moved.amount_cents,
        facts=facts_of(received_on=moved.received_on, correction=moved.correction),
        marked=True,
    )


def _returned(returned: PaymentReturn) -> Happened:
    return _told(
        "returned",
        returned.recorded_at,
        returned.returned_on,
        about=("payment", returned.payment),
        cents=returned.cents,
        facts=facts_of(kind=returned.kind, returned_on=returned.returned_on),
    )


def _assigned(item: SuspenseItem) -> Happened:
    at = item.decided_at or item.recorded_at
    return _told(
        "suspense-assigned",
        at,
        local_date(at),
        about=("payment", item.payment or ""),
        cents=item.amount_cents,
        facts=facts_of(reason=item.reason, held_since=item.held_since, item=item.item),
    )


async def _refunds(uow: UnitOfWork, household: str) -> list[Happened]:
    refunds = await uow.records(Refund).select(household=household, state="paid")
    parts = defaultdict[str, list[RefundPart]](list)
    for part in await uow.records(RefundPart).select(refund=[each.refund for each in refunds], state="paid"):
        parts[part.refund].append(part)
    return [
        _told(
            "refunded",
            earliest(on, *(part.asked_at for part in parts[each.refund])),
            on,
            about=("refund", each.refund),
            cents=sum(part.cents for part in parts[each.refund]),
            facts=facts_of(approved_on=each.approved_on, paid_on=on),
        )
        for each in refunds
        if (on := each.paid_on) is not None
    ]


async def _remitted(uow: UnitOfWork, household: str) -> list[Happened]:
    settlements = await uow.records(Settlement).select(household=household, remittance__ne=None)
    lines = await uow.records(RemittanceLine).select(settlement=[each.settlement for each in settlements])
    issued = await _issued_on(uow, lines)
    return [
        _told(
            "remitted" if each.direction == "paid" else "taken-back",
            _issued_at(issued.get(each.remittance, each.business_date), of=each.business_date),
            each.business_date,
            about=("policy", each.policy),
            cents=each.cents,
            facts=facts_of(carrier=each.carrier, month=str(each.month), remittance=each.remittance),
        )
        for each in lines
    ]


def _issued_at(issued_on: date, *, of: date) -> datetime:
    """Return the earliest instant at which a remittance was issued: on its own day not before the duty's hour."""
    return local(of, ISSUED_AT.hour) if issued_on == of else earliest(issued_on)


async def _issued_on(uow: UnitOfWork, lines: Iterable[RemittanceLine]) -> dict[str, date]:
    wanted = sorted({each.remittance for each in lines})
    return {
        each.remittance: each.issued_on for each in await uow.records(Remittance).select(remittance=wanted)
    }


def _declined(attempt: Attempt) -> Happened:
    at = attempt.started_at
    return _told(
        "declined",
        at,
        local_date(at),
        about=("payment", attempt.payment),
        cents=attempt.amount_cents,
        facts=facts_of(method=attempt.method, decline=attempt.decline, invoice=attempt.invoice),
    )


def _of_mandate(mandate: Mandate) -> Iterator[Happened]:
    about: tuple[About, str] = ("autopay", mandate.mandate)
    facts = facts_of(method=mandate.method)
    yield _told("autopay-began", mandate.agreed_at, local_date(mandate.agreed_at), about=about, facts=facts)
    if mandate.ended_at is not None:
        facts = facts_of(method=mandate.method, because=mandate.ended_because)
        yield _told("autopay-ended", mandate.ended_at, local_date(mandate.ended_at), about=about, facts=facts)


def _told(
    what: str,
    at: datetime,
    on: date,
    *,
    about: tuple[About, str],
    facts: dict[str, str],
    cents: int | None = None,
    marked: bool = False,
) -> Happened:
    rule, says, citation = _RULES[what]
    return Happened(
        at=at,
        on=on,
        what=what,
        about=about[0],
        subject=about[1],
        cents=cents,
        facts=facts,
        grounds=(Ground(reason=Reason(rule=rule, says=says, citation=citation, facts=facts)),),
        marked=marked,
    )
