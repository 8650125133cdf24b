"""What a carrier says by itself of a policy, and what it knows of it then (CAR-5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from carrier_gateway.domain.records import CarrierWordKind, InboundRecord, Policy
from carrier_gateway.domain.telling import Step, told, told_since


def word_of(record: InboundRecord) -> tuple[CarrierWordKind, date | None] | None:
    """Return what a record says that its carrier did by itself, and of a termination the last covered day; None of one
    that says no such thing, or not on which day.
    """
    match record.kind:
        case "cancellation" | "reinstatement":
            return record.kind, None
        case "termination" if record.ends is not None:
            return record.kind, record.ends
        case _:
            return None


def as_carrier_has_it(policy: Policy, *, kind: CarrierWordKind, through: date | None) -> Policy:
    """Return the policy as one whose carrier knows what it says itself: it is not told it again.

    What was told it since, or ends earlier, stays.
    """
    match kind:
        case "cancellation" if policy.told in ("covered", "ended"):
            return told(policy, Step(kind="cancel", effective=told_since(policy), end_reason=None))
        case "termination" if through is not None and _covers(policy, through):
            return told(policy, Step(kind="termination", effective=through, end_reason=None))
        case "reinstatement" if policy.told in ("ended", "canceled"):
            return replace(policy, told="covered", told_through=None)
        case _:
            return policy


def _covers(policy: Policy, through: date) -> bool:
    """Whether the carrier knows coverage that lasts longer than to this day of it."""
    if not told_since(policy) <= through <= policy.coverage_ends:
        return False
    longer = policy.told_through is not None and policy.told_through > through
    return policy.told == "covered" or (policy.told == "ended" and longer)


def as_after(policy: Policy, step: Step) -> Policy:
    """Return the policy as one whose carrier was sent a set again, and nothing since that ends or begins coverage."""
    match step.kind:
        case "initial" | "renewal" | "reinstatement" if policy.told in ("ended", "canceled"):
            return replace(policy, told="covered", told_through=None)
        case "termination" if (policy.told, policy.told_through) != ("ended", step.effective):
            return replace(policy, told="ended", told_through=step.effective)
        case "cancel" if policy.told == "covered":
            return replace(policy, told="canceled", told_through=None)
        case _:
            return policy
