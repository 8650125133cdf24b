"""Whether an act of selection waits for its first premium: a binder is one act with all its plans (ENR-5, ENR-7)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.money import format_cents
from enrollment.domain.plan_changes import changed_before
from enrollment.domain.plans import KIND_ORDER, Kind
from enrollment.domain.policies import Policy
from enrollment.domain.sources import SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Binder:
    """Whether an act of selection needs a binder, and why."""

    required: bool
    reason: Reason


def binder_of(
    kinds: Collection[Kind],
    *,
    first_premium_cents: int,
    effective: date,
    held: Collection[Policy],
    replaced: Collection[Policy] = (),
) -> Binder:
    """Return whether an act needs its first premium paid before coverage is passed on.

    It does not where that is 0 (ENR-7), nor where every kind of plan in it renews coverage that lasts through
    December 31, or takes the place of coverage that stood: a change is never held (ENR-5). Other acts, earlier or
    later, have nothing to do with it.
    """
    renewed = [kind for kind in KIND_ORDER if kind in kinds and renews(kind, effective=effective, held=held)]
    facts = _facts(first_premium_cents, renewed)
    amount = format_cents(first_premium_cents)
    if first_premium_cents == 0:
        return _costs_nothing(facts)
    changed = {
        each.kind
        for each in replaced
        if each.activated_on is not None
        and (each.effective < effective or changed_before(each, held=held, start=effective))
    }
    if changed.issuperset(kinds):
        says = "A plan that the household has is changed for another: a change waits for no payment."
        facts["changed"] = " ".join(kind for kind in KIND_ORDER if kind in kinds)
        return Binder(required=False, reason=_reason(says, facts))
    if len(renewed) == len(kinds):
        return _renewed(facts, effective=effective)
    says = f"Coverage is passed on once the first premium of this selection is paid: {amount}."
    if renewed:
        new = " and ".join(kind for kind in KIND_ORDER if kind in kinds and kind not in renewed)
        says += f" The {' and '.join(renewed)} plan would renew; the {new} plan is new, and one binder is for all."
    return Binder(required=True, reason=_reason(says, facts))


def billed_by_carriers(binder: Binder) -> Binder:
    """Return that the exchange waits for no payment, where carriers bill for all that an act is of (CAR-1).

    What would have a binder here begins with its carrier's word.
    """
    if not binder.required:
        return binder
    says = (
        "Carriers bill for all of this selection: it is passed on at once, and begins once they confirm it."
    )
    facts = dict(binder.reason.facts)
    return Binder(
        required=False, reason=Reason(rule="CAR-1", says=says, citation=SOURCES["CAR-1"], facts=facts)
    )


def binder_of_renewal(kinds: Collection[Kind], *, first_premium_cents: int, effective: date) -> Binder:
    """Return what `binder_of` does of an act in which every kind of plan renews coverage: that none is needed."""
    facts = _facts(first_premium_cents, [kind for kind in KIND_ORDER if kind in kinds])
    return _costs_nothing(facts) if first_premium_cents == 0 else _renewed(facts, effective=effective)


def renews(kind: Kind, *, effective: date, held: Collection[Policy]) -> bool:
    """Whether coverage of a kind from January 1 follows such coverage through December 31 (ENR-5).

    Coverage that was only selected, or that ended for non-payment, renews nothing.
    """
    eve = effective - timedelta(days=1)
    return (effective.month, effective.day) == (1, 1) and any(
        policy.kind == kind and policy.in_force(eve) and policy.unpaid_end is None for policy in held
    )


def _facts(first_premium_cents: int, renewed: Sequence[str]) -> dict[str, str]:
    facts = {"first_premium_cents": str(first_premium_cents)}
    if renewed:
        facts["renewed"] = " ".join(renewed)
    return facts


def _costs_nothing(facts: dict[str, str]) -> Binder:
    says = "The whole first premium is 0.00: no payment is needed, coverage stands at once."
    return Binder(
        required=False, reason=Reason(rule="ENR-7", says=says, citation=SOURCES["ENR-7"], facts=facts)
    )


def _renewed(facts: dict[str, str], *, effective: date) -> Binder:
    says = f"Coverage that lasts through {effective - timedelta(days=1)} is renewed: no binder is needed."
    return Binder(required=False, reason=_reason(says, facts))


def _reason(says: str, facts: dict[str, str]) -> Reason:
    return Reason(rule="ENR-5", says=says, citation="VHC §2; chosen: one act, one binder", facts=facts)
