"""What a household's policies cost from a day on, as its people, its assistance, where it lives and its policies are
known now (ENR-8, ENR-13, ENR-17).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Impossible
from enrollment.domain.age_rates import AgeRates, rate_members
from enrollment.domain.assistance import Assistance, Premium, lower_premiums
from enrollment.domain.carriers import Carrier
from enrollment.domain.households import Household, Member, Relation, covered_on, days_people_move, tier_of
from enrollment.domain.months import MemberRate, PolicyVersion, version_on
from enrollment.domain.plans import KIND_ORDER, Kind, Plan
from enrollment.domain.policies import Policy, versions_of

Rates: TypeAlias = Mapping[tuple[str, int, int], AgeRates]
"""The rates of plans that are rated by age, by plan, plan year and rating area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """A household as it is known now: its people, its policies and all their versions, and what its plans cost.

    The policies ``rated_anew`` cost what the catalog and the birth dates say now, whatever was said before (OPS-5).
    """

    household: Household
    members: Sequence[Member]
    policies: Sequence[Policy]
    versions: Sequence[PolicyVersion]
    plans: Mapping[str, Plan]
    rates: Rates = field(default_factory=dict[tuple[str, int, int], AgeRates])
    rated_anew: Collection[str] = ()
    carriers: Mapping[str, Carrier] = field(default_factory=dict[str, Carrier])


@dataclass(frozen=True, slots=True, kw_only=True)
class Gross:
    """What a policy costs a month before assistance, in cents; by whom, and where, of a plan that is rated by age, and
    from which age's rate the curve made the others where not all were stated. ``tobacco_users`` are who uses tobacco,
    ``tobacco_rated`` how many of them pay more for it.
    """

    cents: int
    rating_area: int | None = None
    rates: tuple[MemberRate, ...] = ()
    derived_from: str | None = None
    tobacco_users: tuple[str, ...] = ()
    tobacco_rated: int = 0


def has_rates(rates: Rates, plan: Plan, *, year: int, area: int | None) -> bool:
    """Whether a plan has a price in a plan year for who lives in an area, None where that is in none (ENR-17)."""
    return plan.rated_by == "tier" or (area is not None and (plan.plan, year, area) in rates)


def gross_of(
    rates: Rates, plan: Plan, *, people: Sequence[Member], issued: date, on: date, area: int | None
) -> Gross:
    """Return what a policy of a plan, issued or renewed on a day, costs these people a month in an area (ENR-17), as
    they use tobacco or not ``on`` a day that it covers.

    Raises `Impossible` where a plan that is rated by age has no rate for it: whoever issues a policy has checked.
    """
    if plan.rated_by == "tier":
        tier = tier_of([each.relation for each in people])
        return Gross(cents=plan.monthly_cents(tier, year=issued.year))
    there = None if area is None else rates.get((plan.plan, issued.year, area))
    if there is None:
        raise Impossible(f"plan {plan.plan} has no rate for {issued.year} in rating area {area}")
    lines, users = rate_members(there, people, issued=issued, on=on), _users(people, on=on)
    return Gross(
        cents=sum(each.cents for each in lines),
        rating_area=area,
        rates=lines,
        derived_from=there.derived_from,
        tobacco_users=users,
        tobacco_rated=_paying_more(there, people, lines, issued=issued, on=on) if users else 0,
    )


def _users(people: Sequence[Member], *, on: date) -> tuple[str, ...]:
    return tuple(each.member for each in people if each.uses_tobacco_on(on))


def _paying_more(
    rates: AgeRates, people: Sequence[Member], lines: Sequence[MemberRate], *, issued: date, on: date
) -> int:
    """Return how many of these people cost more, by these lines of theirs, because they use tobacco."""
    without = [replace(each, uses_tobacco=False, tobacco_uses=()) for each in people]
    pairs = zip(lines, rate_members(rates, without, issued=issued, on=on), strict=True)
    return sum(one.cents != other.cents for one, other in pairs)


