"""Who is in Medicaid, worked out anew: no plan covers them, nobody is charged for them, nothing of it costs anything (ENR-4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from enrollment.domain.corrections import Correction
from enrollment.domain.events import MedicaidBegun, MedicaidEnded, PlansSelected
from enrollment.domain.households import MedicaidSpan, Member
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
            for policy in policies:
                since, until = max(span.begins, policy.effective), last_day_of(policy, people)
                if policy.policy in span.plans_again:
                    found += _back_too_early(member, span, policy)
                    continue
                if policy.lifecycle == "canceled" or since > until:
                    continue
                own = [each for each in versions if each.policy == policy.policy]
                days = {since, *(each.since for each in own if since <= each.since <= until)}
                found += [
                    f"ENR-4: {member.member} is in Medicaid, or was not selected for since, on {day}, and "
                    f"{policy.plan} covers them"
                    for day in sorted(days)
                    if member.member in known_last(own, day)
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
    found += _kept_out(its, people)
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


def last_day_of(policy: Coverage, people: Sequence[Member]) -> date:
    """Return the last day on which a policy covers anybody, or would: what is selected ends before the day on which nobody
    is left in it, but only once its binder is paid (ENR-5).
    """
    if policy.lifecycle != "selected":
        return policy.last_covered_day
    there = [(each.joined or date.min, _first_day_off(each, policy)) for each in people]
    days = sorted(first_off for _, first_off in there if first_off > policy.effective)
    empty = (day for day in days if not any(joined <= day < off for joined, off in there))
    return min(policy.last_covered_day, next(empty, date.max) - timedelta(days=1))


def _first_day_off(member: Member, policy: Coverage) -> date:
    """Return the first day on which a policy does not cover somebody any more: in Medicaid, or not of the household."""
    begins = [span.begins for span in member.medicaid if policy.policy not in span.plans_again]
    return min([member.left or date.max, *begins])


def _back_too_early(member: Member, span: MedicaidSpan, policy: Coverage) -> list[str]:
    """Return what is wrong where a policy covers somebody again who was in Medicaid: that begins after it has ended."""
    if span.through is not None and span.through < policy.effective:
        return []
    return [
        f"ENR-4: {policy.plan} of {policy.effective} covers {member.member} again, in Medicaid until then"
    ]


def _kept_out(its: Sight, people: list[Member]) -> list[str]:
    """Return whom plans leave out that were selected to begin after the end of their Medicaid, and who has two begins.

    Who was found eligible again by then, or is of the household no more or not yet, is not in them; and of whom it was
    told wrong that they had left, is in later versions.
    """
    told_wrong = {each.member for each in its.rows("enrollment", Correction) if each.departure is not None}
    found = [
        f"ENR-4: {each.member} is in Medicaid twice"
        for each in people
        if sum(span.through is None for span in each.medicaid) > 1
        or any(
            earlier.through is None or earlier.through >= later.begins
            for earlier, later in pairwise(each.medicaid)
        )
    ]
    out: dict[str, date] = {}
    for emitted in its.databases["enrollment"].emitted:
        if emitted.record.household != its.household:
            continue
        match emitted.event:
            case MedicaidBegun(members=members):
                out = {member: day for member, day in out.items() if member not in members}
            case MedicaidEnded(members=members, through=through):
                out |= dict.fromkeys(members, through)
            case PlansSelected(effective=effective, policies=policies):
                back = [
                    each.member
                    for each in people
                    if out.get(each.member, date.max) < effective and each.belongs_on(effective)
                    if each.member not in told_wrong
                ]
                found += [
                    f"ENR-4: {member} is out of Medicaid, and {policy.plan} of {effective} leaves them out"
                    for member in back
                    for policy in policies
                    if member not in policy.members
                ]
            case _:
                pass
    return found


def known_last(versions: list[PolicyVersion], day: date) -> tuple[str, ...]:
    """Return whom a policy covers on a day, as is known last."""
    speaking = [each for each in versions if each.since <= day]
    return max(speaking, key=lambda each: each.number).members if speaking else ()
