"""A household, its people, and how to reach them; and the tier that follows from who they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import add_months
from bulkhead.kernel.personal import Masked
from enrollment.domain.assistance import Assistance
from enrollment.domain.determination import Attested, Determination
from enrollment.domain.ends import EndReason
from enrollment.domain.verification import Verification

Relation: TypeAlias = Literal["self", "spouse", "child"]
Tier: TypeAlias = Literal["single", "couple", "parent", "family"]

FIRST_CONTACT_VERSION = 1
"""The version of the contact that a household registers with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistanceChange:
    """What assistance a household has from the first of a month on, in cents a month (ENR-8, ENR-13).

    It is ``stated`` by whoever grants it on the household's attestation, ends with plans that ``medicaid`` leaves empty
    (ENR-4), or follows from its ``verification`` (ENR-10). With ``medicaid``, ``lacks`` are those whose departure, as
    it was told by then, left nobody in plans beside it.
    """

    since: date
    aptc_cents: int
    subsidy_cents: int
    because: Literal["stated", "medicaid", "verification"] = "stated"
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEnded:
    """An end of assistance with plans that turned out to cover somebody all the same (ENR-4): it counts not, and comes
    back to its ``place`` among the changes where they cover nobody after all.
    """

    change: AssistanceChange
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaChange:
    """In which rating area a household lives from a day on (ENR-13, ENR-17)."""

    since: date
    rating_area: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TobaccoUse:
    """Whether somebody uses tobacco from a day on, as was stated (ENR-13, ENR-17)."""

    since: date
    uses: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDay:
    """The last day on which documents may show that something is as attested."""

    fact: Attested
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A household that may select plans. The two assistances are cents a month, as registered.

    ``assistance_changes`` are what was stated since, in that order; none is ever taken away (ENR-13), but an end with
    plans that turn out to cover somebody all the same: those are ``not_ended``, in the order they were found out.

    ``verification_until`` is the last day eligibility may stay pending (ENR-10), ``verification_reminded`` whether it
    was reminded of it. ``income_cents`` is a year's income as attested, ``determination`` what the hub answered, None
    before it did, ``documented`` what of the attestation its documents show, ``last_days`` until when they may show
    what the hub contradicts. It ``awaits_hub`` until that answers or documents verify it, and again once it has
    attested something new. ``decisions`` is how often enrollment has decided something of its own about it: decisions
    are numbered by it, never by the clock. ``rating_area`` is that of the address it registered with, None where that
    is in none; ``area_changes`` are its moves since, as they were stated. ``merged_into`` is the household of the same
    person that goes on in its place (OPS-5).
    """

    household: str
    registered_on: date
    aptc_cents: int
    subsidy_cents: int
    contact_version: int
    verification: Verification
    verification_until: date
    decisions: int
    assistance_changes: tuple[AssistanceChange, ...] = ()
    not_ended: tuple[NotEnded, ...] = ()
    income_cents: int | None = None
    determination: Determination | None = None
    documented: tuple[Attested, ...] = ()
    last_days: tuple[LastDay, ...] = ()
    verification_reminded: bool = False
    awaits_hub: bool = True
    rating_area: int | None = None
    area_changes: tuple[AreaChange, ...] = ()
    merged_into: str | None = None

    @property
    def wanted(self) -> tuple[Attested, ...]:
        """What of its attestation the hub contradicts and no document shows: none while the hub has not answered."""
        contradicted = () if self.determination is None else self.determination.contradicts
        return tuple(each for each in contradicted if each not in self.documented)

    def assistance_on(self, day: date) -> Assistance:
        """Return the assistance of a day: of the changes that speak of it the last one stated counts (ENR-13)."""
        return self._assistance([each for each in self.assistance_changes if each.since <= day])

    def attested_assistance_on(self, day: date) -> Assistance:
        """Return the assistance of a day as it was granted on attestation, whatever became of its verification."""
        changes = [each for each in self.assistance_changes if each.because != "verification"]
        return self._assistance([each for each in changes if each.since <= day])

    def _assistance(self, speaking: Sequence[AssistanceChange]) -> Assistance:
        stated = speaking[-1] if speaking else self
        return Assistance(aptc_cents=stated.aptc_cents, subsidy_cents=stated.subsidy_cents)

    @property
    def areas_lived_in(self) -> set[int]:
        """All rating areas in which it lives or lived, or will."""
        areas = (self.rating_area, *(each.rating_area for each in self.area_changes))
        return {each for each in areas if each is not None}

    def area_on(self, day: date) -> int | None:
        """Return the rating area of a day: of the moves that speak of it the last one stated counts (ENR-13)."""
        speaking = [each for each in self.area_changes if each.since <= day]
        return speaking[-1].rating_area if speaking else self.rating_area


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach a household, and in which language. A version per change; this is the latest.

    The responsible person is who acts for a subscriber who is not of age, named as written and in Latin letters.
    """

    household: str
    contact_version: int
    language: str
    email: Masked | None
    address: Masked | None
    phone: Masked | None
    responsible_name: Masked | None = None
    responsible_latin_name: Masked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicaidSpan:
    """A time in which Medicaid covers somebody: through its last day, None while it goes on (ENR-4).

    ``off_plans`` is the first day on which the household's plans do not; ``plans_again`` are the policies, selected
    since it ended or renewing such ones, that do again.
    """

    begins: date
    off_plans: date
    through: date | None = None
    plans_again: tuple[str, ...] = ()

    def goes_on(self, day: date) -> bool:
        """Whether it has begun by a day, and its end is not known."""
        return self.begins <= day and self.through is None

    def keeps_off(self, day: date, *, policy: str | None) -> bool:
        """Whether a policy does not cover somebody on a day because of it; None for one selected to begin that day."""
        if policy is None:
            return self.off_plans <= day and (self.through is None or day <= self.through)
        return self.off_plans <= day and policy not in self.plans_again


