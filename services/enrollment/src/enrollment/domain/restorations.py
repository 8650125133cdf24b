"""Coverage that ended in error stands again, by staff and with a reason (INV-13, A)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NoReturn

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Refused
from bulkhead.kernel.personal import Masked
from enrollment.domain.eligibility import may_not_enroll, not_shown
from enrollment.domain.ends import Undoing
from enrollment.domain.households import Household, Member, uncovered_from
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.plans import KIND_ORDER
from enrollment.domain.policies import Policy
from enrollment.domain.renewals import gives_way
from enrollment.domain.sources import SOURCES

_CITATION = "VHC §3; HBEE 64.06(b)"
_NOBODY_LEFT = "45 CFR 155.430(d)(7)"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffReinstatement:
    """The record of one act of staff. ``reason`` is free text: it is kept here and goes nowhere else.

    ``number`` is the household's count of enrollment's own decisions.
    """

    household: str
    number: int
    made_at: datetime
    made_by: str
    reason: Masked
    policies: tuple[str, ...]


class NothingToRestore(Refused):
    """The household has no coverage, or none of a plan named, that has an end."""

    kind = "nothing-to-restore"


class NeverBegan(Refused):
    """A selection was called off before its first premium was paid: there is no coverage to restore."""

    kind = "never-began"


class RestorationBlocked(Refused):
    """Another plan of the kind, or Medicaid, covers all days that would be covered again, or nobody may enroll."""

    kind = "restoration-blocked"


def policies_to_restore(policies: Sequence[Policy], *, plans: Sequence[str] | None) -> list[Policy]:
    """Return the policies whose end was an error: of each plan named, else of each kind, the latest that began.

    With a renewal comes the coverage that it renews, where that ended too; one that only fell with it stands again
    with it (ENR-14). Raises `NothingToRestore` where none has an end, or none of a plan named, and `NeverBegan`
    where only a selection was called off.
    """
    ended = [policy for policy in policies if policy.ends and not _fell(policy)]
    if plans is None:
        groups = [[policy for policy in ended if policy.kind == kind] for kind in KIND_ORDER]
        found = [policy for group in groups for policy in _latest(group)]
    else:
        groups = [[policy for policy in ended if policy.plan == plan] for plan in dict.fromkeys(plans)]
        if not all(groups):
            raise NothingToRestore("no coverage of a plan named has ended", field="/plans")
        found = [policy for group in groups for policy in _latest(group) or _never_began(group)]
    priors = [policy for policy in ended if policy.policy in {each.renews for each in found}]
    return [each for each in priors if each not in found] + found or _never_began(ended)


def with_days_to_restore(
    policies: Sequence[Policy], *, plans: Sequence[str] | None, members: Sequence[Member]
) -> list[Policy]:
    """Return those of these policies that cover a day again when each stands through the last day on which it covers
    somebody of the household (ENR-4, ENR-13).

    Where none does, or one of a plan named does not, raises `RestorationBlocked` if Medicaid covers since whom it
    would cover, else `NothingToRestore`.
    """
    found = [each for each in policies if _gains_days(each, members)]
    gaining = {each.policy for each in found}
    without = [each for each in policies if each.policy not in gaining]
    named = [each for each in without if each.plan in (plans or ())]
    if found and not named:
        return found
    raise _nobody_to_cover((named or without)[0], members=members, field=None if plans is None else "/plans")


def check_somebody(policy: Policy, *, through: date, members: Sequence[Member]) -> None:
    """Check that a policy covers somebody through a day; raises `RestorationBlocked` (ENR-4, ENR-13)."""
    if through >= _uncovered(policy, members):
        raise RestorationBlocked(
            "coverage would last longer than there is somebody whom it covers",
            reasons=(_nobody_covered(policy, members),),
        )


def _nobody_to_cover(policy: Policy, *, members: Sequence[Member], field: str | None) -> Refused:
    reason = _nobody_covered(policy, members)
    if reason.rule == "ENR-4":
        return RestorationBlocked("Medicaid covers those whom it covered", field=field, reasons=(reason,))
    return NothingToRestore("there is nobody left whom it would cover", field=field, reasons=(reason,))


def _nobody_covered(policy: Policy, members: Sequence[Member]) -> Reason:
    """Return why a policy covers nobody from some day on: Medicaid covers them, or nobody is left."""
    first = _uncovered(policy, members)
    last = first - timedelta(days=1)
    facts = {"through": str(last), "policy": policy.policy, "plan": policy.plan}
    if any(each.belongs_on(first) for each in members):
        says = (
            f"Medicaid covers from {first} on whom it would cover: it stands through {last} at the longest. If "
            "somebody else is there who left, when they did is corrected first."
        )
        return Reason(rule="ENR-4", says=says, citation=SOURCES["ENR-4"], facts=facts)
    says = f"Nobody of the household is left after {last}: coverage stands no longer than that."
    return Reason(rule="ENR-13", says=says, citation=_NOBODY_LEFT, facts=facts)


def nobody_left_then(last: date) -> Reason:
    """Return the reason of the end of coverage that stands again, after whose last day nobody is left."""
    return Reason(
        rule="ENR-13",
        says=f"Nobody of the household is left after {last}: coverage ends with it.",
        citation=_NOBODY_LEFT,
        facts={"through": str(last)},
    )


def check_shown(household: Household, *, parameters: EnrollmentParameters) -> None:
    """Check that it is not overdue to show that a household may enroll (ENR-10); raises `RestorationBlocked`."""
    if may_not_enroll(household, parameters=parameters):
        raise RestorationBlocked(
            "the household may not enroll as things stand",
            reasons=(not_shown(household, parameters=parameters),),
        )


def in_the_way(policy: Policy, *, others: Iterable[Policy], members: Sequence[Member]) -> Policy | None:
    """Return another plan of the kind that covers, or is to cover, a day that a policy covers when it stands again
    (ENR-13). A renewal of ours gives way to it (ENR-14).
    """
    last = _uncovered(policy, members) - timedelta(days=1)
    return next(
        (
            other
            for other in others
            if other.kind == policy.kind
            and other.policy != policy.policy
            and not gives_way(other, to=policy)
            and other.overlaps(first=policy.effective, last=last)
        ),
        None,
    )


def check_room(policy: Policy, *, others: Iterable[Policy], members: Sequence[Member]) -> None:
    """Check that nothing is `in_the_way` of a policy that stands again; raises `RestorationBlocked`, which names it."""
    other = in_the_way(policy, others=others, members=members)
    if other is None:
        return
    raise RestorationBlocked(
        f"another {policy.kind} plan covers days that would be covered again",
        reasons=(
            Reason(
                rule="ENR-13",
                says=f"A {other.kind} plan is {other.lifecycle}, from {other.effective} to "
                f"{other.last_covered_day}: it is called off or ended first.",
                citation=SOURCES["ENR-13"],
                facts={
                    "policy": other.policy,
                    "plan": other.plan,
                    "lifecycle": other.lifecycle,
                    "from": str(other.effective),
                    "through": str(other.last_covered_day),
                },
            ),
        ),
    )


def undoing(policy: Policy, *, decision: str) -> Undoing:
    """Return the decision that undoes all ends of a policy.

    It names invoicing's decision where there is one, counting or not: invoicing looks for its own.
    """
    named = policy.unpaid_end or policy.end
    if named is None:
        raise NothingToRestore("the coverage has not ended")
    return Undoing(decided_by="enrollment", decision=decision, undoes=named.decision, ground="error")


def restored(policy: Policy) -> Reason:
    """Return the reason of a restoration by staff. What staff wrote is in no reason."""
    facts = {"undoes": " ".join(end.decision for end in policy.ends)}
    says = "Staff found that coverage had ended in error: it stands again without a gap."
    return Reason(rule="INV-13", says=says, citation=_CITATION, facts=facts)


def _uncovered(policy: Policy, members: Sequence[Member]) -> date:
    """Return the first day on which a policy covers nobody, the day after its plan year at the latest."""
    first = uncovered_from(members, policy.effective, policy=policy.policy)
    after = policy.coverage_ends + timedelta(days=1)
    return after if first is None else min(first, after)


def _gains_days(policy: Policy, members: Sequence[Member]) -> bool:
    through = _uncovered(policy, members) - timedelta(days=1)
    if through == policy.coverage_ends:
        return True  # an end with that day keeps it from being renewed
    already = policy.lifecycle != "canceled" and policy.last_covered_day >= through
    return policy.effective <= through and not already


def _fell(policy: Policy) -> bool:
    return policy.end is not None and policy.end.follows is not None


def _latest(ended: Sequence[Policy]) -> list[Policy]:
    """Return the latest policy that began, as a list of one, or of none."""
    begun = [policy for policy in ended if policy.activated_on is not None]
    return sorted(begun, key=lambda policy: (policy.effective, policy.through is not None, policy.policy))[
        -1:
    ]


def _never_began(ended: Sequence[Policy]) -> NoReturn:
    if not ended:
        raise NothingToRestore("the household has no coverage that has ended")
    policy = ended[-1]
    raise NeverBegan(
        "a selection that was never paid for is not restored",
        reasons=(
            Reason(
                rule="INV-12",
                says="It is restored by itself when its whole first premium turns out to have been received or "
                "postmarked by the due date.",
                citation="VHC §2; chosen: a binder works alike",
                facts={"policy": policy.policy, "plan": policy.plan, "end_reason": policy.end_reason or ""},
            ),
            Reason(
                rule="INV-13",
                says="Staff restores coverage that has stood. Otherwise plans are selected anew.",
                citation=_CITATION,
                facts={"policy": policy.policy},
            ),
        ),
    )
