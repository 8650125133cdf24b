"""Whatever a household has lived through: a plain renewal is what the whole rule makes of it (ENR-14)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import BulkheadError
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.book import PolicyBook
from enrollment.application.determine_medicaid import determine_medicaid
from enrollment.application.import_crosswalk import crosswalk_of, import_crosswalk
from enrollment.application.offer_plan import AreaPrices
from enrollment.application.renew_plainly import known_of, renew_plainly
from enrollment.application.renew_policies import renew_by_the_whole_rule
from enrollment.application.renewal_runs import ask_for_renewals, lock_of
from enrollment.application.state_tobacco_use import state_tobacco_use
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.determination import Determination
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.ends import End
from enrollment.domain.households import AreaChange, Household, MedicaidSpan, Member, Relation, TobaccoUse
from enrollment.domain.medicaid import Eligible
from enrollment.domain.people import Person
from enrollment.domain.policies import Policy
from enrollment.domain.renewal_runs import RenewalAct
from enrollment.domain.renewals import Renewal, is_to_be_renewed, owed_late
from enrollment.domain.tobacco import TobaccoStatement
from services.enrollment.tests.builders import DELAWARE, GOLD, SILVER, TEETH, parameters_in, person, plan
from services.enrollment.tests.rated import AGED
from services.enrollment.tests.renewing import BRONZE, OCTOBER, Season, dearer

DOVER = "10 Main Street, Dover DE 19901"
FREE = plan("FREE", kind="dental", single=0)


class Undone(Exception):
    """What was done is to be undone."""


@dataclass(frozen=True, slots=True)
class Life:
    """A household, what it selected for the year before, and what became of it: (days later, what, how much)."""

    people: tuple[Person, ...]
    aptc: int
    subsidy: int
    plans: tuple[str, ...]
    steps: tuple[tuple[int, str, int], ...]


def relative(relation: Relation, born: date, *, tobacco: bool) -> Person:
    return replace(person(relation, born=born.isoformat(), relation=relation), uses_tobacco=tobacco)


def named(people: tuple[Person, ...]) -> tuple[Person, ...]:
    """Return people of whom each has a name of their own."""
    return tuple(replace(each, name=Masked(f"Number {place}")) for place, each in enumerate(people))


def lives(plans: Sequence[tuple[str, ...]], *, year: int, tobacco: bool = False) -> st.SearchStrategy[Life]:
    """Return lives of households before a plan year."""
    uses, adults = st.booleans() if tobacco else st.just(False), st.dates(date(1950, 1, 1), date(1988, 1, 1))
    # The oldest are 26 in the year before: too old for the plan year.
    oldest = st.dates(date(year - 28, 12, 31), date(year - 26, 3, 1))
    children = st.one_of(oldest, st.dates(date(year - 26, 1, 1), date(year - 2, 11, 1)))
    people = st.builds(
        lambda adult, spouses, young: named((adult, *spouses, *young)),
        st.builds(relative, st.just("self"), adults, tobacco=uses),
        st.lists(st.builds(relative, st.just("spouse"), adults, tobacco=uses), max_size=1),
        st.lists(st.builds(relative, st.just("child"), children, tobacco=uses), max_size=4),
    )
    quiet = st.tuples(st.integers(5, 60), st.sampled_from(["assist", "look", "birth"]), st.integers(1, 90))
    any_step = st.tuples(
        st.integers(1, 90),
        st.sampled_from(
            [
                "assist",
                "look",
                "birth",
                "join",
                "leave",
                "end",
                "restore",
                "select",
                "medicaid",
                "renew",
                "reverse",
            ]
            + ["tobacco"] * tobacco
        ),
        st.integers(0, 400),
    )
    return st.builds(
        Life,
        people=people,
        aptc=st.sampled_from([0, 0, 12345, 49999, 54000, 250000]),
        subsidy=st.sampled_from([0, 2500]),
        plans=st.sampled_from(plans),
        steps=st.one_of(
            st.just(()), st.lists(quiet, max_size=2).map(tuple), st.lists(any_step, max_size=5).map(tuple)
        ),
    )


class Playing(Season):
    """A season whose households live for some time."""

    year = 2017

    async def live(self, household: str, life: Life) -> None:
        begins, day = date(self.year - 1, 1, 1), self.now.date()
        if life.aptc or life.subsidy:
            await self.change_assistance(begins, aptc=life.aptc, subsidy=life.subsidy, household=household)
        with suppress(BulkheadError):
            await self.covered(*life.plans, household=household)
        for wait, what, how in life.steps:
            day += timedelta(days=wait)
            self.at(day)
            with suppress(BulkheadError):
                await self.step(household, what, how)

    async def step(self, household: str, what: str, how: int) -> None:
        today = self.now.date()
        following = CoverageMonth.of(today).plus(how % 14).first_day
        match what:
            case "assist":
                await self.change_assistance(following, aptc=how * 101, household=household)
            case "birth":
                born = today - timedelta(days=how % 30)
                child = person("Baby", born=born.isoformat(), relation="child")
                await self.join(child, "birth", born, household=household)
            case "join":
                day = today + timedelta(days=how - 30)
                await self.join(person("Other", relation="spouse"), "marriage", day, household=household)
            case "leave":
                await self.leave(
                    f"{household}-{how % 3 + 1}",
                    "death",
                    today - timedelta(days=how % 40),
                    household=household,
                )
            case "end":
                await self.end(today + timedelta(days=how), household=household, by="operator")
            case "restore":
                await self.restore(household=household)
            case "select":
                event_on = QualifyingEvent(kind="move", on=today)
                await self.covered_by(household, event_on, how)
            case "medicaid":
                await self.medicaid(household, how, following)
            case "tobacco":
                await self.tobacco(
                    household,
                    TobaccoStatement(
                        member=f"{household}-1",
                        since=today + timedelta(days=how),
                        uses=how % 2 == 0,
                        by="operator",
                    ),
                )
            case _:
                acts: dict[str, RenewalAct] = {"look": "plan", "renew": "run", "reverse": "reverse"}
                async with self.uows.begin(now=self.now, households=[lock_of(self.year)]) as uow:
                    await ask_for_renewals(uow, year=self.year, act=acts[what], by="ada")
                await self.walk()

    async def covered_by(self, household: str, event_on: QualifyingEvent, how: int) -> None:
        plans = ("GOLD",) if how % 3 else ("TEETH",)
        selected = await self.select(*plans, household=household, event=None if how % 2 else event_on)
        if how % 5:
            await self.pay_binder(*selected.policies)

    async def medicaid(self, household: str, how: int, begins: date) -> None:
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            await determine_medicaid(
                uow,
                household=household,
                eligible=Eligible(members=(f"{household}-{how % 3 + 1}",), begins=begins),
                parameters=self.parameters,
            )

    async def tobacco(self, household: str, statement: TobaccoStatement) -> None:
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            await state_tobacco_use(uow, household, statement, parameters=self.parameters)

    async def map(self, becomes: dict[str, str | None]) -> None:
        entries = [
            CrosswalkEntry(
                plan_year=self.year,
                plan=each,
                next_plan=next_plan,
                because="same-plan" if each == next_plan else "discontinued",
            )
            for each, next_plan in becomes.items()
        ]
        async with self.uows.begin(now=self.now, households=[lock_of(self.year)]) as uow:
            await import_crosswalk(uow, entries, year=self.year)


async def vermont() -> Playing:
    """Return a season of Vermont, rated by tier: GOLD is not in the crosswalk, FREE goes on as none."""
    desk = Playing()
    await desk.offer(dearer(SILVER, year=2017, single=54000), GOLD, TEETH, FREE, BRONZE)
    await desk.map({"SILVER": "SILVER", "TEETH": "TEETH", "BRONZE": "GOLD", "FREE": None})
    return desk


def in_delaware(year: int, cents: int) -> AreaPrices:
    return AreaPrices(
        plan_year=year,
        rating_area=1,
        monthly_cents={"21": cents},
        tobacco_cents={"21": cents * 13 // 10},
    )


async def delaware() -> Playing:
    """Return a season of Delaware, rated by age and use of tobacco."""
    desk = Playing()
    desk.year = 2019
    desk.parameters = parameters_in(DELAWARE)
    desk.at(date(2017, 11, 3))
    await desk.offer(TEETH)
    await desk.offer(AGED, areas=(in_delaware(2018, 30000), in_delaware(2019, 31000)))
    await desk.map({"AGED": "AGED", "TEETH": "TEETH"})
    return desk


Work = Callable[[UnitOfWork], Awaitable[Any]]


async def all_after(desk: Playing, households: Sequence[str], work: Work) -> tuple[list[Any], list[Any], Any]:
    """Return all rows and what was said of each household after a piece of work, which is then undone, and what it
    came to.
    """
    rows, said, found = list[Any](), list[Any](), None
    with suppress(Undone):
        async with desk.uows.begin(now=desk.now, households=households) as uow:
            found = await work(uow)
            rows += [await uow.records(kind).select() for kind in PolicyBook.KEYS]
            said += [
                (each.record.household, each.event, each.reasons, each.record.business_date)
                for each in uow.emitted
            ]
            raise Undone
    return rows, sorted(said, key=lambda each: each[0]), found


async def due(desk: Playing, households: Sequence[str]) -> list[str]:
    """Return those households of which a policy goes on and is not renewed."""
    async with desk.uows.begin(now=desk.now) as uow:
        policies = await uow.records(Policy).select(household=households)
        renewed = await uow.records(Renewal).select(plan_year=desk.year, state="renewed")
    done = {each.policy for each in renewed}
    return sorted(
        {
            each.household
            for each in policies
            if is_to_be_renewed(each, year=desk.year) and each.policy not in done
        }
    )


async def check(desk: Playing, households: Sequence[str], act: RenewalAct) -> list[str]:
    """Renew plainly what is plain, or look at it, and the same by the whole rule: all rows and events are the same.

    Return the households that are not plain.
    """
    async with desk.uows.begin(now=desk.now) as uow:
        crosswalk = {each.plan: each for each in await crosswalk_of(uow, desk.year)}
    parameters, wanted = desk.parameters.as_of(desk.now.date()), await due(desk, households)

    async def plainly(uow: UnitOfWork) -> tuple[int, list[str]]:
        return await renew_plainly(
            uow,
            await known_of(uow, wanted, year=desk.year),
            year=desk.year,
            only_looks=act == "plan",
            crosswalk=crosswalk,
            parameters=parameters,
        )

    async def by_the_whole_rule(uow: UnitOfWork) -> tuple[int, list[str]]:
        decided = await renew_by_the_whole_rule(
            uow, wanted, year=desk.year, crosswalk=crosswalk, parameters=parameters, act=act
        )
        return decided, []

    _, _, (_, left) = await all_after(desk, wanted, plainly)
    wanted = [each for each in wanted if each not in left]
    if wanted:
        done = await all_after(desk, wanted, plainly)
        assert done == await all_after(desk, wanted, by_the_whole_rule)
    return left


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    one=lives(
        [("SILVER",), ("SILVER", "TEETH"), ("BRONZE", "TEETH"), ("SILVER", "FREE"), ("TEETH",)], year=2017
    ),
    other=lives([("SILVER",), ("BRONZE",), ("GOLD", "TEETH")], year=2017),
    after=st.integers(0, 120),
)
async def test_ENR_14_a_plain_renewal_is_what_the_whole_rule_makes_of_the_household(
    one: Life, other: Life, after: int
) -> None:
    desk = await vermont()
    await check_lives(desk, one, other, after=after, begins=date(2015, 12, 3))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    one=lives([("AGED",), ("AGED", "TEETH")], year=2019, tobacco=True),
    other=lives([("AGED",), ("TEETH",)], year=2019, tobacco=True),
    after=st.integers(0, 120),
)
async def test_ENR_17_a_plain_renewal_by_age_is_what_the_whole_rule_makes_of_the_household(
    one: Life, other: Life, after: int
) -> None:
    desk = await delaware()
    await check_lives(desk, one, other, after=after, begins=date(2017, 11, 3))


async def check_lives(desk: Playing, one: Life, other: Life, *, after: int, begins: date) -> None:
    households = {"h": one, "i": other}
    for household, life in households.items():
        desk.at(begins)
        await desk.register_at(DOVER, household, *life.people)
        await desk.live(household, life)
    desk.at(max(desk.now.date(), date(desk.year - 1, 10, 14)) + timedelta(days=after))
    await check(desk, list(households), "plan")
    event(f"{len(await check(desk, list(households), 'run'))} by the whole rule")


FEBRUARY = date(2017, 2, 1)


async def have(desk: Playing, kind: type[Any], **changes: Any) -> None:
    """Let rows of a kind be otherwise, the last one by key where there are several."""
    async with desk.uows.begin(now=desk.now) as uow:
        last = (await uow.records(kind).select())[-1]
        await uow.records(kind).put([replace(last, **changes)])


async def nothing(_: Playing) -> None: ...


async def assisted_since(desk: Playing, since: date) -> None:
    await desk.change_assistance(since, aptc=54321)


async def moved(desk: Playing) -> None:
    await have(desk, Household, area_changes=(AreaChange(since=FEBRUARY, rating_area=2),))


async def may_not_enroll(desk: Playing) -> None:
    found = Determination(
        aptc_cents=0,
        subsidy_cents=0,
        csr_variant="01",
        income_confirmed=True,
        citizenship_confirmed=False,
        incarcerated=False,
        medicaid=False,
    )
    await have(desk, Household, verification="failed", determination=found)


async def somebody(desk: Playing, **changes: Any) -> None:
    await have(desk, Member, **changes)


async def there_is_nobody_in_between(desk: Playing) -> None:
    async with desk.uows.begin(now=desk.now) as uow:
        first, *others = await uow.records(Member).select()
        july, august = date(2016, 7, 1), date(2016, 8, 1)
        await uow.records(Member).put(
            [replace(first, left=july), *(replace(each, joined=august) for each in others)]
        )


async def another_is_chosen(desk: Playing) -> None:
    desk.at(date(2016, 11, 5))
    await desk.select("GOLD")


async def two_of_a_kind(desk: Playing) -> None:
    async with desk.uows.begin(now=desk.now) as uow:
        prior = next(each for each in await uow.records(Policy).select() if each.kind == "medical")
        await uow.records(Policy).add([replace(prior, policy="another", plan="BRONZE")])


async def renewed_and_taken_back(desk: Playing) -> None:
    await desk.renew()
    await desk.renew("reverse")


async def looked_at(desk: Playing) -> None:
    await desk.renew("plan")
    desk.at(date(2016, 10, 20))


async def told_and_mapped_since(desk: Playing) -> None:
    await desk.map({"SILVER": None, "TEETH": None})
    await desk.renew()
    await desk.map({"SILVER": "SILVER", "TEETH": "TEETH"})
    desk.at(date(2016, 10, 20))


async def late(desk: Playing) -> None:
    async with desk.uows.begin(now=desk.now) as uow:
        await uow.records(Policy).update({"lifecycle": "expired"}, household="h")
        await uow.records(Renewal).add(
            owed_late(await uow.records(Policy).select(), known={}, today=date(2017, 1, 20))
        )
    desk.at(date(2017, 1, 21))


async def lapsed_before(desk: Playing) -> None:
    async with desk.uows.begin(now=desk.now) as uow:
        prior = (await uow.records(Policy).select())[0]
        end = End(decided_by="invoicing", decision="d", through=None, reason="non-payment")
        earlier = replace(
            prior,
            policy="earlier",
            selection="earlier",
            ends=(end,),
            lifecycle="canceled",
            end_reason="non-payment",
        )
        await uow.records(Policy).add([earlier])


async def goes_on_as_none(desk: Playing) -> None:
    await desk.map({"SILVER": "SILVER", "TEETH": None})


Circumstance = Callable[[Playing], Awaitable[None]]
PLAIN: dict[str, Circumstance] = {
    "nothing": nothing,
    "assistance of before": partial(assisted_since, since=date(2016, 6, 1)),
    "assistance from then on": partial(assisted_since, since=date(2017, 1, 1)),
    "joined before": partial(somebody, joined=date(2016, 9, 1)),
    "left before": partial(somebody, left=date(2016, 9, 1)),
    "uses tobacco from then on": partial(
        somebody, tobacco_uses=(TobaccoUse(since=date(2017, 1, 1), uses=True),)
    ),
    "looked at": looked_at,
    "told and mapped since": told_and_mapped_since,
    "lapsed before": lapsed_before,
    "late": late,
}
BY_THE_WHOLE_RULE: dict[str, Circumstance] = {
    "assistance later": partial(assisted_since, since=FEBRUARY),
    "moved": moved,
    "may not enroll": may_not_enroll,
    "joins later": partial(somebody, joined=FEBRUARY),
    "leaves later": partial(somebody, left=FEBRUARY),
    "in Medicaid": partial(somebody, medicaid=(MedicaidSpan(begins=FEBRUARY, off_plans=FEBRUARY),)),
    "too old": partial(somebody, born=Masked("1990-03-03")),
    "uses tobacco later": partial(somebody, tobacco_uses=(TobaccoUse(since=FEBRUARY, uses=True),)),
    "there is nobody in between": there_is_nobody_in_between,
    "another is chosen": another_is_chosen,
    "two of a kind": two_of_a_kind,
    "renewed and taken back": renewed_and_taken_back,
    "goes on as none": goes_on_as_none,
}


@pytest.mark.parametrize("circumstance", [*PLAIN, *BY_THE_WHOLE_RULE])
async def test_ENR_14_who_is_renewed_plainly_and_who_by_the_whole_rule(circumstance: str) -> None:
    desk = await vermont()
    spouse, child = person("Al", relation="spouse"), person("Bo", born="2010-05-05", relation="child")
    await desk.register("h", person(), spouse, child, aptc=12345)
    await desk.covered("SILVER", "TEETH")
    desk.at(OCTOBER)
    await (PLAIN | BY_THE_WHOLE_RULE)[circumstance](desk)
    left = [] if circumstance in PLAIN else ["h"]
    assert await check(desk, ["h"], "plan") == left
    assert await check(desk, ["h"], "run") == left
