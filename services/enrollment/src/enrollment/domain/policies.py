"""A policy: its terms, its four facts (ENR-9), and everything that can happen to it.

Each function returns the policy as it is afterwards, equal to the one before where it was already so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible
from enrollment.domain import acknowledgement, ends, lifecycle, payment_standing
from enrollment.domain.acknowledgement import Acknowledgement, AcknowledgementEvent
from enrollment.domain.carriers import BilledByCarrier
from enrollment.domain.decisions import PolicyDecision
from enrollment.domain.ends import CANCEL_REASONS, End, EndCause, EndReason
from enrollment.domain.households import Member, Tier, covered_on, days_people_move
from enrollment.domain.lifecycle import Begun, Ending, Lifecycle
from enrollment.domain.months import (
    CoveredMonth,
    PartialMonth,
    PolicyVersion,
    PremiumMonths,
    covered_months,
    premium_months,
)
from enrollment.domain.payment_standing import Standing, StandingEvent
from enrollment.domain.plans import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One plan a household selected. Amounts are cents a whole month, as selected or, where something changed since,
    as they are from the last change on, like its tier and its members; its versions have every month (ENR-13).

    ``effective`` is the first covered day, ``coverage_ends`` the last unless something ends it earlier,
    ``activated_on`` the day its binder was paid or none was needed, ``decision_due`` the last day on which it
    may still be undecided. ``ends`` are the ends that stand, of both owners, ``undone`` the decisions that were
    undone; ``lifecycle``, ``through`` (the last covered day once terminated) and ``end_reason`` follow from
    them. ``grace`` is the first month of the household's latest grace. ``renews`` is the prior year's policy
    where it is an automatic renewal of one (ENR-14), ``billed_by_carrier`` the carrier that bills for it in
    place of the exchange (CAR-1). ``reasons`` are those of every decision on it, oldest first, and ``decisions`` say
    when each was made and how many of them it has.
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
    partial_month: PartialMonth
    decision_due: date
    activated_on: date | None
    lifecycle: Lifecycle
    acknowledgement: Acknowledgement
    standing: Standing
    grace: CoverageMonth | None
    grace_month: int | None
    through: date | None
    end_reason: EndReason | None
    ends: tuple[End, ...]
    undone: tuple[str, ...]
    renews: str | None
    reasons: tuple[Reason, ...]
    decisions: tuple[PolicyDecision, ...] = ()
    billed_by_carrier: BilledByCarrier | None = None

    @property
    def end(self) -> End | None:
        """The end that counts: of two the earlier (INV-7)."""
        return ends.counting(self.ends)

    @property
    def unpaid_end(self) -> End | None:
        """The end that invoicing decided, whether it counts or not; of several the earliest."""
        return ends.counting(ends.of_owner(self.ends, "invoicing"))

    @property
    def awaits_carrier(self) -> bool:
        """Whether coverage begins with its carrier's word, for its first premium is paid there (CAR-1)."""
        return self.billed_by_carrier is not None and self.lifecycle == "selected"

    @property
    def last_covered_day(self) -> date:
        """The last day of coverage as things stand; meaningless for a canceled policy."""
        return self.through or self.coverage_ends

    @property
    def last_day_if_paid(self) -> date | None:
        """The last day of coverage as enrollment decided, whatever was not paid; None where it called the policy off.

        An end for non-payment is invoicing's, which may undo it before that is heard of here (INV-12).
        """
        asked = ends.counting(ends.of_owner(self.ends, "enrollment"))
        return self.coverage_ends if asked is None else asked.through

    def overlaps(self, *, first: date, last: date) -> bool:
        """Whether the policy covers, covered or is to cover a day between these two, both included."""
        return self.lifecycle != "canceled" and self.effective <= last and self.last_covered_day >= first

    def in_force(self, on: date) -> bool:
        """Whether coverage that has begun, its binder paid or not needed, includes a day."""
        return self.activated_on is not None and self.overlaps(first=on, last=on)

    def standing_on(self, today: date) -> tuple[Standing, int | None]:
        """Return the payment standing and the month of grace on a day.

        A paid-up policy whose last covered day has passed, and one called off, is ended. One that was covered
        when the household's grace began stays in it until invoicing decides.
        """
        if self.lifecycle == "canceled":
            return "ended", None
        concerned = self.grace is None or self.last_covered_day >= self.grace.first_day
        if self.standing == "in-grace" and concerned:
            return self.standing, self.grace_month
        over = self.lifecycle in ("terminated", "expired") and self.last_covered_day < today
        standing = "current" if self.standing == "in-grace" else self.standing
        return ("ended" if over and standing == "current" else standing), None


