"""Refunds go back through the processor to the card or bank account they came from, retried while it is away
(INV-6).
"""

from __future__ import annotations

from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.apply_money_facts import say_refunded
from payments.application.failures import ask_one_by_one, failure_of
from payments.application.ports import Alarms, Processor, RefundImpossible
from payments.domain.refunds import Refund, RefundPart, by_check, settle_refund, through_processor
from payments.domain.retries import put_off

MOST_AT_ONCE = 50


class RefundPoller:
    """Asks the processor for the parts of refunds that are due, each by itself."""

    name = "refunds"

    def __init__(self, uows: UnitOfWorkFactory, *, processor: Processor, alarms: Alarms) -> None:
        self._uows = uows
        self._processor = processor
        self._alarms = alarms

    async def turn(self, now: datetime) -> int:
        """Pay back what is due, once for each part's reference; return how many parts."""

        async def ask(part: RefundPart) -> int:
            went_back = await self._give_back(part)
            async with self._uows.begin(now=now, households=[part.household]) as uow:
                return await note_paid(uow, part, through_the_processor=went_back)

        async def note_failure(part: RefundPart, error: Exception) -> None:
            self._alarms.stuck(poller=self.name, item=part.reference, error=error)
            async with self._uows.begin(now=now, households=[part.household]) as uow:
                await put_part_off(uow, part, failure=failure_of(error))

        return await ask_one_by_one(
            await self._due(now), processor=self._processor, ask=ask, on_failure=note_failure
        )

    async def pending(self, now: datetime) -> int:
        """Return how many parts can be paid back now: none while the processor is away."""
        waiting = await self._due(now)
        return len(waiting) if waiting and await self._processor.is_reachable() else 0

    async def _due(self, now: datetime) -> list[RefundPart]:
        async with self._uows.begin(now=now) as uow:
            return await uow.records(RefundPart).select(
                state="due", retry_at__le=now, order_by=("retry_at", "reference"), limit=MOST_AT_ONCE
            )

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
        say_refunded(uow, refunded)
    return True


async def put_part_off(uow: UnitOfWork, part: RefundPart, *, failure: str) -> None:
    """Note why a part could not be paid back, and ask again later, unless it is paid now."""
    current = await _still_due(uow, part)
    if current is not None:
        await uow.records(RefundPart).put([put_off(current, failure=failure, now=uow.now)])


async def _still_due(uow: UnitOfWork, part: RefundPart) -> RefundPart | None:
    current = await uow.records(RefundPart).get(refund=part.refund, payment=part.payment)
    return current if current is not None and current.state == "due" else None
