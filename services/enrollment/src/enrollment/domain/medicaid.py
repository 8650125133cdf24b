"""Who is eligible for Medicaid leaves the household's plans for it, on any day of the year (ENR-4).

Medicaid is no policy here: it has no premium, so that nothing can be charged for it, and no carrier is told of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Refused
from enrollment.domain.effective_dates import selection_days
from enrollment.domain.events import MedicaidBegun, MedicaidEnded
from enrollment.domain.households import Household, MedicaidSpan, Member
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.policies import Policy, first_day_without_adult
from enrollment.domain.sources import SOURCES


class MedicaidFrom(InvalidValue):
    """Medicaid is to begin in mid-month, or longer ago than it may."""

    kind = "medicaid-from"


class MedicaidTooFarAhead(InvalidValue):
    """Medicaid is to begin, or to end, later than it may be stated today."""

    kind = "medicaid-too-far-ahead"


class UnknownMember(InvalidValue):
    """A determination names somebody the household does not have."""

    kind = "unknown-member"


class NotEligibleThen(Refused):
    """Somebody is not of the household on that day, or is in Medicaid already, or is not in it."""

    kind = "not-eligible-then"


class ChildLeftInPlans(Refused):
    """Plans would cover a child as their subscriber, and nobody is named who acts for it."""

    kind = "child-left-in-plans"


Standing: TypeAlias = Literal["not-there", "covered", "nobody-left", "not-covered"]

_WHY: Final[Mapping[Standing, str]] = {
    "not-there": "is not of the household",
    "covered": "is in Medicaid",
    "nobody-left": "is not of the household, or everybody is in Medicaid",
    "not-covered": "is not in Medicaid, or its end is known",
}
"""Why Medicaid begins or ends for nobody on a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible:
    """Who was found eligible for Medicaid, None for everybody of the household, and from when on."""

    members: tuple[str, ...] | None
    begins: date


def begin(
    members: Sequence[Member], found: Eligible, *, today: date, parameters: EnrollmentParameters
) -> tuple[Member, ...]:
    """Return a household's people with those in Medicaid who were found eligible, from the first of a month on (ENR-4).

    Whose Medicaid was to begin later is in it earlier now; whose begins that day stays as they are.
    Raises `MedicaidFrom` for another day, or one too long ago; `MedicaidTooFarAhead`; `UnknownMember`;
    `NotEligibleThen` for somebody who is not there, or in Medicaid since an earlier day, and where nobody is left to be
    named.
    """
    _check_begin(found.begins, today=today, parameters=parameters)
    there = [each for each in members if each.belongs_on(found.begins)]
    since_before = [each for each in there if _is_in_since_before(each, found.begins)]
    chosen = _named(found.members, members) or [each for each in there if each not in since_before]
    for each in chosen:
        if each not in there or each in since_before:
            raise _not_then("not-there" if each not in there else "covered", found.begins)
    if not chosen:
        raise _not_then("nobody-left", found.begins)
    off_plans = plans_end(found.begins, parameters)
    return tuple(
        replace(each, medicaid=_with_begin(each.medicaid, found.begins, off_plans=off_plans))
        if each in chosen
        else each
        for each in members
    )


def _is_in_since_before(member: Member, day: date) -> bool:
    return member.medicaid_on(day) and all(each.begins != day for each in member.medicaid)


def _with_begin(
    spans: tuple[MedicaidSpan, ...], begins: date, *, off_plans: date
) -> tuple[MedicaidSpan, ...]:
    """Return spans, in their order, of which one begins on a day: the next one after it, where there is one."""
    before = tuple(each for each in spans if each.begins < begins)
    moved, *after = spans[len(before) :] or (MedicaidSpan(begins=begins, off_plans=off_plans),)
    if moved.begins != begins:
        moved = replace(moved, begins=begins, off_plans=off_plans)
    return (*before, moved, *after)


