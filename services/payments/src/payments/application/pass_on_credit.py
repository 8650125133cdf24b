"""Credit follows a household that was merged: heard of for one household, moved between two (OPS-5, PAY-11).

Who hears it holds the lock of the one household that the event is about. So what is to be moved is kept, and is moved
by itself afterwards, with the locks of both taken at once and in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

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
    is_passed_on,
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
    survivor = await survivor_of(uow, household)
    if survivor != household and invoice is None:
        raise paid_there(survivor)


async def survivor_of(uow: UnitOfWork, household: str) -> str:
    """Return as which household one goes on, through all that were merged since: itself where it was not merged.

    Enrollment merges what stands into what stands, so that no chain closes. What is heard of two households comes in
    any order: one that was heard of closing ends where it began.
    """
    at, passed = household, {household}
    while (merged := await uow.records(MergedHousehold).get(household=at)) is not None and merged.stands:
        if merged.into in passed:
            break
        at = merged.into
        passed.add(at)
    return at


async def note_passings(uow: UnitOfWork, told: Sequence[CreditPassedOn | CreditCalledBack]) -> None:
    """Keep what is to be moved on or back; what was heard before stays as it is."""
    await uow.records(Passing).add_new(passing_of(fact, said_on=uow.today) for fact in told)


def passing_of(fact: CreditPassedOn | CreditCalledBack, *, said_on: date) -> Passing:
    """Return what is to be moved by what invoicing said."""
    return Passing(
        passing=fact.passing,
        household=fact.household,
        into=fact.into,
        merge=fact.correction if isinstance(fact, CreditPassedOn) else fact.reverses,
        back=isinstance(fact, CreditCalledBack),
        taken_from=fact.taken_from if isinstance(fact, CreditPassedOn) else (),
        said_on=said_on,
    )


class PassingPoller:
    """Moves the credit that is to be moved, each by itself."""

    name = "passings"

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self._uows = uows

    async def turn(self, now: datetime) -> int:
        """Move what is due; return how many were done."""

        async def move(passing: Passing) -> int:
            return await self._move(passing, now)

        return await DUE.do(
            await self._due(now), move, uows=self._uows, now=now, household=lambda each: each.household
        )

    async def _move(self, passing: Passing, now: datetime) -> int:
        locked: set[str] = set()
        wanted = {passing.household, passing.into}
        while True:
            locked |= wanted
            async with self._uows.begin(now=now, households=locked) as uow:
                wanted = await whose_money_it_is(uow, passing)
                if wanted <= locked:
                    return await pass_on(uow, passing.passing)

    async def pending(self, now: datetime) -> int:
        """Return how many can be moved now."""
        return len(await self._due(now))

    async def _due(self, now: datetime) -> list[Passing]:
        return await DUE.due(self._uows, now=now, limit=MOST_AT_ONCE)


async def whose_money_it_is(uow: UnitOfWork, passing: Passing) -> set[str]:
    """Return the households between which money moves by a passing: more than two where what is called back was passed
    on from where it had gone.
    """
    found = {passing.household, passing.into}
    if passing.back:
        for first in await _moved_by(uow, await _of_its_merge(uow, passing)):
            found |= {each.household for each in await _there(uow, passing, first)}
    return found


async def pass_on(uow: UnitOfWork, passing: str) -> int:
    """Move what a passing says, once; return 1, or 0 where it was done. All households whose money it is are locked.

    One that was called back before it was done moves nothing.
    """
    known = await uow.records(Passing).get(passing=passing)
    if known is None or known.state != "due":
        return 0
    await uow.records(Passing).put([replace(known, state="done")])
    others = await _of_its_merge(uow, known)
    if known.back:
        await uow.records(Passing).put(replace(each, state="done") for each in others if each.state == "due")
        await _back(uow, known, others)
    elif not any(each.back for each in others):
        await _on(uow, known)
    return 1


async def _of_its_merge(uow: UnitOfWork, passing: Passing) -> list[Passing]:
    return await uow.records(Passing).select(household=passing.household, merge=passing.merge)


async def _moved_by(uow: UnitOfWork, passings: Sequence[Passing]) -> list[Correction]:
    """Return the corrections by which these passings moved money that was not taken back since."""
    ids = sorted(each.passing for each in passings)
    return await uow.records(Correction).select(correction=ids, state="applied")


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


async def _back(uow: UnitOfWork, passing: Passing, passings: Sequence[Passing]) -> None:
    for first in await _moved_by(uow, passings):
        moves = moves_back(passing, await _there(uow, passing, first))
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


async def _there(uow: UnitOfWork, passing: Passing, first: Correction) -> list[Payment]:
    """Return the payments that the money a correction moved on is now, all those it was meanwhile among them.

    Where the household that it went to was merged too, it went on from there, and may have come back. It is followed
    through such moves alone: what staff moved is whose they say.
    """
    followed, found = {first.correction}, list[Payment]()
    payments = uow.records(Payment)
    there = await payments.select(payment=sorted(each.arrives_as for each in first.moves))
    while there:
        found += there
        left = await payments.select(moved_from=sorted(each.payment for each in there if each.moved_cents))
        made_by = sorted({each.correction for each in left if each.correction is not None})
        reversals = {
            each.correction
            for each in await uow.records(Correction).select(correction=made_by)
            if each.reverses in followed
        }
        there = [
            each
            for each in left
            if each.household != passing.household and (is_passed_on(each) or each.correction in reversals)
        ]
        followed |= {each.correction for each in there if each.correction is not None}
    return found


async def _do(uow: UnitOfWork, passing: Passing, correction: Correction) -> None:
    await uow.records(Correction).add([correction])
    await apply_moves(uow, correction, follows=(follows_from(passing.merge),))
