"""The 834's loops as one table (005010X220A1)."""

from __future__ import annotations

from carrier_gateway.x12.enrollment834 import codes, slots
from carrier_gateway.x12.envelope import ST
from carrier_gateway.x12.faults import Floor
from carrier_gateway.x12.grammar import UNBOUNDED, Loop, Slot

VERSION = "005010X220A1"
FUNCTIONAL_GROUP = "BE"
IDENTIFIER = "834"


def _addressed(name: str, first: Slot, *, function: str = "", whole: bool = False, most: int = 1) -> Loop:
    communications = (slots.communications(function),) if function else ()
    address = (slots.street(least=int(whole)), slots.city(least=int(whole)))
    return Loop(name=name, first=first, parts=(*communications, *address), most=most)


MEMBER_NAME = Loop(
    name="2100A",
    first=slots.person("IL", "74", last=slots.NAME),
    parts=(
        slots.communications("IP"),
        slots.street(),
        slots.city(),
        slots.DEMOGRAPHICS,
        slots.EMPLOYMENT_CLASS,
        slots.INCOME,
        slots.amounts(7),
        slots.HEALTH,
        slots.LANGUAGE,
    ),
    least=1,
)

OTHER_PERSONS = (
    Loop(name="2100B", first=slots.person("70", last=slots.NAME), parts=(slots.DEMOGRAPHICS,)),
    _addressed("2100C", slots.person("31"), whole=True),
    _addressed(
        "2100D", slots.person("36", types=("1", "2"), identified_by=("24", "34")), function="EP", most=3
    ),
    _addressed("2100E", slots.person("M8", types=("2",)), function="SK", most=3),
    _addressed("2100F", slots.person("S3", last=slots.NAME), function="PQ"),
    _addressed("2100G", slots.person(*codes.RESPONSIBLE_PERSONS, last=slots.NAME), function="RP", most=13),
    _addressed("2100H", slots.person("45")),
)

DISABILITY = Loop(
    name="2200",
    first=slots.DISABILITY,
    parts=(slots.dates("dates", "360", "361", most=2),),
    most=UNBOUNDED,
)

PROVIDER = Loop(
    name="2310",
    first=slots.number("LX"),
    parts=(
        slots.person(
            *codes.PROVIDERS,
            types=("1", "2"),
            identified_by=("34", "FI", "SV", "XX"),
            relationship=slots.one_of("25", "26", "72"),
        ),
        slots.street(most=2),
        slots.city(),
        slots.communications("IC", most=2),
        slots.PROVIDER_CHANGE,
    ),
    most=30,
)

OTHER_INSURANCE = Loop(
    name="2320",
    first=slots.COORDINATION,
    parts=(
        slots.reference("identifiers", "60", "6P", "SY", "ZZ", most=4),
        slots.dates("dates", "344", "345", most=2),
        Loop(
            name="2330",
            first=slots.person("36", "GW", "IN", types=("2",), identified_by=("FI", "NI", "XV")),
            parts=(slots.street(), slots.city(), slots.communications("CN")),
            most=3,
        ),
    ),
    most=5,
)

COVERAGE = Loop(
    name="2300",
    first=slots.HEALTH_COVERAGE,
    parts=(
        slots.dates("dates", *codes.COVERAGE_DATES, forms=("D8", "RD8"), least=1, most=6),
        slots.amounts(9),
        slots.reference("references", *codes.COVERAGE_REFERENCES, most=14),
        slots.reference("prior months", "QQ"),
        slots.IDENTIFICATION_CARD,
        PROVIDER,
        OTHER_INSURANCE,
    ),
    most=99,
)

REPORTING = Loop(
    name="2700",
    first=slots.number("LX"),
    parts=(
        Loop(
            name="2750",
            first=slots.CATEGORY,
            parts=(
                slots.reference("value", *codes.CATEGORY_REFERENCES),
                slots.dates("effective", "007", forms=("D8", "RD8")),
            ),
        ),
    ),
    most=UNBOUNDED,
)

MEMBER = Loop(
    name="2000",
    first=slots.MEMBER,
    parts=(
        slots.reference("subscriber", "0F", least=1),
        slots.reference("policy", "1L"),
        slots.reference("references", *codes.MEMBER_REFERENCES, most=13),
        slots.dates("dates", *codes.MEMBER_DATES, most=24),
        MEMBER_NAME,
        *OTHER_PERSONS,
        DISABILITY,
        COVERAGE,
        Loop(
            name="LS",
            first=slots.marker("LS"),
            parts=(REPORTING, slots.marker("LE", least=1)),
        ),
    ),
    least=1,
    most=UNBOUNDED,
)

SET = Loop(
    name="ST",
    first=Slot(name="set", tag="ST", shape=ST),
    parts=(
        slots.BEGINNING,
        slots.reference("master policy", "38"),
        slots.dates("dates", "007", "090", "091", "303", "382", "388", most=UNBOUNDED),
        slots.QUANTITY,
        Loop(
            name="1000A",
            first=slots.organization(
                "sponsor", "P5", named=slots.OPTIONAL_NAME, qualifiers=("24", "94", "FI")
            ),
            least=1,
        ),
        Loop(
            name="1000B",
            first=slots.organization(
                "insurer", "IN", named=slots.OPTIONAL_NAME, qualifiers=("94", "FI", "XV")
            ),
            least=1,
        ),
        Loop(
            name="1000C",
            first=slots.organization("broker", "BO", "TV", named=slots.NAME, qualifiers=("94", "FI", "XV")),
            parts=(Loop(name="1100C", first=slots.BROKER_ACCOUNT),),
            most=2,
        ),
        MEMBER,
    ),
)


def floor_of(loop: Loop) -> Floor:
    """Return the floor a loop's problems stand on: the set's for its own parts, the member's for all else."""
    return "set" if loop.name in {"ST", "1000A", "1000B", "1000C", "1100C"} else "member"
