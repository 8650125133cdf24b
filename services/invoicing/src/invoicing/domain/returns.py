"""A payment's money goes back: the months it was in are open again, and no others (INV-14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from invoicing.domain.account import Account
from invoicing.domain.money import settle, unsettle
from invoicing.domain.records import Charge, Payment, Reopening


def return_payment(
    account: Account, payment: Payment, *, returned_on: date, known_at: datetime, now: datetime
) -> None:
    """Take back all of a payment, known since ``known_at``: what it paid for is open again, whole (INV-5, INV-14).

    What others paid towards that is held for it. Credit that is there pays it at once. What had been refunded of the
    payment is owed back (`Position.owed_back_cents`).
    """
    for charge in _paid_with(account, payment):
        funding = [account.get(Payment, each.payment) for each in charge.funded_by]
        reopening = Reopening(
            at=known_at,
            funded_by=charge.funded_by,
            paid_at=max(each.arrived_at for each in funding),
            on_time_date=max(each.on_time_date for each in funding),
        )
        opened = unsettle(account, charge, now=now, reason="returned", why=_why(payment, returned_on))
        account.put(replace(opened, reopenings=(*opened.reopenings, reopening)))
        for each in funding:
            account.put(replace(account.get(Payment, each.payment), held=True))
    gone = account.get(Payment, payment.payment)
    account.put(
        replace(
            gone,
            unapplied_cents=gone.unapplied_cents - gone.cents,
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
        cents=gone.cents,
        payment=gone.payment,
    )
    settle(account, now=now)


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
