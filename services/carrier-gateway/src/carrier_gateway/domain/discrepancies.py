"""A carrier's book against ours, person by person: each difference named, with whose word counts (CAR-6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias, get_args

from bulkhead.kernel.money import format_cents
from carrier_gateway.domain.audits import begin_of, clamped, last_day_of, stands_on
from carrier_gateway.domain.books import BookRow
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import ContactMember, Policy
from carrier_gateway.domain.versions import version_on

DifferenceKind: TypeAlias = Literal[
    "missing-there",
    "missing-here",
    "repeated",
    "begin",
    "end",
    "effectuated",
    "premium",
    "aptc",
    "plan",
    "subscriber",
    "name",
    "born",
]
KINDS: Final[tuple[DifferenceKind, ...]] = get_args(DifferenceKind)
Wins: TypeAlias = Literal["exchange", "carrier"]
DiscrepancyState: TypeAlias = Literal["open", "closed"]
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """A difference between a carrier's book and ours, on the work list until a later book no longer shows it.

    ``policy`` and ``member`` are ours, or empty where the book names what nobody here knows: then ``line`` of ``file``
    says where it stands. ``ours`` and ``theirs`` are what each says, empty for a name or a birth date. It has been
    ``open_since`` the day of the first book of an unbroken row that shows it; ``times`` counts how often it came.
    ``is_left`` tells that somebody decided to leave it: nobody is alarmed of it any more.
    """

    discrepancy: str
    carrier: str
    household: str | None
    policy: str
    member: str
    kind: DifferenceKind
    ours: str
    theirs: str
    wins: Wins
    file: str
    line: int | None
    first_seen: date
    open_since: date
    last_seen: date
    state: DiscrepancyState = "open"
    closed_on: date | None = None
    times: int = 1
    is_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscrepancyDecision:
    """What somebody decided about a discrepancy, or noted of it, and why; with the sets that went out again by it."""

    discrepancy: str
    number: int
    decision: Literal["send-again", "leave", "note"]
    reason: str
    decided_by: str
    decided_at: datetime
    sent_again: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. ``member`` and ``policy`` are as the book has them, whether we know them or not."""

    policy: str
    member: str
    kind: DifferenceKind
    line: int | None
    ours: str = ""
    theirs: str = ""
    known_policy: Policy | None = None
    known_member: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What became of one person: their line of the book, None where it has none, and how it differs from ours."""

    policy: str
    member: str
    line: int | None
    is_faulty: bool
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OurBook:
    """What is known here of some policies: themselves, and their people by policy and member.

    ``unplaced`` are those of them who stand on lines of the book whose policy cannot be read.
    """

    policies: Mapping[str, Policy]
    people: Mapping[tuple[str, str], ContactMember]
    profile: CarrierProfile
    unplaced: frozenset[str] = frozenset()


def compare(ours: OurBook, rows: Sequence[BookRow], *, as_of: date) -> Iterator[Compared]:
    """Yield how each person of a book, and each of ours that it does not name, stands on the day of the book.

    ``rows`` are all that it has of these policies, and of those that are not known here.
    """
    named: set[tuple[str, str]] = set()
    for row in rows:
        key = (row.policy, row.member)
        policy = ours.policies.get(row.policy)
        if key in named and row.member:
            differences: tuple[Difference, ...] = (_difference(row, policy, "repeated"),)
        elif row.is_faulty:
            differences = ()
        else:
            differences = tuple(_differences(ours, policy, row, as_of=as_of))
        named.add(key)
        yield Compared(
            policy=row.policy,
            member=row.member,
            line=row.line,
            is_faulty=row.is_faulty,
            differences=differences,
        )
    for policy in ours.policies.values():
        if not stands_on(policy, as_of):
            continue
        for member in version_on(policy.versions, as_of).members:
            if (policy.policy, member) in named:
                continue
            if member in ours.unplaced or (policy.policy, "") in named:
                # One of the lines that cannot be read may be theirs.
                yield Compared(policy=policy.policy, member=member, line=None, is_faulty=True, differences=())
            else:
                missing = Difference(
                    policy=policy.policy,
                    member=member,
                    kind="missing-there",
                    line=None,
                    known_policy=policy,
                    known_member=member,
                )
                yield Compared(
                    policy=policy.policy, member=member, line=None, is_faulty=False, differences=(missing,)
                )


def _difference(
    row: BookRow, policy: Policy | None, kind: DifferenceKind, *, ours: str = "", theirs: str = ""
) -> Difference:
    known = policy is not None and any(row.member in each.members for each in policy.versions)
    return Difference(
        policy=row.policy,
        member=row.member,
        kind=kind,
        line=row.line,
        ours=ours,
        theirs=theirs,
        known_policy=policy,
        known_member=row.member if known else "",
    )


def _differences(ours: OurBook, policy: Policy | None, row: BookRow, *, as_of: date) -> Iterator[Difference]:
    day = None if policy is None else _day_of(policy, row.member, as_of)
    held_back = policy is not None and policy.lifecycle == "selected" and policy.told == "nothing"
    if policy is None or day is None or held_back or policy.lifecycle == "canceled":
        yield _difference(row, policy, "missing-here")
        return
    for kind, mine, theirs in _fields(ours, policy, row, day=day):
        if theirs is not None and mine != theirs:
            told = _shown(theirs) if _may_be_kept(ours, kind, theirs) else ""
            yield _difference(row, policy, kind, ours=_shown(mine), theirs=told)
    person = ours.people.get((policy.policy, row.member))
    if person is not None:
        if row.last_name is not None and not _same_name(person, row):
            yield _difference(row, policy, "name")
        if row.born is not None and person.born.reveal() != row.born.isoformat():
            yield _difference(row, policy, "born")


def _fields(
    ours: OurBook, policy: Policy, row: BookRow, *, day: date
) -> Iterator[tuple[DifferenceKind, object, object]]:
    """Yield what both say of somebody on a day of the policy's, in the same terms; None where the book says nothing."""
    terms = version_on(policy.versions, day)
    subscriber = terms.members[0]
    yield "begin", begin_of(policy, row.member, on=day), row.begin
    # Without an end coverage goes on until the plan year's.
    yield "end", _end_of(policy, row.member, day), row.end or policy.coverage_ends
    yield "plan", _plain(ours.profile.plan_id(policy.plan)), row.plan and _plain(row.plan)
    is_meant = row.is_subscriber == (row.member == subscriber)
    yield "subscriber", subscriber, row.subscriber if is_meant else ""
    if row.is_subscriber and row.member == subscriber:
        yield "effectuated", policy.effectuated_on is not None, row.is_effectuated
        yield "premium", terms.gross_cents, row.premium_cents
        yield "aptc", terms.aptc_cents, row.aptc_cents


