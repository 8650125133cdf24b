"""834s for the codec's own tests: a model to start from, and files put together segment by segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.acknowledgement999.build import build as build_999
from carrier_gateway.x12.acknowledgement999.model import (
    Acknowledgement,
    ElementError,
    ElementPlace,
    SegmentError,
    SetResponse,
)
from carrier_gateway.x12.acknowledgement999.parse import parse as parse_999
from carrier_gateway.x12.acknowledgement999.validate import validate as validate_999
from carrier_gateway.x12.enrollment834.build import build
from carrier_gateway.x12.enrollment834.model import (
    Address,
    Category,
    Communication,
    Coverage,
    EnrollmentSet,
    Member,
    Party,
    Person,
)
from carrier_gateway.x12.enrollment834.parse import parse
from carrier_gateway.x12.enrollment834.structure import FUNCTIONAL_GROUP, VERSION
from carrier_gateway.x12.enrollment834.validate import Guide, validate
from carrier_gateway.x12.envelope import Group, GroupHeader, Interchange, InterchangeHeader, SetRead, compose
from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.interchange_acknowledgement import (
    InterchangeAcknowledgement,
    build_interchange_acknowledgement,
    parse_interchange_acknowledgement,
)
from carrier_gateway.x12.reading import read_file
from carrier_gateway.x12.segments import write

JANUARY = date(2016, 1, 1)
MADE_ON, MADE_AT = date(2015, 12, 10), time(10, 0)


def category(name: str, qualifier: str, value: str, effective: date | None = JANUARY) -> Category:
    """Return a reporting category."""
    return Category(name=name, qualifier=qualifier, value=value, effective=effective)


def categories(*, subscriber: bool, premium: str = "500.00") -> tuple[Category, ...]:
    """Return a member's categories: 500.00, of which 100.00 is tax credit and 50.00 the state's."""
    common = (
        category("REQUEST SUBMIT TIMESTAMP", "17", "2015121010000000", None),
        category("SOURCE EXCHANGE ID", "17", "VT0"),
        category("PRE AMT 1", "9X", premium if subscriber else "0.00"),
    )
    if not subscriber:
        return common
    return (
        *common,
        category("PRE AMT TOT", "9X", premium),
        category("APTC AMT", "9V", "100.00"),
        category("OTH PAY AMT 1", "9V", "50.00"),
        category("TOT RES AMT", "9V", "350.00"),
    )


def member(number: int, **changes: Any) -> Member:
    """Return a member of an initial enrollment; the first is the subscriber."""
    subscriber = number == 1
    made = Member(
        is_subscriber=subscriber,
        relationship="18" if subscriber else "19",
        maintenance_type="021",
        reason="EC",
        benefit_status="A",
        employment_status="AC" if subscriber else "",
        subscriber_id="june-1",
        member_id=f"june-{number}",
        eligibility_begin=JANUARY,
        person=Person(
            last_name=Masked("Example"),
            first_name=Masked("June"),
            number_qualifier="34",
            number=Masked("900123456"),
            communications=(Communication(kind="EM", number=Masked("june@example.test")),),
            address=Address(
                street=Masked("12 Main Street"),
                city=Masked("Burlington"),
                state="VT",
                postal_code=Masked("05401"),
            ),
            born=Masked("19800302"),
            gender="U",
        ),
        coverages=(
            Coverage(
                maintenance_type="021",
                insurance_line="HLT",
                begin=JANUARY,
                plan="SILVER",
                policy="june-medical",
            ),
        ),
        categories=categories(subscriber=subscriber),
    )
    return replace(made, **changes)


def enrollment(*members: Member, **changes: Any) -> EnrollmentSet:
    """Return an initial enrollment of a subscriber and a child, unless others are given."""
    people = members or (member(1), member(2))
    made = EnrollmentSet(
        control_number="000000001",
        purpose="00",
        reference="000000001",
        created_on=MADE_ON,
        created_at=MADE_AT,
        time_zone="ET",
        action="2",
        master_policy="",
        file_effective=None,
        total=len(people),
        dependents=len(people) - 1 or None,
        sponsor=Party(name=Masked("June Example"), qualifier="94", identifier=Masked("june-1")),
        insurer=Party(name=Masked("Green Mountain Health"), qualifier="FI", identifier=Masked("030123456")),
        members=people,
    )
    return replace(made, **changes)


def interchange(*sets: EnrollmentSet, control_number: int = 1) -> Interchange:
    """Return an interchange of one group."""
    return Interchange(
        header=InterchangeHeader(
            sender="VHCEXCHANGE",
            receiver="GMH01",
            created_on=MADE_ON,
            created_at=MADE_AT,
            control_number=control_number,
        ),
        groups=(
            Group(
                header=GroupHeader(
                    functional=FUNCTIONAL_GROUP,
                    sender="VT0",
                    receiver="77566VT0040001",
                    created_on=MADE_ON,
                    created_at=MADE_AT,
                    control_number=control_number,
                    version=VERSION,
                ),
                sets=tuple(build(enrollment=each) for each in sets),
            ),
        ),
    )


def written(*sets: EnrollmentSet) -> bytes:
    """Return sets as a file."""
    return write(segments=compose(interchange=interchange(*sets)))


def problems_of(data: bytes, guide: Guide | None = None) -> list[Problem]:
    """Return every problem of a file on every floor, of its syntax and of what it says."""
    found: list[Problem] = []
    file = read_file(data=data)
    found += file.problems
    for each in file.interchanges:
        found += each.problems
        for segment in each.acknowledgements:
            found += parse_interchange_acknowledgement(segment=segment)[1]
        for group in each.groups:
            found += group.problems
            for one in group.sets:
                found += one.problems
                if one.set.identifier == "999":
                    found += acknowledgement_problems(one)
                    continue
                read = parse(transaction_set=one.set)
                said = validate(enrollment=read.enrollment, guide=guide or Guide())
                found += [*read.problems, *said.problems]
                for problems in (*read.member_problems, *said.member_problems):
                    found += problems
    return found


def acknowledgement_problems(read: SetRead) -> list[Problem]:
    """Return what is wrong with a 999 beside its envelope."""
    parsed = parse_999(transaction_set=read.set)
    return [*parsed.problems, *validate_999(acknowledgement=parsed.acknowledgement)]


def acknowledgement(**changes: Any) -> Acknowledgement:
    """Return a 999 that accepts one set of two, and names what is wrong with the other."""
    wrong = SegmentError(
        segment="NM1",
        position=8,
        loop="2100",
        code="8",
        elements=(ElementError(place=ElementPlace(element=3), code="1"),),
    )
    made = Acknowledgement(
        control_number="000000002",
        functional="BE",
        group_number=1,
        version=VERSION,
        verdict="P",
        included=2,
        received=2,
        accepted=1,
        sets=(
            SetResponse(identifier="834", control_number="000000001", version=VERSION, verdict="A"),
            SetResponse(
                identifier="834", control_number="000000002", verdict="R", errors=("5",), segments=(wrong,)
            ),
        ),
    )
    return replace(made, **changes)


def answering(*said: Acknowledgement, of_interchange: InterchangeAcknowledgement | None = None) -> bytes:
    """Return 999s, and a TA1 before them, as a file."""
    header = replace(interchange().header, acknowledge="0")
    group = replace(interchange().groups[0].header, functional="FA", version="005010X231A1")
    groups = (Group(header=group, sets=tuple(build_999(acknowledgement=each) for each in said)),)
    made = Interchange(
        header=header,
        groups=groups if said else (),
        acknowledgements=(build_interchange_acknowledgement(said=of_interchange),) if of_interchange else (),
    )
    return write(segments=compose(interchange=made))


def lines_of(data: bytes) -> list[str]:
    """Return a file's segments, without their terminators."""
    return [line.removesuffix("~") for line in data.decode("ascii").splitlines()]


def file_of(lines: Sequence[str], *, recount: bool = True) -> bytes:
    """Return segments as a file, with SE01 made to fit unless that is what is wrong."""
    made = list(lines)
    if recount:
        for index, line in enumerate(made):
            if line.startswith("SE*"):
                begin = max(at for at in range(index) if made[at].startswith("ST*"))
                made[index] = f"SE*{index - begin + 1}*{line.split('*')[2]}"
    return "".join(f"{line}~\n" for line in made).encode("latin-1")
