"""A household selects plans: which, from when, at what price, and whether a first premium must come first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Refused
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.money import format_cents
from enrollment.domain.assistance import Assistance, Premium, Use, assistance_left, lower_premiums
from enrollment.domain.effective_dates import EffectiveDate, QualifyingEvent, coverage_end
from enrollment.domain.events import PlansSelected, PolicyTerms, Via
from enrollment.domain.households import Household, Member, Tier, tier_of
from enrollment.domain.parameters import EventKind
from enrollment.domain.plans import KIND_ORDER, Plan
from enrollment.domain.policies import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One act of selecting, as it was completed. ``number`` counts the household's selections from 1."""

    selection: str
    household: str
    number: int
    selected_on: date
    entered_on: date
    via: Via
    event_kind: EventKind | None
    event_on: date | None
    effective: date
    binder_required: bool
    assisted: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A household's selection, and the policies that came of it, medical first."""

    household: Household
    selection: Selection
    policies: tuple[Policy, ...]


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
                    facts={"received_on": str(received_on), "today": str(today)},
                ),
            ),
        )
    return received_on


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


def check_free(plans: Sequence[Plan], *, held: Collection[Policy], effective: date) -> None:
    """Check that every plan is sold for the year, and of a kind the household has not for those days.

    Raises `UnknownPlan`, or `KindAlreadyHeld` with the policy in the way: a change of plan is not a second
    selection (ENR-13).
    """
    ends = coverage_end(effective=effective)
    for plan in plans:
        if not plan.is_sold_for(effective.year):
            raise UnknownPlan("a plan is not sold for the year in which coverage would begin", field="/plans")
        for policy in held:
            if policy.kind == plan.kind and policy.overlaps(first=effective, last=ends):
                raise _already_held(policy, effective=effective)


def _already_held(policy: Policy, *, effective: date) -> KindAlreadyHeld:
    return KindAlreadyHeld(
        f"the household has a {policy.kind} plan for these days",
        field="/plans",
        reasons=(
            Reason(
                rule="ENR-13",
                says=f"A {policy.kind} plan is {policy.lifecycle}, from {policy.effective} to "
                f"{policy.last_covered_day}: another of its kind cannot begin before that is called off or "
                "ended.",
                facts={
                    "policy": policy.policy,
                    "kind": policy.kind,
                    "lifecycle": policy.lifecycle,
                    "from": str(policy.effective),
                    "through": str(policy.last_covered_day),
                    "effective": str(effective),
                },
            ),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """A household as it stands when it selects: its people, and the policies it has or had."""

    household: Household
    members: Sequence[Member]
    held: Sequence[Policy]
    selections_before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """When and how a selection was completed."""

    selected_on: date
    entered_on: date
    via: Via
    event: QualifyingEvent | None


def select(
    plans: Sequence[Plan], *, applicant: Applicant, completion: Completion, start: EffectiveDate
) -> Selected:
    """Return the selection of these plans, medical first, and its policies, none of them active yet.

    Assistance is what earlier policies leave of it (ENR-8). A binder is required unless the first premium of
    all the household's unpaid selections together is 0 (ENR-5, ENR-7).
    """
    number = applicant.selections_before + 1
    selection = derived_id("selection", applicant.household.household, str(number))
    tier = tier_of([member.relation for member in applicant.members])
    premiums = lower_premiums(
        [plan.monthly_cents(tier) for plan in plans],
        assistance=_left_for(applicant, effective=start.effective),
    )
    binder_cents = first_premium_cents(premiums, held=applicant.held)
    binder = _binder_reason(binder_cents)
    policies = tuple(
        _policy(
            plan,
            premium,
            selection=selection,
            tier=tier,
            applicant=applicant,
            effective=start.effective,
            reasons=(*start.reasons, *_assistance_reasons(plan, premium), binder),
        )
        for plan, premium in zip(plans, premiums, strict=True)
    )
    lowered = [
        reason
        for plan, premium in zip(plans, premiums, strict=True)
        for reason in _assistance_reasons(plan, premium)
    ]
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
            binder_required=binder_cents > 0,
            assisted=is_assisted((*applicant.held, *policies), on=start.effective),
            reasons=(*start.reasons, *lowered, binder),
        ),
        policies=policies,
    )


