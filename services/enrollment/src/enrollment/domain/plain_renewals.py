"""The renewal of a household about which nothing else is to be decided: nearly everybody's (ENR-14).

`renewals.renew` is the rule, and `application.renew_policies` what follows from it for whatever else is known of a
household: who leaves it, what is stated for later days, what it chose itself. A household is *plain* where none of
that is; `_is_plain` says what. Then each policy goes on as the crosswalk says, and all rows are known at once. That
both come to the same is held by `test_ENR_14_a_plain_renewal_is_what_the_whole_rule_makes_of_the_household`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.decisions import Reason
from enrollment.domain.ages import last_birth_too_old
from enrollment.domain.assistance import Premium
from enrollment.domain.binders import binder_of_renewal
from enrollment.domain.carriers import Carrier, billed_by, billing_reasons
from enrollment.domain.crosswalk import CrosswalkEntry
from enrollment.domain.decisions import PolicyDecision
from enrollment.domain.effective_dates import coverage_end
from enrollment.domain.eligibility import may_not_enroll
from enrollment.domain.households import Household, Member, covered_on, tier_of
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import KIND_ORDER, Kind, Plan
from enrollment.domain.policies import Policy
from enrollment.domain.rating import Gross, Rates, gross_of, has_rates, split_assistance
from enrollment.domain.renewals import (
    Going,
    NextYear,
    Renewal,
    goes_on,
    is_to_be_renewed,
    last_day_before,
    stands_at_once,
)
from enrollment.domain.selections import (
    Selected,
    Selection,
    assistance_reasons,
    first_version,
    next_number,
    policy_id,
    rating_reasons,
    selection_id,
)

Becomes: TypeAlias = tuple[CrosswalkEntry, Plan]
"""What becomes of a plan, and the plan that it becomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """What is the same for all households that are renewed at an instant, or only looked at, for a plan year that has
    this ``first`` day. ``today`` is the local date of the instant.

    ``becomes`` has the plans that go on as one that is sold. Of children born ``too_old_born`` or earlier some leave.
    """

    year: int
    first: date
    now: datetime
    today: date
    only_looks: bool
    becomes: Mapping[str, Becomes]
    rates: Rates
    carriers: Mapping[str, Carrier]
    parameters: EnrollmentParameters
    too_old_born: str

    @classmethod
    def of(
        cls,
        year: int,
        *,
        now: datetime,
        only_looks: bool,
        crosswalk: Mapping[str, CrosswalkEntry],
        plans: Mapping[str, Plan],
        rates: Rates,
        carriers: Mapping[str, Carrier],
        parameters: EnrollmentParameters,
    ) -> Season:
        """Return the renewal of a plan year, of what the catalog and its crosswalk are by now."""
        becomes = {
            each.plan: (each, following)
            for each in crosswalk.values()
            if (following := plans.get(each.next_plan or "")) is not None and following.is_sold_for(year)
        }
        return cls(
            year=year,
            first=date(year, 1, 1),
            now=now,
            today=local_date(now),
            only_looks=only_looks,
            becomes=becomes,
            rates=rates,
            carriers=carriers,
            parameters=parameters,
            too_old_born=last_birth_too_old(last_day_before(year), parameters).isoformat(),
        )


def due_of(held: Sequence[Going], *, year: int, before: Mapping[str, Renewal]) -> list[Going]:
    """Return the policies that go on into a plan year and are not renewed, medical first."""
    due = [
        each
        for each in held
        if is_to_be_renewed(each, year=year)
        and (each.policy not in before or before[each.policy].state != "renewed")
    ]
    return sorted(due, key=lambda each: KIND_ORDER.index(each.kind))


def plain_next_year(
    household: Household,
    members: Sequence[Member],
    held: Sequence[Going],
    *,
    due: Sequence[Going],
    before: Mapping[str, Renewal],
    season: Season,
) -> NextYear | None:
    """Return what a plain household's policies become, as they stand; None where it is not plain.

    ``held`` are all policies that it has or had, ``due`` those of `due_of`, ``before`` the year's renewals by policy.
    """
    if not _is_plain(household, members, held, due, season):
        return None
    people = covered_on(members, season.first, policy=None)
    area = household.area_on(season.first)
    plans = [season.becomes[each.plan][1] for each in due]
    if not all(has_rates(season.rates, each, year=season.year, area=area) for each in plans):
        return None
    gross: dict[Kind, Gross] = {
        each.kind: gross_of(
            season.rates, each, people=people, issued=season.first, on=season.first, area=area
        )
        for each in plans
    }
    premiums = split_assistance(
        {kind: each.cents for kind, each in gross.items()}, assistance=household.assistance_on(season.first)
    )
    act = _act(household, people, held, due, plans, gross, premiums, season)
    renewals = [
        _renewal(prior, policy, before=before.get(prior.policy), season=season)
        for prior, policy in zip(due, act.policies, strict=True)
    ]
    return NextYear(renewals=tuple(renewals), act=act)


