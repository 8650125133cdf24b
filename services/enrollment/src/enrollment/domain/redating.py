"""What becomes of a policy and its people where an end or a departure was recorded wrong (ENR-13, OPS-5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bulkhead.kernel.decisions import Reason
from enrollment.domain.ages import last_day_as_child
from enrollment.domain.changes import LeaveKind, Leaving, decide_leave
from enrollment.domain.corrections import AskedEnd, Departure, NotCorrected, NothingToCorrect, changed_since
from enrollment.domain.effective_dates import EffectiveDate
from enrollment.domain.ends import End, counting, of_owner
from enrollment.domain.households import Member, last_day_of_anybody
from enrollment.domain.medicaid import back_in_plans
from enrollment.domain.nobody_left import calls_off, nobody_left
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.policies import Policy
from enrollment.domain.selections import Selection
from enrollment.domain.sources import SOURCES

_CITATION = "45 CFR 155.430"


def asked_end(policy: Policy) -> AskedEnd | None:
    """Return the end of a policy that somebody asked for, None where nobody did."""
    end = _own(policy)
    if end is None or end.cause == "other-plan" or end.reason not in ("requested", "death", "age"):
        return None
    return AskedEnd(on=end.through or policy.effective - timedelta(days=1), reason=end.reason)


def check_end_is(policy: Policy, said: AskedEnd | None) -> None:
    """Check that a policy has the end that is said to have been asked for, None: no end of enrollment's own, for
    whatever reason. Raises `ChangedSince`.
    """
    if asked_end(policy) != said or (said is None and _own(policy) is not None):
        raise changed_since("the end of coverage", facts={"policy": policy.policy})


def is_correctable(policy: Policy) -> bool:
    """Whether a policy has begun, and has an end that somebody asked for."""
    return policy.activated_on is not None and asked_end(policy) is not None


def policies_to_correct(policies: Sequence[Policy], *, plans: Sequence[str] | None) -> list[Policy]:
    """Return the policies whose end was recorded wrong: of each plan named, else of the latest plan year, those that
    somebody asked to end.

    Raises `NothingToCorrect` where there is none, or none of a plan named.
    """
    found = [each for each in policies if is_correctable(each)]
    if plans is not None:
        found = [each for each in found if each.plan in plans]
        if set(plans) - {each.plan for each in found}:
            raise _nothing("no coverage of a plan named was ended by request", field="/plans")
    if not found:
        raise _nothing("the household has no coverage whose end was asked for", field=None)
    year = max(each.effective.year for each in found)
    return [each for each in found if each.effective.year == year]


def check_redated(policy: Policy, *, on: date | None, members: Sequence[Member]) -> None:
    """Check that a policy may end with another day than it does, None: with its plan year.

    Raises `NotCorrected` for a day after the plan year or the last one on which somebody is left (CAL-3, ENR-13), and
    `NothingToCorrect` for the day with which it ends.
    """
    now = asked_end(policy)
    if now is not None and on == now.on:
        raise _nothing("that is the last day already", field="/through")
    last = last_day_of_anybody(members)
    asked = on or policy.coverage_ends
    latest = policy.coverage_ends if last is None else min(last, policy.coverage_ends)
    if asked <= latest:
        return
    somebody = last is None or last >= policy.coverage_ends
    says = (
        f"Coverage cannot end with {asked}: the plan year ends on {latest}."
        if somebody
        else f"Nobody of the household is left after {latest}: if that is wrong, when they left is corrected first."
    )
    raise NotCorrected(
        "coverage cannot last so long",
        field="/through",
        reasons=(
            Reason(
                rule="CAL-3" if somebody else "ENR-13",
                says=says,
                citation=_CITATION,
                facts={"policy": policy.policy, "on": str(asked), "would_do": str(latest)},
            ),
        ),
    )


def redated(policy: Policy, *, before: AskedEnd | None, on: date | None) -> Reason:
    """Return the reason of an end that was recorded wrong, and is another day, or none."""
    says = (
        "The end of coverage had been recorded in error: it stands as if it had not ended."
        if on is None
        else f"The end of coverage had been recorded with a wrong day: it ends with {on}."
    )
    facts = {"policy": policy.policy, "recorded": "none" if before is None else str(before.on)}
    if on is not None:
        facts["through"] = str(on)
    return Reason(rule="ENR-13", says=says, citation=_CITATION, facts=facts)


def departed(member: str, *, first: date | None, before: date | None) -> Reason:
    """Return the reason of a change by a departure that was recorded wrong."""
    says = (
        "That somebody left had been recorded in error: they are covered as if they had not."
        if first is None
        else f"The day on which somebody left had been recorded wrong: they are not covered from {first} on."
    )
    facts = {"member": member, "recorded": "none" if before is None else str(before)}
    if first is not None:
        facts["from"] = str(first)
    return Reason(rule="ENR-13", says=says, citation=_CITATION, facts=facts)


def somebody_came(member: Member, *, first: date) -> Reason:
    """Return the reason of coverage that goes on for somebody who came before it ended for want of people (ENR-3)."""
    return Reason(
        rule="ENR-13",
        says=f"Coverage had ended because nobody seemed to be left: it covers from {first} on somebody who came, and "
        "stands.",
        citation="45 CFR 155.420(b)(2)(i)",
        facts={"member": member.member, "came": str(first)},
    )


def check_age(member: Member, *, first: date | None, today: date, parameters: EnrollmentParameters) -> None:
    """Check that nobody who is too old is a child of the household on days before they left, None: for good (ENR-13).

    Who will be too old soon is taken out for that. Raises `NotCorrected`.
    """
    if member.relation != "child":
        return
    last = last_day_as_child(date.fromisoformat(member.born.reveal()), parameters)
    if last >= today if first is None else first <= last + timedelta(days=1):
        return
    raise too_old(member, last=last, parameters=parameters)


def too_old(member: Member, *, last: date, parameters: EnrollmentParameters) -> NotCorrected:
    """Return the refusal of a correction that would cover a child for longer than its age allows (ENR-13)."""
    return NotCorrected(
        "a child is not covered so long",
        reasons=(
            Reason(
                rule="ENR-13",
                says=f"At {parameters.child_age_limit} a child is covered through {last} at the longest: if that is "
                "wrong, its birth date is corrected first.",
                citation=parameters.citation("child_leaves"),
                facts={"member": member.member, "would_do": str(last)},
            ),
        ),
    )


def decide_departure(
    member: Member,
    leaving: Leaving,
    *,
    members: Sequence[Member],
    today: date,
    parameters: EnrollmentParameters,
) -> EffectiveDate:
    """Return from when on somebody is not covered, decided as if nobody had told of it before; raises `CannotLeave`."""
    there = replace(member, left=None, left_for=None)
    return decide_leave(
        there,
        leaving,
        members=[there if each.member == member.member else each for each in members],
        by="operator",
        today=today,
        parameters=parameters,
    )


def departure_as_told(member: Member, departure: Departure) -> Leaving:
    """Return by what, and on which day at the latest, somebody left who is not covered from a day on."""
    kind: LeaveKind = "divorce" if departure.reason == "requested" else "death"
    if departure.reason == "age":
        kind = "age"
    return Leaving(member=member.member, kind=kind, on=departure.first - timedelta(days=1))


def check_born_before(member: Member, born: date) -> None:
    """Check that somebody was born before they left, and by the day they came; raises `NotCorrected` (ENR-16)."""
    last = None if member.left is None else member.left - timedelta(days=1)
    latest = min((day for day in (member.joined, last) if day is not None), default=None)
    if latest is None or born <= latest:
        return
    raise NotCorrected(
        "somebody came or left before that",
        field="/born",
        reasons=(
            Reason(
                rule="ENR-16",
                says=f"They came, or left, on {latest}: nobody does before they are born. If that is wrong, it is "
                "corrected first.",
                citation=SOURCES["ENR-16"],
                facts={"member": member.member, "would_do": str(latest)},
            ),
        ),
    )


def check_one_spouse(member: Member, members: Sequence[Member]) -> None:
    """Check that nobody has come as the spouse in the place of somebody; raises `NotCorrected` (ENR-16)."""
    if member.relation != "spouse" or member.left is None:
        return
    left = member.left
    if any(
        each.relation == "spouse" and each != member and (each.left is None or each.left > left)
        for each in members
    ):
        raise NotCorrected(
            "the household has another spouse since",
            reasons=(
                Reason(
                    rule="ENR-16",
                    says="A household has one spouse: when the other came, or left, is corrected first.",
                    citation=SOURCES["ENR-16"],
                    facts={"member": member.member},
                ),
            ),
        )


def asked_wrongly(policy: Policy, said: AskedEnd | None) -> list[End]:
    """Return the end of a policy that was asked for, where a correction says that it was not so; none where it says
    nothing of it, and where it follows from whom the policy covers: that stays as it is.
    """
    end = _own(policy)
    return [] if said is None or end is None or end.cause == "nobody-left" else [end]


def follows_from_people(policy: Policy, said: AskedEnd) -> bool:
    """Whether a policy ends so because it covers nobody then: nobody has to ask for that (ENR-13)."""
    return any(
        each.cause == "nobody-left" and (each.through, each.reason) == (said.on, said.reason)
        for each in policy.ends
    )


def left_by_nobody(policy: Policy, members: Sequence[Member]) -> list[End]:
    """Return the ends of a policy that were said to follow from whom it covers, and do not (ENR-4, ENR-13)."""
    left = nobody_left(policy, members)
    if left is None:
        return [each for each in policy.ends if each.cause == "nobody-left"]
    # What nobody was ever left for never began.
    through = left.last if left.last >= policy.effective else None
    return [each for each in policy.ends if each.cause == "nobody-left" and each.through != through]


def is_called_off(policy: Policy) -> bool:
    """Whether a policy that waited for its binder was called off for want of people, and for nothing else."""
    causes = {each.cause for each in policy.ends}
    return policy.activated_on is None and causes == {"nobody-left"}


def is_wanted_again(policy: Policy, *, member: str, members: Sequence[Member]) -> bool:
    """Whether a policy was called off because somebody had left, as had been told when that was decided, and would not
    be, selected again, as its household's people are now known to be (ENR-13).
    """
    if not is_called_off(policy) or all(member not in each.lacks for each in policy.ends):
        return False
    left = nobody_left(policy, back_in_plans(members, policy))
    return left is None or not calls_off(policy, left)


def somebody_is_left(selection: Selection) -> Reason:
    """Return the reason of selecting again what was called off for want of people who are there."""
    return Reason(
        rule="ENR-13",
        says="The selection was called off because nobody seemed to be left whom it would cover: it is made again.",
        citation=_CITATION,
        facts={"selection": selection.selection, "effective": str(selection.effective)},
    )


def nobody_left_end(policy: Policy, members: Sequence[Member], *, decision: str) -> End | None:
    """Return the end of a policy with the last day on which it covers somebody; None where somebody stays."""
    left = nobody_left(policy, members)
    if left is None:
        return None
    return End(
        decided_by="enrollment", decision=decision, through=left.last, reason=left.reason, cause="nobody-left"
    )


def _own(policy: Policy) -> End | None:
    """Return the end that counts of those that enrollment decided about a policy itself."""
    return counting(tuple(end for end in of_owner(policy.ends, "enrollment") if end.follows is None))


def check_paid(policy: Policy) -> None:
    """Check that non-payment has not ended a policy before the end asked for; raises `NotCorrected` (INV-13)."""
    unpaid = policy.end
    if unpaid is None or unpaid.decided_by == "enrollment":
        return
    raise NotCorrected(
        "coverage ended for non-payment before that",
        reasons=(
            Reason(
                rule="INV-13",
                says=f"Coverage ended for non-payment on {unpaid.through}: that is restored first, by money that was "
                "on time or by staff.",
                citation=SOURCES["INV-13"],
                facts={"policy": policy.policy, "undoes": unpaid.decision},
            ),
        ),
    )


def _nothing(problem: str, *, field: str | None) -> NothingToCorrect:
    return NothingToCorrect(
        problem,
        field=field,
        reasons=(
            Reason(
                rule="OPS-5",
                says="a correction says of what stands that it is otherwise, and how it is",
                citation=SOURCES["OPS-5"],
            ),
        ),
    )
