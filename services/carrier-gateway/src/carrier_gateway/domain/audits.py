"""Full-book audits: once a month a carrier is told of every policy that stands with it (CAR-6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.people import Listed, related
from carrier_gateway.domain.records import ContactMember, Policy
from carrier_gateway.domain.telling import told_since
from carrier_gateway.domain.versions import covered_since, version_on

BEGINNING = 0
"""The number of the piece of an audit that stands before all sets."""

AuditState: TypeAlias = Literal["waiting", "numbered", "built", "written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A carrier's audit of a day: every policy that stands on it, each a set.

    ``state``: waiting for a profile or a turn; numbered, and composed a piece at a time; built, whole; written. All
    policies up to ``through_policy`` are composed, in ``pieces``. ``left_out`` counts those that could not be: their
    ids are in the log. ``made_at`` is when it was numbered.
    """

    carrier: str
    on: date
    begun_at: datetime
    state: AuditState = "waiting"
    control_number: int | None = None
    file: str | None = None
    made_at: datetime | None = None
    through_policy: str = ""
    pieces: int = 0
    sets: int = 0
    left_out: int = 0
    written_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditContent:
    """A piece of an audit as it is written: the beginning is `BEGINNING`, the end has the last number."""

    carrier: str
    on: date
    number: int
    content: Masked


def last_day_of(policy: Policy) -> date:
    """Return a policy's last covered day, as far as it is known."""
    return policy.through or policy.coverage_ends


def stands_on(policy: Policy, day: date) -> bool:
    """Return whether a policy covers somebody on a day, and its carrier was told that it does."""
    return (
        policy.lifecycle != "canceled"  # a selected one is told of once its binder is paid (ENR-5)
        and policy.told in ("covered", "ended")
        and policy.effective <= day <= last_day_of(policy)
    )


def standing_people(policy: Policy, *, everybody: Sequence[ContactMember], on: date) -> tuple[Listed, ...]:
    """Return who is covered on a day, the subscriber first, each since their own first day as their carrier knows it
    (ENR-13).
    """
    covered = version_on(policy.versions, on).members
    return tuple(
        Listed(who=who, part="begins", begin=begin_of(policy, who.person.member, on=on))
        for who in related(everybody, subscriber=covered[0])
        if who.person.member in covered
    )


def part_since(policy: Policy, day: date) -> date:
    """Return the first day of the part of a policy that a day is in, as its carrier knows it: who took it up begins
    anew, and who was the subscriber before them began before (ENR-13).
    """
    first = told_since(policy)
    if first <= day:
        return first
    return covered_since(policy.versions, version_on(policy.versions, day).members[0], on=day)


def begin_of(policy: Policy, member: str, *, on: date) -> date:
    """Return since when somebody is covered on a day: nobody's coverage begins before the part that it is in."""
    return max(part_since(policy, on), covered_since(policy.versions, member, on=on))


def clamped(policy: Policy, day: date) -> date:
    """Return the day of a policy that is nearest to a day."""
    last = max(policy.effective, last_day_of(policy))
    return min(max(day, policy.effective), last)