FORGOTTEN: Final = Masked("-")
"""The name of whose household is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of a household. ``born`` is an ISO date; ``position`` the order in which they were named.

    ``name`` is kept as written, ``latin_name`` beside it for files that can carry nothing else (ENR-16).
    ``joined`` is the first day they may be covered, None where they were there from the beginning, ``left`` the
    first day on which they are not any more, and ``left_for`` why coverage ends that would cover nobody then (ENR-13).
    ``medicaid`` is when Medicaid covers them instead (ENR-4). ``uses_tobacco`` is what was stated when they were named,
    ``tobacco_uses`` what was since, in that order (ENR-17).
    """

    member: str
    household: str
    position: int
    relation: Relation
    name: Masked
    latin_name: Masked
    born: Masked
    ssn: Masked | None
    joined: date | None = None
    left: date | None = None
    left_for: EndReason | None = None
    medicaid: tuple[MedicaidSpan, ...] = ()
    uses_tobacco: bool = False
    tobacco_uses: tuple[TobaccoUse, ...] = ()

    def uses_tobacco_on(self, day: date) -> bool:
        """Whether they use tobacco on a day: of what was stated of it, the last counts."""
        stated = (each.uses for each in reversed(self.tobacco_uses) if each.since <= day)
        return next(stated, self.uses_tobacco)

    def belongs_on(self, day: date) -> bool:
        """Whether they are of the household on a day."""
        return (self.joined is None or self.joined <= day) and (self.left is None or day < self.left)

    def is_covered_on(self, day: date, *, policy: str | None) -> bool:
        """Whether a policy of the household covers them on a day, if it stands, and None for one selected to begin that
        day: they are there, and were not in Medicaid since it was selected.
        """
        return self.belongs_on(day) and not any(each.keeps_off(day, policy=policy) for each in self.medicaid)

    def medicaid_on(self, day: date) -> bool:
        """Whether Medicaid covers them on a day, or is to."""
        return any(
            each.begins <= day and (each.through is None or day <= each.through) for each in self.medicaid
        )

    def is_of_age(self, day: date, *, adult_age: int) -> bool:
        """Whether they are an adult on a day: nobody needs to act for them (ENR-13)."""
        return date.fromisoformat(self.born.reveal()) <= add_months(day, -12 * adult_age)


def has_minor(members: Iterable[Member], *, since: date, adult_age: int) -> bool:
    """Whether somebody is of the household from a day on, or comes to it later, who is not of age then."""
    return any(
        not each.is_of_age(day, adult_age=adult_age)
        for each in members
        if each.belongs_on(day := max(since, each.joined or since))
    )


def last_day_of_anybody(members: Sequence[Member]) -> date | None:
    """Return the last day on which somebody is of the household; None where somebody stays."""
    left = [each.left for each in members if each.left is not None]
    return max(left) - timedelta(days=1) if len(left) == len(members) else None


