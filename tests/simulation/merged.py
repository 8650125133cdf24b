"""Somebody who has registered twice, or three times, and staff who merge these households, or try to, and take that back;
and what of it must be so (OPS-5, ENR-16).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from enrollment.domain.corrections import Correction
from enrollment.domain.households import Household as Registered
from enrollment.domain.policies import Policy
from enrollment.domain.selections import Selection
from invoicing.domain.records import Charge, Payment
from payments.domain.autopay import Mandate
from payments.domain.corrections import Correction as Moved
from payments.domain.passings import Passing
from payments.domain.payments import Payment as Received
from simulation.mistakes import Agenda
from simulation.sight import Sight
from stories.language import Deed, Household, KnownToHub

AGAIN = "-again"
"""What the second household of somebody is called after: the name of their first; and so the third after the second."""

_OFTEN = 0.25
"""In how many years somebody has registered twice."""

_AND_AGAIN = 0.5
"""In how many of them three times."""

_SETTLED_BY = timedelta(days=1)


def registered_again(name: str, households: Sequence[Household]) -> tuple[Household, ...]:
    """Return the second household of somebody in a year of that name, and their third; none where nobody has one."""
    dice = Random(f"{name}/who has two households")
    if dice.random() >= _OFTEN:
        return ()
    first = dice.choice(households)
    second = replace(
        first,
        household=first.household + AGAIN,
        members=tuple(each for each in first.members if each.relation == "self"),
        aptc_cents=0,
        subsidy_cents=0,
        hub=KnownToHub(),
    )
    if Random(f"{name}/who has three households").random() >= _AND_AGAIN:
        return (second,)
    return (second, replace(second, household=second.household + AGAIN))


def is_second(household: str) -> bool:
    """Whether a household is the second one of somebody, or the third."""
    return household.endswith(AGAIN)


def others_of(household: str, households: Sequence[Household]) -> list[str]:
    """Return the other households of somebody, the one registered before this one first."""
    before = household.removesuffix(AGAIN)
    first = before.removesuffix(AGAIN)
    mine = [
        each.household
        for each in households
        if each.household in (first, first + AGAIN, first + AGAIN + AGAIN)
    ]
    return sorted((each for each in mine if each != household), key=lambda each: each != before)


def dice_of(household: str, what: str) -> Random:
    """Return the dice of a second household, or a third, for ``what`` of it: the second's are as without a third."""
    return Random(f"{what}/{household}" if household.endswith(AGAIN + AGAIN) else what)


class Merged:
    """What becomes of a second household, or a third, with dice of its own; ``others`` are those of its person, the one
    before it first, and ``into`` are the dice for into which of them it is merged.
    """

    def __init__(
        self, agenda: Agenda, dice: Random, *, household: str, others: Sequence[str], into: Random
    ) -> None:
        self._agenda = agenda
        self._dice = dice
        self._household = household
        self._others = others
        self._into = into

    def begin(self, after: datetime) -> None:
        """Have it select plans, or not, be paid for and ended, and be merged some day."""
        dice = self._dice
        if dice.random() < 0.75:
            at = after + timedelta(days=dice.choice([0, 2, 13]), minutes=71)
            plans = dice.choice([("BRONZE",), ("DENTAL",), ("SILVER", "DENTAL")])
            self._agenda.plan(at, lambda: self._deed("select", plans=plans))
        self._pay_some_day(after)
        self._merge_some_day(after + timedelta(days=dice.choice([1, 20, 40])))
        if dice.random() < 0.7:
            ends = after + timedelta(days=dice.choice([10, 45, 80]), minutes=222)
            self._agenda.plan(ends, lambda: self._end(ends))

    def _end(self, at: datetime) -> Deed:
        return self._deed("end-coverage", on=at.date(), reason="requested")

    def _pay_some_day(self, after: datetime) -> None:
        dice = self._dice
        at = after + timedelta(days=dice.choice([3, 9, 16, 27]), minutes=dice.choice([3, 190, 14 * 60 + 40]))

        def pay() -> Deed:
            self._pay_some_day(at)
            cents = self._agenda.owed(self._household, dice.choice(["all", "all", "month", "cent short"]))
            if cents <= 0 or dice.random() < 0.3:
                cents = dice.choice([1, 41_00, 180_00, 250_00])
            by = dice.choice(["cash", "check", "phone", "card", "bank"])
            return self._deed("pay", amount=cents, by=by)

        self._agenda.plan(at, pay)

    def _merge_some_day(self, after: datetime) -> None:
        dice = self._dice
        at = after + timedelta(days=dice.choice([6, 12, 25]), minutes=dice.choice([12, 255, 14 * 60 + 41]))

        def merge() -> Deed:
            self._merge_some_day(at)
            self._decide(at, by="bea")
            if dice.random() < 0.35:
                back = at + timedelta(days=dice.choice([0, 3, 18]), minutes=95)
                self._agenda.plan(back, lambda: self._deed("reverse-correction", of="enrollment", by="bea"))
                self._decide(back, by="ann")
            into = self._others[0] if self._into.random() < 0.7 else self._into.choice(self._others)
            return self._deed("merge-households", into=into, by="ann")

        self._agenda.plan(at, merge)

    def _decide(self, at: datetime, *, by: str) -> None:
        decision = self._dice.choice(["approve", "approve", "approve", "decline"])
        later = at + timedelta(minutes=self._dice.choice([5, 61]))
        self._agenda.plan(
            later, lambda: self._deed("decide-correction", of="enrollment", decision=decision, by=by)
        )

    def _deed(self, word: str, **fields: Any) -> Deed:
        return Deed(word=word, fields={"household": self._household, **fields}, line=0)


