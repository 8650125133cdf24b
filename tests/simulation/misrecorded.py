"""Divorces, birth dates and rates that are recorded wrong, and staff who put that right, or think so (OPS-5, ENR-13, ENR-17);
and what of it must be so, worked out anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.domain.corrections import Correction
from enrollment.domain.households import Member
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy
from simulation.eligible import known_last
from simulation.mistakes import Agenda
from simulation.sight import Sight
from stories.language import Deed

_OFTEN = 0.3
"""For how many households something is recorded wrong."""

_RATES_OFTEN = 0.15
"""In how many years a price is."""


class Misrecorded:
    """What is recorded wrong of whom, and put right, with dice of its own."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice

    def begin(self, after: datetime, household: str) -> None:
        """Have a birth date, or that two have parted, be recorded wrong of a household, or leave it alone."""
        if self._dice.random() < _OFTEN:
            self._birth_some_day(after, household)
        if self._dice.random() < _OFTEN:
            self._part_some_day(after, household)

    def begin_prices(self, after: datetime, households: Sequence[str], cents: Mapping[str, int]) -> None:
        """Have a plan turn out to cost something else than was offered, or leave them as they are; ``cents`` is what one
        person pays for each.
        """
        dice = self._dice
        if dice.random() >= _RATES_OFTEN:
            return
        at = after + timedelta(days=dice.choice([50, 95, 170, 240]), minutes=dice.choice([44, 333]))
        plan = dice.choice(sorted(cents))
        single = cents[plan] + dice.choice([-37_01, -1, 1, 20_00])
        monthly = {
            "single": single,
            "couple": 2 * single,
            "parent": single * 193 // 100,
            "family": single * 281 // 100,
        }
        for number, household in enumerate(dice.sample(households, min(2, len(households)))):
            since = CoverageMonth.of(at.date()).plus(-dice.choice([0, 2, 5])).first_day
            fields: dict[str, Any] = {
                "from": since if dice.random() < 0.5 else date(at.year, 1, 1),
                "by": "ann",
            }
            if number == 0:
                fields |= {"plan": plan, "monthly": monthly}
            self._put_right(at + timedelta(minutes=number), household, "rerate", fields)

    def _birth_some_day(self, after: datetime, household: str) -> None:
        """Have somebody's birth date be corrected some day, rightly or not, and again another day."""
        dice = self._dice
        at = after + timedelta(days=dice.choice([26, 61, 88, 127]), minutes=dice.choice([37, 171]))

        def correct() -> Deed | None:
            self._birth_some_day(at, household)
            people = self._people(household)
            if not people:
                return None
            who = dice.choice(people)
            born = date.fromisoformat(who.born.reveal())
            days = [-20, -3, -1, 1, 4] if who.joined else [-3650, -1000, -366, -30, -1, 1, 31, 800, 3650]
            fields = {
                "name": who.name.reveal(),
                "born": born + timedelta(days=dice.choice(days)),
                "by": "ann",
            }
            return self._corrected(at, household, "correct-birth-date", fields)

        self._agenda.plan(at, correct)

    def _part_some_day(self, after: datetime, household: str) -> None:
        """Have it be told some day that two have parted, and found out later when they did, or that they did not."""
        dice = self._dice
        at = after + timedelta(days=dice.choice([31, 66, 103]), minutes=dice.choice([53, 14 * 60 + 55]))
        found_out = at + timedelta(days=dice.choice([0, 5, 33, 90]), minutes=dice.choice([4, 99]))
        on = at.date() - timedelta(days=dice.choice([0, 2, 25]))

        def tell() -> Deed | None:
            self._part_some_day(at, household)
            left = [each for each in self._people(household) if each.relation == "spouse"]
            there = [each for each in left if each.left is None]
            self._agenda.plan(found_out, lambda: self._find_out(found_out, household))
            if not there:
                return None
            name = there[0].name.reveal()
            return _deed("member", household=household, name=name, leaves="divorce", on=on)

        self._agenda.plan(at, tell)

    def _find_out(self, at: datetime, household: str) -> Deed | None:
        dice = self._dice
        left = [
            each for each in self._people(household) if each.relation == "spouse" and each.left is not None
        ]
        if not left:
            return None
        fields: dict[str, Any] = {"name": left[-1].name.reveal(), "by": "ann"}
        if dice.random() < 0.5:
            on = at.date() - timedelta(days=dice.choice([0, 11, 40]))
            fields |= {"leaves": dice.choice(["divorce", "divorce", "death"]), "on": on}
        return self._corrected(at, household, "redate-departure", fields)

    def _put_right(self, at: datetime, household: str, word: str, fields: dict[str, Any]) -> None:
        self._agenda.plan(at, lambda: self._corrected(at, household, word, fields))

    def _corrected(self, at: datetime, household: str, word: str, fields: dict[str, Any]) -> Deed:
        """Correct something; another decides where it takes two, and at times it is taken back."""
        dice = self._dice
        self._decide(at, household)
        if dice.random() < 0.5:
            back = at + timedelta(days=dice.choice([0, 6, 45, 120, 230]), minutes=79)
            self._agenda.plan(back, lambda: self._take_back(back, household))
        return _deed(word, household=household, **fields)

    def _take_back(self, at: datetime, household: str) -> Deed:
        self._decide(at, household)
        return _deed("reverse-correction", household=household, of="enrollment", by="ann")

    def _decide(self, at: datetime, household: str) -> None:
        fields = {"decision": self._dice.choice(["approve", "approve", "approve", "decline"]), "by": "bea"}
        later = at + timedelta(minutes=self._dice.choice([8, 56]))
        self._agenda.plan(
            later, lambda: _deed("decide-correction", household=household, of="enrollment", **fields)
        )

    def _people(self, household: str) -> list[Member]:
        people: list[Member] = self._agenda.of("enrollment", Member, household)
        return sorted(people, key=lambda each: each.position)


