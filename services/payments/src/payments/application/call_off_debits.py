"""A debit whose account was closed by its bank while it waited is called off, and its money is taken out of the books
(PAY-5, PAY-8).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, NotNow
from payments.application.find_debits import parts_of
from payments.application.return_payment import ReturnOrder, record_returns
from payments.application.waiting import DEBITS_TO_CALL_OFF
from payments.domain.ach_debits import AchDebit, called_off

MOST_AT_ONCE: Final = 200
BY: Final = "debits-to-call-off"
"""Who recorded such a return: nobody of the staff did."""

DUE = Backlog(AchDebit, key="payment", retries=DEBITS_TO_CALL_OFF, state="to-call-off")


class DebitCallOffPoller:
    """Calls off debits of accounts that their banks closed, each by itself."""

    name = "debits-to-call-off"

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self._uows = uows

    async def turn(self, now: datetime) -> int:
        """Call off debits; return how many."""

        async def call_off(each: AchDebit) -> int:
            async with self._uows.begin(now=now) as uow:
                households = await households_of_money(uow, each)
            async with self._uows.begin(now=now, households=households) as uow:
                return await call_off_debit(uow, each.payment, locked=households)

        due = await DUE.due(self._uows, now=now, limit=MOST_AT_ONCE)
        return await DUE.do(due, call_off, uows=self._uows, now=now, household=lambda each: each.household)

    async def pending(self, now: datetime) -> int:
        """Return how many debits can be called off now."""
        return len(await DUE.due(self._uows, now=now, limit=MOST_AT_ONCE))


async def households_of_money(uow: UnitOfWork, debit: AchDebit) -> set[str]:
    """Return whose the money of a debit is by now, and for whom it was drawn."""
    parts = (await parts_of(uow, [debit.payment])).get(debit.payment, [])
    return {debit.household, *(each.household for each in parts)}


async def call_off_debit(uow: UnitOfWork, payment: str, *, locked: Collection[str]) -> bool:
    """Call a debit off, and record of its money that it goes back, whosever it is by now: its household is told, and
    what it had paid is open again. Return whether that was still to be done. The households ``locked`` are.

    Raises `NotNow` where money of it was moved to another one meanwhile.
    """
    debit = await uow.records(AchDebit).get(payment=payment)
    if debit is None or debit.state != "to-call-off":
        return False
    parts = (await parts_of(uow, [payment])).get(payment, [])
    if not {each.household for each in parts} <= set(locked):
        raise NotNow("money of the debit was moved at this moment")
    there = [each for each in parts if each.kept_cents and each.returned_on is None]
    await record_returns(
        uow,
        [
            (
                each,
                ReturnOrder(
                    payment=each.payment,
                    amount_cents=each.kept_cents,
                    kind="closed-account",
                    on=uow.today,
                    reference="not-sent",
                    operator=BY,
                ),
            )
            for each in there
        ],
    )
    await uow.records(AchDebit).put([called_off(debit, because="account-closed" if there else "went-back")])
    return True