def _left_for(applicant: Applicant, *, effective: date) -> Assistance:
    return assistance_left(
        assistance=Assistance(
            aptc_cents=applicant.household.aptc_cents, subsidy_cents=applicant.household.subsidy_cents
        ),
        uses=[
            Use(
                first=policy.effective,
                last=policy.last_covered_day,
                aptc_cents=policy.aptc_cents,
                subsidy_cents=policy.subsidy_cents,
            )
            for policy in applicant.held
            if policy.lifecycle != "canceled"
        ],
        effective=effective,
        coverage_ends=coverage_end(effective=effective),
    )


def first_premium_cents(premiums: Collection[Premium], *, held: Collection[Policy]) -> int:
    """Return the first premium of all unpaid selections together, the new one and those held (ENR-7)."""
    waiting = sum(policy.net_cents for policy in held if policy.lifecycle == "selected")
    return waiting + sum(premium.net_cents for premium in premiums)


def is_assisted(policies: Collection[Policy], *, on: date) -> bool:
    """Whether a household receives APTC or state subsidy for any policy that covers a day (INV-8)."""
    return any(
        policy.aptc_cents + policy.subsidy_cents > 0
        for policy in policies
        if policy.overlaps(first=on, last=on)
    )


def _assistance_reasons(plan: Plan, premium: Premium) -> tuple[Reason, ...]:
    if premium.gross_cents == premium.net_cents:
        return ()
    return (
        Reason(
            rule="ENR-8",
            says=f"The {plan.kind} premium of {format_cents(premium.gross_cents)} a month is lowered by "
            f"{format_cents(premium.aptc_cents)} APTC and {format_cents(premium.subsidy_cents)} state "
            f"subsidy to {format_cents(premium.net_cents)}.",
            facts={
                "plan": plan.plan,
                "gross_cents": str(premium.gross_cents),
                "aptc_cents": str(premium.aptc_cents),
                "subsidy_cents": str(premium.subsidy_cents),
                "net_cents": str(premium.net_cents),
            },
        ),
    )


def _binder_reason(binder_cents: int) -> Reason:
    facts = {"first_premium_cents": str(binder_cents)}
    if binder_cents == 0:
        return Reason(
            rule="ENR-7",
            says="The whole first premium is 0.00: no payment is needed, coverage stands at once.",
            facts=facts,
        )
    return Reason(
        rule="ENR-5",
        says="Coverage is passed on once the first premium of all selections is paid: "
        f"{format_cents(binder_cents)} for a full month.",
        citation="VHC §2",
        facts=facts,
    )


def _policy(
    plan: Plan,
    premium: Premium,
    *,
    selection: str,
    tier: Tier,
    applicant: Applicant,
    effective: date,
    reasons: tuple[Reason, ...],
) -> Policy:
    return Policy(
        policy=derived_id("policy", selection, plan.plan),
        household=applicant.household.household,
        selection=selection,
        plan=plan.plan,
        carrier=plan.carrier,
        kind=plan.kind,
        tier=tier,
        members=tuple(member.member for member in applicant.members),
        effective=effective,
        coverage_ends=coverage_end(effective=effective),
        gross_cents=premium.gross_cents,
        aptc_cents=premium.aptc_cents,
        subsidy_cents=premium.subsidy_cents,
        net_cents=premium.net_cents,
        lifecycle="selected",
        acknowledgement="unsent",
        standing="binder-due",
        grace_month=None,
        through=None,
        end_reason=None,
        asked_through=None,
        asked_reason=None,
        reasons=reasons,
    )


def announced(selected: Selected, *, contact_version: int) -> PlansSelected:
    """Return the event that a selection is to others."""
    selection = selected.selection
    return PlansSelected(
        household=selection.household,
        selection=selection.selection,
        contact_version=contact_version,
        selected_on=selection.selected_on,
        entered_on=selection.entered_on,
        via=selection.via,
        effective=selection.effective,
        binder_required=selection.binder_required,
        assisted=selection.assisted,
        policies=tuple(_terms(policy) for policy in selected.policies),
    )


def _terms(policy: Policy) -> PolicyTerms:
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
    )