def split_assistance(gross_cents: Mapping[Kind, int], *, assistance: Assistance) -> dict[Kind, Premium]:
    """Return what a household's policies cost that stand on the same day, one of a kind: medical first, then dental
    (ENR-8). Nothing else decides who has which part of the assistance.
    """
    kinds = sorted(gross_cents, key=KIND_ORDER.index)
    premiums = lower_premiums([gross_cents[kind] for kind in kinds], assistance=assistance)
    return dict(zip(kinds, premiums, strict=True))


def gross_beside(known: Circumstances, *, kinds: Iterable[Kind], day: date) -> dict[Kind, int]:
    """Return, by kind, what policies of other kinds than these cost a month that stand on a day."""
    others = [each for each in known.policies if each.kind not in set(kinds) and _stands(each, day)]
    return {each.kind: _gross(known, each, day=day).cents for each in others}


def new_versions(known: Circumstances, *, since: date) -> list[PolicyVersion]:
    """Return the versions to add, so that from a day on every policy costs what its people, its assistance and what
    stands beside it make it.

    None where a policy already costs that. What a version before said of these days stays written (ENR-13).
    """
    added: list[PolicyVersion] = []
    for policy in known.policies:
        before = versions_of(policy, known.versions)
        own: list[PolicyVersion] = []
        for day in _cuts(known, policy, since=since):
            gross, premium, members = _rate(known, policy, day=day)
            version = PolicyVersion(
                policy=policy.policy,
                number=max(each.number for each in (*before, *own)) + 1,
                household=policy.household,
                since=day,
                members=members,
                gross_cents=premium.gross_cents,
                aptc_cents=premium.aptc_cents,
                subsidy_cents=premium.subsidy_cents,
                net_cents=premium.net_cents,
                rating_area=gross.rating_area,
                rates=gross.rates,
                tobacco_users=gross.tobacco_users,
            )
            if _says(version) != _says(version_on([*before, *own], day)):
                own.append(version)
        added += own
    return added


def first_day_moved(before: Policy | None, after: Policy) -> date | None:
    """Return the first day on which a policy stands, or would if it is paid for, and did not before, or the other way
    round; None where there is no such day. ``before`` is None for a policy that is new.
    """
    if before is None:
        return _first_day(after)
    pairs = (
        (_last_day(before), _last_day(after)),
        (_last_day_if_paid(before), _last_day_if_paid(after)),
    )
    moved = [
        _first_day(after) if was is None or now is None else min(was, now) + timedelta(days=1)
        for was, now in pairs
        if was != now
    ]
    return min(moved, default=None)


def _cuts(known: Circumstances, policy: Policy, *, since: date) -> list[date]:
    """Return the days from ``since`` on from which a policy may cost something else, in order: none on which nobody is
    left whom it would cover.
    """
    first = max(since, policy.effective)
    days = set(days_people_move(known.members, first))
    days |= {each.since for each in known.household.assistance_changes}
    days |= {each.since for each in known.household.area_changes}
    days |= {use.since for each in known.members for use in each.tobacco_uses}
    days |= {each.since for each in versions_of(policy, known.versions)}
    for each in known.policies:
        ends = (_last_day(each), _last_day_if_paid(each))
        days |= {_first_day(each), *(end + timedelta(days=1) for end in ends if end is not None)}
    return sorted(
        day
        for day in days
        if first <= day <= policy.coverage_ends and covered_on(known.members, day, policy=policy.policy)
    )


