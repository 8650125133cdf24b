"""Attempts left open by a crash or a silent processor are asked after until it is known what became of them.

No captured money is lost, and none is recorded twice: the processor is asked by our reference, and the
payment has the attempt's id (PAY-1).
"""

from __future__ import annotations

from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog
from payments.application.ports import Charge, Parameters, Processor
from payments.application.take_online_payment import UnderWay, note_declined, record_online_payment
from payments.application.waiting import ATTEMPTS, asking
from payments.domain.attempts import ASK_AGAIN_AFTER, DECIDED, UNDECIDED, Attempt, not_found

MOST_AT_ONCE = 50
"""Each is some calls of the processor, one after the other, and is dated by when its turn began."""

OPEN = Backlog(Attempt, key="payment", retries=ATTEMPTS, state=UNDECIDED)


class AttemptPoller:
    """Asks the processor after open attempts, a few at a turn, each by itself."""

    name = "attempts"

    def __init__(
        self,
        uows: UnitOfWorkFactory,
        *,
        processor: Processor,
        under_way: UnderWay,
        parameters: Parameters,
    ) -> None:
        self._uows = uows
        self._processor = processor
        self._under_way = under_way
        self._parameters = parameters

    async def turn(self, now: datetime) -> int:
        """Ask after open attempts and record what is found; return how many were resolved."""

        async def ask(attempt: Attempt) -> int:
            async with asking(self._processor):
                charge = await self._processor.find(reference=attempt.payment)
            async with self._uows.begin(now=now, households=[attempt.household]) as uow:
                return await resolve_attempt(uow, attempt.payment, charge=charge, parameters=self._parameters)

        return await OPEN.do(
            await self._due(now), ask, uows=self._uows, now=now, household=lambda attempt: attempt.household
        )

    async def pending(self, now: datetime) -> int:
        """Return how many attempts can be asked after now: none while the processor is away."""
        waiting = await self._due(now)
        return len(waiting) if waiting and await self._processor.is_reachable() else 0

    async def _due(self, now: datetime) -> list[Attempt]:
        due = await OPEN.due(self._uows, now=now, limit=MOST_AT_ONCE)
        return [each for each in due if each.payment not in self._under_way]


async def resolve_attempt(
    uow: UnitOfWork, payment: str, *, charge: Charge | None, parameters: Parameters
) -> bool:
    """Keep what the processor knows of an attempt, None for nothing; return whether that changed anything.

    Money it took is recorded as received on the day the attempt counts on (PAY-1), also where we had believed that
    nothing was taken: then from today.
    """
    attempt = await uow.records(Attempt).get(payment=payment)
    if attempt is None or attempt.state in DECIDED:
        return False  # its own request has come to an end meanwhile
    if charge is None:
        if attempt.state not in UNDECIDED:
            return False
        after = not_found(attempt)
        await uow.records(Attempt).put([after])
        if after.state in UNDECIDED:
            until = uow.now + ASK_AGAIN_AFTER
            await ATTEMPTS.wait_until(
                uow,
                payment,
                until=until,
                because="the processor does not know it yet",
                household=attempt.household,
            )
    elif not charge.brings_money:
        await note_declined(uow, payment, charge=charge)
    else:
        await record_online_payment(uow, payment, charge=charge, parameters=parameters)
    return True
