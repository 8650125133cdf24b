"""Money that is recorded for the wrong household or with a wrong date, and staff who find out and put that right, or
think so (PAY-11, PAY-12, OPS-5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from payments.domain.payments import Payment
from stories.language import Deed

_OFTEN = 0.35
"""For how many households something is recorded by mistake, and of how many a date is."""


class Agenda(Protocol):
    """What is done when, and how things stand then."""

    def plan(self, at: datetime, draw: Callable[[], Deed | None]) -> None:
        """Have something drawn at an instant."""
        ...

    def of(self, service: str, kind: type[Any], household: str) -> list[Any]:
        """Return a household's rows of a kind, as they are now."""
        ...

    def owed(self, household: str, share: str) -> int:
        """Return that share of what a household has to pay."""
        ...


class Mistakes:
    """Whose money is recorded for whom, with dice of its own."""

    def __init__(self, agenda: Agenda, dice: Random, *, dates: Random) -> None:
        self._agenda = agenda
        self._dice = dice
        self._dates = dates

    def begin(self, after: datetime, household: str, others: Sequence[str]) -> None:
        """Have money be recorded for a household by mistake, or leave it alone: with most nobody mixes anything up."""
        if others and self._dice.random() < _OFTEN:
            self._some_day(after, household, others)
        if self._dates.random() < _OFTEN:
            self._date_some_day(after, household)

    def _date_some_day(self, after: datetime, household: str) -> None:
        """Have somebody find out some day that a payment came earlier than was recorded, or was posted earlier, and again
        another day; some of it is taken back.
        """
        dates = self._dates
        at = after + timedelta(
            days=dates.choice([12, 33, 62, 95]), minutes=dates.choice([27, 151, 14 * 60 + 51])
        )

        def find_out() -> Deed | None:
            self._date_some_day(at, household)
            payments: list[Payment] = self._agenda.of("payments", Payment, household)
            if not payments:
                return None
            payments = sorted(payments, key=lambda each: (each.known_at.isoformat(), each.payment))
            nth = dates.choice([len(payments), len(payments), dates.randint(1, len(payments))])
            days = timedelta(days=dates.choice([0, 1, 4, 9, 30]))
            fields: dict[str, Any] = {"household": household, "nth": nth, "by": "ann"}
            received = payments[nth - 1].received_on
            if dates.random() < 0.5:
                fields["postmarked"] = received - days
            else:
                fields["received"] = received - days
            self._agenda.plan(at + timedelta(minutes=9), lambda: self._agreed(household))
            if dates.random() < 0.3:
                back = at + timedelta(days=dates.choice([0, 2, 20]), minutes=70)
                reverse = Deed(
                    word="reverse-correction", fields={"household": household, "by": "bea"}, line=0
                )
                self._agenda.plan(back, lambda: reverse)
                self._agenda.plan(back + timedelta(minutes=9), lambda: self._agreed(household, by="ann"))
            return Deed(word="redate-payment", fields=fields, line=0)

        self._agenda.plan(at, find_out)

    def _agreed(self, household: str, *, by: str = "bea") -> Deed:
        fields = {"household": household, "decision": "approve", "by": by}
        return Deed(word="decide-correction", fields=fields, line=0)

    def _some_day(self, after: datetime, household: str, others: Sequence[str]) -> None:
        """Have money of others be recorded for a household some day, found out the same day or weeks later, and again
        another day; or a payment of its own be taken for another's.
        """
        dice = self._dice
        at = after + timedelta(
            days=dice.choice([17, 31, 55, 90, 140]), minutes=dice.choice([21, 143, 14 * 60 + 54])
        )

        def record() -> Deed | None:
            self._some_day(at, household, others)
            whose = dice.choice(others)
            cents = self._agenda.owed(whose, dice.choice(["all", "month", "cent short"]))
            known = self._agenda.of("payments", Payment, household)
            found_out = at + timedelta(days=dice.choice([0, 2, 6, 19, 45]), minutes=dice.choice([1, 90]))
            if cents <= 0 or dice.random() < 0.2:
                cents = dice.choice(known).amount_cents if known else 0
                self._agenda.plan(found_out, lambda: self._move(found_out, household, whose, cents))
                return None
            self._agenda.plan(found_out, lambda: self._move(found_out, household, whose, cents))
            by = dice.choice(["phone", "cash", "check", "check"])
            return Deed(word="pay", fields={"household": household, "amount": cents, "by": by}, line=0)

        self._agenda.plan(at, record)

    def _move(self, at: datetime, household: str, whose: str, cents: int) -> Deed | None:
        """Move the latest payment of that amount, or part of it; another decides where it takes two."""
        dice = self._dice
        payments: list[Payment] = self._agenda.of("payments", Payment, household)
        payments = sorted(payments, key=lambda each: (each.known_at.isoformat(), each.payment))
        found = [nth for nth, each in enumerate(payments, start=1) if each.amount_cents == cents]
        if not found:
            return None
        fields: dict[str, Any] = {"household": household, "to": whose, "nth": found[-1], "by": "ann"}
        if (part := dice.choice([0, 0, 0, cents // 2, cents - 1, cents + 1])) > 0:
            fields["amount"] = part
        self._decide(at, household)
        if dice.random() < 0.3:
            back = at + timedelta(days=dice.choice([0, 1, 8, 33]), minutes=dice.choice([61, 500]))
            self._agenda.plan(back, lambda: self._reverse(back, household, whose))
        return Deed(word="move-payment", fields=fields, line=0)

    def _reverse(self, at: datetime, household: str, whose: str) -> Deed:
        self._decide(at, whose)
        return Deed(word="reverse-correction", fields={"household": household, "by": "ann"}, line=0)

    def _decide(self, at: datetime, household: str) -> None:
        fields = {
            "household": household,
            "decision": self._dice.choice(["approve", "approve", "approve", "decline"]),
            "by": self._dice.choice(["ann", "bea", "bea", "bea"]),
        }
        later = at + timedelta(minutes=self._dice.choice([7, 55]))
        self._agenda.plan(later, lambda: Deed(word="decide-correction", fields=fields, line=0))
