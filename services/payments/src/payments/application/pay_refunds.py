"""Refunds go back through the processor to the card or bank account they came from, retried while it is away
(INV-6).
"""

from __future__ import annotations

from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog, do_one_by_one
from payments.application.apply_money_facts import PAID_BACK
from payments.application.ports import Processor, RefundImpossible
from payments.application.waiting import REFUNDS, asking
from payments.domain.refunds import Refund, RefundPart, by_check, settle_refund, through_processor

MOST_AT_ONCE = 50


DUE = Backlog(RefundPart, key="reference", retries=REFUNDS, state="due")


class RefundPoller:
    """Asks the processor for the parts of refunds that are due, each by itself."""

    name = "refunds"

    def __init__(self, uows: UnitOfWorkFactory, *, processor: Processor) -> None:
        self._uows = uows
        self._processor = processor

    async def turn(self, now: datetime) -> int:
        """Pay back what is due, once for each part's reference; return how many parts."""

        async def pay_back(part: RefundPart) -> int:
            async with asking(self._processor):
                went_back = await self._give_back(part)
            async with self._uows.begin(now=now, households=[part.household]) as uow:
                return await note_paid(uow, part, through_the_processor=went_back)

        return await do_one_by_one(
            await self._due(now),
            retries=REFUNDS,
            uows=self._uows,
            now=now,
            key=DUE.key_of,
            do=pay_back,
            household=lambda part: part.household,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many parts can be paid back now: none while the processor is away."""
        waiting = await self._due(now)
        return len(waiting) if waiting and await self._processor.is_reachable() else 0

    async def _due(self, now: datetime) -> list[RefundPart]:
        async with self._uows.begin(now=now) as uow:
            return await DUE.next(uow, limit=MOST_AT_ONCE)

    async def _give_back(self, part: RefundPart) -> bool:
        try:
            await self._processor.refund(
                charge=part.charge or "", amount_cents=part.cents, reference=part.reference
            )
        except RefundImpossible:
            return False
        return True


async def note_paid(uow: UnitOfWork, part: RefundPart, *, through_the_processor: bool) -> bool:
    """Note that a part went back, or goes by check where the processor will not take it; return whether it
    was due.

    When it was the refund's last part, the refund is said to be paid (INV-6).
    """
    current = await _still_due(uow, part)
    if current is None:
        return False
    done = (
        through_processor(current, today=uow.today)
        if through_the_processor
        else by_check(current, today=uow.today)
    )
    await uow.records(RefundPart).put([done])
    refund = await uow.records(Refund).get(refund=part.refund)
    if refund is None:
        raise LookupError("a part of a refund belongs to none")
    parts = await uow.records(RefundPart).select(refund=part.refund)
    refund, refunded = settle_refund(refund, parts)
    await uow.records(Refund).put([refund])
    if refunded is not None:
        household, on = refunded.household, refunded.refunded_on
        uow.emit(refunded, household=household, business_date=on, reasons=PAID_BACK)
    return True


async def _still_due(uow: UnitOfWork, part: RefundPart) -> RefundPart | None:
    current = await uow.records(RefundPart).get(refund=part.refund, payment=part.payment)
    return current if current is not None and current.state == "due" else None
