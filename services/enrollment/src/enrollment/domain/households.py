"""A household, its people, and how to reach them; and the tier that follows from who they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from bulkhead.kernel.personal import Masked
from enrollment.domain.verification import Verification

Relation: TypeAlias = Literal["self", "spouse", "child"]
Tier: TypeAlias = Literal["single", "couple", "parent", "family"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A household that may select plans. The two assistances are cents a month.

    ``verification_until`` is the last day eligibility may stay pending (ENR-10), ``decisions`` how often
    enrollment has decided something of its own about it: decisions are numbered by it, never by the clock.
    """

    household: str
    registered_on: date
    aptc_cents: int
    subsidy_cents: int
    contact_version: int
    verification: Verification
    verification_until: date
    decisions: int


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
    """A person of a household. ``born`` is an ISO date; ``position`` the order in which they were named.

    ``name`` is kept as written, ``latin_name`` beside it for files that can carry nothing else (ENR-16).
    """

    member: str
    household: str
    position: int
    relation: Relation
    name: Masked
    latin_name: Masked
    born: Masked
    ssn: Masked | None


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
