"""Coverage goes on into the next plan year by itself: mapped to next year's plan and rated anew (ENR-14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.money import format_cents
from enrollment.domain.crosswalk import CITATION, CrosswalkEntry
from enrollment.domain.effective_dates import EffectiveDate
from enrollment.domain.eligibility import may_not_enroll
from enrollment.domain.events import CoverageNotRenewed, EndingPolicy, PlansRenewed, RenewedPolicy
from enrollment.domain.households import Household
from enrollment.domain.lifecycle import Lifecycle
from enrollment.domain.months import PolicyVersion
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import KIND_ORDER, Because, Kind, Plan
from enrollment.domain.policies import Policy, activate, premiums_of, versions_of
from enrollment.domain.rating import has_rates
from enrollment.domain.selections import Applicant, Completion, Selected, select

RenewalState: TypeAlias = Literal["planned", "renewed", "unmapped", "chosen", "owed", "reversed"]
"""How a policy's renewal stands: what a dry run says will be, what is, what cannot be and why, what the household
chose for itself, what is owed late because that fell after the plan year had begun, what was taken back before the
carrier was told.
"""

Obstacle: TypeAlias = Literal[
    "not-in-crosswalk",
    "discontinued",
    "carrier-leaving",
    "not-sold",
    "nobody-left",
    "not-eligible",
    "failed",
    "reversal-failed",
]
"""Why a policy is not renewed, or its renewal not taken back: the last two are faults of ours."""

STAFF_MENDS: Final[tuple[Obstacle, ...]] = ("not-in-crosswalk", "not-sold", "failed")
"""What is in the way of a renewal until somebody of staff mends it: nobody else is told of it."""

GOING_ON: Final[tuple[Lifecycle, ...]] = ("active", "expired")
"""Coverage that has begun and has no end, before its plan year is over and afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What becomes of one policy in the next plan year, as last looked at. Amounts are cents a whole month.

    ``next_plan`` and its three amounts are what it goes on as, None where it does not; ``renewed_as`` is the policy
    that it went on as. ``told_on`` is the day its household was told to choose for itself.
    """

    policy: str
    plan_year: int
    household: str
    plan: str
    carrier: str
    kind: Kind
    net_before_cents: int
    state: RenewalState
    obstacle: Obstacle | None
    because: Because | None
    next_plan: str | None
    gross_cents: int | None
    assistance_cents: int | None
    net_cents: int | None
    renewed_as: str | None
    told_on: date | None
    decided_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What of a policy a renewal depends on, where nothing special has become of it: as `Policy` has it."""

    policy: str
    household: str
    selection: str
    plan: str
    carrier: str
    kind: Kind
    coverage_ends: date
    net_cents: int
    lifecycle: Lifecycle


Prior: TypeAlias = Policy | Going
"""A policy of the year before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextYear:
    """What a household's policies become: the renewal of each, and the act that renews those that are mapped.

    ``act`` is None where none is. Its policies stand already: no binder is needed (ENR-5).
    """

    renewals: tuple[Renewal, ...]
    act: Selected | None


def last_day_before(year: int) -> date:
    """Return the last day of coverage that a plan year follows (CAL-3)."""
    return date(year - 1, 12, 31)


def is_to_be_renewed(policy: Prior, *, year: int) -> bool:
    """Whether a policy goes on into a plan year by itself: it has begun and has no end through the eve of it, be that
    to come or gone by.

    An end that somebody asked for with December 31 is one: who asked for it does not want to go on.
    """
    return policy.lifecycle in GOING_ON and policy.coverage_ends == last_day_before(year)


def owed_late(held: Sequence[Policy], *, known: Mapping[str, Renewal], today: date) -> list[Renewal]:
    """Return the renewals for today's plan year that were not made in time because of something that fell since: an
    end before it that was an error, or a choice of the household's that was never paid for (ENR-14).

    ``known`` are those looked at before, by policy. What was renewed is not owed, whatever became of it, nor is
    what staff has to mend first.
    """
    year = today.year
    return [
        replace(
            known.get(policy.policy) or _not_looked_at(policy, year=year, today=today),
            state="owed",
            decided_on=today,
        )
        for policy in held
        if is_to_be_renewed(policy, year=year)
        and (policy.policy not in known or known[policy.policy].state in ("chosen", "reversed"))
        and not _has_chosen(policy, held, year=year)
    ]


def _has_chosen(policy: Policy, held: Sequence[Policy], *, year: int) -> bool:
    """Whether a household has coverage of a policy's kind in a plan year that it chose itself."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return any(each.kind == policy.kind and each.overlaps(first=first, last=last) for each in held)