def first_day_without_adult(
    members: Sequence[Member], policies: Iterable[Policy], *, since: date, adult_age: int
) -> date | None:
    """Return the first day, from this one on, on which one of these policies covers children alone, or would if it
    is paid for: an end for non-payment may be undone. None where there is none.
    """
    days = (
        day
        for policy in policies
        if policy.last_day_if_paid is not None
        for day in days_people_move(members, max(since, policy.effective))
        if day <= policy.last_day_if_paid
        and (there := covered_on(members, day, policy=policy.policy))
        and not there[0].is_of_age(day, adult_age=adult_age)
    )
    return min(days, default=None)


def months_of(policy: Policy, versions: Iterable[PolicyVersion]) -> tuple[CoveredMonth, ...]:
    """Return every month the policy covers, as it is charged; none of one that was called off (INV-18)."""
    return (
        () if policy.lifecycle == "canceled" else _months_through(policy.last_covered_day, policy, versions)
    )


def premiums_of(
    policy: Policy, versions: Iterable[PolicyVersion], *, since: CoverageMonth | None = None
) -> tuple[PremiumMonths, ...]:
    """Return the months of `months_of`, from ``since`` on, as runs of equal ones (INV-18)."""
    if policy.lifecycle == "canceled":
        return ()
    return premium_months(
        versions_of(policy, versions),
        first=policy.effective,
        last=policy.last_covered_day,
        partial_month=policy.partial_month,
        since=since,
    )


def first_month_of(policy: Policy, versions: Iterable[PolicyVersion]) -> CoveredMonth:
    """Return the first month that a policy covers, as it is charged, whatever became of it (INV-18)."""
    end_of_month = CoverageMonth.of(policy.effective).last_day
    return _months_through(min(end_of_month, policy.last_covered_day), policy, versions)[0]


def _months_through(
    last: date, policy: Policy, versions: Iterable[PolicyVersion]
) -> tuple[CoveredMonth, ...]:
    return covered_months(
        versions_of(policy, versions),
        first=policy.effective,
        last=last,
        partial_month=policy.partial_month,
    )


def versions_of(policy: Policy, versions: Iterable[PolicyVersion]) -> list[PolicyVersion]:
    """Return a policy's own among the versions of several."""
    return [version for version in versions if version.policy == policy.policy]


def rerate(
    policy: Policy, versions: Sequence[PolicyVersion], *, tier: Tier, reasons: Sequence[Reason]
) -> Policy:
    """Return the policy as the last of these versions, which a change added, has it (ENR-13)."""
    last = max(versions, key=lambda each: each.number)
    return replace(
        policy,
        tier=tier,
        members=last.members,
        gross_cents=last.gross_cents,
        aptc_cents=last.aptc_cents,
        subsidy_cents=last.subsidy_cents,
        net_cents=last.net_cents,
        reasons=(*policy.reasons, *reasons),
    )


def activate(policy: Policy, *, on: date, reason: Reason) -> Policy:
    """Return the policy with its binder paid, or none needed (ENR-5, ENR-7).

    One called off on request stays so: the money that came meanwhile is invoicing's to give back. Raises
    `Impossible` while its binder has lapsed: that takes a reinstatement first (INV-12).
    """
    if policy.activated_on is not None:
        return policy
    if policy.unpaid_end is not None:
        raise Impossible("a binder that has lapsed is paid, and nobody granted a reinstatement")
    standing = payment_standing.after(state=policy.standing, event="pay-binder")
    return _settled(replace(policy, activated_on=on, standing=standing, reasons=(*policy.reasons, reason)))


