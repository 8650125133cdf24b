"""Outages and operators that move cut-offs, and households that pay in the days they are given (OPS-4)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from random import Random
from typing import Protocol

from bulkhead.kernel.calendar import local
from invoicing.domain.records import Charge, Grace, ReinstatementRequest, Selection
from simulation import mistakes
from stories.language import Deed

_OFTEN = 0.5
"""For how many households a cut-off of theirs ever moves."""


class Agenda(mistakes.Agenda, Protocol):
    """What is done when, how things stand then, what is away and when all ends."""

    @property
    def down(self) -> Collection[str]:
        """What is away now."""
        ...

    @property
    def ends(self) -> datetime:
        """When the year ends."""
        ...


class Relief:
    """Whose cut-offs move, with dice of its own."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice

    def begin(self, after: datetime, household: str) -> None:
        """Have cut-offs of a household move, or leave it alone."""
        if self._dice.random() < _OFTEN:
            self._some_day(after, household)

    def _some_day(self, after: datetime, household: str) -> None:
        dice = self._dice
        at = after + timedelta(
            days=dice.choice([11, 19, 23, 37, 52]), minutes=dice.choice([13, 173, 14 * 60])
        )

        def happen() -> Deed | None:
            self._some_day(at, household)
            cutoff = self._cutoff(household, at.date())
            if cutoff is None:
                return None
            if cutoff >= at.date() and dice.random() < 0.6:
                return self._shut(household, cutoff, at)
            until = cutoff + timedelta(days=dice.choice([1, 2, 4, 9]))
            self._pay_by(household, cutoff, until, after=at)
            if dice.random() < 0.3:
                back = at + timedelta(days=dice.choice([0, 0, 1, 3]), minutes=47)
                self._agenda.plan(
                    back, lambda: Deed(word="withdraw-relief", fields={"cutoff": cutoff}, line=0)
                )
            return Deed(word="relief", fields={"cutoff": cutoff, "to": until}, line=0)

        self._agenda.plan(at, happen)

    def _cutoff(self, household: str, today: date) -> date | None:
        """Return a day that is, or lately was, the last for something the household pays."""
        agenda = self._agenda
        days = [each.due for each in agenda.of("invoicing", Selection, household) if each.due]
        days += [
            each.on_time_until for each in agenda.of("invoicing", Charge, household) if each.on_time_until
        ]
        days += [each.last_day for each in agenda.of("invoicing", Grace, household)]
        days += [each.pay_by for each in agenda.of("invoicing", ReinstatementRequest, household)]
        near = [each for each in days if -9 <= (each - today).days <= 12]
        return self._dice.choice(sorted(near)) if near else None

    def _shut(self, household: str, cutoff: date, at: datetime) -> None:
        """Plan that nobody can pay online for a while of a cut-off's day, and that the household pays in the days after."""
        dice = self._dice
        begins = max(local(cutoff, dice.choice([1, 9, 20, 22])), at) + timedelta(minutes=7)
        lasts = timedelta(minutes=dice.choice([40, 59, 61, 90, 300, 720, 1700]))
        if begins + lasts >= self._agenda.ends - timedelta(days=1):
            return

        def shut() -> Deed | None:
            if "processor" in self._agenda.down or "payments" in self._agenda.down:
                return None
            self._agenda.plan(
                begins + lasts, lambda: Deed(word="up", fields={"service": "processor"}, line=0)
            )
            return Deed(word="down", fields={"service": "processor"}, line=0)

        self._agenda.plan(begins, shut)
        self._pay_by(household, cutoff, (begins + lasts).date() + timedelta(days=1), after=begins)

    def _pay_by(self, household: str, cutoff: date, until: date, *, after: datetime) -> None:
        """Plan that a household pays what it owes, or not quite, by a day that may be in time."""
        dice = self._dice
        day = dice.choice([cutoff + timedelta(days=1), until, until, until, until + timedelta(days=1)])
        at = max(local(day, dice.choice([0, 8, 23])), after) + timedelta(minutes=57)
        share = dice.choice(["all", "all", "restoring", "month", "cent short"])
        by = dice.choice(["bank", "phone", "cash", "check"])

        def pay() -> Deed | None:
            cents = self._agenda.owed(household, share)
            fields = {"household": household, "amount": cents, "by": by}
            return Deed(word="pay", fields=fields, line=0) if cents > 0 else None

        self._agenda.plan(at, pay)