def end(
    members: Sequence[Member],
    names: Sequence[str] | None,
    *,
    through: date,
    today: date,
    parameters: EnrollmentParameters,
) -> tuple[Member, ...]:
    """Return a household's people where Medicaid ends with this last day, for those named or all who have it.

    Raises `MedicaidTooFarAhead`, `UnknownMember`, and `NotEligibleThen` for somebody whom it does not cover that day,
    or whose end is known.
    """
    _check_not_too_far(through, field="/through", today=today, parameters=parameters)
    has = [each for each in members if any(span.goes_on(through) for span in each.medicaid)]
    chosen = _named(names, members) or has
    if not chosen or any(each not in has for each in chosen):
        raise _not_then("not-covered", through)
    return tuple(
        replace(
            each,
            medicaid=tuple(
                replace(span, through=through) if span.goes_on(through) else span for span in each.medicaid
            ),
        )
        if each in chosen
        else each
        for each in members
    )


def back_in_plans(members: Sequence[Member], policy: Policy) -> list[Member]:
    """Return a household's people as a policy that is new covers them: one that was selected also covers who was in
    Medicaid until it begins, one that renews another whom that covers. No other policy covers anybody again for it.
    """
    return [
        replace(each, medicaid=tuple(_again_by(policy, span) for span in each.medicaid)) for each in members
    ]


def _again_by(policy: Policy, span: MedicaidSpan) -> MedicaidSpan:
    over = span.through is not None and span.through < policy.effective
    if over if policy.renews is None else policy.renews in span.plans_again:
        return replace(span, plans_again=(*span.plans_again, policy.policy))
    return span


def check_adult_left(
    members: Sequence[Member],
    *,
    policies: Sequence[Policy],
    since: date,
    field: str | None,
    parameters: EnrollmentParameters,
) -> None:
    """Check that on every day, from one on, each policy covers an adult, or nobody; raises `ChildLeftInPlans`."""
    day = first_day_without_adult(members, policies, since=since, adult_age=parameters.adult_age)
    if day is None:
        return
    raise ChildLeftInPlans(
        "a child would be left in the plans alone",
        field=field,
        reasons=(
            Reason(
                rule="ENR-4",
                says=f"From {day} on plans would cover nobody of {parameters.adult_age} or older: name the children "
                "too, or first who acts for them.",
                citation=parameters.citation("adult_age"),
                facts={"from": str(day), "adult_age": str(parameters.adult_age)},
            ),
        ),
    )


def _check_not_too_far(day: date, *, field: str, today: date, parameters: EnrollmentParameters) -> None:
    ahead = parameters.medicaid_months_ahead
    latest = CoverageMonth.of(today).plus(ahead)
    would_do = latest.first_day if field == "/from" else latest.last_day
    if day <= would_do:
        return
    raise MedicaidTooFarAhead(
        field=field,
        problem=f"must be {would_do} or earlier",
        reasons=(
            Reason(
                rule="ENR-4",
                says=f"Medicaid is told of {ahead} months ahead at the most: {would_do} would do.",
                citation=parameters.citation("medicaid_months_ahead"),
                facts={"day": str(day), "would_do": str(would_do), "medicaid_months_ahead": str(ahead)},
            ),
        ),
    )


def _check_begin(begins: date, *, today: date, parameters: EnrollmentParameters) -> None:
    _check_not_too_far(begins, field="/from", today=today, parameters=parameters)
    month = CoverageMonth.of(begins)
    earliest = CoverageMonth.of(today).plus(-parameters.medicaid_months_back).first_day
    if begins == month.first_day and begins >= earliest:
        return
    would_do = max(earliest, month.first_day)
    raise MedicaidFrom(
        field="/from",
        problem=f"must be the first of a month, {earliest} or later",
        reasons=(
            Reason(
                rule="ENR-4",
                says=f"Medicaid is for whole months, and begins {parameters.medicaid_months_back} months before the "
                f"present one at the earliest: {would_do} would do.",
                citation=parameters.citation("medicaid_months_back"),
                facts={
                    "from": str(begins),
                    "would_do": str(would_do),
                    "medicaid_months_back": str(parameters.medicaid_months_back),
                },
            ),
        ),
    )


