"""Credit follows a household that was merged: heard of for one household, moved between two (OPS-5, PAY-11).

Who hears it holds the lock of the one household that the event is about. So what is to be moved is kept, and is moved
by itself afterwards, with the locks of both taken at once and in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bulkhead.kernel.corrections import step
from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import Backlog
from payments.application.facts import CreditCalledBack, CreditPassedOn, HouseholdMerged, MergeReversed
from payments.application.move_payments import apply_moves
from payments.application.waiting import PASSINGS
from payments.domain.corrections import Correction
from payments.domain.passings import (
    MergedHousehold,
    Passing,
    correction_of,
    follows_from,
    moves_back,
    moves_on,
    paid_there,
)
from payments.domain.payments import Payment

MOST_AT_ONCE = 50

DUE = Backlog(Passing, key="passing", retries=PASSINGS, state="due")


async def note_merges(uow: UnitOfWork, told: Sequence[HouseholdMerged | MergeReversed]) -> None:
    """Keep which households go on as others, and which stand for themselves again."""
    for fact in told:
        known = await uow.records(MergedHousehold).get(household=fact.household)
        merged = merged_by(fact, known)
        await uow.records(MergedHousehold).put([] if merged is None else [merged])


def merged_by(fact: HouseholdMerged | MergeReversed, known: MergedHousehold | None) -> MergedHousehold | None:
    """Return what a fact makes of what is known of a household's merge; None where that is of another one."""
    if isinstance(fact, HouseholdMerged):
        return MergedHousehold(household=fact.household, into=fact.into, correction=fact.correction)
    if known is None or known.correction != fact.reverses:
        return None
    return replace(known, stands=False)


async def require_paid_here(uow: UnitOfWork, household: str, *, invoice: str | None) -> None:
    """Raise `PaidThere` for a household that was merged, unless an invoice of it is paid that is still open."""
    merged = await uow.records(MergedHousehold).get(household=household)
    if merged is not None and merged.stands and invoice is None:
        raise paid_there(merged)


async def note_passings(uow: UnitOfWork, told: Sequence[CreditPassedOn | CreditCalledBack]) -> None:
    """Keep what is to be moved on or back; what was heard before stays as it is."""
    await uow.records(Passing).add_new(
        [
            Passing(
                passing=fact.passing,
                household=fact.household,
                into=fact.into,
                merge=fact.correction if isinstance(fact, CreditPassedOn) else fact.reverses,
                back=isinstance(fact, CreditCalledBack),
                taken_from=fact.taken_from if isinstance(fact, CreditPassedOn) else (),
                said_on=uow.today,
            )
            for fact in told
        ]
    )


class PassingPoller:
    """Moves the credit that is to be moved, each by itself."""

    name = "passings"

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self._uows = uows

    async def turn(self, now: datetime) -> int:
        """Move what is due; return how many were done."""

        async def move(passing: Passing) -> int:
            both = [passing.household, passing.into]
            async with self._uows.begin(now=now, households=both) as uow:
                return await pass_on(uow, passing.passing)

        return await DUE.do(
            await self._due(now), move, uows=self._uows, now=now, household=lambda each: each.household
        )

    async def pending(self, now: datetime) -> int:
        """Return how many can be moved now."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[Passing]:
        return await DUE.due(self._uows, now=now, limit=MOST_AT_ONCE)


async def pass_on(uow: UnitOfWork, passing: str) -> int:
    """Move what a passing says, once; return 1, or 0 where it was done. Both households are locked.

    One that was called back before it was done moves nothing.
    """
    known = await uow.records(Passing).get(passing=passing)
    if known is None or known.state != "due":
        return 0
    await uow.records(Passing).put([replace(known, state="done")])
    others = await uow.records(Passing).select(household=known.household, merge=known.merge)
    if known.back:
        await uow.records(Passing).put(replace(each, state="done") for each in others if each.state == "due")
        await _back(uow, known, [each.passing for each in others])
    elif not any(each.back for each in others):
        await _on(uow, known)
    return 1


async def _on(uow: UnitOfWork, passing: Passing) -> None:
    if await uow.records(Correction).get(correction=passing.passing) is not None:
        return  # it was done before the database was restored (ADR 0024)
    wanted = sorted(each.payment for each in passing.taken_from)
    payments = {each.payment: each for each in await uow.records(Payment).select(payment=wanted)}
    moves = moves_on(passing, payments)
    if moves:
        await _do(
            uow,
            passing,
            correction_of(passing.passing, moves, because="registered-twice", reverses=None, now=uow.now),
        )


async def _back(uow: UnitOfWork, passing: Passing, passings: Sequence[str]) -> None:
    for first in await uow.records(Correction).select(correction=sorted(passings), state="applied"):
        arrived = sorted(each.arrives_as for each in first.moves)
        payments = {each.payment: each for each in await uow.records(Payment).select(payment=arrived)}
        moves = moves_back(passing, first, payments)
        if not moves:
            continue
        back = correction_of(
            derived_id("correction", passing.passing, first.correction),
            moves,
            because="correction-in-error",
            reverses=first.correction,
            now=uow.now,
        )
        await _do(uow, passing, back)
        reversed_ = step(first, "reverse", by=back.asked_by, now=uow.now, reversed_by=back.correction)
        await uow.records(Correction).put([reversed_])


async def _do(uow: UnitOfWork, passing: Passing, correction: Correction) -> None:
    await uow.records(Correction).add([correction])
    await apply_moves(uow, correction, follows=(follows_from(passing.merge),))
