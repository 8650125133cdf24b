"""Children grow too old to be covered with their household: when, and from which day on they are not (ENR-13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bulkhead.kernel.calendar import CoverageMonth, add_months
from bulkhead.kernel.decisions import Reason
from enrollment.domain.effective_dates import selection_days
from enrollment.domain.events import ChildrenAgeOut
from enrollment.domain.households import Household, Member, members_on
from enrollment.domain.parameters import EnrollmentParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedOut:
    """A household's people where some of its children are too old from a day on, and who these are.

    ``leaving`` are they, each with the first day not covered as ``left``; ``members`` are all, with that.
    """

    members: tuple[Member, ...]
    leaving: tuple[Member, ...]


def birthday_too_old(born: date, parameters: EnrollmentParameters) -> date:
    """Return the birthday that makes somebody too old to be covered as a child (ENR-13)."""
    return add_months(born, 12 * parameters.child_age_limit)


def last_day_as_child(born: date, parameters: EnrollmentParameters) -> date:
    """Return the last day on which somebody is covered as a child: of the month, or of the year, of the birthday that
    makes them too old (ENR-13).
    """
    birthday = birthday_too_old(born, parameters)
    match parameters.child_leaves:
        case "month_end":
            return CoverageMonth.of(birthday).last_day
        case "year_end":
            return date(birthday.year, 12, 31)


def last_birth_too_old(by: date, parameters: EnrollmentParameters) -> date:
    """Return the latest date of birth of those whose last day as a child is this day or earlier."""
    over = CoverageMonth.of(by + timedelta(days=1)).plus(-1)
    if parameters.child_leaves == "year_end":
        over = CoverageMonth(over.year if over.month == 12 else over.year - 1, 12)
    return over.plus(-12 * parameters.child_age_limit).last_day


def told_on(born: date, parameters: EnrollmentParameters) -> date:
    """Return the day on which a household is told that a child will be too old."""
    return last_day_as_child(born, parameters) - timedelta(days=parameters.child_age_notice_days)


def age_out(members: Sequence[Member], *, by: date, today: date, parameters: EnrollmentParameters) -> AgedOut:
    """Return a household's people where the children who are too old after a day leave it (ENR-13).

    Who is the subscriber is nobody's child here, and stays. Nobody leaves days gone by, or days of this month: one who
    was found too late stays to its end.
    """
    earliest = CoverageMonth.of(today).plus(1).first_day
    found: dict[str, Member] = {}
    for each in members:
        if each.relation != "child" or each.left is not None:
            continue
        last = last_day_as_child(date.fromisoformat(each.born.reveal()), parameters)
        first = max(last + timedelta(days=1), earliest)
        if last <= by and members_on(members, first)[:1] != (each,):
            found[each.member] = replace(each, left=first, left_for="age")
    return AgedOut(
        members=tuple(found.get(each.member, each) for each in members), leaving=tuple(found.values())
    )


def aged_out(leaving: Sequence[Member], parameters: EnrollmentParameters) -> tuple[Reason, ...]:
    """Return why each of these children is not covered any more from the day on that they leave."""
    return tuple(
        Reason(
            rule="ENR-13",
            says=f"A child reaches {parameters.child_age_limit}: not covered with the household from {each.left} on.",
            citation=parameters.citation("child_leaves"),
            facts={
                "member": each.member,
                "from": str(each.left),
                "child_age_limit": str(parameters.child_age_limit),
                "child_leaves": parameters.child_leaves,
            },
        )
        for each in leaving
    )


def nobody_left(*, last: date, parameters: EnrollmentParameters) -> Reason:
    """Return the reason of the end of coverage that would cover nobody once a child too old has left it."""
    return Reason(
        rule="ENR-13",
        says=f"No one but a child who reaches {parameters.child_age_limit} is covered: coverage ends with {last}.",
        citation=parameters.citation("child_leaves"),
        facts={"through": str(last), "child_age_limit": str(parameters.child_age_limit)},
    )


def announced(
    leaving: Sequence[Member], *, household: Household, parameters: EnrollmentParameters
) -> tuple[ChildrenAgeOut, ...]:
    """Return the events that these departures are to others: one for all who leave on a day, the earliest first.

    Each says in which days those children may select for themselves after the loss of their coverage (ENR-3). Whom
    Medicaid covers by then loses none.
    """
    by_day = defaultdict[date, list[str]](list)
    for each in leaving:
        if each.left is None:
            continue
        last = each.left - timedelta(days=1)
        if not any(span.keeps_off(last, policy=None) for span in each.medicaid):
            by_day[last].append(each.member)
    loss = parameters.terms_of("loss")
    found: list[ChildrenAgeOut] = []
    for last in sorted(by_day):
        first, until = (None, None) if loss is None else selection_days(event_on=last, terms=loss)
        found.append(
            ChildrenAgeOut(
                household=household.household,
                contact_version=household.contact_version,
                members=tuple(by_day[last]),
                age_limit=parameters.child_age_limit,
                through=last,
                select_from=first,
                select_until=until,
            )
        )
    return tuple(found)