def _named(names: Sequence[str] | None, members: Sequence[Member]) -> list[Member]:
    known = {each.member: each for each in members}
    for position, name in enumerate(names or ()):
        if name not in known:
            raise UnknownMember(field=f"/members/{position}", problem="is nobody of the household")
    return [known[name] for name in dict.fromkeys(names or ())]


def _not_then(standing: Standing, day: date) -> NotEligibleThen:
    says = f"On {day} somebody named {_WHY[standing]}."
    return NotEligibleThen(
        "not for them, or not then",
        field="/members",
        reasons=(
            Reason(
                rule="ENR-4",
                says=says,
                citation=SOURCES["ENR-4"],
                facts={"on": str(day), "standing": standing},
            ),
        ),
    )


def plans_end(begins: date, parameters: EnrollmentParameters) -> date:
    """Return the first day on which plans do not cover somebody whose Medicaid begins on a day."""
    match parameters.medicaid_ends_plans:
        case "month_before":
            return begins
        case "month_of":
            return CoverageMonth.of(begins).plus(1).first_day


def begun(members: Sequence[Member], *, begins: date, parameters: EnrollmentParameters) -> Reason:
    """Return the reason of Medicaid that begins for these members on a day."""
    plans_through = plans_end(begins, parameters) - timedelta(days=1)
    return Reason(
        rule="ENR-4",
        says=f"Eligible for Medicaid: {parameters.medicaid_program} covers {len(members)} of the household from "
        f"{begins} on, without a premium. Plans cover them through {plans_through}.",
        citation=parameters.citation("medicaid_ends_plans"),
        facts={
            "members": " ".join(each.member for each in members),
            "from": str(begins),
            "medicaid_ends_plans": parameters.medicaid_ends_plans,
        },
    )


def nobody_in_plans(day: date) -> Reason:
    """Return the reason of the end of plans, where it was known beforehand that Medicaid leaves nobody in them."""
    last = day - timedelta(days=1)
    return Reason(
        rule="ENR-4",
        says=f"From {day} on Medicaid covers whoever the plans would cover: they end with {last}.",
        citation=SOURCES["ENR-4"],
        facts={"nobody_on": str(day), "through": str(last)},
    )


def said_begun(
    members: Sequence[Member], *, begins: date, household: Household, parameters: EnrollmentParameters
) -> MedicaidBegun:
    """Return the event that Medicaid of these members is to others."""
    return MedicaidBegun(
        household=household.household,
        contact_version=household.contact_version,
        members=tuple(each.member for each in members),
        program=parameters.medicaid_program,
        begins=begins,
        plans_through=plans_end(begins, parameters) - timedelta(days=1),
    )


def said_ended(
    members: Sequence[Member], *, household: Household, through: date, parameters: EnrollmentParameters
) -> MedicaidEnded:
    """Return the event that the end of these members' Medicaid is to others, with the days in which they may select
    plans after that loss (ENR-3).
    """
    terms = parameters.terms_of("medicaid-loss")
    first, last = (None, None) if terms is None else selection_days(event_on=through, terms=terms)
    return MedicaidEnded(
        household=household.household,
        contact_version=household.contact_version,
        members=tuple(each.member for each in members),
        program=parameters.medicaid_program,
        through=through,
        select_from=first,
        select_until=last,
    )


def ended(event: MedicaidEnded, parameters: EnrollmentParameters) -> Reason:
    """Return the reason of Medicaid that ends, which says when plans may be selected."""
    says = f"{event.program} covers {len(event.members)} of the household through {event.through}"
    if event.select_from is not None:
        says += f": its loss (medicaid-loss) allows selecting plans from {event.select_from} to {event.select_until}"
    return Reason(
        rule="ENR-3",
        says=f"{says}.",
        citation=parameters.citation("qualifying_events"),
        facts={"members": " ".join(event.members), "through": str(event.through)},
    )
