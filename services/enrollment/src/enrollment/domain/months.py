"""What a policy costs in each month: its versions by month, and the months that are covered in part (INV-18).

A *version* says what a whole month costs and whom it covers, since a day. Versions are only ever added: of those
that speak of a day the latest counts (ENR-13). What is charged for a month follows from the versions of its days
and from the days that are covered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.money import round_half_up

PartialMonth: TypeAlias = Literal["by-day", "whole-month"]
"""How a month that is covered in part is charged (INV-18)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRate:
    """What one of a policy's people costs a month before assistance, where its plan is rated by age (ENR-17)."""

    member: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """What a policy costs a whole month since a day, until a version of a higher ``number`` says otherwise.

    ``rates`` are the parts of the gross premium, and ``rating_area`` where they count, of a plan that is rated by age;
    ``tobacco_users`` are those of its people who were rated as such.
    """

    policy: str
    number: int
    household: str
    since: date
    members: tuple[str, ...]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    rating_area: int | None = None
    rates: tuple[MemberRate, ...] = ()
    tobacco_users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionTerms:
    """Whom a policy covers, the subscriber first, and what a whole month costs since a day, until the next one's: as
    others are told.
    """

    since: date
    members: tuple[str, ...]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    rating_area: int | None = None
    rates: tuple[MemberRate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumMonths:
    """What is charged in each month of a run, ``first`` to ``last``, both included."""

    first: CoverageMonth
    last: CoverageMonth
    members: tuple[str, ...]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredMonth:
    """One month of coverage: who is covered on some of its days, on how many it covers, what is charged for it."""

    month: CoverageMonth
    members: tuple[str, ...]
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    days_covered: int
    days_in_month: int

    @property
    def is_whole(self) -> bool:
        """Whether every day of the month is covered."""
        return self.days_covered == self.days_in_month


def covered_months(
    versions: Sequence[PolicyVersion], *, first: date, last: date, partial_month: PartialMonth
) -> tuple[CoveredMonth, ...]:
    """Return every month from a first to a last covered day, both included, as it is charged."""
    return tuple(
        _charged(versions, month, first=first, last=last, partial_month=partial_month)
        for month in CoverageMonth.of(first).until(CoverageMonth.of(last))
    )


def premium_months(
    versions: Sequence[PolicyVersion],
    *,
    first: date,
    last: date,
    partial_month: PartialMonth,
    since: CoverageMonth | None = None,
) -> tuple[PremiumMonths, ...]:
    """Return those months, from ``since`` on, as runs of equal ones; one covered in part stands alone.

    One month of those that cannot differ is charged: nearly every policy has one version, and whole months.
    """
    if len(versions) == 1 and since is None and first.day == 1 and (last + timedelta(days=1)).day == 1:
        return (_whole_months(versions[0], first=CoverageMonth.of(first), last=CoverageMonth.of(last)),)
    charged = (
        (_charged(versions, month, first=first, last=last, partial_month=partial_month), through)
        for month, through in _stretches(versions, first=first, last=last, since=since)
    )
    found: list[PremiumMonths] = []
    for _, run in groupby(charged, key=lambda each: _kept_together(each[0])):
        same = list(run)
        head, (_, through) = same[0][0], same[-1]
        found.append(
            PremiumMonths(
                first=head.month,
                last=through,
                members=head.members,
                gross_cents=head.gross_cents,
                aptc_cents=head.aptc_cents,
                subsidy_cents=head.subsidy_cents,
                net_cents=head.net_cents,
            )
        )
    return tuple(found)


def _whole_months(version: PolicyVersion, *, first: CoverageMonth, last: CoverageMonth) -> PremiumMonths:
    return PremiumMonths(
        first=first,
        last=last,
        members=version.members,
        gross_cents=version.gross_cents,
        aptc_cents=version.aptc_cents,
        subsidy_cents=version.subsidy_cents,
        net_cents=version.net_cents,
    )


def _stretches(
    versions: Sequence[PolicyVersion], *, first: date, last: date, since: CoverageMonth | None
) -> Iterator[tuple[CoverageMonth, CoverageMonth]]:
    """Yield first and last month of stretches within which no version begins, months in part by themselves."""
    start, end = CoverageMonth.of(first), CoverageMonth.of(last)
    cuts = {start, end.plus(1)}
    if first > start.first_day:
        cuts.add(start.plus(1))
    if last < end.last_day:
        cuts.add(end)
    if since is not None:
        cuts.add(since)
        start = max(start, since)
    for version in versions:
        month = CoverageMonth.of(version.since)
        cuts |= {month} if version.since == month.first_day else {month, month.plus(1)}
    for month, after in pairwise(sorted(cut for cut in cuts if start <= cut <= end.plus(1))):
        yield month, after.plus(-1)


def _kept_together(month: CoveredMonth) -> tuple[object, ...]:
    amounts = (month.gross_cents, month.aptc_cents, month.subsidy_cents, month.net_cents)
    return (None if month.is_whole else month.month, month.members, *amounts)


def version_on(versions: Sequence[PolicyVersion], day: date) -> PolicyVersion:
    """Return the version of a policy that counts on a day it may cover: the latest that speaks of it (ENR-13)."""
    return max((each for each in versions if each.since <= day), key=lambda each: each.number)


def versions_between(
    versions: Sequence[PolicyVersion], *, first: date, last: date
) -> list[tuple[PolicyVersion, date, date]]:
    """Return which version counts from a first to a last day, each with its own first and last day, in order."""
    cuts = sorted({first, *(each.since for each in versions if first < each.since <= last)})
    ends = [*(cut - timedelta(days=1) for cut in cuts[1:]), last]
    return [(version_on(versions, cut), cut, end) for cut, end in zip(cuts, ends, strict=True)]


def terms_between(versions: Sequence[PolicyVersion], *, first: date, last: date) -> tuple[VersionTerms, ...]:
    """Return what counts from a first to a last day, in order: the first since that first day."""
    return tuple(
        VersionTerms(
            since=begin,
            members=version.members,
            gross_cents=version.gross_cents,
            aptc_cents=version.aptc_cents,
            subsidy_cents=version.subsidy_cents,
            net_cents=version.net_cents,
            rating_area=version.rating_area,
            rates=version.rates,
        )
        for version, begin, _ in versions_between(versions, first=first, last=last)
    )


def _charged(
    versions: Sequence[PolicyVersion],
    month: CoverageMonth,
    *,
    first: date,
    last: date,
    partial_month: PartialMonth,
) -> CoveredMonth:
    """Return what is charged for a month: each amount rounded once, the gross premium is their sum (INV-18).

    Where a month is charged whole though it is covered in part, it costs what its first covered day does.
    """
    first, last = max(first, month.first_day), min(last, month.last_day)
    in_month = month.last_day.day
    counting = versions_between(versions, first=first, last=last)
    if partial_month == "whole-month":
        shares = [(counting[0][0], in_month)]
    else:
        shares = [(version, (end - begin).days + 1) for version, begin, end in counting]
    net = _part([(version.net_cents, days) for version, days in shares], of=in_month)
    aptc = _part([(version.aptc_cents, days) for version, days in shares], of=in_month)
    subsidy = _part([(version.subsidy_cents, days) for version, days in shares], of=in_month)
    return CoveredMonth(
        month=month,
        members=tuple(dict.fromkeys(member for version, _ in shares for member in version.members)),
        gross_cents=net + aptc + subsidy,
        aptc_cents=aptc,
        subsidy_cents=subsidy,
        net_cents=net,
        days_covered=(last - first).days + 1,
        days_in_month=in_month,
    )


def _part(shares: Sequence[tuple[int, int]], *, of: int) -> int:
    # Nearly every month is whole, and an exact fraction costs a hundred times what it is then equal to.
    if len(shares) == 1 and shares[0][1] == of:
        return shares[0][0]
    return round_half_up(Fraction(sum(cents * days for cents, days in shares), of))
