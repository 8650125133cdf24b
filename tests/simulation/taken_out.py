"""When services are taken out, and households that try to pay online meanwhile (OPS-2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from simulation import mistakes
from stories.language import Deed
from stories.vocabulary import SERVICES

_OFTEN = 0.25
"""In how many years a service is ever taken out."""


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


class TakenOut:
    """Which services are taken out when, with dice of their own."""

    def __init__(self, agenda: Agenda, dice: Random, *, households: Sequence[str]) -> None:
        self._agenda = agenda
        self._dice = dice
        self._households = households

    def begin(self, after: datetime) -> None:
        """Have services be taken out in the year, or in none of it."""
        if self._dice.random() < _OFTEN:
            self._some_day(after)

    def _some_day(self, after: datetime) -> None:
        dice = self._dice
        at = after + timedelta(days=dice.choice([3, 6, 11, 17]), minutes=dice.choice([7, 187, 800]))

        def ask() -> Deed | None:
            self._some_day(at)
            service = dice.choice(["payments", "payments", "payments", *SERVICES])
            days, hour = dice.choice([2, 3, 4, 5, 6, 9, 13, 20]), dice.choice([0, 1, 8, 12, 21, 23])
            begins = (at + timedelta(days=days)).replace(hour=hour, minute=dice.choice([0, 30]))
            ends = begins + timedelta(minutes=dice.choice([30, 61, 120, 240, 480, 481]))
            if service in self._agenda.down or ends > self._agenda.ends - timedelta(days=2):
                return None
            fields: dict[str, Any] = {"service": service, "from": begins, "to": ends}
            if dice.random() < 0.4:
                second = dice.choice(["bob", "bob", "bob", "ann"])
                fields["override"] = {"by": "ann", "second": second, "reason": "it cannot wait"}
            self._try_meanwhile(begins, ends)
            if dice.random() < 0.3:
                closed = dice.choice([at + timedelta(hours=5), begins + timedelta(minutes=19)])
                self._close(service, closed)
            return Deed(word="maintenance", fields=fields, line=0)

        self._agenda.plan(at, ask)

    def _close(self, service: str, at: datetime) -> None:
        word = self._dice.choice(["withdraw-maintenance", "end-maintenance"])

        def close() -> Deed | None:
            return (
                None if service in self._agenda.down else Deed(word=word, fields={"service": service}, line=0)
            )

        self._agenda.plan(at, close)

    def _try_meanwhile(self, begins: datetime, ends: datetime) -> None:
        """Plan that a household pays online while the service may be taken out, and on the last day that ends in it."""
        dice = self._dice
        household = dice.choice(self._households)
        first = begins + timedelta(minutes=dice.choice([0, 1, 29]))
        for at in (first, ends + timedelta(minutes=dice.choice([-1, 0, 45, 900]))):
            by = dice.choice(["card", "bank", "phone"])

            def pay(by: str = by) -> Deed | None:
                cents = self._agenda.owed(household, "all")
                fields = {"household": household, "amount": cents, "by": by}
                return Deed(word="pay", fields=fields, line=0) if cents > 0 else None

            self._agenda.plan(at, pay)