def renew(
    applicant: Applicant,
    *,
    year: int,
    crosswalk: Mapping[str, CrosswalkEntry],
    catalog: Mapping[str, Plan],
    before: Mapping[str, Renewal],
    today: date,
    parameters: EnrollmentParameters,
) -> NextYear:
    """Return what a household's active policies become in a plan year, as people, plans and assistance are then.

    ``before`` are the renewals known of its policies: what was renewed is left as it is, whatever became of it since.
    """
    due = [
        each
        for each in applicant.held
        if is_to_be_renewed(each, year=year)
        and (each.policy not in before or before[each.policy].state != "renewed")
    ]
    due.sort(key=lambda each: KIND_ORDER.index(each.kind))
    found = {
        each.policy: _look_at(each, applicant, year, crosswalk, catalog, today, parameters) for each in due
    }
    mapped = [each for each in due if found[each.policy].next_plan is not None]
    if not mapped:
        return NextYear(renewals=_as_known(found.values(), before), act=None)
    act = _act(mapped, found, applicant, year=year, catalog=catalog, today=today, parameters=parameters)
    for prior, policy in zip(mapped, act.policies, strict=True):
        found[prior.policy] = replace(
            found[prior.policy],
            gross_cents=policy.gross_cents,
            assistance_cents=policy.aptc_cents + policy.subsidy_cents,
            net_cents=policy.net_cents,
        )
    return NextYear(renewals=_as_known(found.values(), before), act=act)


def _as_known(found: Iterable[Renewal], before: Mapping[str, Renewal]) -> tuple[Renewal, ...]:
    """Return renewals with what their households were told, and those that are as before just as they were."""
    known: list[Renewal] = []
    for each in found:
        was = before.get(each.policy, each)
        now = replace(each, told_on=was.told_on)
        known.append(was if replace(now, decided_on=was.decided_on) == was else now)
    return tuple(known)


def _not_looked_at(policy: Prior, *, year: int, today: date) -> Renewal:
    return Renewal(
        policy=policy.policy,
        plan_year=year,
        household=policy.household,
        plan=policy.plan,
        carrier=policy.carrier,
        kind=policy.kind,
        net_before_cents=policy.net_cents,
        state="unmapped",
        obstacle=None,
        because=None,
        next_plan=None,
        gross_cents=None,
        assistance_cents=None,
        net_cents=None,
        renewed_as=None,
        told_on=None,
        decided_on=today,
    )


def failed(policy: Policy, *, year: int, before: Renewal | None, today: date) -> Renewal:
    """Return a policy's renewal as one that a fault of ours is in the way of, with what its household was told before.

    What the household chose for itself stays so, and what failed before is as old as it was.
    """
    if before is not None and (before.state == "chosen" or before.obstacle == "failed"):
        return before
    fresh = _not_looked_at(policy, year=year, today=today)
    return replace(fresh, obstacle="failed", told_on=None if before is None else before.told_on)


def not_taken_back(renewal: Renewal, *, today: date) -> Renewal:
    """Return a renewal as one that a fault of ours keeps from being taken back, since when it was first found."""
    if renewal.obstacle == "reversal-failed":
        return renewal
    return replace(renewal, obstacle="reversal-failed", decided_on=today)


def is_to_be_taken_back(policy: Policy) -> bool:
    """Whether the policy of a renewal is one that no carrier was told of, and that is not called off."""
    return policy.acknowledgement == "unsent" and policy.lifecycle != "canceled"