def wrong(its: Sight) -> list[str]:
    """Return what is wrong of a household that is merged into another, in words; nothing where all is right."""
    known = next(iter(its.rows("enrollment", Registered)), None)
    if known is None:
        return []
    merges = [each for each in its.rows("enrollment", Correction) if each.kind == "merge-households"]
    standing = [each for each in merges if each.state == "applied" and each.reverses is None]
    into = standing[-1].merged_into if standing else None
    if known.merged_into != into:
        return [f"OPS-5: {its.household} is merged into {known.merged_into}, and corrections say {into}"]
    astray = money_astray(its)
    if into is None:
        return astray
    merged_at = standing[-1].decided_at
    found = astray + _circle(its)
    found += [
        f"OPS-5: {its.household} is merged into {into}, and {each.plan} covers it through {each.last_covered_day}"
        for each in its.rows("enrollment", Policy)
        if each.lifecycle != "canceled" and each.last_covered_day >= its.today
    ]
    found += [
        f"OPS-5: {its.household} selected plans on {each.entered_on}, and is merged since {merged_at.date()}"
        for each in its.rows("enrollment", Selection)
        if merged_at is not None and each.entered_on > merged_at.date()
    ]
    if merged_at is not None and max(merged_at, its.troubled_at) < its.now - _SETTLED_BY:
        found += [
            f"OPS-5: {its.household} is merged into {into} since {merged_at.date()}, and its autopay is on"
            for each in its.rows("payments", Mandate)
            if each.state == "on"
        ]
    return found + _stays(its, into)


def money_astray(its: Sight) -> list[str]:
    """Money is where merges that stand took it, step by step, once all that was said has been heard: what one that was
    taken back had moved is back, from wherever it had gone on to.
    """
    mine = [each for each in its.rows("payments", Received) if each.moved_from and not each.is_gone]
    if not mine or its.troubled_at > its.now - _SETTLED_BY:
        return []
    books = its.databases["payments"]
    if any(each.state == "due" for each in books.rows(Passing)):
        return []
    payments = {each.payment: each for each in books.rows(Received)}
    moves = {each.correction: each for each in books.rows(Moved)}
    into = {each.household: each.merged_into for each in its.databases["enrollment"].rows(Registered)}
    found: list[str] = []
    for payment in mine:
        way = _way_of(payment, payments, moves)
        found += [
            f"OPS-5: {payment.kept_cents} of {way[0]} are at {its.household}, by way of a merge of {one} into {other} "
            "that does not stand"
            for one, other in itertools.pairwise(way)
            if into.get(one) != other
        ]
    return found


def _way_of(payment: Received, payments: Mapping[str, Received], moves: Mapping[str, Moved]) -> list[str]:
    """Return by which households money came by merges to where it is: a way back undoes the steps there."""
    steps = [payment]
    while (before := steps[-1].moved_from) is not None:
        steps.append(payments[before])
    steps.reverse()
    way = [steps[0].household]
    for step in steps[1:]:
        by = moves[step.correction or ""]
        if (
            by.asked_by != "invoicing"
        ):  # staff say whose it is; and nobody knows of whom a backup does not tell
            way = [step.household]
        elif by.reverses is None:
            way.append(step.household)
        elif step.household in way:
            del way[way.index(step.household) + 1 :]
        else:
            way = [step.household]
    return way


def _circle(its: Sight) -> list[str]:
    """Somebody goes on in the end: households are not merged in a circle."""
    into = {each.household: each.merged_into for each in its.databases["enrollment"].rows(Registered)}
    way = [its.household]
    while (after := into[way[-1]]) is not None:
        if after in way:
            return [f"OPS-5: {' goes on as '.join([*way, after])}"]
        way.append(after)
    return []


def _stays(its: Sight, into: str) -> list[str]:
    """Money of a household that owes nothing is not its own any more, once all that was said has been heard."""
    if its.troubled_at > its.now - _SETTLED_BY or (
        its.rows("payments", Passing) and any(each.state == "due" for each in its.rows("payments", Passing))
    ):
        return []
    if any(each.state == "open" for each in its.rows("invoicing", Charge)):
        return []
    free = sum(each.unapplied_cents for each in its.rows("invoicing", Payment) if each.waits_until is None)
    if free > 0 and not any(each.rest_cents for each in its.rows("invoicing", Charge)):
        return [f"INV-6: {its.household} has {free}, owes nothing, and is merged into {into}"]
    return []
