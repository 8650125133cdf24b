"""Use case: tell people that their coverage began, ended, was called off, or stands again (NOT-1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Impossible
from bulkhead.service import Occasion
from notifications.application.desk import Desk
from notifications.application.facts import (
    CoverageNotRenewed,
    EndingPolicy,
    PlansRenewed,
    PlansSelected,
    PolicyActivated,
    PolicyCanceled,
    PolicyReinstated,
    PolicyTerminated,
    SelectedPolicy,
)
from notifications.domain.coverage import CoverageChange, CoverageState, Policy, ToldChange, changed
from notifications.domain.notices import (
    NOTICE_OF_CHANGE,
    CoverageFacts,
    EndingPlan,
    NoticeFacts,
    RenewalFacts,
    RenewedPlan,
)


def know_policies(desk: Desk, fact: PlansSelected, _occasion: Occasion) -> None:
    """Know the policies of a selection, so that invoices can name them. Nobody is told anything yet."""
    for selected in fact.policies:
        if desk.find(Policy, selected.policy) is None:
            binder_cents = _first_premium_cents(selected) if fact.binder_required else 0
            policy = _policy(
                fact,
                selected,
                binder_cents=binder_cents,
                state="selected",
                transferred_from=fact.transferred_from,
            )
            desk.put(policy)


def tell_renewed(desk: Desk, fact: PlansRenewed, occasion: Occasion) -> None:
    """Lay out the notice that coverage goes on, as which plan and at what premium, and what of it does not: one notice
    that tells both (NOT-1, ENR-14).
    """
    for renewed in fact.policies:
        if desk.find(Policy, renewed.policy) is None:
            desk.put(_policy(fact, renewed, binder_cents=0, state="active", transferred_from=None))
    desk.tell(
        occasion=occasion,
        notice_type="renewal",
        about=fact.selection,
        household=fact.household,
        facts=NoticeFacts(
            renewal=RenewalFacts(
                plan_year=fact.plan_year,
                plans=tuple(
                    RenewedPlan(
                        plan=each.plan,
                        carrier=each.carrier,
                        net_cents=each.net_cents,
                        plan_before=each.plan_before,
                        carrier_before=each.carrier_before,
                        net_before_cents=each.net_before_cents,
                        because=each.because,
                        billed_by_carrier=each.billed_by_carrier,
                    )
                    for each in fact.policies
                ),
                ending=_ending(fact.ending),
            )
        ),
        contact_version=fact.contact_version,
    )


def tell_not_renewed(desk: Desk, fact: CoverageNotRenewed, occasion: Occasion) -> None:
    """Lay out the notice that coverage ends with its plan year, and that another plan is to be chosen (ENR-14)."""
    desk.tell(
        occasion=occasion,
        notice_type="renewal",
        about=".".join(each.policy for each in fact.policies),
        household=fact.household,
        facts=NoticeFacts(
            renewal=RenewalFacts(plan_year=fact.plan_year, ending=_ending(fact.policies)),
        ),
        contact_version=fact.contact_version,
    )


def _ending(policies: Iterable[EndingPolicy]) -> tuple[EndingPlan, ...]:
    return tuple(
        EndingPlan(plan=each.plan, carrier=each.carrier, through=each.coverage_ends, because=each.because)
        for each in policies
    )


def _policy(
    fact: PlansSelected | PlansRenewed,
    selected: SelectedPolicy,
    *,
    binder_cents: int,
    state: CoverageState,
    transferred_from: str | None,
) -> Policy:
    return Policy(
        policy=selected.policy,
        household=fact.household,
        selection=fact.selection,
        plan=selected.plan,
        carrier=selected.carrier,
        binder_cents=binder_cents,
        effective=selected.effective,
        coverage_ends=selected.coverage_ends,
        state=state,
        through=None,
        turn=0,
        contact_version=fact.contact_version,
        transferred_from=transferred_from,
        billed_by_carrier=selected.billed_by_carrier,
    )


def _first_premium_cents(selected: SelectedPolicy) -> int:
    if selected.billed_by_carrier is not None:
        return 0
    first = CoverageMonth.of(selected.effective)
    return sum(run.net_cents for run in selected.months if run.first <= first <= run.last)


def tell_begun(desk: Desk, fact: PolicyActivated, occasion: Occasion) -> None:
    """Lay out the notice that coverage begins (NOT-1)."""
    _tell_change(desk, fact, occasion, change="activated")


def tell_canceled(desk: Desk, fact: PolicyCanceled, occasion: Occasion) -> None:
    """Lay out the notice that coverage was called off before it began, and why (NOT-1, ENR-6).

    What stood already and is called off for non-payment had no first premium to wait for: it was to go on from coverage
    that ended so (ENR-14).
    """
    known = desk.find(Policy, fact.policy)
    stood = known is not None and known.state == "active"
    reason = "prior-year-ended" if stood and fact.reason == "non-payment" else fact.reason
    _tell_change(desk, fact, occasion, change="canceled", reason=reason, rolled_to=fact.rolled_to)


def tell_ended(desk: Desk, fact: PolicyTerminated, occasion: Occasion) -> None:
    """Lay out the notice that coverage ends, on which last day, and why (NOT-1, INV-11)."""
    _tell_change(desk, fact, occasion, change="terminated", through=fact.through, reason=fact.reason)


def tell_reinstated(desk: Desk, fact: PolicyReinstated, occasion: Occasion) -> None:
    """Lay out the notice that coverage stands again without a gap (NOT-1, INV-12).

    It tells of the end that was asked for before, if one still stands: told of again, that is already so. Where an end
    had been recorded wrong, it tells which one is right (OPS-5). Of what is only selected again nobody is told anything
    yet.
    """
    if fact.begins_later:
        _changed(desk, fact, change="selected-again")
        return
    reason = "corrected" if fact.correction is not None and fact.reason == "error" else fact.reason
    _tell_change(desk, fact, occasion, change="reinstated", through=fact.coverage_ends, reason=reason)


def _tell_change(
    desk: Desk,
    fact: PolicyActivated | PolicyCanceled | PolicyTerminated | PolicyReinstated,
    occasion: Occasion,
    *,
    change: ToldChange,
    through: date | None = None,
    reason: str | None = None,
    rolled_to: date | None = None,
) -> None:
    found = _changed(desk, fact, change=change, through=through)
    if found is None:
        return
    known, policy = found
    desk.tell(
        occasion=occasion,
        notice_type=NOTICE_OF_CHANGE[change],
        about=f"{policy.policy}.{policy.turn}",
        household=policy.household,
        facts=NoticeFacts(
            coverage=CoverageFacts(
                policy=policy.policy,
                plan=policy.plan,
                carrier=policy.carrier,
                effective=policy.effective,
                through=policy.through,
                instead_of=known.through if change == "terminated" else None,
                reason=reason,
                rolled_to=rolled_to,
                transferred_from=policy.transferred_from if _concerns_direct(known, change) else None,
                billed_by_carrier=policy.billed_by_carrier,
            )
        ),
        contact_version=fact.contact_version,
    )


def _changed(
    desk: Desk,
    fact: PolicyActivated | PolicyCanceled | PolicyTerminated | PolicyReinstated,
    *,
    change: CoverageChange,
    through: date | None = None,
) -> tuple[Policy, Policy] | None:
    """Keep a policy as it is after a change; return how it was and is, None where that is already so."""
    known = desk.find(Policy, fact.policy)
    if known is None:
        raise Impossible(f"a policy nobody selected cannot be {change}")
    policy = changed(
        known, change, effective=fact.effective, through=through, contact_version=fact.contact_version
    )
    if policy is None:
        return None
    desk.put(policy)
    return known, policy


def _concerns_direct(known: Policy, change: ToldChange) -> bool:
    """Whether a change decides what becomes of what a household has with a carrier directly: its coverage here begins,
    is called off, or stands after all. Who was covered here until an end has heard of it when it began (ENR-12).
    """
    return change in ("activated", "canceled") or (change == "reinstated" and known.state == "canceled")
