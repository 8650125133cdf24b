"""Who is in Medicaid, worked out anew: no plan covers them, nobody is charged for them, nothing of it costs anything (ENR-4)."""

from __future__ import annotations

from datetime import date, timedelta

from enrollment.domain.events import MedicaidBegun
from enrollment.domain.households import Member
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy as Coverage
from invoicing.domain.records import Charge
from simulation.sight import Sight


def wrong(its: Sight) -> list[str]:
    """Return whom plans cover beside Medicaid, and what is charged where nobody is left in them; nothing where nothing is."""
    versions = its.rows("enrollment", PolicyVersion)
    policies = its.rows("enrollment", Coverage)
    people = its.rows("enrollment", Member)
    found: list[str] = []
    for member in people:
        for span in member.medicaid:
            first, last = span.begins, (span.plans_again or date.max) - timedelta(days=1)
            for policy in policies:
                since, until = max(first, policy.effective), min(last, policy.last_covered_day)
                if policy.lifecycle == "canceled" or since > until:
                    continue
                own = [each for each in versions if each.policy == policy.policy]
                days = {since, *(each.since for each in own if since <= each.since <= until)}
                found += [
                    f"ENR-4: {member.member} is in Medicaid on {day}, and {policy.plan} covers them"
                    for day in sorted(days)
                    if member.member in _known_last(own, day)
                ]
    told = {
        member
        for each in its.databases["enrollment"].emitted
        if isinstance(each.event, MedicaidBegun) and each.record.household == its.household
        for member in each.event.members
    }
    found += [
        f"ENR-4: {each.member} is in Medicaid, and nobody was told"
        for each in people
        if each.medicaid and each.member not in told
    ]
    covered = {each.policy: each for each in policies}
    found += [
        f"ENR-4: {its.household} is charged for {each.month}, and {covered[each.policy].plan} ended for Medicaid"
        for each in its.rows("invoicing", Charge)
        if each.state != "reversed"
        and any(
            end.reason == "medicaid" and (end.through or date.min) < each.month.first_day
            for end in covered[each.policy].ends
        )
    ]
    return found


def _known_last(versions: list[PolicyVersion], day: date) -> tuple[str, ...]:
    """Return whom a policy covers on a day, as is known last."""
    speaking = [each for each in versions if each.since <= day]
    return max(speaking, key=lambda each: each.number).members if speaking else ()
