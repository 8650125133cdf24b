"""From segments to the model: as much as is there, and of the rest where it is and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.elements import parse_date, parse_period, parse_time
from carrier_gateway.x12.enrollment834.model import (
    Address,
    Category,
    Communication,
    Coverage,
    EnrollmentSet,
    Member,
    Party,
    Person,
    QualifiedDate,
    Reference,
)
from carrier_gateway.x12.enrollment834.parts import Part, parts_of
from carrier_gateway.x12.enrollment834.structure import SET, floor_of
from carrier_gateway.x12.envelope import TransactionSet
from carrier_gateway.x12.faults import Fault, Floor, Problem
from carrier_gateway.x12.grammar import Node, read_loop
from carrier_gateway.x12.segments import Segment

# What stands in for a date that could not be read: such a set has a problem and is never acted upon.
UNREADABLE_DATE = date(1, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A set as far as it could be read; ``member_problems`` hold one tuple for each of its members, ``root`` is what
    was read."""

    enrollment: EnrollmentSet
    problems: tuple[Problem, ...]
    member_problems: tuple[tuple[Problem, ...], ...]
    root: Node

    def parts(self) -> tuple[Part, ...]:
        """Return all that stands before the members."""
        return tuple(parts_of(self.root))

    def member_parts(self) -> tuple[tuple[Part, ...], ...]:
        """Return all that stands in each member's loop, one tuple for each."""
        return tuple(tuple(parts_of(node)) for node in self.root.children("2000"))


def parse(*, transaction_set: TransactionSet) -> Parsed:
    """Return what a set between ST and SE says, whatever is wrong with it; never raises."""
    opening = Segment.of(
        "ST", transaction_set.identifier, transaction_set.control_number, transaction_set.version
    )
    opening = Segment("ST", opening.elements, transaction_set.position)
    segments = [opening, *transaction_set.segments]
    root, _ = read_loop(loop=SET, segments=segments, at=0, floor=floor_of, outer=lambda _: False)
    # What is wrong with the ST itself is the envelope's to say.
    root.problems = [problem for problem in root.problems if problem.segment != "ST"]
    members: list[Member] = []
    member_problems: list[tuple[Problem, ...]] = []
    for node in root.children("2000"):
        member, problems = _member(node)
        members.append(member)
        member_problems.append((*node.all_problems(), *problems))
    _, repeated = _by_qualifier(root.all("quantity"), "set", floor="set")
    set_problems = [
        *root.problems,
        *repeated,
        *(
            each
            for name in ("1000A", "1000B", "1000C")
            for node in root.children(name)
            for each in node.all_problems()
        ),
    ]
    return Parsed(
        enrollment=_enrollment(root, transaction_set, tuple(members)),
        problems=tuple(set_problems),
        member_problems=tuple(member_problems),
        root=root,
    )


def _enrollment(root: Node, transaction_set: TransactionSet, members: tuple[Member, ...]) -> EnrollmentSet:
    beginning = root.one("beginning") or Segment("BGN")
    quantities = {segment.get(1): _number(segment.get(2)) for segment in root.all("quantity")}
    effective = [segment for segment in root.all("dates") if segment.get(1) == "303"]
    master = root.one("master policy")
    return EnrollmentSet(
        control_number=transaction_set.control_number,
        purpose=beginning.get(1),
        reference=beginning.get(2),
        created_on=parse_date(beginning.get(3)) or UNREADABLE_DATE,
        created_at=parse_time(beginning.get(4)) or time(),
        time_zone=beginning.get(5),
        action=beginning.get(8),
        master_policy="" if master is None else master.get(2),
        file_effective=parse_date(effective[0].get(3)) if effective else None,
        total=quantities.get("TO"),
        dependents=quantities.get("DT"),
        sponsor=_party(root, "1000A", "sponsor"),
        insurer=_party(root, "1000B", "insurer"),
        members=members,
        position=transaction_set.position,
    )


def _number(text: str) -> int | None:
    return int(text) if len(text) < 16 and text.isascii() and text.isdigit() else None


def _party(root: Node, loop: str, slot: str) -> Party:
    node = root.child(loop)
    segment = (node.one(slot) if node else None) or Segment("N1")
    return Party(name=_masked(segment.get(2)), qualifier=segment.get(3), identifier=Masked(segment.get(4)))


def _masked(text: str) -> Masked | None:
    return Masked(text) if text else None


