"""A plan year's renewals are asked for, and done in chunks: each household once, whoever is killed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import MOST_TOO_SLOW, TookTooLong, is_its_own
from bulkhead.persistence.ports import UnitOfWork, UnitOfWorkFactory
from enrollment.application.import_crosswalk import crosswalk_of
from enrollment.application.ports import Alarms, Parameters
from enrollment.application.renew_policies import (
    households_to_renew,
    is_owed,
    note_failure,
    plan_renewals,
    renew_policies,
    reverse_renewals,
)
from enrollment.domain.renewal_runs import (
    RenewalAct,
    RenewalRun,
    check_may_begin,
    check_year,
    gone_on,
    has_tried,
    is_season,
    is_slow_for_all,
    no_crosswalk,
    passed_over,
    slowed,
)
from enrollment.domain.renewals import Obstacle, Renewal, RenewalState

CHUNK = 500
"""How many households are done in one transaction."""

STATES: Final[tuple[RenewalState, ...]] = ("planned", "renewed", "unmapped", "chosen", "owed", "reversed")
_LOCK: Final = "renewals:"
NIGHTLY: Final = "nightly duty"
"""Who asks for the walks that nobody else asked for."""


def lock_of(year: int) -> str:
    """Return the name of the lock of a plan year's renewals: no household's id, for it has a colon."""
    return f"{_LOCK}{year}"


async def ask_for_renewals(uow: UnitOfWork, *, year: int, act: RenewalAct, by: str) -> RenewalRun:
    """Ask for a walk through a plan year's renewals, which the worker does; return it.

    The caller holds the year's lock. Raises `RenewalsNotNow`, `NoCrosswalk` or `RenewalRunGoesOn`.
    """
    check_year(year, today=uow.today)
    runs = await runs_of(uow, year)
    check_may_begin(runs)
    if act != "reverse" and not await crosswalk_of(uow, year):
        raise no_crosswalk(year)
    run = RenewalRun(
        plan_year=year,
        number=len(runs) + 1,
        act=act,
        asked_by=by,
        asked_at=uow.now,
        state="running",
        cursor="",
        households=0,
        policies=0,
        failed=0,
        done_at=None,
    )
    await uow.records(RenewalRun).add([run])
    return run


async def runs_of(uow: UnitOfWork, year: int) -> list[RenewalRun]:
    """Return what was asked for about a plan year's renewals, the oldest first."""
    return await uow.records(RenewalRun).select(plan_year=year, order_by=("number",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a plan year's renewals stand: policies by state, and by what is in the way of renewing them or taking them
    back.
    """

    plan_year: int
    runs: Sequence[RenewalRun]
    states: dict[RenewalState, int]
    obstacles: dict[Obstacle, int]


async def report_renewals(uow: UnitOfWork, year: int) -> Report:
    """Return how a plan year's renewals stand."""
    records = uow.records(Renewal)
    obstacles: list[Obstacle] = await records.distinct("obstacle", plan_year=year, obstacle__ne=None)
    return Report(
        plan_year=year,
        runs=await runs_of(uow, year),
        states={each: await records.count(plan_year=year, state=each) for each in STATES},
        obstacles={each: await records.count(plan_year=year, obstacle=each) for each in obstacles},
    )


async def renewals_of(
    uow: UnitOfWork, year: int, *, state: RenewalState | None, after: str, limit: int
) -> list[Renewal]:
    """Return a plan year's renewals after a policy, of one state or of all, by policy."""
    known = {} if state is None else {"state": state}
    return await uow.records(Renewal).select(
        plan_year=year, policy__gt=after, order_by=("policy",), limit=limit, **known
    )


async def years_to_ask_for(uow: UnitOfWork, on: date, after: str, limit: int) -> list[str]:
    """Return the locks of the plan years, in order, whose renewals a night asks for: no walk goes on through them."""
    if uow.today.year != on.year:
        return []
    years = [each for each in (on.year, on.year + 1) if await _is_wanted(uow, each)]
    idle = [each for each in years if all(run.state == "done" for run in await runs_of(uow, each))]
    return [each for each in map(lock_of, idle) if each > after][:limit]


async def ask_nightly(uow: UnitOfWork, _on: date, years: list[str]) -> None:
    """Ask for what became active since to be renewed as well, in these plan years, whose locks are held (ENR-14)."""
    for year in years:
        await ask_for_renewals(uow, year=int(year.removeprefix(_LOCK)), act="run", by=NIGHTLY)


async def next_night(uow: UnitOfWork, today: date) -> date | None:
    """Return today where the night asks for something; None else: nothing is renewed before somebody asks for it."""
    wanted = [await _is_wanted(uow, each) for each in (today.year, today.year + 1)]
    return today if any(wanted) else None


async def _is_wanted(uow: UnitOfWork, year: int) -> bool:
    """Whether a night asks for a plan year's renewals, which somebody asked for before: each does until the year
    begins, then the first one, for what fell on its eve, and those on which a renewal is owed late.
    """
    runs = await runs_of(uow, year)
    if not is_season(runs):
        return False
    return uow.today.year < year or local_date(runs[-1].asked_at).year < year or await is_owed(uow, year)


class RenewalWalker:
    """Does what was asked for, a chunk of households a transaction."""

    name = "renewals"

    def __init__(
        self, uows: UnitOfWorkFactory, *, parameters: Parameters, alarms: Alarms, chunk: int = CHUNK
    ) -> None:
        self._uows = uows
        self._alarms = alarms
        self._parameters = parameters
        self._chunk = chunk

    async def turn(self, now: datetime) -> int:
        """Do the next chunk of what was asked for first; return 1 if there was something to do.

        Raises `Retryable` while the database is away, and after a few tries that took it too long: the next turn goes
        on with fewer households. One that has a fault of ours is noted, and passed over; so is one for which the
        database takes too long however often it is tried alone, but not where it does for one after the other: it is
        slow, and they wait. What that goes by is kept with the walk: a restart of the process changes nothing.
        """
        async with self._uows.begin(now=now) as uow:
            running = await self._running(uow)
            if not running:
                return 0
            seen = running[0]
            households = await households_to_renew(
                uow,
                year=seen.plan_year,
                act=seen.act,
                after=seen.cursor,
                limit=seen.at_once or self._chunk,
            )
        tries = 0
        while True:
            try:
                await self._do(seen, households, now=now)
            except Exception as error:
                if not households or not is_its_own(error):
                    raise
                slow = isinstance(error, TookTooLong)
                if slow:
                    tries += 1
                    seen = await self._note_slow(seen, tried=len(households), now=now)
                if len(households) == 1 and (not slow or has_tried(seen)):
                    self._alarms.household_not_renewed(household=households[0], error=error)
                    if not (slow and is_slow_for_all(seen)):
                        await self._pass_over(seen, households[0], now=now)
                        return 1
                households = households[: max(1, len(households) // 2)]
                if tries >= MOST_TOO_SLOW:
                    raise
            else:
                return 1

    async def pending(self, now: datetime) -> int:
        """Return how many walks are not done."""
        async with self._uows.begin(now=now) as uow:
            return len(await self._running(uow))

    async def _running(self, uow: UnitOfWork) -> list[RenewalRun]:
        return await uow.records(RenewalRun).select(state="running", order_by=("asked_at", "plan_year"))

    async def _do(self, seen: RenewalRun, households: list[str], *, now: datetime) -> None:
        locks = [lock_of(seen.plan_year), *households]
        async with self._uows.begin(now=now, households=locks) as uow:
            if not await _is_as(uow, seen):
                return
            if not households:
                await uow.records(RenewalRun).put([replace(seen, state="done", done_at=now)])
                return
            decided = await self._act(uow, seen, households)
            await uow.records(RenewalRun).put([gone_on(seen, households, policies=decided)])

    async def _act(self, uow: UnitOfWork, run: RenewalRun, households: list[str]) -> int:
        match run.act:
            case "plan":
                return await plan_renewals(uow, households, year=run.plan_year, parameters=self._parameters)
            case "run":
                return await renew_policies(uow, households, year=run.plan_year, parameters=self._parameters)
            case "reverse":
                return await reverse_renewals(uow, households, year=run.plan_year)

    async def _pass_over(self, seen: RenewalRun, household: str, *, now: datetime) -> None:
        async with self._uows.begin(now=now, households=[lock_of(seen.plan_year), household]) as uow:
            if await _is_as(uow, seen):
                await note_failure(uow, household, year=seen.plan_year, act=seen.act)
                await uow.records(RenewalRun).put([passed_over(seen, household)])

    async def _note_slow(self, seen: RenewalRun, *, tried: int, now: datetime) -> RenewalRun:
        """Note that the database took too long for so many households at once; return the walk with that."""
        noted = slowed(seen, tried=tried)
        async with self._uows.begin(now=now, households=[lock_of(seen.plan_year)]) as uow:
            if await _is_as(uow, seen):
                await uow.records(RenewalRun).put([noted])
        return noted


async def _is_as(uow: UnitOfWork, seen: RenewalRun) -> bool:
    """Whether a walk is where it was seen: else another worker has gone on with it."""
    return await uow.records(RenewalRun).get(plan_year=seen.plan_year, number=seen.number) == seen
