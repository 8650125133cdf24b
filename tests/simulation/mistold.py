"""Ends and deaths that are told of the wrong household or with a wrong day, and staff who put that right, or think so
(OPS-5, ENR-13); and what of it must be so, worked out anew.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.domain.corrections import Correction
from enrollment.domain.households import Member
from enrollment.domain.policies import Policy
from enrollment.domain.selections import Selection
from simulation.mistakes import Agenda
from simulation.sight import Sight
from stories.language import Deed

_OFTEN = 0.35
"""For how many households something is told wrong."""


class Mistold:
    """What is told wrong of whom, and put right, with dice of its own."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice

    def begin(self, after: datetime, household: str) -> None:
        """Have something be told wrong of a household, or leave it alone."""
        if self._dice.random() < _OFTEN:
            self._some_day(after, household)
        if self._dice.random() < _OFTEN:
            self._date_some_day(after, household)

    def _date_some_day(self, after: datetime, household: str) -> None:
        """Have somebody find out some day that a selection had been received earlier, or later, than was entered."""
        dice = self._dice
        at = after + timedelta(days=dice.choice([8, 23, 37, 58, 90]), minutes=dice.choice([41, 201]))

        def find_out() -> Deed | None:
            self._date_some_day(at, household)
            chosen = [
                each for each in self._agenda.of("enrollment", Selection, household) if each.via != "renewal"
            ]
            if not chosen:
                return None
            latest = max(chosen, key=lambda each: each.number)
            self._decide(at, household)
            if dice.random() < 0.4:
                back = at + timedelta(days=dice.choice([0, 6, 40]), minutes=77)
                self._agenda.plan(back, lambda: self._take_back(back, household))
            days = timedelta(days=dice.choice([1, 3, 9, 20]))
            fields: dict[str, Any] = {"received": latest.selected_on - days, "by": "ann"}
            if latest.event_on is not None:
                fields["event_on"] = latest.event_on + dice.choice([-days, timedelta(), days])
                if dice.random() < 0.5:
                    fields["received"] = latest.selected_on
            return _deed("redate-selection", household=household, **fields)

        self._agenda.plan(at, find_out)

    def _some_day(self, after: datetime, household: str) -> None:
        """Have something be told some day that is not so, and found out the same day or months later; and again."""
        dice = self._dice
        at = after + timedelta(
            days=dice.choice([21, 44, 70, 101]), minutes=dice.choice([33, 167, 14 * 60 + 57])
        )
        found_out = at + timedelta(days=dice.choice([0, 1, 9, 33, 64]), minutes=dice.choice([3, 95]))

        def tell() -> Deed | None:
            self._some_day(at, household)
            self._agenda.plan(found_out, lambda: self._find_out(found_out, household))
            if dice.random() < 0.5:
                on = at.date() + timedelta(days=dice.choice([-40, -3, 0, 12, 40]))
                if dice.random() < 0.5:
                    on = CoverageMonth.of(on).last_day
                return _deed("end-coverage", household=household, on=on, reason="requested")
            there = [each for each in self._people(household) if each.left is None]
            if len(there) == 0 or (len(there) == 1 and dice.random() < 0.5):
                return None
            dies = dice.choice(there)
            if dies.relation != "child" and len(there) > 1 and any(x.relation == "child" for x in there):
                return None  # nobody would act for the children
            on = at.date() - timedelta(days=dice.choice([0, 2, 20]))
            return _deed("member", household=household, name=dies.name.reveal(), leaves="death", on=on)

        self._agenda.plan(at, tell)

    def _find_out(self, at: datetime, household: str) -> Deed | None:
        """Correct an end or a departure, whichever there is; another decides where it takes two."""
        dice = self._dice
        left = [each for each in self._people(household) if each.left is not None]
        ended = [each for each in self._agenda.of("enrollment", Policy, household) if each.ends]
        if not left and not ended:
            return None
        self._decide(at, household)
        if dice.random() < 0.4:
            back = at + timedelta(days=dice.choice([0, 3, 35]), minutes=75)
            self._agenda.plan(back, lambda: self._take_back(back, household))
        day = at.date() + timedelta(days=dice.choice([-50, -20, -1, 0, 25]))
        if left and (not ended or dice.random() < 0.6):
            fields: dict[str, Any] = {"name": dice.choice(left).name.reveal()}
            if dice.random() < 0.4:
                fields |= {"leaves": "death", "on": min(day, at.date())}
            return _deed("redate-departure", household=household, by="ann", **fields)
        fields = {"by": "ann"}
        if dice.random() < 0.5:
            fields["through"] = dice.choice([day, CoverageMonth.of(day).last_day])
        return _deed("redate-end", household=household, **fields)

    def _take_back(self, at: datetime, household: str) -> Deed:
        self._decide(at, household)
        return _deed("reverse-correction", household=household, of="enrollment", by="ann")

    def _decide(self, at: datetime, household: str) -> None:
        fields = {
            "decision": self._dice.choice(["approve", "approve", "approve", "decline"]),
            "by": self._dice.choice(["ann", "bea", "bea", "bea"]),
        }
        later = at + timedelta(minutes=self._dice.choice([8, 56]))
        self._agenda.plan(
            later, lambda: _deed("decide-correction", household=household, of="enrollment", **fields)
        )

    def _people(self, household: str) -> list[Member]:
        people: list[Member] = self._agenda.of("enrollment", Member, household)
        return sorted(people, key=lambda each: each.position)


def wrong(its: Sight) -> list[str]:
    """Return what of a household's corrections cannot be, in words; nothing where all can."""
    made = its.rows("enrollment", Correction)
    if not made:
        return []
    return _people_of(its, made) + _last_word(its, made)


def _people_of(its: Sight, made: list[Correction]) -> list[str]:
    """What takes two was decided by another than asked; what is reversed is so by one that stands, or stood, once."""
    found = [
        f"OPS-5: {its.household}'s {each.kind} was asked and approved by {each.asked_by}"
        for each in made
        if each.by_two and each.state in ("applied", "reversed") and each.decided_by in (None, each.asked_by)
    ]
    done = [each for each in made if each.state in ("applied", "reversed")]
    reversals = Counter(each.reverses for each in done if each.reverses is not None)
    for each in made:
        if reversals[each.correction] != (each.state == "reversed"):
            found.append(f"OPS-5: {its.household}'s {each.kind} is {each.state} and was taken back otherwise")
    return found


def _last_word(its: Sight, made: list[Correction]) -> list[str]:
    """Who was corrected last to be there is there, or has left since."""
    found: list[str] = []
    people = {each.member: each for each in its.rows("enrollment", Member)}
    done = sorted(
        (each for each in made if each.departure is not None and each.state in ("applied", "reversed")),
        key=lambda each: each.decided_at or each.asked_at,
    )
    for each in done[-1:]:
        if each.departure is None or each.member is None:
            continue
        said = None if each.departure.after is None else each.departure.after.first
        left = people[each.member].left
        told_since = left is not None and said is None
        if left != said and not told_since and (left is None or said is None or left > said):
            found.append(f"ENR-13: {each.member} left on {left}, and was last corrected to {said}")
    return found


def _deed(word: str, **fields: Any) -> Deed:
    return Deed(word=word, fields=fields, line=0)
