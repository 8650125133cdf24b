"""What a household's policies cost from a day on, as its people and its assistance are known now (ENR-8, ENR-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from enrollment.domain.assistance import Premium, lower_premiums
from enrollment.domain.households import Household, Member, covered_on, tier_of
from enrollment.domain.months import PolicyVersion, version_on
from enrollment.domain.plans import KIND_ORDER, Plan
from enrollment.domain.policies import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """A household as it is known now: its people, its policies and all their versions, and what its plans cost."""

    household: Household
    members: Sequence[Member]
    policies: Sequence[Policy]
    versions: Sequence[PolicyVersion]
    plans: Mapping[str, Plan]


def new_versions(known: Circumstances, *, since: date) -> list[PolicyVersion]:
    """Return the versions to add, so that from a day on every policy costs what its people and assistance make it.

    None where a policy already costs that. What a version before said of these days stays written (ENR-13).
    """
    added: list[PolicyVersion] = []
    for policy in known.policies:
        before = [each for each in known.versions if each.policy == policy.policy]
        own: list[PolicyVersion] = []
        for day in _cuts(known, policy, since=since):
            premium, members = _rate(known, policy, day=day)
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
            )
            if _says(version) != _says(version_on([*before, *own], day)):
                own.append(version)
        added += own
    return added


def _cuts(known: Circumstances, policy: Policy, *, since: date) -> list[date]:
    """Return the days from ``since`` on from which a policy may cost something else, in order: none on which nobody is
    left whom it would cover.
    """
    first = max(since, policy.effective)
    days = {first}
    days |= {each.since for each in known.household.assistance_changes}
    days |= {each.joined for each in known.members if each.joined is not None}
    days |= {each.left for each in known.members if each.left is not None}
    days |= {span.off_plans for each in known.members for span in each.medicaid}
    days |= {span.plans_again for each in known.members for span in each.medicaid if span.plans_again}
    days |= {each.since for each in known.versions if each.policy == policy.policy}
    for other in known.policies:
        days |= {other.effective, other.last_covered_day + timedelta(days=1)}
    return sorted(
        day for day in days if first <= day <= policy.coverage_ends and covered_on(known.members, day)
    )


def _rate(known: Circumstances, policy: Policy, *, day: date) -> tuple[Premium, tuple[str, ...]]:
    """Return what a policy costs on a day, and whom it covers. Assistance goes to what covers the day first, there to
    what began first, medical before dental (ENR-8), a changed plan as what it took the place of; one that ended, or was
    called off, has what is left, in case it stands again.
    """
    members = covered_on(known.members, day)
    tier = tier_of([each.relation for each in members])
    concerned = [each for each in known.policies if each.effective <= day <= each.coverage_ends]
    ordered = sorted(
        concerned,
        key=lambda each: (
            not each.overlaps(first=day, last=day),
            _began(each, known.policies),
            KIND_ORDER.index(each.kind),
            each.policy,
        ),
    )
    prices = [known.plans[each.plan].monthly_cents(tier, year=each.effective.year) for each in ordered]
    premiums = lower_premiums(prices, assistance=known.household.assistance_on(day))
    return premiums[ordered.index(policy)], tuple(each.member for each in members)


def _began(policy: Policy, policies: Sequence[Policy]) -> date:
    """Return since when a policy, or what it took the place of in the course of the year, covers the household."""
    before = [
        each
        for each in policies
        if each.kind == policy.kind
        and each.effective.year == policy.effective.year
        and each.overlaps(
            first=policy.effective - timedelta(days=1), last=policy.effective - timedelta(days=1)
        )
        and each.last_covered_day < policy.effective
    ]
    return min((_began(each, policies) for each in before), default=policy.effective)


def _says(version: PolicyVersion) -> tuple[object, ...]:
    return version.members, version.gross_cents, version.aptc_cents, version.subsidy_cents, version.net_cents