def _is_plain(
    household: Household,
    members: Sequence[Member],
    held: Sequence[Going],
    due: Sequence[Going],
    season: Season,
) -> bool:
    """Whether nothing is to be decided of a household but what its policies become.

    Whatever else a renewal may come to depend on has its place in this list.
    """
    first = season.first
    return (
        not may_not_enroll(household, parameters=season.parameters)
        # What is stated for days of the plan year makes versions of its own (ENR-13).
        and all(each.since <= first for each in household.assistance_changes)
        and all(each.since <= first for each in household.area_changes)
        and all(_is_settled(each, season) for each in members)
        # Somebody is there on all days: nothing would ever cover nobody.
        and any(each.joined is None and each.left is None for each in members)
        # It has chosen nothing itself, and nothing was renewed and called off again.
        and all(each.coverage_ends < first for each in held)
        and len({each.kind for each in due}) == len(due)
        and all(each.plan in season.becomes for each in due)
        and all(season.becomes[each.plan][1].kind == each.kind for each in due)
    )


def _is_settled(member: Member, season: Season) -> bool:
    """Whether all that moves somebody is past by the plan year, and Medicaid never had to do with it."""
    first = season.first
    return (
        not member.medicaid
        and (member.joined is None or member.joined <= first)
        and (
            member.left <= first
            if member.left is not None
            else member.relation != "child" or member.born.reveal() > season.too_old_born
        )
        and all(each.since <= first for each in member.tobacco_uses)
    )


def _act(
    household: Household,
    people: Sequence[Member],
    held: Sequence[Going],
    due: Sequence[Going],
    plans: Sequence[Plan],
    gross: Mapping[Kind, Gross],
    premiums: Mapping[Kind, Premium],
    season: Season,
) -> Selected:
    first, today = season.first, season.today
    number = next_number(each.selection for each in held)
    selection = selection_id(household.household, number=number)
    start = goes_on(
        {prior.policy: plan.plan for prior, plan in zip(due, plans, strict=True)}, year=season.year
    )
    lowered = {
        plan.kind: (
            *rating_reasons(plan, gross[plan.kind], issued=first, parameters=season.parameters),
            *assistance_reasons(plan, premiums[plan.kind]),
            *billing_reasons(plan, billed_by(season.carriers, plan, year=season.year)),
        )
        for plan in plans
    }
    ours = [each for each in plans if billed_by(season.carriers, each, year=season.year) is None] or plans
    binder = binder_of_renewal(
        [plan.kind for plan in ours],
        first_premium_cents=sum(premiums[plan.kind].net_cents for plan in ours),
        effective=first,
    )
    policies = tuple(
        _policy(
            plan,
            prior,
            premiums[plan.kind],
            selection=selection,
            people=people,
            reasons=(start, *lowered[plan.kind], binder.reason),
            season=season,
        )
        for plan, prior in zip(plans, due, strict=True)
    )
    return Selected(
        household=household,
        selection=Selection(
            selection=selection,
            household=household.household,
            number=number,
            selected_on=today,
            entered_on=today,
            via="renewal",
            event_kind=None,
            event_on=None,
            effective=first,
            binder_required=binder.required,
            reasons=(start, *(reason for plan in plans for reason in lowered[plan.kind]), binder.reason),
        ),
        policies=policies,
        versions=tuple(first_version(each, gross[each.kind]) for each in policies),
    )


def _policy(
    plan: Plan,
    prior: Going,
    premium: Premium,
    *,
    selection: str,
    people: Sequence[Member],
    reasons: tuple[Reason, ...],
    season: Season,
) -> Policy:
    first, today, net = season.first, season.today, premium.net_cents
    why = stands_at_once(prior, plan=plan.plan, net_cents=net, because=season.becomes[prior.plan][0].because)
    return Policy(
        policy=policy_id(selection, plan=plan.plan),
        household=prior.household,
        selection=selection,
        plan=plan.plan,
        carrier=plan.carrier,
        kind=plan.kind,
        tier=tier_of([each.relation for each in people]),
        members=tuple([each.member for each in people]),
        effective=first,
        coverage_ends=coverage_end(effective=first),
        gross_cents=premium.gross_cents,
        aptc_cents=premium.aptc_cents,
        subsidy_cents=premium.subsidy_cents,
        net_cents=net,
        partial_month=season.parameters.partial_month,
        decision_due=today + timedelta(days=season.parameters.selection_decided_within_days),
        activated_on=today,
        lifecycle="active",
        acknowledgement="unsent",
        standing="current",
        grace=None,
        grace_month=None,
        through=None,
        end_reason=None,
        ends=(),
        undone=(),
        renews=prior.policy,
        reasons=(*reasons, why),
        decisions=(PolicyDecision(at=season.now, on=today, decided="renewed", reasons=len(reasons) + 1),),
        billed_by_carrier=billed_by(season.carriers, plan, year=season.year),
    )


def _renewal(prior: Going, policy: Policy, *, before: Renewal | None, season: Season) -> Renewal:
    """Return a policy's renewal, with what its household was told before; as it is where it says that already."""
    found = Renewal(
        policy=prior.policy,
        plan_year=season.year,
        household=prior.household,
        plan=prior.plan,
        carrier=prior.carrier,
        kind=prior.kind,
        net_before_cents=prior.net_cents,
        state="planned" if season.only_looks else "renewed",
        obstacle=None,
        because=season.becomes[prior.plan][0].because,
        next_plan=policy.plan,
        gross_cents=policy.gross_cents,
        assistance_cents=policy.aptc_cents + policy.subsidy_cents,
        net_cents=policy.net_cents,
        renewed_as=None if season.only_looks else policy.policy,
        told_on=None if before is None else before.told_on,
        decided_on=season.today,
    )
    return before if before is not None and replace(found, decided_on=before.decided_on) == before else found