def lapse(policy: Policy, *, decision: str, reason: Reason) -> Policy:
    """Return the policy canceled because its binder was not paid (ENR-6): coverage never began.

    Raises `Impossible` for coverage that has begun: its binder was paid.
    """
    unpaid = End(decided_by="invoicing", decision=decision, through=None, reason="non-payment")
    after = _with_unpaid(policy, unpaid, reason=reason)
    if after != policy and policy.activated_on is not None:
        raise Impossible("the binder of a policy that has begun cannot lapse")
    return after


def end_unpaid(policy: Policy, *, decision: str, through: date, reason: Reason) -> Policy:
    """Return the policy as ended for non-payment with this last covered day, or canceled before its first.

    Raises `Impossible` for ending, on a day it would cover, what has not begun.
    """
    unpaid = End(
        decided_by="invoicing", decision=decision, through=_within(policy, through), reason="non-payment"
    )
    return _with_unpaid(policy, unpaid, reason=reason)


def end_asked(
    policy: Policy,
    *,
    decision: str,
    through: date,
    end_reason: EndReason,
    reason: Reason,
    cause: EndCause = "decided",
) -> Policy:
    """Return the policy ended, by enrollment's own decision, with this last covered day or before its first.

    Raises `Impossible` for ending, on a day it would cover, what has not begun.
    """
    asked = End(
        decided_by="enrollment",
        decision=decision,
        through=_within(policy, through),
        reason=end_reason,
        cause=cause,
    )
    standing = ends.with_asked(policy.ends, asked)
    if standing == policy.ends:
        return policy
    return _settled(replace(policy, ends=standing, reasons=(*policy.reasons, reason)))


def call_off(
    policy: Policy,
    *,
    decision: str,
    end_reason: EndReason,
    reason: Reason,
    cause: EndCause = "decided",
    lacks: tuple[str, ...] = (),
) -> Policy:
    """Return the policy canceled by enrollment's own decision: it never took effect. ``lacks`` are those whose
    departure left it with nobody.
    """
    asked = End(
        decided_by="enrollment",
        decision=decision,
        through=None,
        reason=end_reason,
        cause=cause,
        lacks=lacks,
    )
    standing = ends.with_asked(policy.ends, asked)
    if standing == policy.ends:
        return policy
    return _settled(replace(policy, ends=standing, reasons=(*policy.reasons, reason)))


def fall_with_prior_year(policy: Policy, *, decision: str, reason: Reason) -> Policy:
    """Return a renewal called off because the coverage that it renews has an end (ENR-14).

    What else ended it stays, and counts again where the prior year's coverage stands again.
    """
    fallen = End(
        decided_by="enrollment",
        decision=decision,
        through=None,
        reason="prior-year-ended",
        follows=policy.renews,
    )
    return _settled(replace(policy, ends=(*policy.ends, fallen), reasons=(*policy.reasons, reason)))


def reinstate(policy: Policy, *, undoes: str, reason: Reason) -> Policy:
    """Return the policy without the end that this decision of invoicing's was (INV-12, INV-13).

    What somebody asked for stays and may count again. A decision that is undone before it was heard will change
    nothing when it is. Raises `Impossible` for a lapse: what never began is restored with its binder.
    """
    after = _undone(policy, [undoes], reason=reason)
    if after.ends != policy.ends and policy.activated_on is None:
        raise Impossible("a lapse was undone, and not for its binder")
    return after


def reinstate_binder(policy: Policy, *, undoes: str, on: date, reason: Reason) -> Policy:
    """Return the policy without the lapse of its binder, which was paid in time after all (INV-12). What its carrier
    bills for still waits for its word (CAR-1).
    """
    standing = _undone(policy, [undoes], reason=reason)
    return standing if standing.awaits_carrier else activate(standing, on=on, reason=reason)


def restore(policy: Policy, *, undoes: Sequence[str], reason: Reason) -> Policy:
    """Return the policy without these ends: each was an error, whoever decided it (INV-13)."""
    return _undone(policy, undoes, reason=reason)


