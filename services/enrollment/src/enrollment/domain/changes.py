"""Changes of a household's assistance and of its people: from which day they count, and why (ENR-13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Refused
from bulkhead.kernel.money import format_cents
from bulkhead.kernel.personal import Masked
from enrollment.domain.age_rates import rates_as_fact
from enrollment.domain.ages import birthday_too_old, last_day_as_child
from enrollment.domain.effective_dates import (
    EffectiveDate,
    OutsideEnrollment,
    QualifyingEvent,
    decide_effective_date,
)
from enrollment.domain.endings import AskedBy
from enrollment.domain.households import (
    AssistanceChange,
    Contact,
    Household,
    Member,
    NotEnded,
    Relation,
    covered_on,
    days_people_move,
    has_minor,
    lacking,
    members_on,
)
from enrollment.domain.months import PolicyVersion, version_on, versions_between
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.people import Person
from enrollment.domain.policies import Policy, first_day_without_adult
from enrollment.domain.sources import SOURCES

JoinKind: TypeAlias = Literal["birth", "adoption", "foster", "marriage"]
"""What may bring somebody into a household; each is a qualifying event (ENR-3)."""

LeaveKind: TypeAlias = Literal["death", "divorce", "age"]
"""What may take somebody out of a household."""

_JOINS_AS: Final[Mapping[JoinKind, tuple[Relation, ...]]] = {
    "birth": ("child",),
    "adoption": ("child",),
    "foster": ("child",),
    "marriage": ("spouse", "child"),
}
_LEAVES_AS: Final[Mapping[LeaveKind, tuple[Relation, ...]]] = {
    "death": ("self", "spouse", "child"),
    "divorce": ("spouse",),
    "age": ("child",),
}

_CITATION = "45 CFR 155.330"


class AssistanceInMidMonth(InvalidValue):
    """A change of assistance is to count from a day that is not the first of a month."""

    kind = "assistance-in-mid-month"


class CannotJoin(InvalidValue):
    """Somebody cannot come into the household in that way."""

    kind = "cannot-join"


class CannotLeave(Refused):
    """Somebody cannot go out of the household in that way, or not then."""

    kind = "cannot-leave"


class NobodyToActFor(Refused):
    """Who acts for a child is named where there is none."""

    kind = "nobody-to-act-for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """Who acts for a subscriber who is not of age, as they are named. Without a Latin name one is proposed."""

    name: Masked
    latin_name: Masked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Who goes out of a household: by what, and the day it happened or will.

    ``responsible`` is who acts for a child that is left.
    """

    member: str
    kind: LeaveKind
    on: date
    responsible: Responsible | None = None


def with_assistance(household: Household, change: AssistanceChange) -> Household:
    """Return the household with a change of its assistance; what it had before that day stays written.

    Raises `AssistanceInMidMonth`: assistance is for whole months.
    """
    month = CoverageMonth.of(change.since)
    if change.since != month.first_day:
        raise AssistanceInMidMonth(
            field="/from",
            problem="must be the first of a month",
            reasons=(
                Reason(
                    rule="ENR-13",
                    says=f"Assistance counts for whole months: {month.first_day} or {month.plus(1).first_day} "
                    "would do.",
                    citation=_CITATION + "(f)",
                    facts={"would_do": f"{month.first_day} {month.plus(1).first_day}"},
                ),
            ),
        )
    return replace(household, assistance_changes=(*household.assistance_changes, change))


def without_assistance(household: Household, *, members: Sequence[Member], since: date) -> Household:
    """Return the household, whose people are these, with no assistance from the first of a month on (ENR-4)."""
    none = AssistanceChange(
        since=since,
        aptc_cents=0,
        subsidy_cents=0,
        because="medicaid",
        lacks=lacking(members, since, policy=None),
    )
    return replace(household, assistance_changes=(*household.assistance_changes, none))


