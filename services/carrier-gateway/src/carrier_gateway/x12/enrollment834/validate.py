"""What must be true of an 834 beyond its syntax: counts, the one subscriber, dates, categories and totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from carrier_gateway.x12.enrollment834 import codes
from carrier_gateway.x12.enrollment834.categories import (
    CATEGORIES,
    MEMBER_PREMIUM,
    TAX_CREDIT,
    TOTAL_PREMIUM,
    TOTAL_RESPONSIBILITY,
    CategoryRule,
    amount_cents,
    is_other_payment,
    is_timestamp,
)
from carrier_gateway.x12.enrollment834.model import Category, EnrollmentSet, Member
from carrier_gateway.x12.faults import Fault, Floor, Problem

ENDS = "024"
BEGINS = frozenset({"021", "025"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What a carrier's companion guide allows beyond ours.

    ``coverage_on_end``: a cancellation or termination carries loop 2300. ``other_categories``: names of loop
    2750 that are its own. ``category_names``: how it spells the others, by the standard's names.
    """

    coverage_on_end: bool = False
    other_categories: frozenset[str] = frozenset()
    category_names: Mapping[str, str] = field(default_factory=lambda: dict[str, str]())

    @property
    def names_by_theirs(self) -> dict[str, str]:
        """The standard's names of loop 2750 by the carrier's."""
        return {theirs: ours for ours, theirs in self.category_names.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is wrong with a set, and with each of its members: one tuple for each, in their order."""

    problems: tuple[Problem, ...]
    member_problems: tuple[tuple[Problem, ...], ...]

    @property
    def sound(self) -> bool:
        """Whether nothing at all is wrong."""
        return not self.problems and not any(self.member_problems)


def validate(*, enrollment: EnrollmentSet, guide: Guide) -> Findings:
    """Return everything that is wrong with what a set says; nothing is changed and nothing is raised."""
    subscriber = enrollment.subscriber
    return Findings(
        problems=(
            *_quantity_problems(enrollment),
            *_subscriber_problems(enrollment),
            *_total_problems(enrollment),
        ),
        member_problems=tuple(
            (
                *_identity_problems(member, subscriber),
                *_date_problems(member),
                *_coverage_problems(member, guide),
                *_category_problems(member, guide),
            )
            for member in enrollment.members
        ),
    )


def _problem(floor: Floor, fault: Fault, position: int, segment: str, says: str, element: int = 0) -> Problem:
    return Problem(floor=floor, fault=fault, position=position, segment=segment, element=element, says=says)


def _quantity_problems(enrollment: EnrollmentSet) -> list[Problem]:
    at = enrollment.position
    dependents = sum(not member.is_subscriber for member in enrollment.members)
    problems: list[Problem] = []
    if enrollment.total is None and enrollment.dependents is None:
        return []  # the standard leaves counting to the sender
    if enrollment.total != len(enrollment.members):
        problems.append(
            _problem("set", Fault.QUANTITY_TOTAL_WRONG, at, "QTY", "with TO is not the number of members", 2)
        )
    # None to count: the quantity is left out, and not sent as 0.
    if enrollment.dependents != (dependents or None):
        problems.append(
            _problem(
                "set",
                Fault.QUANTITY_DEPENDENTS_WRONG,
                at,
                "QTY",
                "with DT is not the number of dependents",
                2,
            )
        )
    return problems


def _subscriber_problems(enrollment: EnrollmentSet) -> list[Problem]:
    problems: list[Problem] = []
    subscribers = [member for member in enrollment.members if member.is_subscriber]
    if not subscribers:
        problems.append(
            _problem(
                "set",
                Fault.SUBSCRIBER_MISSING,
                enrollment.position,
                "INS",
                "of no member is a subscriber's",
                1,
            )
        )
    for member in subscribers[1:]:
        problems.append(
            _problem("set", Fault.SUBSCRIBER_TWICE, member.position, "INS", "is a second subscriber's", 1)
        )
    if enrollment.action == "4" and any(member.maintenance_type != "030" for member in enrollment.members):
        says = "asks to verify (4), and a member is not there for an audit (030)"
        problems.append(_problem("set", Fault.ACTION_WRONG, enrollment.position, "BGN", says, 8))
    if len(subscribers) == 1 and subscribers[0].maintenance_type == ENDS:
        problems.extend(
            _problem(
                "set",
                Fault.DEPENDENT_ON_AN_END,
                member.position,
                "INS",
                "is a dependent's where all coverage ends (INS03 of the subscriber)",
            )
            for member in enrollment.members
            if not member.is_subscriber
        )
    return problems


def _total_problems(enrollment: EnrollmentSet) -> list[Problem]:
    """Compare the sums for every period: the standing amounts, and each month's by themselves."""
    subscriber = enrollment.subscriber
    if subscriber is None:
        return []
    own = _amounts(subscriber)
    premiums = [_amounts(member).premiums for member in enrollment.members]
    problems: list[Problem] = []
    for period, total in own.totals.items():
        of_members = [each.get(period) for each in premiums]
        if None not in of_members and total != sum(filter(None, of_members)):
            says = f"{TOTAL_PREMIUM} is not the sum of every member's {MEMBER_PREMIUM}"
            problems.append(_problem("set", Fault.PREMIUM_TOTAL_WRONG, subscriber.position, "REF", says, 2))
        owed = own.owed.get(period)
        if owed is not None and owed != total - own.paid_by_others.get(period, 0):
            says = f"{TOTAL_RESPONSIBILITY} is not {TOTAL_PREMIUM} less what others pay"
            problems.append(
                _problem("set", Fault.RESPONSIBILITY_TOTAL_WRONG, subscriber.position, "REF", says, 2)
            )
    return problems


Period: TypeAlias = date | None
"""The first day of a month's own amounts; None for the standing ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Amounts:
    """A member's amounts in cents, by period; of one said twice the first counts."""

    premiums: dict[Period, int] = field(default_factory=lambda: dict[Period, int]())
    totals: dict[Period, int] = field(default_factory=lambda: dict[Period, int]())
    owed: dict[Period, int] = field(default_factory=lambda: dict[Period, int]())
    paid_by_others: dict[Period, int] = field(default_factory=lambda: dict[Period, int]())


def _amounts(member: Member) -> _Amounts:
    found = _Amounts()
    single = {MEMBER_PREMIUM: found.premiums, TOTAL_PREMIUM: found.totals, TOTAL_RESPONSIBILITY: found.owed}
    for category in member.categories:
        cents = amount_cents(category.value)
        period = None if category.effective_through is None else category.effective
        if cents is None:
            continue
        if category.name in single:
            single[category.name].setdefault(period, cents)
        elif category.name == TAX_CREDIT or is_other_payment(category.name):
            found.paid_by_others[period] = found.paid_by_others.get(period, 0) + cents
    return found


def _identity_problems(member: Member, subscriber: Member | None) -> list[Problem]:
    problems: list[Problem] = []
    if member.is_subscriber and member.relationship != codes.SELF:
        problems.append(
            _problem(
                "member",
                Fault.SUBSCRIBER_NOT_SELF,
                member.position,
                "INS",
                "is a subscriber's, and not self (18)",
                2,
            )
        )
    if not member.is_subscriber and member.relationship == codes.SELF:
        problems.append(
            _problem(
                "member",
                Fault.DEPENDENT_IS_SELF,
                member.position,
                "INS",
                "is a dependent's, and self (18)",
                2,
            )
        )
    if subscriber is not None and member.subscriber_id != subscriber.subscriber_id:
        says = "0F names another subscriber than the set's"
        problems.append(_problem("member", Fault.SUBSCRIBER_ID_DIFFERS, member.position, "REF", says, 2))
    return problems


def _date_problems(member: Member) -> list[Problem]:
    spans = [(member.position, member.eligibility_begin, member.eligibility_end)]
    spans += [(each.position, each.begin, each.end) for each in member.coverages]
    return [
        _problem("member", Fault.END_BEFORE_BEGIN, position, "DTP", "ends before it begins", 3)
        for position, begin, end in spans
        if begin is not None and end is not None and end < begin
    ]


def _coverage_problems(member: Member, guide: Guide) -> list[Problem]:
    if member.maintenance_type in BEGINS and not member.coverages:
        says = "is missing: what begins or is reinstated must be said"
        return [_problem("member", Fault.COVERAGE_MISSING, member.position, "HD", says)]
    if member.is_subscriber and member.maintenance_type == ENDS and not guide.coverage_on_end:
        says = "has no place where all coverage ends (INS03)"
        return [
            _problem("member", Fault.COVERAGE_ON_AN_END, each.position, "HD", says)
            for each in member.coverages
        ]
    return []


def _category_problems(member: Member, guide: Guide) -> list[Problem]:
    problems: list[Problem] = []
    for category in member.categories:
        rule = CATEGORIES.get(category.name)
        if rule is not None:
            problems.extend(_against_rule(category, rule, member))
        elif category.name not in guide.other_categories:
            problems.append(
                _of(category, Fault.CATEGORY_UNKNOWN, "N1", 2, "is a category nobody has agreed on")
            )
    return problems + _repeated_categories(member.categories)


def _against_rule(category: Category, rule: CategoryRule, member: Member) -> Iterable[Problem]:
    if category.qualifier != rule.qualifier:
        yield _of(
            category, Fault.CATEGORY_QUALIFIER_WRONG, "REF", 1, f"must have qualifier {rule.qualifier} here"
        )
    readable = {
        "amount": amount_cents(category.value) is not None,
        "timestamp": is_timestamp(category.value),
        "text": True,
    }
    if not readable[rule.value]:
        yield _of(category, Fault.CATEGORY_VALUE_WRONG, "REF", 2, f"does not hold the {rule.value} it should")
    if rule.dated == "no" and category.effective is not None:
        yield _of(category, Fault.CATEGORY_DATE_WRONG, "DTP", 3, "has no place in this category")
    if rule.dated == "yes" and category.effective is None:
        yield _of(category, Fault.CATEGORY_DATE_WRONG, "DTP", 3, "must say from when this holds")
    if rule.subscriber_only and not member.is_subscriber:
        yield _of(category, Fault.CATEGORY_NOT_THE_SUBSCRIBERS, "N1", 2, "belongs to the subscriber alone")


def _repeated_categories(categories: tuple[Category, ...]) -> list[Problem]:
    counted = Counter((each.name, each.effective_through and each.effective) for each in categories)
    return [
        _of(each, Fault.CATEGORY_REPEATED, "N1", 2, "is there more than once for the same period")
        for each in categories
        if counted[each.name, each.effective_through and each.effective] > 1
    ]


def _of(category: Category, fault: Fault, segment: str, element: int, says: str) -> Problem:
    return _problem("member", fault, category.position, segment, says, element)
