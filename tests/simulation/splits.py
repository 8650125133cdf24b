"""How a household's assistance is split among its policies, day by day, in arithmetic that shares no code with the services."""

from __future__ import annotations

from datetime import date, timedelta

from enrollment.domain.households import Household, Member
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy
from simulation.eligible import last_day_of
from simulation.sight import Sight


def splits(its: Sight) -> list[str]:
    """On each day the medical plan that stands has the assistance first, then the dental one, and no cent that a premium
    could take is left, whatever came to stand first or went away since (ENR-8).
    """
    household = next(iter(its.rows("enrollment", Household)), None)
    if household is None:  # registers later
        return []
    policies = [each for each in its.rows("enrollment", Policy) if each.lifecycle != "canceled"]
    versions = its.rows("enrollment", PolicyVersion)
    days = {each.effective for each in policies} | {each.since for each in versions}
    people = its.rows("enrollment", Member)
    last = {each.policy: last_day_of(each, people) for each in policies}
    days |= {day + timedelta(days=1) for day in last.values()}
    days |= {each.since for each in household.assistance_changes}
    found: list[str] = []
    for day in sorted(days):
        aptc, subsidy = _stated(household, day)
        stand = [each for each in policies if each.effective <= day <= last[each.policy]]
        for policy in sorted(stand, key=lambda each: each.kind, reverse=True):
            costs = _counting(policy, versions, day)
            takes = (
                min(costs.gross_cents, aptc),
                min(costs.gross_cents - min(costs.gross_cents, aptc), subsidy),
            )
            if (costs.aptc_cents, costs.subsidy_cents) != takes:
                found.append(
                    f"ENR-8: on {day} {its.household}'s {policy.plan} has {costs.aptc_cents} and {costs.subsidy_cents} "
                    f"of assistance and not {takes[0]} and {takes[1]}"
                )
            aptc, subsidy = aptc - takes[0], subsidy - takes[1]
    return found


def _stated(household: Household, day: date) -> tuple[int, int]:
    """Return APTC and state subsidy as stated last for a day."""
    spoke = [each for each in household.assistance_changes if each.since <= day]
    said = spoke[-1] if spoke else household
    return said.aptc_cents, said.subsidy_cents


def _counting(policy: Policy, versions: list[PolicyVersion], day: date) -> PolicyVersion:
    own = [each for each in versions if each.policy == policy.policy and each.since <= day]
    return max(own, key=lambda each: each.number)