def with_assistance_again(
    household: Household, *, members: Sequence[Member], recorded: Sequence[Member]
) -> Household:
    """Return the household without the ends of its assistance with plans that cover somebody then, who had left or
    not come by what was known when they ended, and would have covered nobody by what was recorded; and with those again
    of plans of which the opposite is so (ENR-4).
    """
    known = {each.member for each in recorded}

    def there(people: Sequence[Member], change: AssistanceChange) -> set[str]:
        return {each.member for each in covered_on(people, change.since, policy=None)}

    changes, not_ended = list(household.assistance_changes), list(household.not_ended)
    for each in reversed(household.not_ended):
        if there(recorded, each.change) and not there(members, each.change):
            lacks = lacking(members, each.change.since, policy=None)
            changes.insert(each.place, replace(each.change, lacks=lacks))
            not_ended.remove(each)
    for change in tuple(changes):
        come = {each for each in there(members, change) if each not in known or each in change.lacks}
        if change.because == "medicaid" and come and not there(recorded, change):
            not_ended.append(NotEnded(change=change, place=changes.index(change)))
            changes.remove(change)
    return replace(household, assistance_changes=tuple(changes), not_ended=tuple(not_ended))


def assistance_changed(change: AssistanceChange) -> Reason:
    """Return the reason of a change of assistance."""
    return Reason(
        rule="ENR-13",
        says=f"From {change.since} the household has {format_cents(change.aptc_cents)} APTC and "
        f"{format_cents(change.subsidy_cents)} state subsidy a month.",
        citation=_CITATION,
        facts={
            "since": str(change.since),
            "aptc_cents": str(change.aptc_cents),
            "subsidy_cents": str(change.subsidy_cents),
        },
    )


def decide_join(
    person: Person, *, kind: JoinKind, on: date, told_on: date, parameters: EnrollmentParameters
) -> EffectiveDate:
    """Return the first day on which somebody new is covered: of a newborn the day of birth (ENR-3).

    Raises `CannotJoin` for a relation that such an event does not make and for a birth on another day than it is
    told of, `OutsideEnrollment` where it is told too late.
    """
    allowed = _JOINS_AS[kind]
    if person.relation not in allowed:
        raise CannotJoin(
            field="/person/relation",
            problem=f"must be {' or '.join(allowed)} after this event",
            reasons=(
                Reason(
                    rule="ENR-16",
                    says=f"By {kind} comes a {' or a '.join(allowed)}.",
                    citation=SOURCES["ENR-16"],
                ),
            ),
        )
    if kind == "birth" and person.born.reveal() != on.isoformat():
        raise CannotJoin(field="/person/born", problem="must be the day of the birth that is told of")
    if person.born.reveal() > on.isoformat():
        raise CannotJoin(
            field="/person/born",
            problem=f"must be {on} or earlier: that day they came",
            reasons=(
                Reason(
                    rule="ENR-16",
                    says="Nobody comes into a household before they are born.",
                    citation=SOURCES["ENR-16"],
                ),
            ),
        )
    try:
        return decide_effective_date(
            selected_on=told_on, event=QualifyingEvent(kind=kind, on=on), parameters=parameters
        )
    except OutsideEnrollment as refusal:
        refusal.field = "/on"
        raise


def check_somebody_is_there(there: Sequence[Member], *, on: date) -> None:
    """Check that there is still somebody whom a newcomer comes to. Raises `CannotJoin` (ENR-13)."""
    if not there:
        says = f"Nobody of the household was left by {on}: register them as a household of their own."
        raise CannotJoin(
            field="/on",
            problem="must be a day on which somebody of the household is there",
            reasons=(Reason(rule="ENR-13", says=says, citation=_CITATION),),
        )


def check_same_subscriber(before: Sequence[Member], after: Sequence[Member], *, kind: JoinKind) -> None:
    """Check that who comes takes nobody's place: a child that is the subscriber has no spouse on the policy (ENR-13).

    Raises `CannotJoin`.
    """
    if before[0] != after[0]:
        raise CannotJoin(
            field="/person/relation",
            problem="must be child: the subscriber is a child of who registered",
            reasons=(
                Reason(
                    rule="ENR-13",
                    says=f"Nobody takes a subscriber's place by {kind}.",
                    citation=SOURCES["ENR-13"],
                ),
            ),
        )