def _look_at(
    policy: Policy,
    applicant: Applicant,
    year: int,
    crosswalk: Mapping[str, CrosswalkEntry],
    catalog: Mapping[str, Plan],
    today: date,
    parameters: EnrollmentParameters,
) -> Renewal:
    """Return a policy's renewal as planned, as what is in its way, or as the household's own choice."""
    fresh = _not_looked_at(policy, year=year, today=today)
    if _has_chosen(policy, applicant.held, year=year):
        return replace(fresh, state="chosen")
    entry = crosswalk.get(policy.plan)
    if entry is None:
        return replace(fresh, obstacle="not-in-crosswalk")
    fresh = replace(fresh, because=entry.because)
    if entry.next_plan is None:
        gone: Obstacle = "carrier-leaving" if entry.because == "carrier-leaving" else "discontinued"
        return replace(fresh, obstacle=gone)
    following = catalog.get(entry.next_plan)
    area = applicant.household.area_on(date(year, 1, 1))
    if (
        following is None
        or not following.is_sold_for(year)
        or not has_rates(applicant.known.rates, following, year=year, area=area)
    ):
        return replace(fresh, obstacle="not-sold")
    if not applicant.people[policy.kind]:
        return replace(fresh, obstacle="nobody-left")
    if may_not_enroll(applicant.known.household, parameters=parameters):
        return replace(fresh, obstacle="not-eligible")
    return replace(fresh, state="planned", next_plan=entry.next_plan)


def _act(
    mapped: Sequence[Policy],
    found: Mapping[str, Renewal],
    applicant: Applicant,
    *,
    year: int,
    catalog: Mapping[str, Plan],
    today: date,
    parameters: EnrollmentParameters,
) -> Selected:
    reason = goes_on({each.policy: str(found[each.policy].next_plan) for each in mapped}, year=year)
    act = select(
        [catalog[str(found[each.policy].next_plan)] for each in mapped],
        applicant=applicant,
        completion=Completion(selected_on=today, entered_on=today, via="renewal", event=None),
        start=EffectiveDate(effective=date(year, 1, 1), reasons=(reason,)),
        parameters=parameters,
    )
    policies = [
        _standing(policy, prior, found[prior.policy], today=today)
        for policy, prior in zip(act.policies, mapped, strict=True)
    ]
    return replace(act, policies=tuple(policies))


def _standing(policy: Policy, prior: Policy, renewal: Renewal, *, today: date) -> Policy:
    reason = stands_at_once(
        prior, plan=policy.plan, net_cents=policy.net_cents, because=renewal.because or ""
    )
    return activate(replace(policy, renews=prior.policy), on=today, reason=reason)


def goes_on(plans: dict[str, str], *, year: int) -> Reason:
    """Return why coverage goes on into a plan year: by policy as which plan."""
    return Reason(
        rule="ENR-14",
        says=f"Coverage that lasts through {last_day_before(year)} goes on in {year} by itself.",
        citation=CITATION,
        facts=plans,
    )


def stands_at_once(prior: Prior, *, plan: str, net_cents: int, because: str) -> Reason:
    """Return why the policy that renews another stands at once, and what it costs a month after that one."""
    return Reason(
        rule="ENR-5",
        says=f"{prior.plan} becomes {plan} ({because}): {format_cents(net_cents)} a month after "
        f"{format_cents(prior.net_cents)}. A renewal waits for no payment.",
        citation="VHC §2",
        facts={"renews": prior.policy, "because": because},
    )


def announced(
    act: Selected,
    *,
    renewals: Sequence[Renewal],
    priors: Mapping[str, Prior],
    versions: Sequence[PolicyVersion],
) -> PlansRenewed:
    """Return the event that a renewal is to others, with what goes on as none beside it.

    ``renewals`` are those of the household's policies, ``priors`` the policies that the act renews, by id.
    """
    selection = act.selection
    because: dict[str, Because | None] = {each.policy: each.because for each in renewals}
    return PlansRenewed(
        household=selection.household,
        selection=selection.selection,
        contact_version=act.household.contact_version,
        renewed_on=selection.entered_on,
        plan_year=selection.effective.year,
        effective=selection.effective,
        policies=tuple(
            _terms(policy, priors[policy.renews or ""], versions, because=because[policy.renews or ""])
            for policy in act.policies
        ),
        ending=_going_on_as_none(renewals, year=selection.effective.year),
    )


