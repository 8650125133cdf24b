"""A household changes its plan in the course of a year: which policy the new one takes the place of (ENR-3, ENR-5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from enrollment.domain.households import Member, covered_on
from enrollment.domain.plans import Kind, Plan
from enrollment.domain.policies import Policy
from enrollment.domain.sources import SOURCES


class PlanNotChangeable(Refused):
    """The household has nothing of the kind that a new plan could take the place of, or has that plan."""

    kind = "plan-not-changeable"


def policies_to_change(
    plans: Sequence[Plan], *, held: Collection[Policy], members: Sequence[Member], start: date
) -> list[Policy]:
    """Return, plan by plan, the policy that each takes the place of from a day on: one that covers that day, also when
    it has an end after it, or its plan year is over by the day on which a change on paper is entered (ENR-11). A plan
    that a change of before begins that day gives way to the later one.

    Raises `PlanNotChangeable` where there is none of its kind, or it is that very plan and nobody comes back into it
    from Medicaid (ENR-4); the reasons say what would do.
    """
    return [_changed(plan, held=held, members=members, start=start) for plan in plans]


def _changed(plan: Plan, *, held: Collection[Policy], members: Sequence[Member], start: date) -> Policy:
    found = next(
        (
            each
            for each in held
            if each.kind == plan.kind
            and each.lifecycle in ("active", "terminated", "expired")
            and each.unpaid_end is None
            and start <= each.last_covered_day
            and (each.effective < start or changed_before(each, held=held, start=start))
        ),
        None,
    )
    if found is None:
        says = (
            f"No {plan.kind} plan that began before {start}, or is to begin then by a change, covers that day: what is "
            "to begin otherwise is called off first, and what is new is selected."
        )
        raise _refused(plan, says, start=start)
    has, would_have = (covered_on(members, start, policy=each) for each in (found.policy, None))
    if found.plan == plan.plan and set(would_have) <= set(has):
        raise _refused(plan, f"{plan.plan} is the {plan.kind} plan that the household has.", start=start)
    return found


def ending_before(changed: Iterable[Policy]) -> dict[Kind, Policy]:
    """Return, by kind, those that had an end already when they were changed, which what takes their place has too: an
    end that was decided stands. Ends for whom they covered are not among them: those follow from whom that covers.
    """
    return {
        each.kind: each
        for each in changed
        if each.lifecycle == "terminated" and each.end_reason not in ("death", "age", "medicaid")
    }


def ends_as_before(policy: Policy, *, instead_of: Policy, through: date) -> Reason:
    """Return the reason of the end of a policy that took the place of one which ended then."""
    return Reason(
        rule="ENR-13",
        says=f"{policy.plan} takes the place of {instead_of.plan}, whose end with {through} was decided before: it "
        "ends then too.",
        citation="45 CFR 155.430(d)(5)",
        facts={"instead_of": instead_of.plan, "through": str(through)},
    )


def changed_before(policy: Policy, *, held: Collection[Policy], start: date) -> bool:
    """Whether a policy begins on a day by a change of before: what it took the place of ends the day before."""
    return policy.effective == start and any(
        each.kind == policy.kind
        and each.activated_on is not None
        and each.unpaid_end is None
        and (each.end_reason, each.through) == ("requested", start - timedelta(days=1))
        for each in held
    )


def changed(policy: Policy, plan: Plan, *, start: date) -> Reason:
    """Return the reason of the end of a policy whose place another plan takes."""
    through = start - timedelta(days=1)
    covers = "never begins" if policy.effective == start else f"covers it through {through}"
    return Reason(
        rule="ENR-13",
        says=f"The household changed to {plan.plan}: {policy.plan} {covers}.",
        citation="45 CFR 155.430(d)(5)",
        facts={"plan": plan.plan, "from": str(start)},
    )


def _refused(plan: Plan, says: str, *, start: date) -> PlanNotChangeable:
    return PlanNotChangeable(
        "there is no plan that could be changed",
        field="/plans",
        reasons=(
            Reason(
                rule="ENR-13",
                says=says,
                citation=SOURCES["ENR-13"],
                facts={"plan": plan.plan, "effective": str(start)},
            ),
        ),
    )
