"""A policy's life as the gateway follows it. A fact that is already so changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bulkhead.kernel.errors import Impossible
from carrier_gateway.domain.records import EndReason, Policy


def release(policy: Policy, *, on: date) -> Policy:
    """Return the policy as one that may be told of: its binder is paid, or none was needed (ENR-5, ENR-7)."""
    return policy if policy.released_on is not None else replace(policy, released_on=on)


def activate(policy: Policy, *, on: date, contact_version: int) -> Policy:
    """Return the policy standing. One that ended meanwhile stays ended: a binder may be told of again."""
    lifecycle = "active" if policy.lifecycle == "selected" else policy.lifecycle
    return release(_seen(replace(policy, lifecycle=lifecycle), contact_version), on=on)


def cancel(policy: Policy, *, reason: EndReason, contact_version: int) -> Policy:
    """Return the policy as one whose coverage never began."""
    canceled = replace(policy, lifecycle="canceled", through=None, end_reason=reason)
    return _seen(canceled, contact_version)


def terminate(policy: Policy, *, through: date, reason: EndReason, contact_version: int) -> Policy:
    """Return the policy with its last covered day; raises `Impossible` where that is before the first."""
    if through < policy.effective:
        raise Impossible("a policy's last covered day is before its first")
    ended = replace(policy, lifecycle="terminated", through=through, end_reason=reason)
    return _seen(ended, contact_version)


def reinstate(policy: Policy, *, coverage_ends: date, on: date, contact_version: int) -> Policy:
    """Return the policy standing again without a gap; its binder, if that had failed, is paid (INV-12)."""
    standing = replace(policy, lifecycle="active", through=None, end_reason=None, coverage_ends=coverage_ends)
    return release(_seen(standing, contact_version), on=on)


def _seen(policy: Policy, contact_version: int) -> Policy:
    return replace(policy, contact_version=max(policy.contact_version, contact_version))