def _member(node: Node) -> tuple[Member, list[Problem]]:
    member = node.one("member") or Segment("INS")
    references, problems = _by_qualifier(node.all("references"), "member")
    dates, date_problems = _by_qualifier(node.all("dates"), "member")
    coverages: list[Coverage] = []
    categories: list[Category] = []
    for each in node.children("2300"):
        coverage, more = _coverage(each)
        coverages.append(coverage)
        problems += more
    reporting = node.child("LS")
    for each in reporting.children("2700") if reporting else []:
        if (inner := each.child("2750")) is not None:
            categories.append(_category(inner))
    subscriber, policy = node.one("subscriber"), node.one("policy")
    return (
        Member(
            is_subscriber=member.get(1) == "Y",
            relationship=member.get(2),
            maintenance_type=member.get(3),
            reason=member.get(4),
            benefit_status=member.get(5),
            employment_status=member.get(8),
            subscriber_id="" if subscriber is None else subscriber.get(2),
            policy="" if policy is None else policy.get(2),
            member_id=references.pop("17", ""),
            issuer_member_id=references.pop("23", ""),
            issuer_subscriber_id=references.pop("ZZ", ""),
            other_references=_references(references),
            eligibility_begin=parse_date(dates.pop("356", "")),
            eligibility_end=parse_date(dates.pop("357", "")),
            maintenance_effective=parse_date(dates.pop("303", "")),
            other_dates=tuple(
                QualifiedDate(qualifier=qualifier, on=on)
                for qualifier, text in dates.items()
                if (on := parse_date(text)) is not None
            ),
            person=_person(node.child("2100A")),
            responsible=None if (acts := node.child("2100G")) is None else _person(acts),
            coverages=tuple(coverages),
            categories=tuple(categories),
            position=node.position,
        ),
        problems + date_problems + _numbering_problems(reporting),
    )


def _by_qualifier(
    segments: list[Segment], of: str, *, floor: Floor = "member"
) -> tuple[dict[str, str], list[Problem]]:
    """Return each segment's value by its qualifier, and a problem for each qualifier that comes again."""
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for segment in segments:
        value = segment.get(3) if segment.tag == "DTP" else segment.get(2)
        if segment.get(1) in found:
            problems.append(
                Problem(
                    floor=floor,
                    fault=Fault.QUALIFIER_REPEATED,
                    position=segment.position,
                    segment=segment.tag,
                    element=1,
                    says=f"was there before for the same {of}",
                )
            )
        found.setdefault(segment.get(1), value)
    return found, problems


def _references(found: dict[str, str]) -> tuple[Reference, ...]:
    return tuple(Reference(qualifier=qualifier, value=value) for qualifier, value in found.items())


def _coverage(node: Node) -> tuple[Coverage, list[Problem]]:
    segment = node.one("coverage") or Segment("HD")
    references, problems = _by_qualifier(node.all("references"), "coverage")
    dates, date_problems = _by_qualifier(node.all("dates"), "coverage")
    return (
        Coverage(
            maintenance_type=segment.get(1),
            insurance_line=segment.get(3),
            begin=parse_date(dates.get("348", "")),
            end=parse_date(dates.get("349", "")),
            paid_through=parse_date(dates.get("543", "")),
            plan=references.pop("CE", ""),
            policy=references.pop("1L", ""),
            issuer_policy=references.pop("X9", ""),
            other_references=_references(references),
            position=node.position,
        ),
        problems + date_problems,
    )


def _person(node: Node | None) -> Person:
    if node is None:
        return Person(last_name=Masked(""))
    name = node.one("name") or Segment("NM1")
    demographics = node.one("demographics") or Segment("DMG")
    numbers = node.one("communications") or Segment("PER")
    health = node.one("health") or Segment("HLH")
    return Person(
        last_name=Masked(name.get(3)),
        first_name=_masked(name.get(4)),
        middle_name=_masked(name.get(5)),
        suffix=_masked(name.get(7)),
        number_qualifier=name.get(8),
        number=_masked(name.get(9)),
        communications=tuple(
            Communication(kind=numbers.get(at), number=Masked(numbers.get(at + 1)))
            for at in (3, 5, 7)
            if numbers.get(at)
        ),
        address=_address(node),
        born=_masked(demographics.get(2)),
        gender=demographics.get(3),
        health=_masked(health.get(1)),
    )


def _address(node: Node) -> Address | None:
    street, city = node.one("street"), node.one("city")
    if street is None or city is None:
        return None
    return Address(
        street=Masked(street.get(1)),
        second_line=_masked(street.get(2)),
        city=Masked(city.get(1)),
        state=city.get(2),
        postal_code=_masked(city.get(3)),
        county=city.get(6) if city.get(5) == "CY" else "",
    )


def _category(node: Node) -> Category:
    category = node.one("category") or Segment("N1")
    value, effective = node.one("value") or Segment("REF"), node.one("effective") or Segment("DTP")
    period = parse_period(effective.get(3), form=effective.get(2))
    first, last = (None, None) if period is None else period
    return Category(
        name=category.get(2),
        qualifier=value.get(1),
        value=value.get(2),
        effective=first,
        effective_through=last if effective.get(2) == "RD8" else None,
        position=node.position,
    )


def _numbering_problems(reporting: Node | None) -> list[Problem]:
    problems: list[Problem] = []
    for count, node in enumerate(reporting.children("2700") if reporting else [], start=1):
        number = node.one("number")
        if number is None or _number(number.get(1)) in (None, count):
            continue  # one that is no number has its problem already
        problems.append(
            Problem(
                floor="member",
                fault=Fault.REPORTING_NUMBER_WRONG,
                position=number.position,
                segment="LX",
                element=1,
                says="does not count on from the one before",
            )
        )
    return problems
