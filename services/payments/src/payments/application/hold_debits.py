"""Debits that a file may have which our database does not know, since it was restored, are held: a person says which
(ADR 0024).
"""

from __future__ import annotations

from datetime import datetime

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.domain.ach_debits import AchDebit, DebitDecision, decided


async def hold_debits(uows: UnitOfWorkFactory, *, now: datetime) -> None:
    """Hold all debits that are to be sent: a file made after the backup may have them, and nobody is debited twice."""
    async with uows.begin(now=now) as uow:
        await uow.records(AchDebit).update({"state": "held"}, state="to-send")


async def decide_debit(uow: UnitOfWork, payment: str, *, decision: DebitDecision) -> AchDebit:
    """Send a held debit with the next file, or note that a file had it, and return it. Its household is locked. Raises
    `NotFound` and `DebitNotHeld`.
    """
    found = await uow.records(AchDebit).get(payment=payment)
    if found is None:
        raise NotFound("there is no debit of such a payment")
    after = decided(found, decision=decision)
    await uow.records(AchDebit).put([after])
    return after
