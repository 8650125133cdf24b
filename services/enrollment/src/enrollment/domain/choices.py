"""What may be selected, and as of when: the checks of a selection before anything comes of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Refused
from enrollment.domain.age_rates import not_rated_here
from enrollment.domain.crosswalk import CITATION
from enrollment.domain.effective_dates import EffectiveDate, coverage_end
from enrollment.domain.eligibility import may_not_enroll, not_shown
from enrollment.domain.events import Via
from enrollment.domain.households import Household, Member, uncovered_from
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import KIND_ORDER, Kind, Plan
from enrollment.domain.policies import Policy
from enrollment.domain.rating import Circumstances, has_rates
from enrollment.domain.sources import SOURCES


class NoPlansSelected(Refused):
    """A selection names no plan."""

    kind = "no-plans-selected"


class PlanSelectedTwice(Refused):
    """A selection names one plan twice, or two plans of one kind."""

    kind = "plan-selected-twice"


class UnknownPlan(Refused):
    """A selection names a plan that is not sold, or not for that plan year."""

    kind = "unknown-plan"


class KindAlreadyHeld(Refused):
    """The household has, or has selected, a plan of the kind for the same days."""

    kind = "kind-already-held"


class RenewsAndBegins(Refused):
    """One act would take the place of a renewal, which needs no binder, and begin something new, which needs one."""

    kind = "renews-and-begins"


class NobodyToCover(Refused):
    """Nobody of the household would be covered on the first day: all have left it, or are in Medicaid (ENR-4)."""

    kind = "nobody-to-cover"


class NotEligible(Refused):
    """Documents did not show in time that the household's people may enroll: coverage ended, or would have."""

    kind = "not-eligible"


class PaperDates(InvalidValue):
    """The received date of a paper application cannot be right, or there is no paper to receive."""

    kind = "paper-dates"


def selection_date(*, via: Via, received_on: date | None, today: date) -> date:
    """Return the date that counts for every rule (ENR-11): today, or the day the paper was received.

    Raises `PaperDates` for paper received after today, or a received date without paper.
    """
    if received_on is None:
        return today
    if via != "paper":
        raise PaperDates(
            field="/received_on",
            problem="is for paper applications only",
            reasons=(
                Reason(
                    rule="ENR-11",
                    says="Only paper is received; all else counts when entered.",
                    citation=SOURCES["ENR-11"],
                    facts={"via": via},
                ),
            ),
        )
    if received_on > today:
        raise PaperDates(
            field="/received_on",
            problem="must not be after today",
            reasons=(
                Reason(
                    rule="ENR-11",
                    says=f"Paper counts from the day it was received, {today} at the latest.",
                    citation=SOURCES["ENR-11"],
                    facts={"received_on": str(received_on), "today": str(today)},
                ),
            ),
        )
    return received_on


def check_eligible(household: Household, *, parameters: EnrollmentParameters) -> None:
    """Check that it is not overdue to show that a household may enroll; raises `NotEligible` (ENR-10)."""
    if may_not_enroll(household, parameters=parameters):
        reason = not_shown(household, parameters=parameters)
        raise NotEligible("the household may not enroll as things stand", reasons=(reason,))


def chosen_plans(names: Sequence[str], *, catalog: Mapping[str, Plan]) -> list[Plan]:
    """Return the plans named, medical first.

    Raises `NoPlansSelected`, `UnknownPlan`, or `PlanSelectedTwice`, also for two plans of one kind.
    """
    if not names:
        raise NoPlansSelected("a selection must name at least one plan", field="/plans")
    for position, name in enumerate(names):
        if name not in catalog:
            raise UnknownPlan("there is no such plan", field=f"/plans/{position}")
        if name in names[:position]:
            raise PlanSelectedTwice("a plan is named twice", field=f"/plans/{position}")
    plans = sorted((catalog[name] for name in names), key=lambda plan: KIND_ORDER.index(plan.kind))
    if len({plan.kind for plan in plans}) != len(plans):
        raise PlanSelectedTwice("two plans of one kind are named", field="/plans")
    return plans


def check_rated(plans: Sequence[Plan], *, known: Circumstances, start: EffectiveDate) -> None:
    """Check that each plan has a price where the household lives on its first day; raises `NotRatedHere` (ENR-17)."""
    year, area = start.effective.year, known.household.area_on(start.effective)
    for plan in plans:
        if not has_rates(known.rates, plan, year=year, area=area):
            raise not_rated_here(plan.plan, year=year, rating_area=area)


