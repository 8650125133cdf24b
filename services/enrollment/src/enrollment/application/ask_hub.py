"""The hub is asked about households by the worker, each by itself, and never while anybody waits (ENR-10, I9).

While it is away it rests as an item of waiting work, longer and longer, and nobody is asked about: that is the circuit
breaker, kept in the database, the same for all workers and after a restart (ADR 0031).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from bulkhead.retries.one_by_one import MOST_FAILING_IN_A_ROW, Backlog, NotNow, OutOfReach
from enrollment.application.book import PolicyBook
from enrollment.application.decide_eligibility import note_decided
from enrollment.application.find_household import members_of
from enrollment.application.ports import Hub, HubAway, HubMisunderstood, HubSilent, Parameters
from enrollment.application.waiting import HUB, VERIFICATIONS
from enrollment.domain.determination import Determination
from enrollment.domain.eligibility import Question, answered, counts_from, question_of
from enrollment.domain.households import Household
from enrollment.domain.policies import Policy

MOST_AT_ONCE = 100

THE_HUB: Final = "hub"
"""The name under which the hub itself waits."""

TO_ASK_ABOUT = Backlog(
    Household,
    key="household",
    retries=VERIFICATIONS,
    awaits_hub=True,
)


class HubPoller:
    """Asks the hub about the households that it has not answered about yet."""

    name = "hub"

    def __init__(self, uows: UnitOfWorkFactory, *, hub: Hub, parameters: Parameters) -> None:
        self._uows = uows
        self._hub = hub
        self._parameters = parameters
        self._silent_in_a_row = self._odd_in_a_row = 0

    async def turn(self, now: datetime) -> int:
        """Ask about households and keep what is answered; return how many were answered, or 1 for a hub that is back.

        A hub that is away, or silent or odd about several in a row, is asked again later and later: first about one
        household.
        Raises `Retryable` while the database is away.
        """
        was_away, due = await self._due(now)
        if was_away and not due:
            return await self._look(now)
        return await TO_ASK_ABOUT.do(
            due,
            lambda household: self._ask(household.household, now=now, was_away=was_away),
            uows=self._uows,
            now=now,
            household=TO_ASK_ABOUT.key_of,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many households can be asked about now, 1 to look whether the hub is back: none while it rests."""
        was_away, due = await self._due(now)
        return max(len(due), was_away)

    async def _due(self, now: datetime) -> tuple[bool, Sequence[Household]]:
        """Return whether the hub was away when it was last asked, and has rested since, and whom to ask about now."""
        async with self._uows.begin(now=now) as uow:
            away, resting = await HUB.waiting_and_resting(uow)
            if resting:
                return False, ()
            return bool(away), await TO_ASK_ABOUT.next(uow, limit=1 if away else MOST_AT_ONCE)

    async def _look(self, now: datetime) -> int:
        """Look whether the hub is back, where there is nobody to ask about: return 1 if it is, else it rests again."""
        if not await self._hub.is_reachable():
            await self._rest(HubAway("the hub cannot be reached"), now=now)
            return 0
        await self._is_back(now)
        return 1

    async def _is_back(self, now: datetime) -> None:
        async with self._uows.begin(now=now, households=[HUB.lock_of(THE_HUB)]) as uow:
            await HUB.forget(uow, [THE_HUB])

    async def _ask(self, household: str, *, now: datetime, was_away: bool) -> int:
        async with self._uows.begin(now=now) as uow:
            asked = await _question(uow, household)
        if asked is None:
            return 0
        determination = await self._determine(asked, now=now, was_away=was_away)
        if was_away:
            await self._is_back(now)
        async with self._uows.begin(now=now, households=[household]) as uow:
            return await note_answer(uow, asked, determination, parameters=self._parameters)

    async def _determine(self, question: Question, *, now: datetime, was_away: bool) -> Determination:
        try:
            determination = await self._hub.determine(question)
        except HubAway as away:
            await self._rest(away, now=now)
            raise OutOfReach(str(away)) from away
        except HubSilent as silent:
            self._silent_in_a_row += 1
            most = was_away or self._silent_in_a_row >= MOST_FAILING_IN_A_ROW
            if most or not await self._hub.is_reachable():
                await self._rest(silent, now=now)
                raise OutOfReach(str(silent)) from silent
            raise NotNow(str(silent)) from silent
        except HubMisunderstood as odd:
            self._silent_in_a_row = 0
            self._odd_in_a_row += 1
            if self._odd_in_a_row >= MOST_FAILING_IN_A_ROW:
                await self._rest(HubSilent(str(odd)), now=now)
                raise OutOfReach(str(odd)) from odd
            raise
        self._silent_in_a_row = self._odd_in_a_row = 0
        return determination

    async def _rest(self, because: Retryable, *, now: datetime) -> None:
        self._silent_in_a_row = self._odd_in_a_row = 0
        async with self._uows.begin(now=now, households=[HUB.lock_of(THE_HUB)]) as uow:
            await HUB.put_off(uow, THE_HUB, because=because)


async def note_answer(
    uow: UnitOfWork, question: Question, determination: Determination, *, parameters: Parameters
) -> int:
    """Keep what the hub answered, with all that follows; return 1, or 0 where what was asked is no longer so: then it
    is asked anew. The household is locked.
    """
    if await _question(uow, question.household) != question:
        return 0
    await VERIFICATIONS.forget(uow, [question.household])
    book = await PolicyBook.load(uow, [question.household])
    in_force = parameters.as_of(uow.today)
    decided = answered(
        book.get(Household, question.household),
        determination,
        since=counts_from(book.rows(Policy), today=uow.today),
        today=uow.today,
        parameters=in_force,
    )
    await note_decided(uow, book, decided, parameters=in_force)
    return 1


async def _question(uow: UnitOfWork, household: str) -> Question | None:
    """Return what the hub is to be asked about a household now, None where it need not be."""
    known = await uow.records(Household).get(household=household)
    if known is None or not known.awaits_hub:
        return None
    return question_of(
        known,
        members=await members_of(uow, household),
        policies=await uow.records(Policy).select(household=household),
        today=uow.today,
    )
