"""Envelopes: interchange, group and set, their counts and their control numbers; read and written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Literal

from carrier_gateway.x12.elements import (
    Shape,
    check,
    one_of,
    parse_date,
    parse_short_date,
    parse_time,
    required,
    situational,
)
from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.segments import STANDARD, CannotWrite, Delimiters, Segment, allowed

LARGEST_CONTROL_NUMBER = 999_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeHeader:
    """Who sends an interchange to whom, when, under which number (ISA13) and how it is to be used."""

    sender: str
    receiver: str
    created_on: date
    created_at: time
    control_number: int
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    acknowledge: Literal["0", "1"] = "1"
    usage: Literal["P", "T"] = "P"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHeader:
    """What a group holds, from which application to which, under which number (GS06)."""

    functional: str
    sender: str
    receiver: str
    created_on: date
    created_at: time
    control_number: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionSet:
    """One set between ST and SE, with its number (ST02)."""

    identifier: str
    control_number: str
    version: str
    segments: tuple[Segment, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group to be written."""

    header: GroupHeader
    sets: tuple[TransactionSet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interchange:
    """An interchange to be written; ``acknowledgements`` are the TA1s before its groups."""

    header: InterchangeHeader
    groups: tuple[Group, ...]
    acknowledgements: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRead:
    """A set as it was found, with what is wrong with its envelope."""

    set: TransactionSet
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRead:
    """A group as it was found; ``header`` is None where its GS, ``opening``, cannot be understood, and ``closing``
    where it has no GE.
    """

    opening: Segment
    header: GroupHeader | None
    closing: Segment | None
    sets: tuple[SetRead, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeRead:
    """An interchange as it was found: its ISA, ``opening``, and what that says.

    ``acknowledgements`` are the TA1 segments it carries.
    """

    opening: Segment
    header: InterchangeHeader | None
    acknowledgements: tuple[Segment, ...]
    groups: tuple[GroupRead, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """A file as it was found. ``problems`` are those no interchange can answer for."""

    interchanges: tuple[InterchangeRead, ...]
    problems: tuple[Problem, ...]


ISA = Shape(
    elements=(
        one_of("00", "03"),
        required("composite", 10, 10),
        one_of("00", "01"),
        required("composite", 10, 10),
        one_of("01", "14", "20", "27", "28", "29", "30", "33", "ZZ"),
        required("text", 15, 15),
        one_of("01", "14", "20", "27", "28", "29", "30", "33", "ZZ"),
        required("text", 15, 15),
        required("short-date", 6, 6),
        required("time", 4, 4),
        required("composite", 1, 1),
        one_of("00501"),
        required("number", 9, 9),
        one_of("0", "1"),
        one_of("P", "T"),
        required("composite", 1, 1),
    )
)
GS = Shape(
    elements=(
        required("code", 2, 2),
        required("text", 2, 15),
        required("text", 2, 15),
        required("date", 8, 8),
        required("time", 4, 8),
        required("number", 1, 9),
        one_of("X"),
        required("text", 1, 12),
    )
)
ST = Shape(elements=(required("code", 3, 3), required("text", 4, 9), situational("text", 1, 35)))
SE = Shape(elements=(required("number", 1, 10), required("text", 4, 9)))
GE = Shape(elements=(required("number", 1, 6), required("number", 1, 9)))
IEA = Shape(elements=(required("number", 1, 5), required("number", 9, 9)))


def interchange_header(segment: Segment) -> tuple[InterchangeHeader | None, list[Problem]]:
    """Return what an ISA says, or None and why it says nothing."""
    problems = check(segment=segment, shape=ISA)
    created_on, created_at = parse_short_date(segment.get(9)), parse_time(segment.get(10))
    if problems or created_on is None or created_at is None:
        return None, problems
    return (
        InterchangeHeader(
            sender_qualifier=segment.get(5),
            sender=segment.get(6).rstrip(),
            receiver_qualifier=segment.get(7),
            receiver=segment.get(8).rstrip(),
            created_on=created_on,
            created_at=created_at,
            control_number=int(segment.get(13)),
            acknowledge="1" if segment.get(14) == "1" else "0",
            usage="P" if segment.get(15) == "P" else "T",
        ),
        [],
    )


def group_header(segment: Segment) -> tuple[GroupHeader | None, list[Problem]]:
    """Return what a GS says, or None and why it says nothing."""
    problems = check(segment=segment, shape=GS)
    created_on, created_at = parse_date(segment.get(4)), parse_time(segment.get(5))
    if problems or created_on is None or created_at is None:
        return None, problems
    return (
        GroupHeader(
            functional=segment.get(1),
            sender=segment.get(2),
            receiver=segment.get(3),
            created_on=created_on,
            created_at=created_at,
            control_number=int(segment.get(6)),
            version=segment.get(8),
        ),
        [],
    )


def compose(*, interchange: Interchange, delimiters: Delimiters = STANDARD) -> list[Segment]:
    """Return all segments of an interchange, counts and control numbers filled in.

    Raises `CannotWrite` for a header that does not fit its fixed places.
    """
    header = interchange.header
    body = [segment for group in interchange.groups for segment in _compose_group(group)]
    trailer = Segment.of("IEA", str(len(interchange.groups)), f"{header.control_number:09d}")
    return [_compose_isa(header, delimiters), *interchange.acknowledgements, *body, trailer]


def compose_around(
    *, interchange: Interchange, inside: int, delimiters: Delimiters = STANDARD
) -> tuple[list[Segment], list[Segment]]:
    """Return all segments of an interchange of one set, cut in two: so many more stand inside of the set, at its end,
    and are written apart. Raises `CannotWrite` as `compose` does.
    """
    segments = compose(interchange=interchange, delimiters=delimiters)
    *opening, end_of_set, end_of_group, end = segments
    count = int(end_of_set.get(1)) + inside
    return opening, [Segment.of("SE", str(count), end_of_set.get(2)), end_of_group, end]


def _compose_isa(header: InterchangeHeader, delimiters: Delimiters) -> Segment:
    for element, value in ((6, header.sender), (8, header.receiver)):
        if not 1 <= len(value) <= 15 or not allowed(value) or any(each in value for each in delimiters.all):
            raise CannotWrite(segment="ISA", element=element, problem="must be 1 to 15 plain characters")
    _require_control_number("ISA", 13, header.control_number)
    return Segment.of(
        "ISA",
        *("00", " " * 10, "00", " " * 10),
        *(header.sender_qualifier, header.sender.ljust(15)),
        *(header.receiver_qualifier, header.receiver.ljust(15)),
        *(f"{header.created_on:%y%m%d}", f"{header.created_at:%H%M}"),
        *(delimiters.repetition, "00501", f"{header.control_number:09d}"),
        *(header.acknowledge, header.usage, delimiters.component),
    )


def _compose_group(group: Group) -> list[Segment]:
    header = group.header
    _require_control_number("GS", 6, header.control_number)
    opening = Segment.of(
        "GS",
        *(header.functional, header.sender, header.receiver),
        *(f"{header.created_on:%Y%m%d}", f"{header.created_at:%H%M}"),
        *(str(header.control_number), "X", header.version),
    )
    sets = [segment for each in group.sets for segment in _compose_set(each)]
    return [opening, *sets, Segment.of("GE", str(len(group.sets)), str(header.control_number))]


def _compose_set(transaction_set: TransactionSet) -> Sequence[Segment]:
    number = transaction_set.control_number
    if not (number.isascii() and number.isdigit() and 4 <= len(number) <= 9):
        raise CannotWrite(segment="ST", element=2, problem="must be 4 to 9 digits")
    return [
        Segment.of("ST", transaction_set.identifier, number, transaction_set.version),
        *transaction_set.segments,
        Segment.of("SE", str(len(transaction_set.segments) + 2), number),
    ]


def _require_control_number(segment: str, element: int, number: int) -> None:
    if not 1 <= number <= LARGEST_CONTROL_NUMBER:
        raise CannotWrite(segment=segment, element=element, problem="must be 1 to 999999999")
