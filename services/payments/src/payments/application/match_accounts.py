"""Money that waited for an account becomes its payment when the account is heard of (PAY-3)."""

from __future__ import annotations

from collections.abc import Iterable

from bulkhead.persistence.ports import UnitOfWork
from payments.application.ports import Parameters
from payments.application.record_payments import record_payments
from payments.application.records import KnownAccount
from payments.domain.payments import Payment
from payments.domain.suspense import MATCHED, Assignment, SuspenseItem, assign, tender_of


async def match_accounts(
    uow: UnitOfWork, households: Iterable[str], *, parameters: Parameters
) -> list[Payment]:
    """Remember these accounts and return the payments made of the money that named them, known as of now.

    The payments keep the dates the money came with; money of which more is in doubt than its account waits for a
    person (PAY-3). Accounts that are known already change nothing.
    """
    heard = [KnownAccount(household=each, heard_at=uow.now) for each in sorted(set(households))]
    new = [each.household for each in await uow.records(KnownAccount).add_new(heard)]
    if not new:
        return []
    waiting = await uow.records(SuspenseItem).select(account=new, state="open", reason=MATCHED)
    assigned = [
        assign(item, Assignment(household=item.account), now=uow.now, by=None)
        for item in waiting
        if item.account
    ]
    tenders = [tender_of(item, today=uow.today) for item in assigned]
    recorded = await record_payments(uow, tenders, parameters=parameters)
    # An operator may be assigning one of them elsewhere at this moment: the payment's key says who was first.
    ours = {payment.payment for payment in recorded}
    await uow.records(SuspenseItem).put(item for item in assigned if item.payment in ours)
    return recorded
