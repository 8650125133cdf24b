"""What is said about a policy that changed: others hear of its beginning, and of the end that counts.

An end of one owner that another's hides is said to end coverage when it counts. One that enrollment decides for a later
day than coverage ended for non-payment is told meanwhile as what was asked: nothing after it need be paid for the rest
to stand again (INV-12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.calendar import CoverageMonth
from enrollment.domain.ends import CANCEL_REASONS, End, Undoing, counting, of_owner
from enrollment.domain.events import (
    ChangeKind,
    PolicyActivated,
    PolicyCanceled,
    PolicyChanged,
    PolicyEndAsked,
    PolicyEvent,
    PolicyReinstated,
    PolicyTerminated,
)
from enrollment.domain.months import PolicyVersion, PremiumMonths, premium_months, terms_between
from enrollment.domain.policies import Policy, premiums_of, versions_of


def announcements(
    *,
    before: Policy,
    after: Policy,
    versions: Sequence[PolicyVersion],
    contact_version: int,
    undoing: Undoing | None = None,
    rolled_to: date | None = None,
    selected_as: str | None = None,
    correction: str | None = None,
) -> tuple[PolicyEvent, ...]:
    """Return the events that a change of a policy is to others, in order; none where it concerns nobody else.

    ``undoing`` is the decision that a reinstatement carries out, ``rolled_to`` the start of the same plan in place of
    one called off, ``selected_as`` the selection in its place; they matter for nothing else. ``correction`` is the one
    that brings it about, if any does.
    """
    told = _Telling(
        policy=after,
        versions=versions,
        contact_version=contact_version,
        rolled_to=rolled_to,
        selected_as=selected_as,
        correction=correction,
    )
    was, now = before.end, after.end
    if was == now:
        began = before.activated_on is None and after.activated_on is not None and now is None
        return (told.activated(),) if began else _asked_meanwhile(told, before, after)
    if was is None or undoing is None:
        return () if now is None else (told.ended(now),)
    if now is not None and now.order <= was.order:  # another end of the same day counts from now on
        return (told.ended(now), *_asked_meanwhile(told, before, after))
    reinstated = told.reinstated(had_ended=was, undoing=undoing)
    if now is None:
        return (reinstated,)
    return (reinstated, told.ended(now), *_asked_meanwhile(told, before, after))


def _asked_meanwhile(told: _Telling, before: Policy, after: Policy) -> tuple[PolicyEvent, ...]:
    asked, gone = (counting(of_owner(each.ends, "enrollment")) for each in (after, before))
    if asked == gone or after.end is None:
        return ()
    if asked is None:
        return () if gone is None or gone.through is None else (told.not_asked(gone, had=gone.through),)
    if asked.through is None or asked == after.end:
        return ()
    had = None if gone is None else gone.through
    return (told.end_asked(asked, through=asked.through, had=had),)


def change_announced(
    policy: Policy,
    *,
    versions: Sequence[PolicyVersion],
    since: date,
    changed: ChangeKind,
    decision: str,
    contact_version: int,
    correction: str | None = None,
) -> PolicyChanged | None:
    """Return the event that a change is to others; None where enrollment ended the coverage before that day.

    An end for non-payment cuts no month off: invoicing, whose it is, may undo it before it is heard of here (INV-12).
    """
    last = policy.last_day_if_paid
    if last is None or last < since:
        return None
    return PolicyChanged(
        household=policy.household,
        policy=policy.policy,
        selection=policy.selection,
        plan=policy.plan,
        carrier=policy.carrier,
        effective=policy.effective,
        since=since,
        changed=changed,
        versions=terms_between(versions, first=since, last=last),
        months=premium_months(
            versions,
            first=policy.effective,
            last=last,
            partial_month=policy.partial_month,
            since=CoverageMonth.of(since),
        ),
        contact_version=contact_version,
        decided_by="enrollment",
        decision=decision,
        correction=correction,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Telling:
    policy: Policy
    versions: Sequence[PolicyVersion]
    contact_version: int
    rolled_to: date | None
    selected_as: str | None
    correction: str | None

    def activated(self) -> PolicyActivated:
        policy = self.policy
        return PolicyActivated(
            household=policy.household,
            policy=policy.policy,
            selection=policy.selection,
            plan=policy.plan,
            carrier=policy.carrier,
            effective=policy.effective,
            contact_version=self.contact_version,
        )

    def ended(self, end: End) -> PolicyEvent:
        return self._canceled(end) if end.through is None else self._terminated(end, through=end.through)

    def _canceled(self, end: End) -> PolicyCanceled:
        policy = self.policy
        return PolicyCanceled(
            household=policy.household,
            policy=policy.policy,
            selection=policy.selection,
            plan=policy.plan,
            carrier=policy.carrier,
            effective=policy.effective,
            reason=CANCEL_REASONS[end.reason],
            contact_version=self.contact_version,
            decided_by=end.decided_by,
            decision=end.decision,
            rolled_to=self.rolled_to,
            selected_as=self.selected_as,
            correction=self.correction,
        )

    def _terminated(self, end: End, *, through: date) -> PolicyTerminated:
        policy = self.policy
        return PolicyTerminated(
            household=policy.household,
            policy=policy.policy,
            plan=policy.plan,
            carrier=policy.carrier,
            effective=policy.effective,
            through=through,
            reason=end.reason,
            months=self._cut(through),
            contact_version=self.contact_version,
            decided_by=end.decided_by,
            decision=end.decision,
            correction=self.correction,
        )

    def not_asked(self, end: End, *, had: date) -> PolicyEndAsked:
        """Return what is told where an end had been told of that nobody asked for: it lasts through its plan year."""
        return self.end_asked(end, through=self.policy.coverage_ends, had=had)

    def end_asked(self, end: End, *, through: date, had: date | None) -> PolicyEndAsked:
        """Return what is told of an end that was asked for, in place of one with another last day (``had``)."""
        policy = self.policy
        return PolicyEndAsked(
            household=policy.household,
            policy=policy.policy,
            plan=policy.plan,
            carrier=policy.carrier,
            effective=policy.effective,
            through=through,
            reason=end.reason,
            months=self._cut(through, had=had),
            decision=end.decision,
            correction=self.correction,
        )

    def reinstated(self, *, had_ended: End, undoing: Undoing) -> PolicyReinstated:
        policy, had_covered = self.policy, had_ended.through or self.policy.effective
        return PolicyReinstated(
            household=policy.household,
            policy=policy.policy,
            selection=policy.selection,
            plan=policy.plan,
            carrier=policy.carrier,
            effective=policy.effective,
            coverage_ends=policy.last_covered_day,
            reason=undoing.ground,
            versions=terms_between(
                versions_of(policy, self.versions), first=had_covered, last=policy.last_covered_day
            ),
            months=self._months(since=CoverageMonth.of(had_covered)),
            contact_version=self.contact_version,
            decided_by=undoing.decided_by,
            decision=undoing.decision,
            undoes=undoing.undoes,
            correction=self.correction,
            begins_later=policy.activated_on is None,
        )

    def _cut(self, through: date, *, had: date | None = None) -> tuple[PremiumMonths, ...]:
        """Return the last month of coverage that ends with a day, where it is covered in part and costs its share; and
        those from the month on that was the last before, where it ``had`` another last day.
        """
        policy, month = self.policy, CoverageMonth.of(through)
        whole = policy.partial_month != "by-day" or through == month.last_day
        if had is None and whole:
            return ()
        return premium_months(
            versions_of(policy, self.versions),
            first=policy.effective,
            last=through,
            partial_month=policy.partial_month,
            since=month if had is None else min(month, CoverageMonth.of(had)),
        )

    def _months(self, *, since: CoverageMonth) -> tuple[PremiumMonths, ...]:
        return premiums_of(self.policy, self.versions, since=since)
