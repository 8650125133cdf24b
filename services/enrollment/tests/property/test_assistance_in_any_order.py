"""Whatever comes to stand or goes away, in any order: assistance is split as if all were rated together (ENR-8)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Impossible, Refused
from enrollment.application import facts
from enrollment.domain.assistance import Assistance
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.households import Household
from enrollment.domain.months import PolicyVersion, version_on
from enrollment.domain.policies import Policy, months_of, versions_of
from services.enrollment.tests.builders import (
    GOLD,
    MASSACHUSETTS,
    TEETH,
    expired,
    granted,
    lapsed,
    parameters_in,
    person,
)
from services.enrollment.tests.reader import told, truth
from services.enrollment.tests.renewing import BRONZE, SILVER, Season, dearer, entry

NEXT_YEARS = (dearer(SILVER, year=2017, single=54000), GOLD, TEETH, BRONZE)
SPOUSE = person("June the Second", born="1981-05-05", relation="spouse")
ASSISTANCE = st.sampled_from([0, 7000, 40000, 51000, 56000, 150000])

ACTS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 75)),
    st.tuples(
        st.just("select"), st.lists(st.sampled_from(["SILVER", "GOLD", "TEETH"]), min_size=1, max_size=2)
    ),
    st.tuples(st.just("transfer"), st.sampled_from(["SILVER", "TEETH"])),
    st.tuples(st.just("end"), st.tuples(st.integers(0, 3), st.integers(-40, 60))),
    st.tuples(st.just("paid"), st.integers(0, 5)),
    st.tuples(st.just("lapsed"), st.integers(0, 5)),
    st.tuples(st.just("expired"), st.tuples(st.integers(0, 5), st.integers(-3, 0))),
    st.tuples(st.just("reinstated"), st.integers(0, 5)),
    st.tuples(st.just("restored by staff"), st.none()),
    st.tuples(st.just("assistance"), st.tuples(ASSISTANCE, st.integers(-4, 4))),
    st.tuples(st.just("birth"), st.integers(-40, 0)),
    st.tuples(st.just("death"), st.integers(-40, 0)),
    st.tuples(st.just("renewed"), st.sampled_from([(), ("SILVER",), ("TEETH",)])),
)


class Play:
    """Plays acts of a household and of others about it; what is refused has no effect."""

    def __init__(self, *, rolls: bool) -> None:
        self.desk = Season()
        if rolls:
            self.desk.at(date(2014, 12, 20)).parameters = parameters_in(MASSACHUSETTS)
        self.decisions = 0

    async def run(self, acts: Sequence[tuple[str, Any]], *, aptc: int) -> None:
        await self.desk.offer(*NEXT_YEARS)
        await self.desk.register("h", person(), SPOUSE, aptc=aptc, subsidy=2500)
        for what, how in acts:
            try:
                await self.act(what, how)
            except (Refused, Impossible):
                continue
            self.check()

    async def act(self, what: str, how: Any) -> None:
        desk, today = self.desk, self.desk.now.date()
        move = QualifyingEvent(kind="move", on=today - timedelta(days=3))
        match what:
            case "wait":
                desk.at(today + timedelta(days=how))
            case "select":
                await desk.select(*how, event=move)
            case "transfer":
                await desk.select(how, event=move, transferred_from="BCBSVT")
            case "end":
                plans = tuple(each.plan for each in desk.policies())[how[0] :][:1]
                await desk.end(today + timedelta(days=how[1]), *plans, by="operator")
            case "restored by staff":
                await desk.restore()
            case "assistance":
                since = CoverageMonth.of(today).plus(how[1]).first_day
                await desk.change_assistance(since, aptc=how[0], subsidy=1000)
            case "birth":
                born = today + timedelta(days=how)
                await desk.join(person("Baby", born=str(born), relation="child"), "birth", born)
            case "death":
                await desk.leave("h-2", "death", today + timedelta(days=how))
            case "renewed":
                await desk.crosswalk(
                    *(entry(each, each) for each in ("GOLD", "SILVER", "TEETH") if each not in how)
                )
                await desk.renew()
            case _:
                await desk.hear(self.fact(what, how, today))

    def fact(self, what: str, how: Any, today: date) -> object:
        policies = self.desk.policies()
        if not policies:
            raise Impossible("nothing is selected")
        picked = policies[(how[0] if what == "expired" else how) % len(policies)]
        its = [each for each in policies if each.selection == picked.selection]
        self.decisions += 1
        decision = f"invoicing-{self.decisions}"
        if what == "paid":
            named = tuple(each.policy for each in its)
            return facts.BinderSatisfied(household="h", policies=named, satisfied_on=today)
        if what == "lapsed":
            return lapsed(*its, due=today - timedelta(days=1), decision=decision)
        if what == "expired":
            ending = [each for each in policies if each.activated_on is not None] if how[0] % 2 else its
            through = CoverageMonth.of(today).plus(how[1]).last_day
            return expired(*(ending or its), through=through, on=today, decision=decision)
        undoes = picked.unpaid_end.decision if picked.unpaid_end is not None else "none"
        same = [each for each in policies if undoes in {end.decision for end in each.ends}]
        return granted(
            *(same or [picked]), undoes=undoes, decision=decision, binder=picked.activated_on is None
        )

    def check(self) -> None:
        policies, versions = self.desk.policies(), self.desk.database.rows(PolicyVersion)
        (household,) = self.desk.database.rows(Household)
        for day in _days(policies, household):
            _is_rated_together(policies, versions, assistance=household.assistance_on(day), day=day)
        assert told(self.desk.database.events) == {
            each.policy: truth(each, months_of(each, versions)) for each in policies
        }


def _days(policies: Sequence[Policy], household: Household) -> list[date]:
    """Return the days from which another split may count, and the first and a middle day of every month."""
    months = CoverageMonth(2014, 11).until(CoverageMonth(2018, 12))
    days = {day for month in months for day in (month.first_day, month.first_day.replace(day=15))}
    days |= {each.effective for each in policies} | {each.since for each in household.assistance_changes}
    return sorted(days | {each.last_covered_day + timedelta(days=1) for each in policies})


def _is_rated_together(
    policies: Sequence[Policy], versions: Sequence[PolicyVersion], *, assistance: Assistance, day: date
) -> None:
    stand = sorted(
        (each for each in policies if each.overlaps(first=day, last=day)),
        key=lambda each: each.kind != "medical",
    )
    costs = [version_on(versions_of(each, versions), day) for each in stand]
    aptc, subsidy = assistance.aptc_cents, assistance.subsidy_cents
    for each in costs:
        assert each.aptc_cents == min(each.gross_cents, aptc)
        assert each.subsidy_cents == min(each.gross_cents - each.aptc_cents, subsidy)
        aptc, subsidy = aptc - each.aptc_cents, subsidy - each.subsidy_cents
    assert sum(each.aptc_cents for each in costs) == min(
        assistance.aptc_cents, sum(each.gross_cents for each in costs)
    )


@settings(max_examples=300, deadline=None)
@given(st.booleans(), ASSISTANCE, st.lists(ACTS, max_size=14))
def test_ENR_8_whatever_the_order_of_acts_each_day_is_split_as_if_all_were_rated_together(
    rolls: bool, aptc: int, acts: list[tuple[str, Any]]
) -> None:
    asyncio.run(Play(rolls=rolls).run([("select", ["SILVER"]), ("select", ["TEETH"]), *acts], aptc=aptc))
