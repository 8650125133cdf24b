"""A household, its people, and how to reach them: who is who, and the tier that follows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from enrollment.domain.verification import Verification

Relation: TypeAlias = Literal["self", "spouse", "child"]
Tier: TypeAlias = Literal["single", "couple", "parent", "family"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A household that may select plans. The two assistances are cents a month.

    ``verification_until`` is the last day eligibility may stay pending (ENR-10).
    """

    household: str
    registered_on: date
    aptc_cents: int
    subsidy_cents: int
    contact_version: int
    verification: Verification
    verification_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach a household, and in which language. A version per change; this is the latest."""

    household: str
    contact_version: int
    language: str
    email: Masked | None
    address: Masked | None
    phone: Masked | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of a household. ``born`` is an ISO date; ``position`` the order in which they were named."""

    member: str
    household: str
    position: int
    relation: Relation
    name: Masked
    born: Masked
    ssn: Masked | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as an application names them; the relation may be left out."""

    name: Masked
    born: Masked
    relation: Relation | None = None
    ssn: Masked | None = None


class RelationsUnclear(InvalidValue):
    """The people of a household cannot be one subscriber, at most one spouse, and children."""

    kind = "relations-unclear"


def relate(people: Sequence[Person], *, today: date, adult_age: int) -> list[Relation]:
    """Return each person's relation, in order.

    A stated relation stands. Of the others the first is the subscriber, the next of adult age today the
    spouse, all the rest children. Raises `RelationsUnclear` for no people, no subscriber, or more than one
    subscriber or spouse, and `InvalidValue` for someone not born yet.
    """
    if not people:
        raise RelationsUnclear(field="/members", problem="must name at least one person")
    for position, person in enumerate(people):
        if date.fromisoformat(person.born.reveal()) > today:
            raise InvalidValue(field=f"/members/{position}/born", problem="must not be after today")
    stated = {person.relation for person in people}
    open_relations: list[Relation] = [each for each in ("self", "spouse") if each not in stated]
    relations: list[Relation] = []
    for person in people:
        relation = person.relation or _inferred(person, open_relations, today=today, adult_age=adult_age)
        if person.relation is None and relation in open_relations:
            open_relations.remove(relation)
        relations.append(relation)
    if relations.count("self") != 1:
        raise RelationsUnclear(
            field="/members", problem="must have exactly one person whose relation is self"
        )
    if relations.count("spouse") > 1:
        raise RelationsUnclear(
            field="/members", problem="must have at most one person whose relation is spouse"
        )
    return relations


def _inferred(person: Person, open_relations: Sequence[Relation], *, today: date, adult_age: int) -> Relation:
    if "self" in open_relations:
        return "self"
    adult = age_on(born=date.fromisoformat(person.born.reveal()), day=today) >= adult_age
    return "spouse" if adult and "spouse" in open_relations else "child"


def age_on(*, born: date, day: date) -> int:
    """Return the full years a person has on a day; born on February 29, one turns older on March 1."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


_TIERS: dict[tuple[bool, bool], Tier] = {
    (False, False): "single",
    (True, False): "couple",
    (False, True): "parent",
    (True, True): "family",
}


def tier_of(relations: Collection[Relation]) -> Tier:
    """Return the premium tier: single, couple, parent (one adult with children) or family."""
    return _TIERS["spouse" in relations, "child" in relations]


def member_id(*, household: str, position: int) -> str:
    """Return the id of the person named at a position, counted from 0: ``<household>-1`` is the first."""
    return f"{household}-{position + 1}"
