"""A household selects plans: which, from when, and at what price (ENR-2, ENR-3, ENR-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.money import format_cents
from enrollment.domain.age_rates import rates_as_fact
from enrollment.domain.assistance import Premium
from enrollment.domain.binders import Binder, billed_by_carriers, binder_of
from enrollment.domain.carriers import billed_by, billing_reasons
from enrollment.domain.effective_dates import EffectiveDate, QualifyingEvent, coverage_end
from enrollment.domain.events import PlansSelected, PolicyTerms, Via
from enrollment.domain.households import Household, Member, tier_of
from enrollment.domain.months import PolicyVersion
from enrollment.domain.parameters import EnrollmentParameters, EventKind
from enrollment.domain.plans import Kind, Plan
from enrollment.domain.policies import Policy, first_month_of, premiums_of, versions_of
from enrollment.domain.rating import Circumstances, Gross, gross_beside, gross_of, split_assistance
from enrollment.domain.sources import SOURCES
from enrollment.domain.tobacco import in_words
from enrollment.domain.transfers import transferred

Act: TypeAlias = Via | Literal["renewal"]
"""How an act of selection came about: the household's own, or the exchange's that renews what there is (ENR-14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One act of selecting, as it was completed. ``number`` counts the household's selections from 1.

    ``transferred_from`` is the carrier with which the household was enrolled directly until then (ENR-12), None
    where it comes from none.
    """

    selection: str
    household: str
    number: int
    selected_on: date
    entered_on: date
    via: Act
    event_kind: EventKind | None
    event_on: date | None
    effective: date
    binder_required: bool
    reasons: tuple[Reason, ...]
    transferred_from: str | None = None

    @property
    def event(self) -> QualifyingEvent | None:
        """The qualifying event that was named, None where none was."""
        if self.event_kind is None or self.event_on is None:
            return None
        return QualifyingEvent(kind=self.event_kind, on=self.event_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A household's selection, and the policies that came of it, medical first, each in its first version.

    ``awaiting`` are those of its policies that begin with their carrier's word: each is new, and its first premium is
    paid there (CAR-1).
    """

    household: Household
    selection: Selection
    policies: tuple[Policy, ...]
    versions: tuple[PolicyVersion, ...]
    awaiting: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """A household as it stands when it selects: whom a plan of each kind covers on its first day, and all that is known
    of it: policies it has or had among them. ``replaced`` are those whose place the act takes.
    """

    known: Circumstances
    people: Mapping[Kind, Sequence[Member]]
    replaced: tuple[Policy, ...] = ()

    @property
    def household(self) -> Household:
        """The household itself."""
        return self.known.household

    @property
    def held(self) -> Sequence[Policy]:
        """All policies it has or had."""
        return self.known.policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """When and how a selection was completed, and from which carrier the household transfers in with it (ENR-12)."""

    selected_on: date
    entered_on: date
    via: Act
    event: QualifyingEvent | None
    transferred_from: str | None = None


def select(
    plans: Sequence[Plan],
    *,
    applicant: Applicant,
    completion: Completion,
    start: EffectiveDate,
    parameters: EnrollmentParameters,
) -> Selected:
    """Return the selection of these plans, medical first, and its policies, none of them active yet.

    They cost what assistance leaves of them on their first day, beside all that stands then (ENR-8); what they leave to
    others, and what later days make of them, is rated afterwards. Whether a binder is required concerns this act
    alone, and of it what the exchange bills for (ENR-5, ENR-7, CAR-1). Who transfers in has one, whatever it holds
    here: what it had was not ours (ENR-12).
    """
    carrier = completion.transferred_from
    if carrier is not None:
        start = transferred(start, carrier=carrier)
    number = next_number(policy.selection for policy in applicant.held)
    selection = selection_id(applicant.household.household, number=number)
    gross = _gross_of(plans, applicant, effective=start.effective)
    premiums = _premiums(gross, applicant, effective=start.effective)
    policies = tuple(
        _policy(
            plan,
            premiums[plan.kind],
            rated=rating_reasons(plan, gross[plan.kind], issued=start.effective, parameters=parameters),
            selection=selection,
            applicant=applicant,
            completion=completion,
            start=start,
            parameters=parameters,
        )
        for plan in plans
    )
    versions = tuple(first_version(policy, gross[policy.kind]) for policy in policies)
    waits = partial(
        _binder,
        versions=versions,
        held=applicant.held if carrier is None else (),
        replaced=applicant.replaced,
    )
    binder = waits([each for each in policies if each.billed_by_carrier is None] or policies)
    by_carriers = [each for each in policies if each.billed_by_carrier is not None]
    awaiting = frozenset(each.policy for each in by_carriers if waits([each]).required)
    if len(by_carriers) == len(policies):
        binder = billed_by_carriers(binder)
    lowered = [reason for policy in policies for reason in policy.reasons[len(start.reasons) :]]
    return Selected(
        household=applicant.household,
        selection=Selection(
            selection=selection,
            household=applicant.household.household,
            number=number,
            selected_on=completion.selected_on,
            entered_on=completion.entered_on,
            via=completion.via,
            event_kind=completion.event.kind if completion.event else None,
            event_on=completion.event.on if completion.event else None,
            effective=start.effective,
            binder_required=binder.required,
            reasons=(*start.reasons, *lowered, binder.reason),
            transferred_from=carrier,
        ),
        policies=tuple(_waiting_for(policy, binder) for policy in policies),
        versions=versions,
        awaiting=awaiting,
    )


def _binder(
    policies: Sequence[Policy],
    *,
    versions: Sequence[PolicyVersion],
    held: Sequence[Policy],
    replaced: Sequence[Policy],
) -> Binder:
    return binder_of(
        [each.kind for each in policies],
        first_premium_cents=first_premium_cents(policies, versions),
        effective=policies[0].effective,
        held=held,
        replaced=replaced,
    )


def next_selection(household: str, *, held: Sequence[Policy]) -> str:
    """Return the id of a household's next selection; ``held`` are all policies that it has or had."""
    return selection_id(household, number=next_number(policy.selection for policy in held))


def next_number(selections: Iterable[str]) -> int:
    """Return the number of the next selection, by those of all policies: of each there are some, whatever became of
    them.
    """
    return len(set(selections)) + 1


def selection_id(household: str, *, number: int) -> str:
    """Return the id of a household's selection of this number."""
    return derived_id("selection", household, str(number))


def policy_id(selection: str, *, plan: str) -> str:
    """Return the id of the policy of a plan in a selection."""
    return derived_id("policy", selection, plan)


def _gross_of(plans: Sequence[Plan], applicant: Applicant, *, effective: date) -> Mapping[Kind, Gross]:
    people, known, area = applicant.people, applicant.known, applicant.household.area_on(effective)
    return {
        plan.kind: gross_of(
            known.rates, plan, people=people[plan.kind], issued=effective, on=effective, area=area
        )
        for plan in plans
    }


def _premiums(
    gross: Mapping[Kind, Gross], applicant: Applicant, *, effective: date
) -> Mapping[Kind, Premium]:
    own: dict[Kind, int] = {kind: each.cents for kind, each in gross.items()}
    beside = gross_beside(applicant.known, kinds=own, day=effective)
    return split_assistance(own | beside, assistance=applicant.household.assistance_on(effective))


def rating_reasons(
    plan: Plan, gross: Gross, *, issued: date, parameters: EnrollmentParameters
) -> tuple[Reason, ...]:
    """Return the arithmetic of a premium that is rated by age, member by member (ENR-17)."""
    if gross.rating_area is None:
        return ()
    lines = ", ".join(f"{each.member} {format_cents(each.cents)}" for each in gross.rates)
    says = (
        f"The {plan.kind} premium is {format_cents(gross.cents)} a month, by each one's age on "
        f"{issued} in rating area {gross.rating_area}: {lines}."
    )
    cited, more = [parameters.citation("counted_children")], dict[str, str]()
    if gross.derived_from is not None:
        says += f" The rates of other ages follow from that of {gross.derived_from} by the age curve."
        cited.append(parameters.citation("age_curves"))
        more["derived_from"] = gross.derived_from
    if gross.tobacco_rated and parameters.tobacco is not None:
        says += f" Of {gross.tobacco_rated} the rate is that of {in_words(parameters.tobacco)}."
        cited.append(parameters.citation("tobacco"))
        more["tobacco_rated"] = str(gross.tobacco_rated)
    return (
        Reason(
            rule="ENR-17",
            says=says,
            citation="; ".join(cited),
            facts={
                "plan": plan.plan,
                "issued": str(issued),
                "rating_area": str(gross.rating_area),
                "gross_cents": str(gross.cents),
                "rates": rates_as_fact(gross.rates),
                **more,
            },
        ),
    )


def first_premium_cents(policies: Sequence[Policy], versions: Sequence[PolicyVersion]) -> int:
    """Return what is charged for the first month of an act's policies together (ENR-7, INV-18)."""
    return sum(first_month_of(policy, versions).net_cents for policy in policies)


def assistance_reasons(plan: Plan, premium: Premium) -> tuple[Reason, ...]:
    """Return how assistance lowers a premium, none where it does not (ENR-8)."""
    if premium.gross_cents == premium.net_cents:
        return ()
    return (
        Reason(
            rule="ENR-8",
            says=f"The {plan.kind} premium of {format_cents(premium.gross_cents)} a month is lowered by "
            f"{format_cents(premium.aptc_cents)} APTC and {format_cents(premium.subsidy_cents)} state "
            f"subsidy to {format_cents(premium.net_cents)}.",
            citation=SOURCES["ENR-8"],
            facts={
                "plan": plan.plan,
                "gross_cents": str(premium.gross_cents),
                "aptc_cents": str(premium.aptc_cents),
                "subsidy_cents": str(premium.subsidy_cents),
                "net_cents": str(premium.net_cents),
            },
        ),
    )


def _policy(
    plan: Plan,
    premium: Premium,
    *,
    rated: tuple[Reason, ...],
    selection: str,
    applicant: Applicant,
    completion: Completion,
    start: EffectiveDate,
    parameters: EnrollmentParameters,
) -> Policy:
    waits = timedelta(days=parameters.selection_decided_within_days)
    billed = billed_by(applicant.known.carriers, plan, year=start.effective.year)
    return Policy(
        policy=policy_id(selection, plan=plan.plan),
        household=applicant.household.household,
        selection=selection,
        plan=plan.plan,
        carrier=plan.carrier,
        kind=plan.kind,
        tier=tier_of([each.relation for each in applicant.people[plan.kind]]),
        members=tuple(each.member for each in applicant.people[plan.kind]),
        effective=start.effective,
        coverage_ends=coverage_end(effective=start.effective),
        gross_cents=premium.gross_cents,
        aptc_cents=premium.aptc_cents,
        subsidy_cents=premium.subsidy_cents,
        net_cents=premium.net_cents,
        partial_month=parameters.partial_month,
        decision_due=completion.entered_on + waits,
        activated_on=None,
        lifecycle="selected",
        acknowledgement="unsent",
        standing="binder-due",
        grace=None,
        grace_month=None,
        through=None,
        end_reason=None,
        ends=(),
        undone=(),
        renews=None,
        reasons=(
            *start.reasons,
            *rated,
            *assistance_reasons(plan, premium),
            *billing_reasons(plan, billed),
        ),
        billed_by_carrier=billed,
    )


def _waiting_for(policy: Policy, binder: Binder) -> Policy:
    return replace(policy, reasons=(*policy.reasons, binder.reason))


def first_version(policy: Policy, gross: Gross) -> PolicyVersion:
    """Return the version of a policy as it was selected."""
    return PolicyVersion(
        policy=policy.policy,
        number=1,
        household=policy.household,
        since=policy.effective,
        members=policy.members,
        gross_cents=policy.gross_cents,
        aptc_cents=policy.aptc_cents,
        subsidy_cents=policy.subsidy_cents,
        net_cents=policy.net_cents,
        rating_area=gross.rating_area,
        rates=gross.rates,
        tobacco_users=gross.tobacco_users,
    )


def announced(selected: Selected, *, contact_version: int, correction: str | None = None) -> PlansSelected:
    """Return the event that a household's own selection is to others; ``correction`` is what made it, if any did."""
    selection = selected.selection
    if selection.via == "renewal":
        raise Impossible("a renewal is told as one, not as a selection")
    return PlansSelected(
        household=selection.household,
        selection=selection.selection,
        contact_version=contact_version,
        selected_on=selection.selected_on,
        entered_on=selection.entered_on,
        via=selection.via,
        effective=selection.effective,
        binder_required=selection.binder_required,
        transferred_from=selection.transferred_from,
        correction=correction,
        policies=tuple(terms_of(policy, selected.versions) for policy in selected.policies),
    )


def terms_of(policy: Policy, versions: Sequence[PolicyVersion]) -> PolicyTerms:
    """Return the terms of a policy as it was selected, with what each of its months costs."""
    first = versions_of(policy, versions)[0]
    return PolicyTerms(
        policy=policy.policy,
        plan=policy.plan,
        carrier=policy.carrier,
        kind=policy.kind,
        effective=policy.effective,
        coverage_ends=policy.coverage_ends,
        tier=policy.tier,
        gross_cents=policy.gross_cents,
        aptc_cents=policy.aptc_cents,
        subsidy_cents=policy.subsidy_cents,
        net_cents=policy.net_cents,
        members=policy.members,
        months=premiums_of(policy, versions),
        rating_area=first.rating_area,
        rates=first.rates,
        billed_by_carrier=policy.billed_by_carrier,
    )
