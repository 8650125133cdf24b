"""The 834's segments, element by element, for `structure` to put into loops."""

from __future__ import annotations

from carrier_gateway.x12.elements import NOT_USED, Element, Shape, may_be, one_of, required, situational
from carrier_gateway.x12.enrollment834 import codes
from carrier_gateway.x12.grammar import UNBOUNDED, Slot

AMOUNT = required("decimal", 1, 18)
NAME = required("text", 1, 60)
OPTIONAL_NAME = situational("text", 1, 60)


def slot(name: str, tag: str, shape: Shape, *, least: int = 0, most: int = 1) -> Slot:
    """Return a place for a segment its tag alone tells from others."""
    return Slot(name=name, tag=tag, shape=shape, least=least, most=most)


def qualified(name: str, tag: str, shape: Shape, *, least: int = 0, most: int = 1) -> Slot:
    """Return a place for a segment told from others of its tag by its first element."""
    return Slot(name=name, tag=tag, shape=shape, qualifiers=shape.elements[0].codes, least=least, most=most)


def reference(name: str, *qualifiers: str, least: int = 0, most: int = 1) -> Slot:
    """Return a place for a REF."""
    shape = Shape(elements=(one_of(*qualifiers), required("text", 1, 50), NOT_USED, NOT_USED))
    return qualified(name, "REF", shape, least=least, most=most)


def dates(
    name: str, *qualifiers: str, forms: tuple[str, ...] = ("D8",), least: int = 0, most: int = 1
) -> Slot:
    """Return a place for a DTP."""
    shape = Shape(elements=(one_of(*qualifiers), one_of(*forms), required("period", 8, 17)))
    return qualified(name, "DTP", shape, least=least, most=most)


def organization(name: str, *entities: str, named: Element, qualifiers: tuple[str, ...]) -> Slot:
    """Return a place for the N1 that begins a party's loop."""
    shape = Shape(
        elements=(one_of(*entities), named, one_of(*qualifiers), required("text", 2, 80), NOT_USED, NOT_USED)
    )
    return qualified(name, "N1", shape, least=1)


def person(
    *entities: str,
    types: tuple[str, ...] = ("1",),
    last: Element = OPTIONAL_NAME,
    identified_by: tuple[str, ...] = ("34", "ZZ"),
    relationship: Element = NOT_USED,
) -> Slot:
    """Return a place for the NM1 that begins a person's (or an organization's) loop."""
    shape = Shape(
        elements=(
            one_of(*entities),
            one_of(*types),
            last,
            situational("text", 1, 35),
            situational("text", 1, 25),
            situational("text", 1, 10),
            situational("text", 1, 10),
            may_be(*identified_by),
            situational("text", 2, 80),
            relationship,
            NOT_USED,
            NOT_USED,
        ),
        together=((8, 9),),
    )
    return qualified("name", "NM1", shape, least=1)


def communications(function: str, *, most: int = 1) -> Slot:
    """Return a place for a PER with up to three numbers."""
    number = situational("text", 1, 256)
    kinds = may_be(*codes.COMMUNICATION)
    shape = Shape(
        elements=(
            one_of(function),
            OPTIONAL_NAME,
            one_of(*codes.COMMUNICATION),
            required("text", 1, 256),
            *(kinds, number, kinds, number),
            NOT_USED,
        ),
        together=((5, 6), (7, 8)),
    )
    return slot("communications", "PER", shape, most=most)


def street(*, least: int = 0, most: int = 1) -> Slot:
    """Return a place for an N3."""
    return slot(
        "street",
        "N3",
        Shape(elements=(required("text", 1, 55), situational("text", 1, 55))),
        least=least,
        most=most,
    )


def city(*, least: int = 0) -> Slot:
    """Return a place for an N4."""
    shape = Shape(
        elements=(
            required("text", 2, 30),
            situational("text", 2, 2),
            situational("text", 3, 15),
            situational("text", 2, 3),
            may_be("60", "CY"),
            situational("text", 1, 30),
            situational("text", 1, 3),
        )
    )
    return slot("city", "N4", shape, least=least)


BEGINNING = slot(
    "beginning",
    "BGN",
    Shape(
        elements=(
            one_of("00", "15", "22"),
            required("text", 1, 50),
            required("date", 8, 8),
            required("time", 4, 8),
            may_be(*codes.TIME_ZONES),
            situational("text", 1, 50),
            NOT_USED,
            one_of("2", "4", "RX"),
            NOT_USED,
        )
    ),
    least=1,
)

QUANTITY = qualified(
    "quantity",
    "QTY",
    Shape(elements=(one_of("DT", "ET", "TO"), required("number", 1, 15), NOT_USED, NOT_USED)),
    most=3,
)

