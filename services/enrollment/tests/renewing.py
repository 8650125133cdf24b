"""A desk whose households have coverage of 2016, and what renews it for 2017."""

from __future__ import annotations

from datetime import date

from bulkhead.persistence.ports import UnitOfWorkFactory
from enrollment.adapters.alarms import LogAlarms
from enrollment.application.import_crosswalk import import_crosswalk
from enrollment.application.renewal_runs import (
    RenewalWalker,
    ask_for_renewals,
    ask_nightly,
    lock_of,
    years_to_ask_for,
)
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.plans import Because, Plan, YearPrices
from enrollment.domain.renewal_runs import RenewalAct, RenewalRun
from enrollment.domain.renewals import Renewal
from services.enrollment.tests.builders import GOLD, TEETH, Desk, plan

OCTOBER, NEW_YEAR, EVE = date(2016, 10, 14), date(2017, 1, 1), date(2016, 12, 31)
SILVER = plan("SILVER")
BRONZE = plan("BRONZE", single=40000, year=2016)


def dearer(each: Plan, *, year: int, single: int) -> Plan:
    """Return a plan that costs something else in a plan year, other tiers as `plan` has them."""
    return Plan(
        plan=each.plan,
        carrier=each.carrier,
        kind=each.kind,
        single_cents=each.single_cents,
        couple_cents=each.couple_cents,
        parent_cents=each.parent_cents,
        family_cents=each.family_cents,
        plan_year=each.plan_year,
        years=(
            YearPrices(
                plan_year=year,
                single_cents=single,
                couple_cents=2 * single,
                parent_cents=2 * single,
                family_cents=3 * single,
            ),
        ),
    )


def entry(name: str, becomes: str | None, because: Because = "same-plan") -> CrosswalkEntry:
    """Return what becomes of a plan in 2017."""
    return CrosswalkEntry(plan_year=2017, plan=name, next_plan=becomes, because=because)


ALL = (
    entry("SILVER", "SILVER"),
    entry("GOLD", "GOLD"),
    entry("TEETH", "TEETH"),
    entry("BRONZE", "SILVER", "discontinued"),
)


class Season(Desk):
    """A desk with renewals."""

    async def begin(self, *households: str, plans: tuple[str, ...] = ("SILVER",), aptc: int = 0) -> Season:
        """Give these households coverage of 2016, and say what becomes of each plan in 2017."""
        await self.offer(dearer(SILVER, year=2017, single=54000), GOLD, TEETH, BRONZE)
        for each in households or ("h",):
            await self.register(each, aptc=aptc)
            await self.covered(*plans, household=each)
        self.at(OCTOBER)
        await self.crosswalk(*ALL)
        return self

    async def crosswalk(self, *entries: CrosswalkEntry) -> None:
        """Say what becomes of plans in 2017."""
        async with self.uows.begin(now=self.now, households=[lock_of(2017)]) as uow:
            await import_crosswalk(uow, entries, year=2017)

    async def ask(self, act: RenewalAct = "run", *, year: int = 2017) -> RenewalRun:
        """Ask for a walk."""
        async with self.uows.begin(now=self.now, households=[lock_of(year)]) as uow:
            return await ask_for_renewals(uow, year=year, act=act, by="ada")

    def walker(self, *, chunk: int = 500, uows: UnitOfWorkFactory | None = None) -> RenewalWalker:
        """Return who does what was asked for."""
        return RenewalWalker(uows or self.uows, parameters=self.parameters, alarms=LogAlarms(), chunk=chunk)

    async def walk(self, *, chunk: int = 500) -> None:
        """Do all that was asked for."""
        walker = self.walker(chunk=chunk)
        while await walker.turn(self.now):
            pass

    async def night(self) -> None:
        """Do what a night does about renewals."""
        today = self.now.date()
        async with self.uows.begin(now=self.now) as uow:
            years = await years_to_ask_for(uow, today, after="", limit=500)
        async with self.uows.begin(now=self.now, households=years) as uow:
            await ask_nightly(uow, today, years)
        await self.walk()

    async def renew(self, act: RenewalAct = "run", *, chunk: int = 500) -> RenewalRun:
        """Ask for a walk and do it; return it, done."""
        asked = await self.ask(act)
        await self.walk(chunk=chunk)
        (done,) = [each for each in await self.stored(RenewalRun) if each.number == asked.number]
        assert done.state == "done"
        return done

    async def renewals(self) -> list[tuple[str, str, str, str | None]]:
        """Return household, plan, state and what it becomes or what is in the way."""
        return sorted(
            (each.household, each.plan, each.state, each.obstacle or each.next_plan)
            for each in await self.stored(Renewal)
        )
