"""Who is covered by a policy, who among them is the subscriber, and how the others are related to her."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.errors import Impossible
from carrier_gateway.domain.records import ContactMember, Policy
from carrier_gateway.domain.telling import TELLS_COVERAGE, Step, speaks_of, told_since
from carrier_gateway.domain.versions import covered_since, version_on

Relationship: TypeAlias = Literal["self", "spouse", "child", "sibling", "other"]

RELATIONSHIPS: Final[Mapping[tuple[str, str], Relationship]] = {
    ("self", "spouse"): "spouse",
    ("self", "child"): "child",
    ("spouse", "spouse"): "spouse",
    ("spouse", "child"): "child",
    ("child", "child"): "sibling",
}
"""The subscriber's relation to the household's first person × another member's → hers to the subscriber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A person on a policy."""

    person: ContactMember
    relationship: Relationship


Part: TypeAlias = Literal["begins", "stays", "comes", "ends", "never"]
"""What a set is to somebody on it: their coverage begins or stands again with all, stays or comes as it changes, ends,
or never was though it was told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A person as a set lists them: with their own first covered day, and the last one where theirs ends.

    Of coverage that never was both are the first day that was told.
    """

    who: Covered
    part: Part
    begin: date
    end: date | None = None


def listed_people(policy: Policy, step: Step, *, everybody: Sequence[ContactMember]) -> tuple[Listed, ...]:
    """Return who is on a set, of everybody the policy ever covered.

    The subscriber is the first, and alone where all ends (CAR-2). Nobody's coverage begins before the subscriber's who
    took it up (ENR-13).
    """
    first = step.effective if step.kind == "initial" else told_since(policy)
    if step.kind not in TELLS_COVERAGE:
        (subscriber, *_) = related(everybody, subscriber=policy.told_versions[0].members[0])
        return (Listed(who=subscriber, part="ends", begin=first, end=step.effective),)
    day = speaks_of(policy, step)
    covered = version_on(policy.versions, day).members
    known = _known_since(policy, day) if step.kind == "change" else []
    there: list[Listed] = []
    gone: list[Listed] = []
    for who in related(everybody, subscriber=covered[0]):
        member = who.person.member
        known_since = [each[member] for each in known if member in each]
        if member in covered:
            part: Part = "begins"
            if step.kind == "change":
                part = "stays" if len(known_since) == len(known) else "comes"
            begin = max(first, covered_since(policy.versions, member, on=day))
            there.append(Listed(who=who, part=part, begin=begin))
        elif known_since:
            gone.append(_gone(who, begin=min(known_since), from_day=day))
    return (*there, *gone)


def _known_since(policy: Policy, day: date) -> list[dict[str, date]]:
    """Return whom a carrier was told to be covered on a day, and since when: as it knows it if the last change counts
    for good, and if it counts until what was told ahead of it (`told`)."""
    days = {day, policy.told_anew_after or day}
    return [
        {
            member: covered_since(policy.told_versions, member, on=each)
            for member in version_on(policy.told_versions, each).members
        }
        for each in sorted(days)
    ]


def _gone(who: Covered, *, begin: date, from_day: date) -> Listed:
    if begin < from_day:
        return Listed(who=who, part="ends", begin=begin, end=from_day - timedelta(days=1))
    return Listed(who=who, part="never", begin=begin, end=begin)


def people_named(*, members: Sequence[str], contact: Sequence[ContactMember]) -> tuple[ContactMember, ...]:
    """Return these people as their household's contact names them.

    Raises `Impossible` for nobody, or for somebody its contact does not know.
    """
    known = {each.member: each for each in contact}
    if not members or any(member not in known for member in members):
        raise Impossible("a policy covers somebody its household's contact does not name")
    return tuple(known[member] for member in dict.fromkeys(members))


def related(people: Sequence[ContactMember], *, subscriber: str) -> tuple[Covered, ...]:
    """Return people as they are related to a subscriber, who is one of them and comes first."""
    first = next(each for each in people if each.member == subscriber)
    return (
        Covered(person=first, relationship="self"),
        *(
            Covered(person=each, relationship=RELATIONSHIPS.get((first.relation, each.relation), "other"))
            for each in people
            if each is not first
        ),
    )