def decide_leave(
    member: Member,
    leaving: Leaving,
    *,
    members: Sequence[Member],
    by: AskedBy,
    today: date,
    parameters: EnrollmentParameters,
) -> EffectiveDate:
    """Return the first day on which somebody is not covered any more: after a death the next day, else the first of
    the month after. ``members`` are all of the household's people.

    Raises `CannotLeave` for a relation to which this does not happen; for a subscriber who does not die; for a death
    to come; for somebody who is not there on that day, or left by it already; for an age that is not reached by
    then, or was before; and for days gone by where a household tells of them itself, save for a death.
    """
    allowed = _LEAVES_AS[leaving.kind]
    if member.relation not in allowed:
        raise _cannot_leave(
            f"By {leaving.kind} goes a {' or a '.join(allowed)}, and this is a {member.relation}.",
            leaving,
            field="/kind",
        )
    if leaving.kind == "death" and leaving.on > today:
        raise _cannot_leave(f"A death is told of once it is so; today is {today}.", leaving, field="/on")
    first = leaving.on + timedelta(days=1)
    if leaving.kind != "death":
        first = CoverageMonth.of(leaving.on).plus(1).first_day
    leads = any(members_on(members, day)[:1] == (member,) for day in (leaving.on, first))
    if leaving.kind != "death" and leads:
        raise _cannot_leave(
            "A subscriber is succeeded after a death alone; coverage that is not wanted is ended.",
            leaving,
            field="/kind",
        )
    if not member.belongs_on(leaving.on) or leaving.on.isoformat() < member.born.reveal():
        raise _cannot_leave(f"They are not of the household on {leaving.on}.", leaving, field="/on")
    if member.left is not None and first >= member.left:
        raise _cannot_leave(
            f"They are not covered from {member.left} on already; only an earlier day changes that.",
            leaving,
            field="/on",
        )
    last = last_day_as_child(date.fromisoformat(member.born.reveal()), parameters)
    grown = birthday_too_old(date.fromisoformat(member.born.reveal()), parameters)
    if leaving.kind == "age" and not grown <= leaving.on <= last:
        raise _cannot_leave(
            f"For its age a child leaves at {parameters.child_age_limit}: {grown} to {last} would do.",
            leaving,
            field="/on",
            citation=parameters.citation("child_leaves"),
            would_do=last,
        )
    if first < today and leaving.kind != "death" and by == "household":
        raise _cannot_leave(
            f"Coverage on days gone by is taken away by staff only; {today} would do.", leaving, field="/on"
        )
    reason = Reason(
        rule="ENR-13",
        says=f"A {member.relation} left ({leaving.kind}) on {leaving.on}: not covered from {first} on.",
        citation=_CITATION,
        facts={"member": member.member, "kind": leaving.kind, "on": str(leaving.on), "from": str(first)},
    )
    return EffectiveDate(effective=first, reasons=(reason,))


def check_subscribers(
    members: Sequence[Member],
    leaving: Leaving,
    *,
    policies: Iterable[Policy],
    since: date,
    contact: Contact,
    adult_age: int,
    citation: str,
) -> None:
    """Check that whoever is the subscriber from a day on, of the household and of each of its policies, is of age, or
    that somebody acts for them (ENR-13).

    Raises `CannotLeave` where nobody is named who does, and where somebody is who has nobody to act for: named with
    anything but a death, or where no child is left.
    """
    if leaving.responsible is not None:
        if leaving.kind != "death":
            says = "Who acts for a child is named with the death that leaves it; to name another, say who it is now."
            raise _cannot_leave(says, leaving, field="/responsible")
        if not has_minor(members, since=since, adult_age=adult_age):
            says = f"Nobody under {adult_age} is left for whom somebody would act."
            raise _cannot_leave(says, leaving, field="/responsible", citation=citation)
    if leaving.responsible is not None or contact.responsible_name is not None:
        return
    day = _first_day_led_by_child(members, policies, since=since, adult_age=adult_age)
    if day is not None:
        says = f"The subscriber from {day} on would be under {adult_age}: name the person who acts for them."
        raise _cannot_leave(says, leaving, field="/responsible", citation=citation)


def check_acted_for(
    members: Sequence[Member],
    *,
    policies: Iterable[Policy],
    since: date,
    named: Responsible | None,
    contact: Contact,
    adult_age: int,
    citation: str,
) -> None:
    """Check that whoever is the subscriber once somebody has come, of the household and of each of its policies, is of
    age, or that somebody acts for them (ENR-13).

    Raises `CannotJoin` where nobody is named who does, and where somebody is and nobody is under age.
    """
    says = None
    if named is not None and not has_minor(members, since=since, adult_age=adult_age):
        says = f"Nobody under {adult_age} is there for whom somebody would act."
    if named is None and contact.responsible_name is None:
        day = _first_day_led_by_child(members, policies, since=since, adult_age=adult_age)
        if day is not None:
            says = (
                f"The subscriber from {day} on would be under {adult_age}: name the person who acts for them."
            )
    if says is not None:
        raise CannotJoin(
            field="/responsible",
            problem="must be who acts for a child that is left, and is left out where none is",
            reasons=(Reason(rule="ENR-13", says=says, citation=citation),),
        )