def _terms(
    policy: Policy, prior: Prior, versions: Sequence[PolicyVersion], *, because: Because | None
) -> RenewedPolicy:
    if because is None:
        raise Impossible(f"a policy is renewed, and no crosswalk says why as {policy.plan}")
    own = versions_of(policy, versions)
    return RenewedPolicy(
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
        months=premiums_of(policy, own),
        rating_area=own[0].rating_area,
        rates=own[0].rates,
        billed_by_carrier=policy.billed_by_carrier,
        renews=prior.policy,
        plan_before=prior.plan,
        carrier_before=prior.carrier,
        net_before_cents=prior.net_cents,
        because=because,
    )


def not_renewed(renewals: Sequence[Renewal], *, household: Household, year: int) -> CoverageNotRenewed | None:
    """Return the event that a household must choose for itself; None where it need not, or was told so before."""
    ending = _going_on_as_none([each for each in renewals if each.told_on is None], year=year)
    if not ending:
        return None
    return CoverageNotRenewed(
        household=household.household,
        contact_version=household.contact_version,
        plan_year=year,
        policies=ending,
    )


def _going_on_as_none(renewals: Iterable[Renewal], *, year: int) -> tuple[EndingPolicy, ...]:
    """Return what a household must hear goes on as none. What staff may still mend, such as a plan that is not in the
    crosswalk, is not among it.
    """
    return tuple(
        EndingPolicy(
            policy=each.policy,
            plan=each.plan,
            carrier=each.carrier,
            coverage_ends=last_day_before(year),
            because=each.obstacle,
        )
        for each in renewals
        if each.obstacle in ("discontinued", "carrier-leaving")
    )


def replaceable_renewals(
    held: Sequence[Policy], *, kinds: Sequence[Kind], effective: date, selected_on: date
) -> list[Policy]:
    """Return the automatic renewals that a selection of these kinds for January 1 takes the place of (ENR-14).

    Only one made before they begin, whenever it is entered: paper counts from the day it was received (ENR-11), and
    coverage that has begun is changed, not chosen again.
    """
    return [
        each
        for each in held
        if each.renews is not None
        and each.lifecycle == "active"
        and each.kind in kinds
        and each.effective == effective
        and selected_on < effective
    ]


def gives_way(renewal: Policy, *, to: Policy) -> bool:
    """Whether a policy is the automatic renewal that another, the household's own choice of the kind from the same day
    on, takes the place of (ENR-14): it was made because that was thought not to stand.
    """
    return (
        renewal.renews is not None
        and to.renews is None
        and (renewal.kind, renewal.effective) == (to.kind, to.effective)
        and renewal.lifecycle != "canceled"
    )


def chosen_instead(renewal: Policy, *, chosen: str) -> Reason:
    """Return the reason of a renewal that is called off because the household chose a plan for itself."""
    return Reason(
        rule="ENR-14",
        says=f"The household chose {chosen} for {renewal.effective.year} itself: {renewal.plan}, which it would have "
        "gone on with, is called off.",
        citation=CITATION,
        facts={"renewal": renewal.policy, "chosen": chosen},
    )


def fallen(renewal: Policy, prior: Policy) -> Reason:
    """Return the reason of a renewal that is called off because the coverage it renews has an end."""
    end = prior.end
    through = "before it began" if end is None or end.through is None else f"with {end.through}"
    return Reason(
        rule="ENR-14",
        says=f"The coverage it renews ends {through}: the renewal from {renewal.effective} on is called off.",
        citation=CITATION,
        facts={"renews": prior.policy, "decision": "" if end is None else end.decision},
    )


def stands_again(renewal: Policy) -> Reason:
    """Return the reason of a renewal that stands again because the coverage it renews does."""
    return Reason(
        rule="ENR-14",
        says=f"The coverage it renews lasts through {renewal.effective - timedelta(days=1)} after all: it goes on.",
        citation=CITATION,
        facts={"renews": renewal.renews or ""},
    )