def redate_end(policy: Policy, asked: End | None, *, gone: Sequence[End], reason: Reason) -> Policy:
    """Return the policy with this end of enrollment's own in place of those that are not so, None: without one
    (ENR-13). What else ended it stays.
    """
    left = tuple(end for end in policy.ends if end not in gone)
    if asked is not None:
        left = ends.with_asked(left, replace(asked, through=_within(policy, asked.through)))
    return _settled(
        replace(
            policy,
            ends=left,
            undone=tuple(sorted({*policy.undone, *(end.decision for end in gone)})),
            reasons=(*policy.reasons, reason),
        )
    )


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
    return replace(policy, lifecycle="expired", reasons=(*policy.reasons, reason))


def follow_grace(
    policy: Policy,
    versions: Iterable[PolicyVersion],
    *,
    event: StandingEvent,
    first_month: CoverageMonth,
    grace_month: int | None,
) -> Policy:
    """Return the policy as the household's grace goes on (INV-8, INV-9, INV-10).

    A policy that costs nothing in the months of grace so far never makes anyone delinquent (ENR-7), nor one that its
    carrier bills for (CAR-1), though one that
    lost its premium in a grace leaves that with the others. What is told of a grace after its end, or of one before
    it, changes nothing.
    """
    until = first_month.plus((grace_month or 1) - 1)
    costs = policy.billed_by_carrier is None and any(
        each.net_cents > 0 and each.first <= until and first_month <= each.last
        for each in premiums_of(policy, versions)
    )
    if (not costs and policy.standing != "in-grace") or _is_stale(
        policy, first_month=first_month, grace_month=grace_month
    ):
        return policy
    standing = payment_standing.after(state=policy.standing, event=event)
    noted = standing == "in-grace" or event == "leave-grace"
    return replace(
        policy,
        standing=standing,
        grace=first_month if noted else policy.grace,
        grace_month=grace_month if standing == "in-grace" else None,
    )


def _is_stale(policy: Policy, *, first_month: CoverageMonth, grace_month: int | None) -> bool:
    if policy.grace is None or first_month != policy.grace:
        return policy.grace is not None and first_month < policy.grace
    return policy.grace_month is None or (grace_month is not None and grace_month < policy.grace_month)


def acknowledge(policy: Policy, *, event: AcknowledgementEvent) -> Policy:
    """Return the policy with what its carrier was told or has said.

    Nothing else moves: a late effectuation never revives a canceled policy (CAR-5, ENR-9).
    """
    return replace(policy, acknowledgement=acknowledgement.after(state=policy.acknowledgement, event=event))


def _within(policy: Policy, through: date | None) -> date | None:
    return None if through is None or through < policy.effective else min(through, policy.coverage_ends)


def _with_unpaid(policy: Policy, unpaid: End, *, reason: Reason) -> Policy:
    standing = ends.with_unpaid(policy.ends, unpaid, undone=policy.undone)
    if standing == policy.ends:
        return policy
    return _settled(
        replace(
            policy,
            ends=standing,
            standing=payment_standing.after(state=policy.standing, event="end"),
            grace_month=None,
            reasons=(*policy.reasons, reason),
        )
    )


def _undone(policy: Policy, decisions: Sequence[str], *, reason: Reason) -> Policy:
    left = tuple(end for end in policy.ends if end.decision not in decisions)
    remembered = replace(policy, undone=tuple(sorted({*policy.undone, *decisions})))
    if left == policy.ends:
        return remembered
    paid = policy.unpaid_end is not None and not ends.of_owner(left, "invoicing")
    standing = payment_standing.after(state=policy.standing, event="restore") if paid else policy.standing
    return _settled(replace(remembered, ends=left, standing=standing, reasons=(*policy.reasons, reason)))


def _settled(policy: Policy) -> Policy:
    """Return the policy with what follows from its beginning and its ends (ENR-9)."""
    end = policy.end
    ending: Ending = "none" if end is None else "called-off" if end.through is None else "ends"
    begun: Begun = "begun" if policy.activated_on is not None else "awaited"
    if policy.lifecycle == "expired":
        begun = "over"
    reason = None if end is None else CANCEL_REASONS[end.reason] if end.through is None else end.reason
    return replace(
        policy,
        lifecycle=lifecycle.of(begun=begun, ending=ending),
        through=None if end is None else end.through,
        end_reason=reason,
    )