def wrong(its: Sight) -> list[str]:
    """Return which policies cover others than who is there, and which ended for want of people who were there, told of
    before or later; nothing where none.
    """
    people = its.rows("enrollment", Member)
    versions = its.rows("enrollment", PolicyVersion)
    found: list[str] = []
    for policy in its.rows("enrollment", Policy):
        if policy.lifecycle == "canceled" or policy.activated_on is None:
            continue
        own = [each for each in versions if each.policy == policy.policy]
        last = policy.last_covered_day
        for day in _days(people, policy, until=last):
            there, covered = _covered(people, policy, day), set(known_last(own, day))
            if there != covered and not _is_past(its, policy):
                found.append(
                    f"ENR-13: {policy.plan} covers {sorted(covered)} on {day}, and {sorted(there)} are there"
                )
        for end in policy.ends:
            day = (end.through or date.max - timedelta(days=1)) + timedelta(days=1)
            if end.cause == "nobody-left" and day <= policy.coverage_ends and _covered(people, policy, day):
                found.append(f"ENR-13: {policy.plan} ends before {day} for want of people who are there")
    return found + _rates(its)


def _is_past(its: Sight, policy: Policy) -> bool:
    """Whether a birth date was corrected when the plan year of a policy was over: that stays as it was (ENR-17)."""
    return any(
        each.born is not None and (each.decided_at or each.asked_at).year > policy.coverage_ends.year
        for each in its.rows("enrollment", Correction)
    )


def _rates(its: Sight) -> list[str]:
    """What was rated anew, and is rated back, costs on each day since then what it had cost before, for the same people:
    but for plan years that were over by then (OPS-5, ENR-17).
    """
    found: list[str] = []
    made = {each.correction: each for each in its.rows("enrollment", Correction)}
    ends = {each.policy: each.coverage_ends for each in its.rows("enrollment", Policy)}
    versions = its.rows("enrollment", PolicyVersion)
    for each in made.values():
        if each.kind != "rerate" or each.state not in ("applied", "reversed") or each.reverses is None:
            continue
        since = max(each.since or date.min, date((each.decided_at or each.asked_at).year, 1, 1))
        back = {now.policy: now for now in each.rerated}
        for moved in made[each.reverses].rerated:
            now = back.get(moved.policy)
            if now is None:
                if ends[moved.policy] >= since:
                    found.append(f"OPS-5: {its.household}'s {moved.policy} was not rated back")
                continue
            own = [version for version in versions if version.policy == moved.policy]
            then = [version for version in own if version.number <= moved.before]
            for version in own:
                if not now.before < version.number <= now.after:
                    continue
                speaking = [was for was in then if was.since <= version.since]
                was = max(speaking, key=lambda spoke: spoke.number)
                if (version.gross_cents, version.members) != (was.gross_cents, was.members):
                    found.append(
                        f"OPS-5: {moved.policy} was rated back to {version.gross_cents} from {version.since} on, and not "
                        f"to {was.gross_cents}"
                    )
    return found


def _days(people: Sequence[Member], policy: Policy, *, until: date) -> list[date]:
    moves = {each.joined for each in people} | {each.left for each in people}
    moves |= {span.off_plans for each in people for span in each.medicaid}
    days = {policy.effective, *(each for each in moves if each is not None)}
    return sorted(each for each in days if policy.effective <= each <= until)


def _covered(people: Sequence[Member], policy: Policy, day: date) -> set[str]:
    """Return whom a policy covers on a day: who has come, has not left, and is not off plans for Medicaid."""
    return {
        each.member
        for each in people
        if (each.joined is None or each.joined <= day)
        and (each.left is None or day < each.left)
        and all(day < span.off_plans or policy.policy in span.plans_again for span in each.medicaid)
    }


def _deed(word: str, **fields: Any) -> Deed:
    return Deed(word=word, fields=fields, line=0)