def _rate(known: Circumstances, policy: Policy, *, day: date) -> tuple[Gross, Premium, tuple[str, ...]]:
    """Return what a policy costs on a day, before assistance and after it, and whom it covers.

    Where it has an end by then, that is what it costs if it stands again: beside what stands then, and beside what
    would stand again with it. So an end changes no premium of what ended (INV-12).
    """
    own = _gross(known, policy, day=day)
    gross: dict[Kind, int] = {
        each.kind: _gross(known, each, day=day).cents
        for each in known.policies
        if each.kind != policy.kind and not _stands(policy, day) and _stands_again_with(each, policy, day)
    }
    gross |= gross_beside(known, kinds=[policy.kind], day=day)
    gross[policy.kind] = own.cents
    premiums = split_assistance(gross, assistance=known.household.assistance_on(day))
    people = covered_on(known.members, day, policy=policy.policy)
    return own, premiums[policy.kind], tuple(each.member for each in people)


def _gross(known: Circumstances, policy: Policy, *, day: date) -> Gross:
    """Return the price a month of a policy on a day: as it was selected, or last rated, for so many people, or for
    these people in this area; a catalog that changes afterwards changes no policy.

    Who moves to where a plan has no rate keeps it at the rates of where they came from, until it is renewed (chosen).
    """
    day = max(day, policy.effective)
    people, plan = covered_on(known.members, day, policy=policy.policy), known.plans[policy.plan]
    said = version_on(versions_of(policy, known.versions), day)
    area = known.household.area_on(day)
    if not has_rates(known.rates, plan, year=policy.effective.year, area=area):
        area = said.rating_area
    users = () if said.rating_area is None else _users(people, on=day)
    alike = _is_rated_alike(known, said, people=people, area=area) and set(users) == set(said.tobacco_users)
    if policy.policy not in known.rated_anew and alike:
        return Gross(
            cents=said.gross_cents, rating_area=said.rating_area, rates=said.rates, tobacco_users=users
        )
    return gross_of(known.rates, plan, people=people, issued=policy.effective, on=day, area=area)


def _is_rated_alike(
    known: Circumstances, said: PolicyVersion, *, people: Sequence[Member], area: int | None
) -> bool:
    """Whether a version costs what these people do: so many of a tier, or by age the same people in one area."""
    if said.rating_area is not None:
        return {each.member for each in people} == set(said.members) and said.rating_area == area
    relations: dict[str, Relation] = {each.member: each.relation for each in known.members}
    tier = tier_of([each.relation for each in people])
    return tier_of([relations[member] for member in said.members]) == tier


def _stands(policy: Policy, day: date) -> bool:
    """Whether a day is one for which a policy is charged, if its binder is paid."""
    last = _last_day(policy)
    return last is not None and _first_day(policy) <= day <= last


def _stands_again_with(other: Policy, policy: Policy, day: date) -> bool:
    """Whether what would let one policy stand again on a day lets another as well: both ended by one decision of
    invoicing's, or with the same day as enrollment decided.
    """
    unpaid = {None if each.unpaid_end is None else each.unpaid_end.decision for each in (policy, other)}
    if unpaid == {None}:
        together = policy.end is not None and other.end is not None and policy.through == other.through
        return together and _first_day(other) <= day <= other.coverage_ends
    last = _last_day_if_paid(other)
    return len(unpaid) == 1 and last is not None and _first_day(other) <= day <= last


def _first_day(policy: Policy) -> date:
    """Return the first day for which a policy is charged: a month it covers in part may be charged whole (INV-18)."""
    whole = policy.partial_month == "whole-month"
    return CoverageMonth.of(policy.effective).first_day if whole else policy.effective


def _last_day(policy: Policy) -> date | None:
    """Return the last day for which a policy is charged, None where it is called off."""
    return None if policy.lifecycle == "canceled" else _charged_through(policy, policy.last_covered_day)


def _last_day_if_paid(policy: Policy) -> date | None:
    last = policy.last_day_if_paid
    return None if last is None else _charged_through(policy, last)


def _charged_through(policy: Policy, last: date) -> date:
    return CoverageMonth.of(last).last_day if policy.partial_month == "whole-month" else last


def _says(version: PolicyVersion) -> tuple[object, ...]:
    amounts = version.gross_cents, version.aptc_cents, version.subsidy_cents, version.net_cents
    return version.members, version.rating_area, version.rates, *amounts