def check_people(covered: Sequence[Member], *, effective: date) -> None:
    """Check that coverage would begin with somebody; raises `NobodyToCover`."""
    if not covered:
        says = (
            f"Nobody is of the household on {effective} and not in Medicaid: who comes to it is added first, and "
            "the end of Medicaid is stated."
        )
        raise NobodyToCover(
            "there is nobody to cover",
            field="/plans",
            reasons=(
                Reason(
                    rule="ENR-13", says=says, citation=SOURCES["ENR-13"], facts={"effective": str(effective)}
                ),
            ),
        )


def check_free(
    plans: Sequence[Plan],
    *,
    held: Collection[Policy],
    start: EffectiveDate,
    lasts: Mapping[Kind, date],
) -> None:
    """Check that every plan is sold for the year, and of a kind the household has not for those days, of which
    ``lasts`` has the last.

    Raises `UnknownPlan`, or `KindAlreadyHeld` with the policy in the way: a change of plan is not a second
    selection (ENR-13).
    """
    for plan in plans:
        if not plan.is_sold_for(start.effective.year):
            raise _not_sold(plan, start=start)
        for policy in held:
            if policy.kind == plan.kind and policy.overlaps(first=start.effective, last=lasts[plan.kind]):
                raise _already_held(policy, effective=start.effective)


def last_days(
    plans: Sequence[Plan], *, members: Sequence[Member], start: EffectiveDate, ending: Mapping[Kind, Policy]
) -> dict[Kind, date]:
    """Return, by kind, the last day that each of these plans covers as things stand: of its plan year (CAL-3), before
    it would cover nobody any more (ENR-4), or that of what is ending already and whose place it takes (ENR-13).
    """
    longest = coverage_end(effective=start.effective)
    nobody = uncovered_from(members, start.effective, policy=None)
    if nobody is not None:
        longest = min(longest, nobody - timedelta(days=1))
    ends = {each.kind: ending[each.kind].last_covered_day for each in plans if each.kind in ending}
    return {each.kind: min(longest, ends.get(each.kind, longest)) for each in plans}


def renews_and_begins(renewals: Sequence[Policy], selected: Sequence[Policy]) -> RenewsAndBegins:
    """Return the refusal of an act that would make coverage that goes on wait for the premium of something new.

    Were the binder not paid, the household would lose what it has (ENR-5, ENR-6).
    """
    going_on = [each.kind for each in renewals]
    new = [each.plan for each in selected if each.kind not in going_on]
    return RenewsAndBegins(
        "what renews and what is new are selected one after the other",
        field="/plans",
        reasons=(
            Reason(
                rule="ENR-5",
                says=f"The {' and '.join(going_on)} plan goes on and needs no binder; {' and '.join(new)} is new, and "
                "one binder is for all of an act. Select the one, then the other.",
                citation=SOURCES["ENR-5"],
                facts={"new": " ".join(new)},
            ),
        ),
    )


def _not_sold(plan: Plan, *, start: EffectiveDate) -> UnknownPlan:
    return UnknownPlan(
        "a plan is not sold for the year in which coverage would begin",
        field="/plans",
        reasons=(
            *start.reasons,
            Reason(
                rule="CAL-3",
                says=f"Coverage would be of plan year {start.effective.year}; this plan is sold for "
                f"{plan.plan_year}.",
                citation=SOURCES["CAL-3"],
                facts={
                    "plan": plan.plan,
                    "effective": str(start.effective),
                    "sold_for": str(plan.plan_year),
                },
            ),
        ),
    )


def _already_held(policy: Policy, *, effective: date) -> KindAlreadyHeld:
    held = Reason(
        rule="ENR-13",
        says=f"A {policy.kind} plan is {policy.lifecycle}, from {policy.effective} to "
        f"{policy.last_covered_day}: another of its kind cannot begin before that is called off or "
        "ended; what has begun, or a change is to begin, is changed.",
        citation=SOURCES["ENR-13"],
        facts={
            "policy": policy.policy,
            "kind": policy.kind,
            "lifecycle": policy.lifecycle,
            "from": str(policy.effective),
            "through": str(policy.last_covered_day),
            "effective": str(effective),
        },
    )
    return KindAlreadyHeld(
        f"the household has a {policy.kind} plan for these days",
        field="/plans",
        reasons=(held,) if policy.renews is None else (held, _is_renewal(policy)),
    )


def _is_renewal(policy: Policy) -> Reason:
    """Return what the household can do where the plan in the way is an automatic renewal (ENR-14)."""
    return Reason(
        rule="ENR-14",
        says=f"It is the automatic renewal for {policy.effective.year}. A selection for {policy.effective} takes its "
        "place where it is made, or received on paper, before that day, and is no transfer; else that is called off.",
        citation=CITATION,
        facts={"renews": policy.renews or "", "plan": policy.plan},
    )
