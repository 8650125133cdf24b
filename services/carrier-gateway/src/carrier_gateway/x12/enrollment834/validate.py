"""What must be true of an 834 beyond its syntax: counts, the one subscriber, dates, categories and totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

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
    2750 that are its own.
    """

    coverage_on_end: bool = False
    other_categories: frozenset[str] = frozenset()


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
    return Findings(
        problems=(
            *_quantity_problems(enrollment),
            *_subscriber_problems(enrollment),
            *_total_problems(enrollment),
        ),
        member_problems=tuple(
            (
                *_identity_problems(member, enrollment.subscriber),
                *_date_problems(member),
                *_coverage_problems(member, guide),
                *_category_problems(member, guide),
            )
            for member in enrollment.members
        ),
    )


def _problem(floor: Floor, fault: Fault, position: int, segment: str, says: str) -> Problem:
    return Problem(floor=floor, fault=fault, position=position, segment=segment, says=says)


def _quantity_problems(enrollment: EnrollmentSet) -> list[Problem]:
    at = enrollment.position
    dependents = sum(not member.is_subscriber for member in enrollment.members)
    problems: list[Problem] = []
    if enrollment.total is None and enrollment.dependents is None:
        return []  # the standard leaves counting to the sender
    if enrollment.total != len(enrollment.members):
        problems.append(
            _problem("set", Fault.QUANTITY_TOTAL_WRONG, at, "QTY", "with TO is not the number of members")
        )
    # None to count: the quantity is left out, and not sent as 0.
    if enrollment.dependents != (dependents or None):
        problems.append(
            _problem(
                "set", Fault.QUANTITY_DEPENDENTS_WRONG, at, "QTY", "with DT is not the number of dependents"
            )
        )
    return problems


def _subscriber_problems(enrollment: EnrollmentSet) -> list[Problem]:
    problems: list[Problem] = []
    subscribers = [member for member in enrollment.members if member.is_subscriber]
    if not subscribers:
        problems.append(
            _problem(
                "set", Fault.SUBSCRIBER_MISSING, enrollment.position, "INS", "of no member is a subscriber's"
            )
        )
    for member in subscribers[1:]:
        problems.append(
            _problem("set", Fault.SUBSCRIBER_TWICE, member.position, "INS", "is a second subscriber's")
        )
    if enrollment.action == "4" and any(member.maintenance_type != "030" for member in enrollment.members):
        says = "asks to verify (4), and a member is not there for an audit (030)"
        problems.append(_problem("set", Fault.ACTION_WRONG, enrollment.position, "BGN", says))
    if len(subscribers) == 1 and subscribers[0].maintenance_type == ENDS:
        problems.extend(
            _problem(
                "set",
                Fault.DEPENDENT_ON_AN_END,
                member.position,
                "INS",
                "is a dependent's where all coverage ends",
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
    problems: list[Problem] = []
    for period in dict.fromkeys(_period(category) for category in subscriber.categories):
        total = _cents(subscriber, TOTAL_PREMIUM, period)
        of_members = [_cents(member, MEMBER_PREMIUM, period) for member in enrollment.members]
        if total is not None and None not in of_members and total != sum(filter(None, of_members)):
            says = f"{TOTAL_PREMIUM} is not the sum of every member's {MEMBER_PREMIUM}"
            problems.append(_problem("set", Fault.PREMIUM_TOTAL_WRONG, subscriber.position, "N1", says))
        owed = _cents(subscriber, TOTAL_RESPONSIBILITY, period)
        if total is not None and owed is not None and owed != total - _paid_by_others(subscriber, period):
            says = f"{TOTAL_RESPONSIBILITY} is not {TOTAL_PREMIUM} less what others pay"
            problems.append(
                _problem("set", Fault.RESPONSIBILITY_TOTAL_WRONG, subscriber.position, "N1", says)
            )
    return problems


def _period(category: Category) -> date | None:
    """Return the first day of a month's own amounts; None for the standing ones."""
    return None if category.effective_through is None else category.effective


def _cents(member: Member, name: str, period: date | None) -> int | None:
    for category in member.categories:
        if category.name == name and _period(category) == period:
            return amount_cents(category.value)
    return None


def _paid_by_others(subscriber: Member, period: date | None) -> int:
    return sum(
        amount_cents(category.value) or 0
        for category in subscriber.categories
        if (category.name == TAX_CREDIT or is_other_payment(category.name)) and _period(category) == period
    )


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
            )
        )
    if not member.is_subscriber and member.relationship == codes.SELF:
        problems.append(
            _problem(
                "member", Fault.DEPENDENT_IS_SELF, member.position, "INS", "is a dependent's, and self (18)"
            )
        )
    if subscriber is not None and member.subscriber_id != subscriber.subscriber_id:
        says = "0F names another subscriber than the set's"
        problems.append(_problem("member", Fault.SUBSCRIBER_ID_DIFFERS, member.position, "REF", says))
    return problems


def _date_problems(member: Member) -> list[Problem]:
    spans = [(member.position, member.eligibility_begin, member.eligibility_end)]
    spans += [(each.position, each.begin, each.end) for each in member.coverages]
    return [
        _problem("member", Fault.END_BEFORE_BEGIN, position, "DTP", "ends before it begins")
        for position, begin, end in spans
        if begin is not None and end is not None and end < begin
    ]


def _coverage_problems(member: Member, guide: Guide) -> list[Problem]:
    if member.maintenance_type in BEGINS and not member.coverages:
        says = "is missing: what begins or is reinstated must be said"
        return [_problem("member", Fault.COVERAGE_MISSING, member.position, "HD", says)]
    if member.is_subscriber and member.maintenance_type == ENDS and not guide.coverage_on_end:
        says = "has no place where all coverage ends"
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
            problems.append(_of(category, Fault.CATEGORY_UNKNOWN, "N1", "is a category nobody has agreed on"))
    return problems + _repeated_categories(member.categories)


def _against_rule(category: Category, rule: CategoryRule, member: Member) -> Iterable[Problem]:
    if category.qualifier != rule.qualifier:
        yield _of(
            category, Fault.CATEGORY_QUALIFIER_WRONG, "REF", f"must have qualifier {rule.qualifier} here"
        )
    readable = {
        "amount": amount_cents(category.value) is not None,
        "timestamp": is_timestamp(category.value),
        "text": True,
    }
    if not readable[rule.value]:
        yield _of(category, Fault.CATEGORY_VALUE_WRONG, "REF", f"does not hold the {rule.value} it should")
    if rule.dated == "no" and category.effective is not None:
        yield _of(category, Fault.CATEGORY_DATE_WRONG, "DTP", "has no place in this category")
    if rule.dated == "yes" and category.effective is None:
        yield _of(category, Fault.CATEGORY_DATE_WRONG, "DTP", "must say from when this holds")
    if rule.subscriber_only and not member.is_subscriber:
        yield _of(category, Fault.CATEGORY_NOT_THE_SUBSCRIBERS, "N1", "belongs to the subscriber alone")


def _repeated_categories(categories: tuple[Category, ...]) -> list[Problem]:
    counted = Counter((each.name, each.effective_through and each.effective) for each in categories)
    return [
        _of(each, Fault.CATEGORY_REPEATED, "N1", "is there more than once for the same period")
        for each in categories
        if counted[each.name, each.effective_through and each.effective] > 1
    ]


def _of(category: Category, fault: Fault, segment: str, says: str) -> Problem:
    return _problem("member", fault, category.position, segment, says)