def _first_day_led_by_child(
    members: Sequence[Member], policies: Iterable[Policy], *, since: date, adult_age: int
) -> date | None:
    # Plans have a subscriber of their own where whoever leads the household is in Medicaid.
    left_alone = first_day_without_adult(members, policies, since=since, adult_age=adult_age)
    days = [day for day in days_people_move(members, since) if _is_led_by_child(members, day, adult_age)]
    return min([*days, left_alone] if left_alone is not None else days, default=None)


def _is_led_by_child(members: Sequence[Member], day: date, adult_age: int) -> bool:
    there = members_on(members, day)
    return bool(there) and not there[0].is_of_age(day, adult_age=adult_age)


def check_somebody_to_act_for(
    members: Sequence[Member], *, today: date, adult_age: int, citation: str
) -> None:
    """Check that the household has a child for whom somebody may have to act. Raises `NobodyToActFor` (ENR-13)."""
    if not has_minor(members, since=today, adult_age=adult_age):
        raise NobodyToActFor(
            "nobody needs somebody who acts for them",
            field="/name",
            reasons=(
                Reason(
                    rule="ENR-13",
                    says=f"Nobody of the household is under {adult_age}.",
                    citation=citation,
                    facts={"today": str(today)},
                ),
            ),
        )


def nobody_left(leaving: Leaving, *, last: date) -> Reason:
    """Return the reason of the end of coverage after whose last day nobody is left whom it would cover."""
    return Reason(
        rule="ENR-13",
        says=f"After a death on {leaving.on} nobody is left to cover: coverage ends with {last}.",
        citation="45 CFR 155.430(d)(7)",
        facts={"member": leaving.member, "on": str(leaving.on), "through": str(last)},
    )


def _cannot_leave(
    says: str, leaving: Leaving, *, field: str, citation: str = _CITATION, would_do: date | None = None
) -> CannotLeave:
    facts = {"member": leaving.member, "kind": leaving.kind, "on": str(leaving.on)}
    if would_do is not None:
        facts["would_do"] = str(would_do)
    return CannotLeave(
        "that member cannot leave so",
        field=field,
        reasons=(Reason(rule="ENR-13", says=says, citation=citation, facts=facts),),
    )


def premium_changed(
    policy: Policy, added: Sequence[PolicyVersion], *, before: Sequence[PolicyVersion]
) -> Reason:
    """Return the arithmetic of a policy's new premium, as somebody reads it out on the phone (ENR-8, INV-18)."""
    first = added[0]
    was = version_on(before, first.since)
    says = (
        f"The {policy.kind} premium was {format_cents(was.net_cents)} a month. From {first.since} it is "
        f"{format_cents(first.net_cents)}: {format_cents(first.gross_cents)} less "
        f"{format_cents(first.aptc_cents)} APTC and {format_cents(first.subsidy_cents)} state subsidy."
    )
    rated: dict[str, str] = {}
    if first.rating_area is not None:
        lines = ", ".join(f"{each.member} {format_cents(each.cents)}" for each in first.rates)
        says += f" By age in rating area {first.rating_area}: {lines}."
        rated = {"rating_area": str(first.rating_area), "rates": rates_as_fact(first.rates)}
    month = CoverageMonth.of(first.since)
    by_day = first.since not in (month.first_day, policy.effective) and policy.partial_month == "by-day"
    if by_day:
        shares = versions_between(
            [*before, *added], first=max(policy.effective, month.first_day), last=month.last_day
        )
        parts = [f"{(end - begin).days + 1} days at {format_cents(v.net_cents)}" for v, begin, end in shares]
        says += f" {month} is charged by the day: {' and '.join(parts)}, of {month.last_day.day}."
    rule = "INV-18" if by_day else "ENR-8"
    return Reason(
        rule=rule,
        says=says,
        citation=SOURCES[rule],
        facts={
            "plan": policy.plan,
            "since": str(first.since),
            "before_cents": str(was.net_cents),
            "gross_cents": str(first.gross_cents),
            "aptc_cents": str(first.aptc_cents),
            "subsidy_cents": str(first.subsidy_cents),
            "net_cents": str(first.net_cents),
            **rated,
        },
    )