def _day_of(policy: Policy, member: str, as_of: date) -> date | None:
    """Return the last day, up to a book's, on which a policy covers somebody: the book's own, if it does; the first one
    of who comes later; None for who never is on it.
    """
    day = clamped(policy, as_of)
    if member in version_on(policy.versions, day).members:
        return day
    before = [each for each in policy.versions if each.since <= day and member in each.members]
    if before:
        return _last_of(policy, before[-1].since, member)
    return next((each.since for each in policy.versions if member in each.members), None)


def _last_of(policy: Policy, since: date, member: str) -> date:
    """Return the last day of the run of versions, from the one of that day on, that cover somebody."""
    gone = (each.since for each in policy.versions if each.since > since and member not in each.members)
    return min(next(gone, date.max) - timedelta(days=1), last_day_of(policy))


def _end_of(policy: Policy, member: str, day: date) -> date:
    return _last_of(policy, version_on(policy.versions, day).since, member)


def _plain(plan: str) -> str:
    return plan.replace("-", "")


def _same_name(person: ContactMember, row: BookRow) -> bool:
    """Return whether a name is ours, as typed or in its Latin form: carriers leave out middle names, and all marks."""
    first = "" if row.first_name is None else row.first_name.reveal()
    last = "" if row.last_name is None else row.last_name.reveal()
    theirs = set(_WORD.findall(f"{first} {last}".casefold()))
    return any(
        theirs <= set(_WORD.findall(each.reveal().casefold())) for each in (person.name, person.latin_name)
    )


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return format_cents(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _may_be_kept(ours: OurBook, kind: DifferenceKind, theirs: object) -> bool:
    """Return whether what a book says may be kept: an id that is none of ours may be anything about anybody."""
    if kind == "subscriber":
        return any(theirs in each.members for one in ours.policies.values() for each in one.versions)
    if kind == "plan":
        known = {ours.profile.plan_id(each.plan) for each in ours.policies.values()}
        return theirs in {_plain(each) for each in (*known, *ours.profile.plan_ids.values())}
    return True