def lacking(members: Iterable[Member], day: date, *, policy: str | None) -> tuple[str, ...]:
    """Return who is not covered by a policy on a day, and None for one selected to begin that day, only because they
    have left.
    """
    return tuple(
        each.member
        for each in members
        if not each.is_covered_on(day, policy=policy)
        and replace(each, left=None).is_covered_on(day, policy=policy)
    )


def last_left_for(members: Iterable[Member]) -> EndReason:
    """Return why coverage ends with whoever left last."""
    return max(members, key=lambda each: each.left or date.min).left_for or "death"


def days_people_move(members: Iterable[Member], since: date) -> list[date]:
    """Return this day, and those after it on which somebody comes to a household or leaves its plans, in order."""
    days = {since}
    for each in members:
        moves = [each.joined, each.left, *(span.off_plans for span in each.medicaid)]
        days |= {day for day in moves if day is not None and day > since}
    return sorted(days)


def uncovered_from(members: Sequence[Member], since: date, *, policy: str | None) -> date | None:
    """Return the first day, from this one on, on which a policy would cover nobody of the household, and None for one
    selected to begin this day; None where there is none.
    """
    days = days_people_move(members, since)
    return next((day for day in days if not covered_on(members, day, policy=policy)), None)


def members_on(members: Iterable[Member], day: date) -> tuple[Member, ...]:
    """Return those who are of the household on a day: the subscriber first, the others in the order they were named.

    The subscriber is who registered the household; after a death the spouse, and without one the oldest child
    (ENR-13, ADR 0026). A relation stays as it was stated: it is to who registered.
    """
    return _led([each for each in members if each.belongs_on(day)])


def covered_on(members: Iterable[Member], day: date, *, policy: str | None) -> tuple[Member, ...]:
    """Return whom a policy covers on a day, if it stands, and None for one selected to begin that day: those of
    `members_on` who were not in Medicaid since it was selected (ENR-4).
    """
    return _led([each for each in members if each.is_covered_on(day, policy=policy)])


def _led(there: Sequence[Member]) -> tuple[Member, ...]:
    subscriber = min(there, key=_succession, default=None)
    return tuple(sorted(there, key=lambda each: each is not subscriber))


def subscriber_to_come(members: Sequence[Member], *, today: date) -> tuple[Member, bool]:
    """Return who is the subscriber once all departures that were stated have happened, and whether nobody is left then.

    Where nobody is, that is who comes later, else who was the subscriber last.
    """
    day = max([today, *(each.left for each in members if each.left is not None)])
    last = last_day_of_anybody(members) or day
    later = sorted(each.joined for each in members if each.joined is not None and each.joined > day)
    subscriber = next(there[0] for each in (min(last, day), *later) if (there := members_on(members, each)))
    return subscriber, last < day


def _succession(member: Member) -> tuple[int, str, int]:
    """Return what members are compared by to find the subscriber: of children the oldest."""
    rank = ("self", "spouse", "child").index(member.relation)
    return rank, member.born.reveal() if member.relation == "child" else "", member.position


_TIERS: dict[tuple[bool, bool], Tier] = {
    (False, False): "single",
    (True, False): "couple",
    (False, True): "parent",
    (True, True): "family",
}


def tier_of(relations: Sequence[Relation]) -> Tier:
    """Return the premium tier of people, the subscriber first: single, couple, parent (a subscriber with children) or
    family. Of children alone the subscriber counts as the adult (chosen).
    """
    return _TIERS["spouse" in relations[1:], "child" in relations[1:]]


def member_id(*, household: str, position: int) -> str:
    """Return the id of the person named at a position, counted from 0: ``<household>-1`` is the first."""
    return f"{household}-{position + 1}"


def forgotten_contact(contact: Contact) -> Contact:
    """Return a contact of which the language alone is left."""
    return replace(
        contact, email=None, address=None, phone=None, responsible_name=None, responsible_latin_name=None
    )


def forgotten_birth_date(born: Masked) -> Masked:
    """Return the first day of the year that somebody was born in."""
    return Masked(f"{born.reveal()[:4]}-01-01")


def forgotten_member(member: Member) -> Member:
    """Return a person of whom nothing is known any more but their place in the household, and the year they were born
    in, which past coverage follows from.
    """
    return replace(
        member,
        name=FORGOTTEN,
        latin_name=FORGOTTEN,
        born=forgotten_birth_date(member.born),
        ssn=None,
        uses_tobacco=False,
        tobacco_uses=(),
    )
