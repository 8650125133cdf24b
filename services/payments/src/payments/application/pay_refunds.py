"""Refunds go back through the processor to the card or bank account they came from, retried while it is away
(INV-6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bulkhead.kernel.decisions import Reason
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, do_together
from payments.application.apply_money_facts import PAID_BACK
from payments.application.ports import Processor, RefundImpossible
from payments.application.waiting import REFUNDS, asking
from payments.domain.payments import Payment
from payments.domain.refunds import Refund, RefundPart, by_check, settle_refund, through_processor, withdraw

MOST_AT_ONCE = 50

WITHDRAWN: Final = (
    Reason(rule="PAY-5", says="a payment that was returned is not refunded too: its money went back once"),
)
NOT_THEIRS: Final = (
    Reason(
        rule="PAY-11", says="what turned out to be another household's money is not paid back to this one"
    ),
)

DUE = Backlog(RefundPart, key="reference", retries=REFUNDS, state="due")


class RefundPoller:
    """Asks the processor for the parts of refunds that are due, each by itself."""

    name = "refunds"

    def __init__(self, uows: UnitOfWorkFactory, *, processor: Processor) -> None:
        self._uows = uows
        self._processor = processor

    async def turn(self, now: datetime) -> int:
        """Pay back what is due, once for each part's reference, and withdraw what is of payments that are gone
        (PAY-5, PAY-11); return how many parts.
        """
        due = await self._due(now)
        if not due:
            return 0
        asked, withdrawn = await self._begun(due, now)

        async def pay_back(part: RefundPart) -> int:
            async with asking(self._processor):
                went_back = await self._give_back(part)
            async with self._uows.begin(now=now, households=[part.household]) as uow:
                return await note_paid(uow, part, through_the_processor=went_back)

        return withdrawn + await DUE.do(
            asked, pay_back, uows=self._uows, now=now, household=lambda part: part.household
        )

    async def _begun(self, due: Sequence[RefundPart], now: datetime) -> tuple[list[RefundPart], int]:
        """Begin with parts: together, or one by one where that fails; return as `_begin` does."""

        async def begin(parts: Sequence[RefundPart]) -> tuple[list[RefundPart], int]:
            async with self._uows.begin(now=now, households={each.household for each in parts}) as uow:
                return await _begin(uow, parts)

        async def put_off(part: RefundPart, error: Exception) -> tuple[list[RefundPart], int]:
            item = DUE.key_of(part)
            async with self._uows.begin(now=now, households=[REFUNDS.lock_of(item)]) as uow:
                await REFUNDS.put_off(uow, item, because=error, household=part.household)
            return [], 0

        begun = await do_together(due, do=begin, put_off=put_off)
        return [part for asked, _ in begun for part in asked], sum(withdrawn for _, withdrawn in begun)

    async def pending(self, now: datetime) -> int:
        """Return how many parts can be paid back now: none while the processor is away."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[RefundPart]:
        due = await DUE.due(self._uows, now=now, limit=MOST_AT_ONCE)
        return due if due and await self._processor.is_reachable() else []

    async def _give_back(self, part: RefundPart) -> bool:
        try:
            await self._processor.refund(
                charge=part.charge or "", amount_cents=part.cents, reference=part.reference
            )
        except RefundImpossible:
            return False
        return True


async def _begin(uow: UnitOfWork, due: Sequence[RefundPart]) -> tuple[list[RefundPart], int]:
    """Note that the processor is asked for these parts from now on; return those, and how many were withdrawn.

    From then on a part may have gone back. One of a payment that is gone before is never asked for.
    """
    refunds = sorted({each.refund for each in due})
    found = await uow.records(RefundPart).select(refund=refunds, state="due")
    still = {each.reference: each for each in found}
    parts = [still[each.reference] for each in due if each.reference in still]
    paid_with = await uow.records(Payment).select(payment=sorted({each.payment for each in parts}))
    gone = {each.payment for each in paid_with if each.is_gone}
    asked = [each for each in parts if each.asked_at is not None or each.payment not in gone]
    new = [replace(each, asked_at=uow.now) for each in asked if each.asked_at is None]
    await uow.records(RefundPart).put(new)
    withdrawn = [each for each in parts if each not in asked]
    for part in withdrawn:
        await _withdraw(uow, part)
    return asked, len(withdrawn)


async def note_paid(uow: UnitOfWork, part: RefundPart, *, through_the_processor: bool) -> bool:
    """Note that a part went back, or goes by check where the processor will not take it, or not at all where its
    payment is gone; return whether it was due.

    When it was the refund's last part, the refund is said to be paid (INV-6).
    """
    current = await uow.records(RefundPart).get(refund=part.refund, payment=part.payment)
    if current is None or current.state != "due":
        return False
    if through_the_processor:
        await _done(uow, through_processor(current, today=uow.today))
    elif any(not each.is_gone for each in await uow.records(Payment).select(payment=part.payment)):
        await _done(uow, by_check(current, today=uow.today))
    else:
        await _withdraw(uow, current)
    return True


async def _withdraw(uow: UnitOfWork, part: RefundPart) -> None:
    (payment,) = await uow.records(Payment).select(payment=part.payment)
    withdrawn, freed, told = withdraw(part, payment, today=uow.today)
    why = WITHDRAWN if payment.returned_on is not None else NOT_THEIRS
    await uow.records(Payment).put([freed])
    uow.emit(told, household=told.household, business_date=told.withdrawn_on, reasons=why)
    await _done(uow, withdrawn)


async def _done(uow: UnitOfWork, done: RefundPart) -> None:
    await uow.records(RefundPart).put([done])
    refund = await uow.records(Refund).get(refund=done.refund)
    if refund is None:
        raise LookupError("a part of a refund belongs to none")
    parts = await uow.records(RefundPart).select(refund=done.refund)
    refund, refunded = settle_refund(refund, parts)
    await uow.records(Refund).put([refund])
    if refunded is not None:
        household, on = refunded.household, refunded.refunded_on
        uow.emit(refunded, household=household, business_date=on, reasons=PAID_BACK)
