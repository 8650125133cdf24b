"""Households that choose for the plan year that renewals are made for: before the renewals and after them, with a binder
that is paid too late, or in time and known of afterwards, and on paper that is typed when the year has begun.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Protocol

from bulkhead.kernel.calendar import local
from invoicing.domain.records import Charge, Selection
from stories.language import Deed

_CHOICES = (("GOLD", "DENTAL"), ("SILVER", "DENTAL"), ("GOLD",), ("BRONZE",), ("DENTAL",))
_CARRIERS = ("MVP", "BCBSVT", "DELTA")
_OFTEN = 0.5
"""How many households choose for themselves."""


class Agenda(Protocol):
    """What is done when, and how things stand then."""

    def plan(self, at: datetime, draw: Callable[[], Deed | None]) -> None:
        """Have something drawn at an instant."""
        ...

    def of(self, service: str, kind: type[Any], household: str) -> list[Any]:
        """Return a household's rows of a kind, as they are now."""
        ...


class NextYear:
    """What some households do about a plan year in the months around its beginning, with dice of its own."""

    def __init__(self, agenda: Agenda, dice: Random, *, year: int) -> None:
        self._agenda = agenda
        self._dice = dice
        self._first = date(year, 1, 1)

    def begin(self, household: str) -> None:
        """Have a household choose for itself, or leave it as it is."""
        dice = self._dice
        if dice.random() >= _OFTEN:
            return
        day = date(self._first.year - 1, 11, 1) + timedelta(days=dice.choice([0, 1, 1, 2, 3, 20, 38, 44]))
        minutes = dice.choice([11, 305, 14 * 60 + 53])
        plans = dice.choice(_CHOICES)
        typed = self._first + timedelta(days=dice.choice([1, 2, 4, 11]))
        how = dice.choice(["web", "web", "transfer", "transfer", "paper"])

        def choose() -> Deed:
            fields: dict[str, Any] = {"household": household, "plans": plans}
            if how == "transfer":
                return Deed(word="transfer-in", fields=fields | {"carrier": dice.choice(_CARRIERS)}, line=0)
            if how == "paper":
                return Deed(word="select", fields=fields | {"via": "paper", "received": day}, line=0)
            return Deed(word="select", fields=fields, line=0)

        self._agenda.plan(local(typed if how == "paper" else day, 9) + timedelta(minutes=minutes), choose)
        # Binder invoices are there the business day after.
        self._agenda.plan(local(day + timedelta(days=6), 12), lambda: self._look(household))

    def _look(self, household: str) -> None:
        """Plan a check for each binder of January that is open, posted when it is due or the day after; or none."""
        dice = self._dice
        charges: list[Charge] = self._agenda.of("invoicing", Charge, household)
        selections: list[Selection] = self._agenda.of("invoicing", Selection, household)
        for each in selections:
            mine = [charge for charge in charges if charge.binder == each.selection]
            if each.state != "open" or each.due is None or not mine:
                continue
            if min(charge.month.first_day for charge in mine) != self._first or dice.random() < 0.2:
                continue
            posted = each.due + timedelta(days=dice.choice([0, 0, 0, 1]))
            cents = sum(charge.cents for charge in mine) - dice.choice([0, 0, 0, 1])
            fields = {"household": household, "amount": cents, "by": "check", "postmarked": posted}
            comes = local(posted + timedelta(days=dice.choice([1, 2, 4, 8])), 10)
            self._agenda.plan(comes, lambda fields=fields: Deed(word="pay", fields=fields, line=0))
