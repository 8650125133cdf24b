"""Credit of a household that was merged goes to the one that goes on in its place (OPS-5, ENR-16).

What its own policies cost stays its own: a charge is of one policy and month for good (INV-3), and is settled with its
household's others (INV-5). So money that it still gets pays what is open there first, and what it does not owe goes on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.ids import derived_id
from invoicing.domain.account import Account
from invoicing.domain.events import CreditCalledBack, CreditPassedOn
from invoicing.domain.records import Funding, Merged, Payment
from invoicing.domain.returns import mark_of
from invoicing.domain.sources import SOURCES


def pass_on_credit(account: Account, *, on: date) -> None:
    """Tell that the credit of a household that was merged goes to the other, where some of it is new.

    It stays on the account until payments has moved it. Until then it is told again whenever money of the account
    changes: who moves it moves what is free, and that once.
    """
    merged = account.find(Merged, account.household)
    if merged is None or not merged.stands:
        return
    if not (account.changed(Payment) or account.changed(Merged) or account.added(Payment)):
        return
    taken: list[Funding] = []
    left = account.position.credit_cents
    for payment in account.payments():
        part = min(left, payment.free_cents) if payment.waits_until is None else 0
        if part:
            taken.append(Funding(payment=payment.payment, cents=part))
            left -= part
    if taken:
        account.tell(
            CreditPassedOn(
                household=account.household,
                passing=derived_id("passing", account.household, str(account.next_number())),
                into=merged.into,
                cents=sum(each.cents for each in taken),
                taken_from=tuple(taken),
                correction=merged.correction,
            ),
            on=on,
            reasons=(
                Reason(
                    rule="INV-6",
                    says="credit of a household that was merged is the other's, for its next charge",
                    citation=SOURCES["INV-6"],
                    facts={"into": merged.into},
                ),
                mark_of(merged.correction),
            ),
        )


def call_back(account: Account, merged: Merged, *, correction: str, on: date) -> None:
    """Let a merge not stand any more, and tell that what was passed on by it comes back (OPS-5)."""
    account.put(replace(merged, stands=False))
    account.tell(
        CreditCalledBack(
            household=account.household,
            passing=derived_id("passing", account.household, str(account.next_number())),
            into=merged.into,
            correction=correction,
            reverses=merged.correction,
        ),
        on=on,
        reasons=(mark_of(correction),),
    )
