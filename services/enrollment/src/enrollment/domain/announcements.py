"""What is said about a policy that changed: one event for each step of its life."""

from __future__ import annotations

from typing import cast

from enrollment.domain.events import (
    PolicyActivated,
    PolicyCanceled,
    PolicyEvent,
    PolicyReinstated,
    PolicyTerminated,
)
from enrollment.domain.policies import CancelReason, EndReason, Policy, ReinstatementReason


def announcement(
    *, before: Policy, after: Policy, contact_version: int, granted: ReinstatementReason = "postmark"
) -> PolicyEvent | None:
    """Return the event that a change of a policy is to others, or None where it concerns nobody else.

    ``granted`` is the ground of a reinstatement; it matters for nothing else.
    """
    match before.lifecycle, after.lifecycle:
        case "selected", "active":
            return _activated(after, contact_version)
        case (("canceled" | "terminated"), "active"):
            return _reinstated(after, contact_version, granted)
        case was, "canceled" if was != "canceled":
            return _canceled(after, contact_version)
        case was, "terminated" if was != "terminated" or before.through != after.through:
            return _terminated(after, contact_version)
        case _:
            return None


def _activated(policy: Policy, contact_version: int) -> PolicyActivated:
    return PolicyActivated(
        household=policy.household,
        policy=policy.policy,
        selection=policy.selection,
        plan=policy.plan,
        carrier=policy.carrier,
        effective=policy.effective,
        contact_version=contact_version,
    )


def _canceled(policy: Policy, contact_version: int) -> PolicyCanceled:
    return PolicyCanceled(
        household=policy.household,
        policy=policy.policy,
        selection=policy.selection,
        plan=policy.plan,
        carrier=policy.carrier,
        effective=policy.effective,
        reason=cast(CancelReason, policy.end_reason),
        contact_version=contact_version,
    )


def _terminated(policy: Policy, contact_version: int) -> PolicyTerminated:
    return PolicyTerminated(
        household=policy.household,
        policy=policy.policy,
        plan=policy.plan,
        carrier=policy.carrier,
        effective=policy.effective,
        through=policy.last_covered_day,
        reason=cast(EndReason, policy.end_reason),
        contact_version=contact_version,
    )


def _reinstated(policy: Policy, contact_version: int, granted: ReinstatementReason) -> PolicyReinstated:
    return PolicyReinstated(
        household=policy.household,
        policy=policy.policy,
        selection=policy.selection,
        plan=policy.plan,
        carrier=policy.carrier,
        effective=policy.effective,
        coverage_ends=policy.coverage_ends,
        reason=granted,
        contact_version=contact_version,
    )
