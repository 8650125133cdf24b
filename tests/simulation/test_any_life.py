"""Whatever a household does, whoever is away meanwhile, and however late or often things are heard."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bulkhead.kernel.calendar import CoverageMonth
from invoicing.domain.records import Charge, Grace, Invoice, Policy, Position, Selection
from simulation.life import SERVICES, Life
from simulation.oracles import broken

EXAMPLES = int(os.environ.get("BULKHEAD_LIVES", "100"))
"""How many lives are led: more find more."""

FIRST_SEED = int(os.environ.get("BULKHEAD_FIRST_SEED", "1"))
"""Where they begin: the same seed, the same lives."""

PARTS = 4
"""Side by side, where there are processors for it."""

services = st.sampled_from(SERVICES)
plans = st.sampled_from([("SILVER",), ("DENTAL",), ("SILVER", "DENTAL"), ("GOLD",), ("GOLD", "DENTAL")])
happened = st.sampled_from([None, "move", "move", "birth", "loss"])
shares = st.sampled_from(
    ["binder", "month", "all", "all", "invoiced", "restoring", "restoring", "cent short", "some"]
)
posted = st.sampled_from([0, 0, 0, 2, 9, 35, "last month", "last month", "last month"])
waits = st.sampled_from([0, 0, 0, 0, 1, 3, "1st", "6th", "27th"])

selecting = st.tuples(st.just("select"), plans, happened, st.sampled_from(["nothing", "all", "part"]))
paying = st.tuples(
    st.just("pay"),
    shares,
    st.integers(1, 120000),
    st.sampled_from(["no", "no", "no", "selection", "invoice", "unheard of"]),
    posted,
)
ending = st.tuples(st.just("end"), st.integers(-40, 90), st.sampled_from([None, ("DENTAL",), ("SILVER",)]))
late_check = st.tuples(
    st.just("late check"),
    st.one_of(st.none(), services),
    st.integers(1, 6),
    st.sampled_from(["restoring", "restoring", "cent short", "all"]),
    st.sampled_from(["no", "no", "unheard of"]),
)
actions = st.one_of(
    paying,
    paying,
    paying,
    selecting,
    ending,
    st.tuples(st.just("restore")),
    st.tuples(st.just("wait")),
    st.tuples(st.just("wait")),
    st.tuples(st.just("away"), services),
    st.tuples(st.just("back")),
    st.tuples(st.just("outage"), services, waits, paying),
    late_check,
    late_check,
    late_check,
    late_check,
    st.tuples(st.just("hear again"), services, st.integers(1, 12)),
    st.tuples(st.just("duties again"), services),
)


class AnyLife(RuleBasedStateMachine):
    """One household: selects, pays, posts, ends, is restored; services go and come; things are heard again."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self.life = Life()

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        """Do a step to its end."""
        return self._runner.run(step)

    def teardown(self) -> None:
        """End the loop."""
        self._runner.close()

    @initialize(
        aptc=st.sampled_from([0, 20000]), chosen=plans, pays=st.sampled_from(["all", "all", "nothing"])
    )
    def begin(self, aptc: int, chosen: tuple[str, ...], pays: str) -> None:
        """A household, with or without assistance, that selects and mostly pays."""
        self.life = Life(aptc_cents=aptc)
        self.run(self.life.begin())
        self._select(chosen, None, pays)

    @rule(wait=waits, action=actions)
    def step(self, wait: int | str, action: tuple[Any, ...]) -> None:
        """Let days pass, and do something."""
        self.run(self.life.advance(self._days(wait)))
        match action:
            case ("select", chosen, event, pays):
                self._select(chosen, event, pays)
            case ("pay", share, odd, named, when):
                self._pay(share, odd, named, when)
            case ("end", ahead, which):
                self.run(self.life.ask_to_end(self.life.today + timedelta(days=ahead), which))
            case ("restore",):
                self.run(self.life.restore())
            case ("away", service):
                self.run(self.life.take_down(service))
            case ("back",):
                self._bring_all_back()
            case ("outage", service, lasts, paid):
                # what is decided, undone and carried out meanwhile is heard together afterwards
                self.run(self.life.take_down(service))
                self.run(self.life.advance(self._days(lasts)))
                self._pay(*paid[1:])
                self._bring_all_back()
            case ("late check", service, days, share, named):
                # grace ends unpaid, maybe unheard by somebody; a check posted on its last day comes a few days later
                self.run(self.life.advance((self._last_day_of_grace() - self.life.today).days))
                if service is not None:
                    self.run(self.life.take_down(service))
                self.run(self.life.advance(days))
                self._pay(share, 1, named, days)
                self._bring_all_back()
            case ("hear again", service, messages):
                self.run(self.life.hear_again(service, messages))
            case ("duties again", service):
                self.run(self.life.repeat_duties(service))
            case _:
                pass

    @invariant()
    def all_is_well(self) -> None:
        """I1, I2, I3, I8, I9, and one owner a fact."""
        if self.life.databases:
            assert self.run(broken(self.life)) == []

    def _bring_all_back(self) -> None:
        for service in self.life.away:
            self.run(self.life.bring_up(service))

    def _last_day_of_grace(self) -> date:
        """Return when the household's grace ends, where it is in one; the end of the month where not."""
        last = [each.last_day for each in self.life.rows("invoicing", Grace) if each.state == "open"]
        return max([self.life.today, *(last or [CoverageMonth.of(self.life.today).last_day])])

    def _days(self, wait: int | str) -> int:
        if isinstance(wait, int):
            return wait
        today, month = self.life.today, CoverageMonth.of(self.life.today)
        day = {
            "1st": month.plus(1).first_day,
            "6th": month.plus(1).first_day.replace(day=6),
            "27th": (month if today.day < 27 else month.plus(1)).first_day.replace(day=27),
        }[wait]
        return (day - today).days

    def _select(self, chosen: tuple[str, ...], event: str | None, pays: str) -> None:
        selection = self.run(self.life.select(chosen, event=event))
        if selection is None or pays == "nothing":
            return
        cents = sum(
            each.cents
            for each in self.life.rows("invoicing", Charge)
            if each.binder == selection and each.state == "open"
        )
        amount = cents if pays == "all" else cents // 3
        if amount:
            self.run(self.life.pay(amount, selection=selection, at_selection=True, method="phone"))

    def _pay(self, share: str, odd: int, named: str, when: int | str) -> None:
        days_ago = when if isinstance(when, int) else self.life.today.day
        cents = self._amount(share, odd)
        selection = self.life.selections[-1] if named == "selection" and self.life.selections else None
        if named == "unheard of":
            selection = "mistyped"
        invoices = sorted(self.life.rows("invoicing", Invoice), key=lambda each: each.number)
        invoice = invoices[-1].invoice if named == "invoice" and invoices else None
        if cents > 0:
            self.run(self.life.pay(cents, posted_days_ago=days_ago, selection=selection, invoice=invoice))

    def _amount(self, share: str, odd: int) -> int:
        charges = self.life.rows("invoicing", Charge)
        still = [each for each in charges if each.state == "open"]
        binders = {each.selection for each in self.life.rows("invoicing", Selection) if each.state == "open"}
        position = next(iter(self.life.rows("invoicing", Position)), None)
        unapplied = position.unapplied_cents if position else 0
        owed = position.owed_cents - unapplied if position else 0
        months = sorted({each.month for each in still if each.binder not in binders})
        match share:
            case "binder":
                return sum(each.cents for each in still if each.binder in binders)
            case "month":
                return sum(each.cents for each in still if months and each.month == months[0])
            case "all":
                return owed
            case "cent short":
                return owed - 1
            case "invoiced":
                latest = max(self.life.rows("invoicing", Invoice), key=lambda each: each.number, default=None)
                return latest.total_cents if latest else 0
            case "restoring":
                # What would stand again if an end or a lapse were undone.
                policies = {each.policy: each for each in self.life.rows("invoicing", Policy)}
                gone = [each for each in charges if each.state == "reversed" and each.invoice]
                return owed + sum(_price(policies[each.policy], each.month) for each in gone[-4:])
            case _:
                return odd


def _price(policy: Policy, month: CoverageMonth) -> int:
    return next((run.net_cents for run in policy.months if run.first <= month <= run.last), 0)


@pytest.mark.parametrize("part", range(PARTS))
def test_any_life_leaves_all_as_it_must_be(part: int) -> None:
    lives = type(f"AnyLife{part}", (AnyLife,), {})
    run_state_machine_as_test(
        seed(FIRST_SEED + part)(lives),
        settings=settings(
            max_examples=EXAMPLES // PARTS,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]
        ),
    )