MEMBER = slot(
    "member",
    "INS",
    Shape(
        elements=(
            one_of("Y", "N"),
            one_of(*codes.RELATIONSHIPS),
            one_of(*codes.MAINTENANCE_TYPES),
            may_be(*codes.MAINTENANCE_REASONS),
            one_of("A", "C", "S", "T"),
            situational("composite", 1, 10),
            may_be(*codes.COBRA_EVENTS),
            may_be(*codes.EMPLOYMENT_STATUSES),
            may_be("F", "N", "P"),
            may_be("N", "Y"),
            may_be("D8"),
            situational("date", 8, 8),
            may_be("R", "U"),
            *(NOT_USED, NOT_USED, NOT_USED),
            situational("number", 1, 9),
        ),
        together=((11, 12),),
    ),
)

DEMOGRAPHICS = slot(
    "demographics",
    "DMG",
    Shape(
        elements=(
            one_of("D8"),
            required("date", 8, 8),
            one_of("F", "M", "U"),
            may_be("B", "D", "I", "M", "R", "S", "U", "W", "X"),
            situational("composite", 1, 300),
            may_be("1", "2", "3", "4", "5", "6", "7"),
            *(NOT_USED, NOT_USED, NOT_USED),
            may_be("REC"),
            situational("text", 1, 30),
        ),
        together=((10, 11),),
    ),
)

EMPLOYMENT_CLASS = slot(
    "employment class",
    "EC",
    Shape(elements=(required("code", 2, 3), situational("code", 2, 3), situational("code", 2, 3))),
    most=UNBOUNDED,
)

INCOME = slot(
    "income",
    "ICM",
    Shape(
        elements=(
            required("code", 1, 1),
            AMOUNT,
            situational("decimal", 1, 15),
            situational("text", 1, 30),
            situational("text", 1, 5),
        )
    ),
)

HEALTH = slot(
    "health",
    "HLH",
    Shape(
        elements=(
            one_of("N", "S", "T", "U", "X"),
            situational("decimal", 1, 8),
            situational("decimal", 1, 10),
        )
    ),
)

LANGUAGE = slot(
    "language",
    "LUI",
    Shape(
        elements=(
            may_be("LD", "LE"),
            situational("text", 2, 80),
            situational("text", 1, 80),
            may_be("5", "6", "7", "8"),
        ),
        together=((1, 2),),
    ),
    most=UNBOUNDED,
)

DISABILITY = slot(
    "disability",
    "DSB",
    Shape(
        elements=(
            one_of("1", "2", "3", "4"),
            *(NOT_USED, NOT_USED, NOT_USED, NOT_USED, NOT_USED),
            may_be("DX", "ZZ"),
            situational("text", 1, 15),
        ),
        together=((7, 8),),
    ),
    least=1,
)

HEALTH_COVERAGE = slot(
    "coverage",
    "HD",
    Shape(
        elements=(
            one_of(*codes.COVERAGE_MAINTENANCE),
            NOT_USED,
            one_of(*codes.INSURANCE_LINES),
            situational("text", 1, 50),
            may_be(*codes.COVERAGE_LEVELS),
            *(NOT_USED, NOT_USED, NOT_USED),
            may_be("N", "Y"),
        )
    ),
    least=1,
)

IDENTIFICATION_CARD = slot(
    "card",
    "IDC",
    Shape(
        elements=(
            required("text", 1, 50),
            one_of("D", "H", "P"),
            situational("decimal", 1, 15),
            may_be("1", "2", "RX"),
        )
    ),
    most=3,
)

PROVIDER_CHANGE = slot(
    "change",
    "PLA",
    Shape(elements=(one_of("2"), one_of("1P"), required("date", 8, 8), NOT_USED, required("code", 2, 3))),
)

COORDINATION = slot(
    "coordination",
    "COB",
    Shape(
        elements=(
            one_of("P", "S", "T", "U"),
            situational("text", 1, 50),
            one_of("1", "5", "6"),
            situational("code", 1, 2),
        )
    ),
    least=1,
)

BROKER_ACCOUNT = slot(
    "account",
    "ACT",
    Shape(
        elements=(
            required("text", 1, 35),
            *(NOT_USED, NOT_USED, NOT_USED, NOT_USED),
            situational("text", 1, 35),
        )
    ),
    least=1,
)

CATEGORY = qualified(
    "category",
    "N1",
    Shape(elements=(one_of("75"), NAME, NOT_USED, NOT_USED, NOT_USED, NOT_USED)),
    least=1,
)


def amounts(most: int) -> Slot:
    """Return a place for policy amounts."""
    return qualified("amounts", "AMT", Shape(elements=(one_of(*codes.AMOUNTS), AMOUNT, NOT_USED)), most=most)


def number(tag: str) -> Slot:
    """Return a place for an assigned number that begins a loop."""
    return slot("number", tag, Shape(elements=(required("number", 1, 6),)), least=1)


def marker(tag: str, *, least: int = 0) -> Slot:
    """Return a place for the LS or LE around the reporting categories."""
    return slot("marker" if tag == "LS" else "end", tag, Shape(elements=(one_of("2700"),)), least=least)
