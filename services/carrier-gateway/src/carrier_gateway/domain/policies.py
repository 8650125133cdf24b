"""A policy's life as the gateway follows it. A fact that is already so changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from bulkhead.kernel.errors import Impossible
from carrier_gateway.domain.records import EndReason, Policy, PremiumMonths, VersionTerms
from carrier_gateway.domain.versions import with_versions


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


def terminate(
    policy: Policy,
    *,
    through: date,
    reason: EndReason,
    asked: Literal["asked", "decided"],
    months: Sequence[PremiumMonths] = (),
    contact_version: int,
) -> Policy:
    """Return the policy with its last covered day; raises `Impossible` where that is before the first.

    ``asked`` tells an end that somebody asked for from one for non-payment. ``months`` are those whose
    amounts the end changes.
    """
    if through < policy.effective:
        raise Impossible("a policy's last covered day is before its first")
    ended = replace(
        policy,
        lifecycle="terminated",
        through=through,
        end_reason=reason,
        asked_reason=reason if asked == "asked" else policy.asked_reason,
        months=with_months(policy.months, months),
    )
    return _seen(ended, contact_version)


def change(
    policy: Policy,
    *,
    versions: Sequence[VersionTerms],
    months: Sequence[PremiumMonths],
    contact_version: int,
) -> Policy:
    """Return the policy as one of which these versions count, from the first one's day on (ENR-13)."""
    changed = replace(
        policy,
        versions=with_versions(policy.versions, versions),
        months=with_months(policy.months, months),
    )
    return _seen(changed, contact_version)


def reinstate(
    policy: Policy,
    *,
    coverage_ends: date,
    ground: Literal["paid", "error"],
    on: date,
    versions: Sequence[VersionTerms] = (),
    months: Sequence[PremiumMonths] = (),
    contact_version: int,
) -> Policy:
    """Return the policy standing again without a gap.

    Where money was the ground its binder, if that had failed, is paid (INV-12); an error that is undone pays
    none: a binder that was not paid is still awaited (ENR-5). Where coverage ends earlier than the policy by
    itself, an end that somebody asked for still stands.
    """
    again = replace(
        policy,
        versions=with_versions(policy.versions, versions),
        months=with_months(policy.months, months),
        lifecycle="active",
        through=None,
    )
    if coverage_ends < policy.coverage_ends:
        again = replace(
            again,
            lifecycle="terminated",
            through=coverage_ends,
            end_reason=policy.asked_reason or "requested",
        )
    else:
        again = replace(again, end_reason=None)
    again = _seen(again, contact_version)
    return release(again, on=on) if ground == "paid" else again


def with_months(
    known: Sequence[PremiumMonths], changed: Sequence[PremiumMonths]
) -> tuple[PremiumMonths, ...]:
    """Return what each month costs where some have changed, in order."""
    left = list(known)
    for new in changed:
        before = [replace(old, last=min(old.last, new.first.plus(-1))) for old in left]
        after = [replace(old, first=max(old.first, new.last.plus(1))) for old in left]
        left = [each for each in (*before, *after) if each.first <= each.last]
    return tuple(sorted((*left, *changed), key=lambda each: each.first))


def _seen(policy: Policy, contact_version: int) -> Policy:
    return replace(policy, contact_version=max(policy.contact_version, contact_version))
