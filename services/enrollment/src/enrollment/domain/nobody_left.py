"""Coverage ends with the last day before it would cover nobody: which day that is, and why (ENR-4, ENR-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from enrollment.domain.ends import EndReason
from enrollment.domain.households import Member, covered_on, lacking, last_left_for, uncovered_from
from enrollment.domain.policies import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyLeft:
    """From when on a policy would cover nobody, and why: whom it covered last is in Medicaid, or left for that.

    ``lacks`` are those who have left by then, and whom it would cover then had they not.
    """

    first: date
    reason: EndReason
    lacks: tuple[str, ...]

    @property
    def last(self) -> date:
        """The last day on which it covers somebody: before its first where it never did."""
        return self.first - timedelta(days=1)


def nobody_left(policy: Policy, members: Sequence[Member], *, since: date | None = None) -> NobodyLeft | None:
    """Return from when on a policy would cover nobody, looked for from its first day on or from a later one; None where
    it covers somebody on each of its days. Whatever was told of first, the reason is that of the last whom it covered.
    """
    start = policy.effective if since is None else max(since, policy.effective)
    first = uncovered_from(members, start, policy=policy.policy)
    if first is None or first > policy.coverage_ends:
        return None
    last = covered_on(members, first - timedelta(days=1), policy=policy.policy) or members
    in_medicaid = any(each.belongs_on(first) for each in last)
    return NobodyLeft(
        first=first,
        reason="medicaid" if in_medicaid else last_left_for(last),
        lacks=lacking(members, first, policy=policy.policy),
    )


def calls_off(policy: Policy, left: NobodyLeft) -> bool:
    """Whether a policy that waits for its binder is called off for nobody is left in it from some day on. For days
    before Medicaid it waits for its binder (ENR-4).
    """
    return left.last < policy.effective or left.reason != "medicaid"
