"""Use case: say that autopay began, ended, or was declined, and keep which invoice it draws (PAY-8, NOT-1)."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.service import Occasion
from notifications.application.desk import Desk
from notifications.application.facts import AutopayBegan, AutopayEnded, DrawDeclined
from notifications.domain.autopay import (
    Autopay,
    AutopayBegunFacts,
    AutopayEndedFacts,
    DeclineFacts,
    after_decline,
)
from notifications.domain.notices import NoticeFacts


def tell_autopay_begun(desk: Desk, fact: AutopayBegan, occasion: Occasion) -> None:
    """Lay out what was agreed to, and from now on tell of invoices that they are drawn (NOT-1, PAY-8)."""
    account = desk.account(fact.household)
    before = account.autopay
    if before is not None and before.mandate == fact.mandate:
        return
    on = Autopay(mandate=fact.mandate, method=fact.method, begins_on=fact.begins_on, draws_on=fact.draws_on)
    desk.put(replace(account, autopay=on))
    begun = AutopayBegunFacts(
        method=fact.method,
        begins_on=fact.begins_on,
        draws_on=fact.draws_on,
        instead_of=None if before is None else before.method,
    )
    desk.tell(
        occasion=occasion,
        notice_type="autopay-begun",
        about=fact.mandate,
        household=fact.household,
        facts=NoticeFacts(autopay_begun=begun),
    )


def tell_autopay_ended(desk: Desk, fact: AutopayEnded, occasion: Occasion) -> None:
    """Promise no draw any more, and lay out that autopay ended (NOT-1, PAY-8).

    Of a decline, its own letter says so. What is replaced stays until what takes its place is heard of, whose letter
    says it.
    """
    if fact.because == "replaced":
        return
    account = desk.account(fact.household)
    if account.autopay is not None and account.autopay.mandate == fact.mandate:
        desk.put(replace(account, autopay=None))
    if fact.because == "declined":
        return
    desk.tell(
        occasion=occasion,
        notice_type="autopay-ended",
        about=fact.mandate,
        household=fact.household,
        facts=NoticeFacts(
            autopay_ended=AutopayEndedFacts(method=fact.method, ended_on=fact.ended_on, because=fact.because)
        ),
    )


def tell_declined(desk: Desk, fact: DrawDeclined, occasion: Occasion) -> None:
    """Lay out that a draw was declined, each try by itself, and keep when it is tried again (NOT-1, PAY-8)."""
    account = desk.account(fact.household)
    if account.autopay is not None and account.autopay.mandate == fact.mandate:
        still_on = after_decline(account.autopay, invoice=fact.invoice, again_on=fact.again_on)
        desk.put(replace(account, autopay=still_on))
    declined = DeclineFacts(
        invoice=fact.invoice,
        cents=fact.cents,
        method=fact.method,
        decline=fact.decline,
        declined_on=fact.declined_on,
        again_on=fact.again_on,
        pay_by=fact.pay_by,
        autopay_ended=fact.autopay_ended,
    )
    desk.tell(
        occasion=occasion,
        notice_type="autopay-declined",
        about=f"{fact.draw}:{fact.tries}",
        household=fact.household,
        facts=NoticeFacts(declined=declined),
    )
