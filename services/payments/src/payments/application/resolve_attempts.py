"""Attempts left open by a crash or a silent processor are asked after until it is known what became of them.

No captured money is lost, and none is recorded twice: the processor is asked by our reference, and the
payment has the attempt's id (PAY-1).
"""

from __future__ import annotations

from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from payments.application.ports import Charge, Processor, ProcessorSilent, ProcessorUnreachable
from payments.application.take_online_payment import UnderWay, note_declined, record_online_payment
from payments.domain.attempts import Attempt, is_to_be_asked, not_found
from payments.domain.parameters import ParametersOn

MOST_AT_ONCE = 200


class AttemptPoller:
    """Asks the processor after open attempts, a few at a turn."""

    name = "attempts"

    def __init__(
        self,
        uows: UnitOfWorkFactory,
        *,
        processor: Processor,
        under_way: UnderWay,
        parameters_on: ParametersOn,
    ) -> None:
        self._uows = uows
        self._processor = processor
        self._under_way = under_way
        self._parameters_on = parameters_on

    async def turn(self, now: datetime) -> int:
        """Ask after the oldest open attempts and record what is found; return how many were resolved."""
        resolved = 0
        for attempt in await self._open(now):
            try:
                charge = await self._processor.find(reference=attempt.payment)
            except (ProcessorUnreachable, ProcessorSilent):
                break  # away: all are asked after at a later turn
            async with self._uows.begin(now=now, households=[attempt.household]) as uow:
                resolved += await resolve_attempt(
                    uow, attempt.payment, charge=charge, parameters_on=self._parameters_on
                )
        return resolved

    async def pending(self, now: datetime) -> int:
        """Return how many attempts can be asked after now: none while the processor is away."""
        waiting = await self._open(now)
        return len(waiting) if waiting and await self._processor.is_reachable() else 0

    async def _open(self, now: datetime) -> list[Attempt]:
        async with self._uows.begin(now=now) as uow:
            undecided = await uow.records(Attempt).select(
                state=["started", "missing"], order_by=("-state", "started_at"), limit=MOST_AT_ONCE
            )
        return [
            each for each in undecided if each.payment not in self._under_way and is_to_be_asked(each, now)
        ]


async def resolve_attempt(
    uow: UnitOfWork, payment: str, *, charge: Charge | None, parameters_on: ParametersOn
) -> bool:
    """Keep what the processor knows of an attempt, None for nothing; return whether that changed anything.

    Money it took is recorded as received on the day it was tried (PAY-1).
    """
    attempt = await uow.records(Attempt).get(payment=payment)
    if attempt is None or attempt.state not in ("started", "missing"):
        return False  # its own request has come to an end meanwhile
    if charge is None:
        await uow.records(Attempt).put([not_found(attempt, now=uow.now)])
    elif charge.status == "declined":
        await note_declined(uow, payment)
    else:
        await record_online_payment(uow, payment, charge=charge, parameters_on=parameters_on)
    return True
