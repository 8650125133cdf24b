"""A payment's money goes back, or to another household: the months it was in are open again, and no others (INV-14,
PAY-11).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from invoicing.domain.account import Account
from invoicing.domain.events import Unsettling
from invoicing.domain.money import settle, unsettle
from invoicing.domain.records import Charge, MoneyMoved, Payment, Reopening
from invoicing.domain.sources import SOURCES


def return_payment(
    account: Account, payment: Payment, *, returned_on: date, known_at: datetime, now: datetime
) -> None:
    """Take back all of a payment, known since ``known_at``: what it paid for is open again, whole (INV-5, INV-14).

    What others paid towards that is held for it. Credit that is there pays it at once. What had been refunded of the
    payment is owed back (`Position.owed_back_cents`).
    """
    _open_paid_with(
        account, payment, known_at=known_at, now=now, reason="returned", why=_why(payment, returned_on)
    )
    gone = account.get(Payment, payment.payment)
    account.put(
        replace(
            gone,
            unapplied_cents=gone.unapplied_cents - gone.kept_cents,
            toward=(),
            waits_until=None,
            returned_on=returned_on,
        )
    )
    account.transfer(
        "returned",
        on=local_date(now),
        debit="unapplied",
        credit="cash",
        cents=gone.kept_cents,
        payment=gone.payment,
    )
    settle(account, now=now)


def move_away(account: Account, payment: Payment, moved: MoneyMoved, *, now: datetime) -> None:
    """Take cents of a payment that are other households', known since ``moved.at`` (PAY-11).

    What of it settles nothing goes first. Where that is not enough all that it paid for is open again, as when money
    goes back (INV-14), and what is left of it pays anew.
    """
    if moved.cents > payment.free_cents:
        _open_paid_with(
            account, payment, known_at=moved.at, now=now, reason="moved", why=_why_moved(payment, moved)
        )
    left = account.get(Payment, payment.payment)
    left = replace(
        left,
        unapplied_cents=left.unapplied_cents - moved.cents,
        moved_cents=left.moved_cents + moved.cents,
    )
    account.put(moved, left if left.kept_cents else replace(left, toward=(), waits_until=None))
    account.transfer(
        "moved",
        on=local_date(now),
        debit="unapplied",
        credit="cash",
        cents=moved.cents,
        payment=left.payment,
    )
    settle(account, now=now)


def _open_paid_with(
    account: Account,
    payment: Payment,
    *,
    known_at: datetime,
    now: datetime,
    reason: Unsettling,
    why: Reason,
) -> None:
    """Open all that a payment paid for; what others paid for that is held."""
    for charge in _paid_with(account, payment):
        funding = [account.get(Payment, each.payment) for each in charge.funded_by]
        reopening = Reopening(
            at=known_at,
            funded_by=charge.funded_by,
            paid_at=max(each.arrived_at for each in funding),
            on_time_date=max(each.on_time_date for each in funding),
        )
        opened = unsettle(account, charge, now=now, reason=reason, why=why)
        account.put(replace(opened, reopenings=(*opened.reopenings, reopening)))
        for each in funding:
            account.put(replace(account.get(Payment, each.payment), held=True))


def _paid_with(account: Account, payment: Payment) -> list[Charge]:
    """Return the charges a payment paid for, with all else of their months and binders: a group only whole, also where
    part of it was adjusted, and settled anew, since.
    """
    settled = account.charges("settled")
    groups = {
        charge.settled_as
        for charge in settled
        if any(each.payment == payment.payment for each in charge.funded_by)
    }
    return [charge for charge in settled if charge.settled_as in groups]


def _why(payment: Payment, returned_on: date) -> Reason:
    return Reason(
        rule="INV-14",
        says="money that paid for the month was returned: it is open again, and what others paid for it is held",
        citation="VHC §3",
        facts={"payment": payment.payment, "returned_on": str(returned_on)},
    )


def _why_moved(payment: Payment, moved: MoneyMoved) -> Reason:
    return Reason(
        rule="PAY-11",
        says="money that paid for the month is another household's: it is open again, and what others paid is held",
        citation=SOURCES["PAY-11"],
        facts={"payment": payment.payment, "moved_on": str(moved.moved_on)},
    )


def marks_of(correction: str | None) -> tuple[Reason, ...]:
    """Return what marks all that a correction brings about, nothing where there is none (OPS-5)."""
    return () if correction is None else (mark_of(correction),)


def mark_of(correction: str) -> Reason:
    """Return what marks all that a correction brings about (OPS-5)."""
    return Reason(
        rule="OPS-5",
        says="what was recorded wrong is corrected, and this follows from it",
        citation=SOURCES["OPS-5"],
        facts={"correction": correction},
    )
