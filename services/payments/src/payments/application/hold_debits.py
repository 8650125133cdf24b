"""Debits that a file may have which our database does not know, since it was restored, are held: a person says which
(ADR 0024, ADR 0055).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.waiting import DEBIT_FILES, DEBITS
from payments.domain.ach_debits import (
    NUMBERS,
    AchDebit,
    AchFile,
    AchNumbers,
    DebitDecision,
    decided,
    withdrawn,
)
from payments.domain.bank_accounts import BankAccount


async def hold_debits(uows: UnitOfWorkFactory, *, now: datetime) -> None:
    """Hold all debits that are to be sent, and those of files that are to be put in their folder: a file made or put
    there after the backup may have them, and nobody is debited twice. No file is made any more today: those of today
    may have its names and numbers.
    """
    async with uows.begin(now=now) as uow:
        files = await uow.records(AchFile).select(state="to-write")
        await uow.records(AchFile).put(withdrawn(each) for each in files)
        names = [each.file for each in files]
        await DEBIT_FILES.forget(uow, names)
        await uow.records(AchDebit).update({"state": "held"}, state="sent", file=names)
        await uow.records(AchDebit).update({"state": "held"}, state="to-send")
        await DEBITS.forget(uow, await DEBITS.waiting(uow))
        numbers = await uow.records(AchNumbers).get(numbers=NUMBERS) or AchNumbers()
        await uow.records(AchNumbers).put([replace(numbers, restored_on=uow.today)])


async def decide_debit(uow: UnitOfWork, payment: str, *, decision: DebitDecision) -> AchDebit:
    """Send a held debit with the next file, or note that a file had it, and return it. One whose account was closed by
    its bank meanwhile is called off in the place of being sent. Its household is locked. Raises `NotFound` and
    `DebitNotHeld`.
    """
    found = await uow.records(AchDebit).get(payment=payment)
    if found is None:
        raise NotFound("there is no debit of such a payment")
    account = await uow.records(BankAccount).get(account=found.account)
    if account is None:
        raise LookupError("a debit is of no account")
    after = decided(found, account, decision=decision)
    await uow.records(AchDebit).put([after])
    return after
