"""Whatever a household asks for and whatever is heard of it, in any order: what must hold all the same."""

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
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.events import PlansSelected
from enrollment.domain.months import PolicyVersion, version_on
from enrollment.domain.policies import Policy, months_of, versions_of
from services.enrollment.tests.builders import Desk, expired, granted, lapsed, plan
from services.enrollment.tests.builders import policy as policy_of_test
from services.enrollment.tests.reader import told, truth

APTC, SUBSIDY = 52000, 2500
PLANS = (
    plan("SILVER"),
    plan("GOLD", single=70000),
    plan("TEETH", kind="dental", single=3000),
    plan("FREE", kind="dental", single=0),
)

STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 90)),
    st.tuples(
        st.just("select"), st.lists(st.sampled_from([each.plan for each in PLANS]), min_size=1, max_size=2)
    ),
    st.tuples(st.just("end"), st.integers(-70, 130)),
    st.tuples(st.just("binder paid"), st.integers(0, 5)),
    st.tuples(st.just("binder lapsed"), st.integers(0, 5)),
    st.tuples(st.just("grace"), st.integers(0, 3)),
    st.tuples(st.just("grace expired"), st.integers(-3, 0)),
    st.tuples(st.just("reinstated"), st.integers(0, 5)),
    st.tuples(st.just("restored by staff"), st.none()),
    st.tuples(st.just("sent"), st.integers(0, 5)),
    st.tuples(st.just("effectuated"), st.integers(0, 5)),
)

BEGINNINGS = st.sampled_from(
    [[], [("select", ["SILVER", "TEETH"])], [("select", ["GOLD"]), ("binder paid", 0)]]
)


class Play:
    """Plays steps; what is refused or impossible has no effect."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.paid: set[str] = set()
        self.revived: set[str] = set()
        self.decisions = 0

    async def run(self, steps: Sequence[tuple[str, Any]]) -> None:
        await self.desk.offer(*PLANS)
        await self.desk.register("h", aptc=APTC, subsidy=SUBSIDY)
        for what, how in steps:
            before = (self.desk.policies(), len(self.desk.database.events))
            try:
                await self.step(what, how)
            except (Refused, Impossible):
                assert (self.desk.policies(), len(self.desk.database.events)) == before
            self.check()

    def new_decision(self) -> str:
        self.decisions += 1
        return f"invoicing-{self.decisions}"

    async def step(self, what: str, how: Any) -> None:
        desk, today = self.desk, self.desk.now.date()
        if what == "wait":
            desk.at(today + timedelta(days=how))
        elif what == "select":
            event = QualifyingEvent(kind="move", on=today - timedelta(days=3))
            await desk.select(*how, event=event)
        elif what == "end":
            await desk.end(today + timedelta(days=how), by="operator")
        elif what == "restored by staff":
            self.revived |= {each.policy for each in (await desk.restore()).policies}
        else:
            await desk.hear(self.fact(what, how, today))
            if what == "binder paid":
                self.paid.add(self.picked(how).policy)
            if what == "reinstated":
                self.revived.add(self.picked(how).policy)

    def picked(self, number: int) -> Policy:
        policies = self.desk.policies()
        return policies[number % len(policies)] if policies else policy_of_test(policy="nobody-s")

    def fact(self, what: str, how: int, today: date) -> object:
        picked, month = self.picked(how), CoverageMonth.of(today)
        match what:
            case "binder paid":
                return facts.BinderSatisfied(household="h", policies=(picked.policy,), satisfied_on=today)
            case "binder lapsed":
                return lapsed(picked, due=today, decision=self.new_decision())
            case "grace":
                return (
                    facts.GraceExited(household="h", first_month=month)
                    if how == 0
                    else facts.GraceAdvanced(household="h", first_month=month, month=how)
                )
            case "grace expired":
                ending = [each for each in self.desk.policies() if each.activated_on is not None]
                return expired(
                    *(ending or [picked]),
                    through=month.plus(how).last_day,
                    on=today,
                    decision=self.new_decision(),
                )
            case "reinstated":
                unpaid = picked.unpaid_end
                return granted(
                    picked,
                    undoes=unpaid.decision if unpaid else "none",
                    decision=self.new_decision(),
                    binder=picked.activated_on is None,
                )
            case "sent":
                return facts.TransmissionSent(household="h", policy=picked.policy, kind="initial")
            case _:
                return facts.CoverageEffectuated(household="h", policy=picked.policy)

    def check(self) -> None:
        policies = self.desk.policies()
        for policy in policies:
            _is_sound(policy)
            self.stands_rightly(policy)
        _one_of_a_kind_at_a_time(policies)
        _assistance_is_not_used_twice(policies, self.desk.database.rows(PolicyVersion))
        self.events_tell_the_same(policies)

    def events_tell_the_same(self, policies: Sequence[Policy]) -> None:
        """Who knows nothing but the events knows how each policy stands, by whose decision, and its months."""
        versions = self.desk.database.rows(PolicyVersion)
        assert told(self.desk.database.events) == {
            each.policy: truth(each, months_of(each, versions)) for each in policies
        }

    def stands_rightly(self, policy: Policy) -> None:
        free = {
            each.policy
            for event in self.desk.said(PlansSelected)
            if not event.binder_required
            for each in event.policies
        }
        if policy.lifecycle == "active":
            assert policy.policy in self.paid | self.revived | free  # ENR-5


def _is_sound(policy: Policy) -> None:
    assert policy.net_cents == policy.gross_cents - policy.aptc_cents - policy.subsidy_cents >= 0
    assert (policy.lifecycle == "terminated") == (policy.through is not None)
    assert (policy.lifecycle in ("canceled", "terminated")) == (policy.end_reason is not None)
    assert (policy.standing == "in-grace") == (policy.grace_month is not None)
    assert (policy.end is None) == (policy.end_reason is None)
    assert not {each.decision for each in policy.ends} & set(policy.undone)
    if policy.through is not None:
        assert policy.effective <= policy.through <= policy.coverage_ends


def _one_of_a_kind_at_a_time(policies: Sequence[Policy]) -> None:
    for one in policies:
        for other in policies:
            if one.policy != other.policy and one.kind == other.kind and other.lifecycle != "canceled":
                assert not one.overlaps(first=other.effective, last=other.last_covered_day)


def _assistance_is_not_used_twice(policies: Sequence[Policy], versions: Sequence[PolicyVersion]) -> None:
    for day in sorted({each.effective for each in policies}):
        here = [
            version_on(versions_of(each, versions), day)
            for each in policies
            if each.overlaps(first=day, last=day)
        ]
        assert sum(each.aptc_cents for each in here) <= APTC
        assert sum(each.subsidy_cents for each in here) <= SUBSIDY


@settings(max_examples=150, deadline=None)
@given(BEGINNINGS, st.lists(STEPS, max_size=14))
def test_ENR_5_ENR_9_any_history_leaves_every_policy_sound_and_told(
    beginning: list[tuple[str, Any]], steps: list[tuple[str, Any]]
) -> None:
    asyncio.run(Play().run([*beginning, *steps]))
