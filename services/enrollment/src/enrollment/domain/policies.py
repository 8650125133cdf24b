"""A policy: its terms, its four facts (ENR-9), and everything that can happen to it.

Each function returns the policy as it is afterwards, equal to the one before where it was already so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible
from enrollment.domain import acknowledgement, lifecycle, payment_standing
from enrollment.domain.acknowledgement import Acknowledgement, AcknowledgementEvent
from enrollment.domain.households import Tier
from enrollment.domain.lifecycle import Lifecycle
from enrollment.domain.payment_standing import Standing, StandingEvent
from enrollment.domain.plans import Kind

EndReason: TypeAlias = Literal["non-payment", "requested", "death", "medicaid", "error"]
CancelReason: TypeAlias = Literal["non-payment", "requested", "error"]
ReinstatementReason: TypeAlias = Literal["postmark", "error", "asked"]

CANCEL_REASONS: Final[Mapping[EndReason, CancelReason]] = {
    "non-payment": "non-payment",
    "requested": "requested",
    "death": "requested",
    "medicaid": "requested",
    "error": "error",
}
"""Why coverage is called off, where its end reaches back before its first day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One plan a household selected.

    ``effective`` is the first covered day, ``coverage_ends`` the last unless something ends it earlier,
    ``through`` the last covered day once terminated. ``asked_through`` and ``asked_reason`` keep an end that
    somebody asked for, so that undoing an end for non-payment brings that one back. Amounts are cents a
    month. ``reasons`` are those of every decision on it, oldest first.
    """

    policy: str
    household: str
    selection: str
    plan: str
    carrier: str
    kind: Kind
    tier: Tier
    members: tuple[str, ...]
    effective: date
    coverage_ends: date
    gross_cents: int
    aptc_cents: int
    subsidy_cents: int
    net_cents: int
    lifecycle: Lifecycle
    acknowledgement: Acknowledgement
    standing: Standing
    grace_month: int | None
    through: date | None
    end_reason: EndReason | None
    asked_through: date | None
    asked_reason: EndReason | None
    reasons: tuple[Reason, ...]

    @property
    def last_covered_day(self) -> date:
        """The last day of coverage as things stand; meaningless for a canceled policy."""
        return self.through or self.coverage_ends

    @property
    def ended_for_non_payment(self) -> bool:
        """Whether the policy was canceled or terminated because money did not come."""
        return self.lifecycle in ("canceled", "terminated") and self.end_reason == "non-payment"

    def overlaps(self, *, first: date, last: date) -> bool:
        """Whether the policy covers, covered or is to cover a day between these two, both included."""
        return self.lifecycle != "canceled" and self.effective <= last and self.last_covered_day >= first

    def standing_on(self, today: date) -> tuple[Standing, int | None]:
        """Return the payment standing and the month of grace on a day.

        A paid-up policy whose last covered day has passed is ended; one in grace stays so until invoicing
        decides.
        """
        over = self.lifecycle in ("terminated", "expired") and self.last_covered_day < today
        if self.standing == "current" and over:
            return "ended", None
        return self.standing, self.grace_month


def activate(policy: Policy, *, reason: Reason) -> Policy:
    """Return the policy with its binder paid, or none needed (ENR-5, ENR-7).

    One called off on request stays so: the money that came meanwhile is invoicing's to give back. Raises
    `Impossible` for one canceled for non-payment: that takes a reinstatement first (INV-12).
    """
    if policy.lifecycle == "canceled" and not policy.ended_for_non_payment:
        return policy
    following = lifecycle.after(state=policy.lifecycle, event="activate")
    standing = payment_standing.after(state=policy.standing, event="pay-binder")
    reasons = policy.reasons if following == policy.lifecycle else (*policy.reasons, reason)
    return replace(policy, lifecycle=following, standing=standing, reasons=reasons)


def lapse(policy: Policy, *, reason: Reason) -> Policy:
    """Return the policy canceled because its binder was not paid (ENR-6): coverage never began.

    Raises `Impossible` for coverage that stands or stood: its binder was paid.
    """
    if policy.lifecycle not in ("selected", "canceled"):
        raise Impossible(f"the binder of a policy that is {policy.lifecycle} cannot lapse")
    return call_off(policy, end_reason="non-payment", reason=reason)


def end(policy: Policy, *, through: date, end_reason: EndReason, reason: Reason) -> Policy:
    """Return the policy with this last covered day, or canceled where that is before its first.

    An end that is already as early stands; an earlier one overrules a later one. Raises `Impossible` for
    ending, on a day it would cover, what has not begun.
    """
    if through < policy.effective:
        return call_off(policy, end_reason=end_reason, reason=reason)
    following = lifecycle.after(state=policy.lifecycle, event="terminate")
    if following == "canceled":
        return policy
    unpaid = end_reason == "non-payment"
    if unpaid:
        standing = payment_standing.after(state=policy.standing, event="end")
        policy = replace(policy, standing=standing, grace_month=None)
    last = min(through, policy.coverage_ends)
    if policy.lifecycle == "terminated" and policy.last_covered_day <= last:
        return policy
    return replace(
        policy,
        lifecycle=following,
        through=last,
        end_reason=end_reason,
        asked_through=policy.asked_through if unpaid else last,
        asked_reason=policy.asked_reason if unpaid else end_reason,
        reasons=(*policy.reasons, reason),
    )


def call_off(policy: Policy, *, end_reason: EndReason, reason: Reason) -> Policy:
    """Return the policy canceled: it never took effect. One that is canceled already keeps its reason."""
    following = lifecycle.after(state=policy.lifecycle, event="cancel")
    if policy.lifecycle == "canceled":
        return policy
    return replace(
        policy,
        lifecycle=following,
        standing=payment_standing.after(state=policy.standing, event="end"),
        grace_month=None,
        through=None,
        end_reason=CANCEL_REASONS[end_reason],
        reasons=(*policy.reasons, reason),
    )


def reinstate(policy: Policy, *, granted: ReinstatementReason, reason: Reason) -> Policy:
    """Return the policy standing again without a gap (INV-12, INV-13).

    Only an end for non-payment is undone, any other only where it was an error: somebody asked for it. Raises
    `Impossible` for a policy whose binder is still awaited.
    """
    following = lifecycle.after(state=policy.lifecycle, event="reinstate")
    undone = policy.ended_for_non_payment or granted == "error"
    if following == policy.lifecycle or not undone:
        return policy
    return replace(
        policy,
        lifecycle=following,
        standing=payment_standing.after(state=policy.standing, event="restore"),
        through=None,
        end_reason=None,
        asked_through=None if granted == "error" else policy.asked_through,
        asked_reason=None if granted == "error" else policy.asked_reason,
        reasons=(*policy.reasons, reason),
    )


def restore_asked_end(policy: Policy, *, reason: Reason) -> Policy:
    """Return an active policy with the end that was asked for before it ended for non-payment, if one was."""
    if policy.lifecycle != "active" or policy.asked_through is None or policy.asked_reason is None:
        return policy
    return end(policy, through=policy.asked_through, end_reason=policy.asked_reason, reason=reason)


def expire(policy: Policy, *, today: date) -> Policy:
    """Return an active policy as expired once the last day of its plan year has passed (CAL-3)."""
    if policy.lifecycle != "active" or policy.coverage_ends >= today:
        return policy
    reason = Reason(
        rule="CAL-3",
        says=f"The plan year ended on {policy.coverage_ends}.",
        citation='VHC exhibit 1, "Plan Year"',
        facts={"coverage_ends": str(policy.coverage_ends)},
    )
    following = lifecycle.after(state=policy.lifecycle, event="expire")
    return replace(policy, lifecycle=following, reasons=(*policy.reasons, reason))


def follow_grace(
    policy: Policy, *, event: StandingEvent, first_month: CoverageMonth, grace_month: int | None
) -> Policy:
    """Return the policy as the household's grace goes on (INV-8, INV-9, INV-10).

    A policy without a premium of its own never makes anyone delinquent (ENR-7), and one that ended before the
    grace began has no part in it.
    """
    concerned = policy.net_cents > 0 and policy.last_covered_day >= first_month.first_day
    if not concerned and event != "leave-grace":
        return policy
    standing = payment_standing.after(state=policy.standing, event=event)
    return replace(policy, standing=standing, grace_month=grace_month if standing == "in-grace" else None)


def acknowledge(policy: Policy, *, event: AcknowledgementEvent) -> Policy:
    """Return the policy with what its carrier was told or has said.

    Nothing else moves: a late effectuation never revives a canceled policy (CAR-5, ENR-9).
    """
    return replace(policy, acknowledgement=acknowledgement.after(state=policy.acknowledgement, event=event))
