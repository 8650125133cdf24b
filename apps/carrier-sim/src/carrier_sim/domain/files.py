"""X12 files as a carrier reads them: cut into segments, told apart, checked; apart from any exchange's reader.

A carrier that shared the exchange's reader would find in order whatever both get wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Literal, TypeAlias

FileKind: TypeAlias = Literal["834", "820", "999", "TA1", "other"]
Segment: TypeAlias = tuple[str, ...]
"""A tag and its elements, all as text."""
ISA_LENGTH = 106
ENDS = "024"
BEGINS = "021"
LINE = "~\n"
_TRAILERS = {"ISA": "IEA", "GS": "GE", "ST": "SE"}
_COUNTED = {"IEA": "GS", "GE": "ST"}


class Unreadable(Exception):
    """A file is no X12 interchange as far as one must be to be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member's loop (2000): its segments, INS first."""

    segments: tuple[Segment, ...]

    @property
    def is_subscriber(self) -> bool:
        """Whether the set is about this one's policy."""
        return element(self.segments[0], 1) == "Y"

    @property
    def maintenance(self) -> str:
        """INS03."""
        return element(self.segments[0], 3)

    def value(self, tag: str, qualifier: str) -> str:
        """Return the second element (of a DTP the third) of the first such segment; empty where there is none."""
        position = 3 if tag == "DTP" else 2
        found = (each for each in self.segments if each[0] == tag and element(each, 1) == qualifier)
        return next((element(each, position) for each in found), "")

    def categories(self) -> Iterator[tuple[str, str, str]]:
        """Yield each reporting category (loop 2750): its name, its value, its period as it is written."""
        for place, each in enumerate(self.segments):
            if each[0] == "N1" and element(each, 1) == "75":
                following = self.segments[place + 1 : place + 3]
                value = next((element(one, 2) for one in following if one[0] == "REF"), "")
                dated = (element(one, 3) for one in following if one[0] == "DTP" and element(one, 2) == "RD8")
                yield element(each, 2), value, next(dated, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """An 834 as it came: its interchange's and group's headers, what stands before the members, and the members."""

    name: str
    isa: Segment
    gs: Segment
    head: tuple[Segment, ...] = field(repr=False)
    members: tuple[Member, ...] = field(repr=False)

    @property
    def number(self) -> int:
        """ISA13."""
        return int(self.isa[13])

    @property
    def subscriber(self) -> Member:
        """The one the set is about. Raises `Unreadable` where there is none."""
        for member in self.members:
            if member.is_subscriber:
                return member
        raise Unreadable("no member is the subscriber (INS01 Y)")

    @property
    def asks(self) -> bool:
        """Whether a TA1 is asked for (ISA14)."""
        return self.isa[14] == "1"

    @property
    def covered(self) -> tuple[Member, ...]:
        """Those whose coverage it does not end: whom a confirmation names."""
        return tuple(member for member in self.members if member.maintenance != ENDS)

    @property
    def begins(self) -> bool:
        """Whether it begins somebody's coverage, and so is to be confirmed."""
        return any(member.maintenance == BEGINS for member in self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a TA1 or a 999 says of one number of ours: A, E, P or R, with the TA1's note."""

    kind: Literal["TA1", "999"]
    answers: int
    verdict: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.verdict}/{self.note}" if self.kind == "TA1" else self.verdict


def element(segment: Segment, number: int) -> str:
    """Return an element, from 1; empty where the segment does not reach so far."""
    return segment[number] if number < len(segment) else ""


def cut(content: str) -> tuple[Segment, ...]:
    """Return a file's segments, by the signs its own ISA names. Raises `Unreadable`."""
    text = content.lstrip("\ufeff \r\n\t")
    if not text.startswith("ISA") or len(text) < ISA_LENGTH:
        raise Unreadable("it does not begin with a whole ISA of 106 characters")
    separator, terminator = text[3], text[ISA_LENGTH - 1]
    pieces = (each.strip("\r\n\t ") for each in text.split(terminator))
    return tuple(tuple(each.split(separator)) for each in pieces if each)


def kind_of(content: str) -> FileKind:
    """Return what a file holds, told by what is in it and not by its name: names differ from carrier to carrier."""
    try:
        segments = cut(content)
    except Unreadable:
        return "other"
    tags = {each[0] for each in segments}
    sets = {element(each, 1) for each in segments if each[0] == "ST"}
    for kind in ("834", "820", "999"):
        if kind in sets:
            return kind
    return "TA1" if "TA1" in tags else "other"


def read_enrollment(name: str, content: str) -> Enrollment:
    """Return an 834 of one set. Raises `Unreadable`."""
    segments = cut(content)
    headers = {each[0]: each for each in segments if each[0] in ("ISA", "GS")}
    body = _between(segments, "ST", "SE")
    places = [place for place, each in enumerate(body) if each[0] == "INS"]
    isa, gs = headers.get("ISA", ()), headers.get("GS", ())
    if not places or len(isa) < 17 or len(gs) < 9 or not _is_number(isa[13]):
        raise Unreadable("it is no interchange with a group and a set with members in it")
    bounds = [*places, len(body)]
    members = tuple(Member(segments=tuple(body[begin:end])) for begin, end in pairwise(bounds))
    return Enrollment(name=name, isa=isa, gs=gs, head=tuple(body[: places[0]]), members=members)


def answers_in(content: str) -> tuple[Answer, ...]:
    """Return the TA1s and 999s of a file, those whose number can be read. Raises `Unreadable`."""
    found: list[Answer] = []
    group = ""
    for each in cut(content):
        number = element(each, 1)
        if each[0] == "TA1" and _is_number(number):
            verdict, note = element(each, 4), element(each, 5)
            found.append(Answer(kind="TA1", answers=int(number), verdict=verdict, note=note))
        elif each[0] == "AK1":
            group = element(each, 2)
        elif each[0] == "AK9" and _is_number(group):
            found.append(Answer(kind="999", answers=int(group), verdict=number))
    return tuple(found)


def answer_faults_of(content: str) -> list[str]:
    """Return what is wrong with a file of TA1s and 999s, in words; nothing where it is in order."""
    try:
        segments = cut(content)
    except Unreadable as error:
        return [str(error)]
    said = sum(each[0] in ("TA1", "AK9") for each in segments)
    unread = ["what it answers cannot be read"] if len(answers_in(content)) != said else []
    return [*_envelope_faults(segments), *unread]


def faults_of(content: str, *, names: Mapping[str, str] | None = None) -> list[str]:
    """Return what is wrong with an 834 that an exchange sent, in words; nothing where it is in order.

    Envelopes, counts and numbers; the one subscriber; loop 2700; sums. ``names`` has the carrier's names of reporting
    categories by the standard's. What a value is is not said: it may be a person's.
    """
    try:
        segments = cut(content)
        enrollment = read_enrollment("", content)
    except Unreadable as error:
        return [str(error)]
    theirs = dict(names or {})
    return [
        *_envelope_faults(segments),
        *_people_faults(enrollment),
        *(fault for member in enrollment.members for fault in _reporting_faults(member)),
        *_sum_faults(enrollment, theirs),
    ]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _between(segments: Sequence[Segment], first: str, last: str) -> list[Segment]:
    inside: list[Segment] = []
    opened = False
    for each in segments:
        if each[0] == first:
            opened = True
        elif each[0] == last:
            return inside
        elif opened:
            inside.append(each)
    raise Unreadable(f"{first} is not closed by {last}")


def _envelope_faults(segments: Sequence[Segment]) -> Iterator[str]:
    opened: dict[str, tuple[Segment, int]] = {}
    counted = {"GS": 0, "ST": 0}
    for place, each in enumerate(segments):
        tag = each[0]
        if tag in _TRAILERS:
            opened[_TRAILERS[tag]] = each, place
            counted[tag] = counted.get(tag, 0) + 1
        elif tag in _TRAILERS.values():
            header, begin = opened.pop(tag, (("",), 0))
            number = {"ISA": 13, "GS": 6, "ST": 2}.get(header[0], 0)
            if not header[0] or element(each, 2) != element(header, number):
                yield f"{tag}02 is not the number of what it closes"
            count = place - begin + 1 if tag == "SE" else counted[_COUNTED[tag]]
            if element(each, 1) != str(count):
                yield f"{tag}01 is not how much there is"
    for tag in opened:
        yield f"{tag} is missing"


def _people_faults(enrollment: Enrollment) -> Iterator[str]:
    subscribers = [member for member in enrollment.members if member.is_subscriber]
    if len(subscribers) != 1:
        yield "INS01 Y is not that of one member"
    said = {element(each, 1): element(each, 2) for each in enrollment.head if each[0] == "QTY"}
    if said and said.get("TO") != str(len(enrollment.members)):
        yield "QTY TO is not how many members there are"
    if len({member.value("REF", "0F") for member in enrollment.members}) != 1:
        yield "REF 0F is not one subscriber's"


def _reporting_faults(member: Member) -> Iterator[str]:
    tags = [each[0] for each in member.segments]
    if tags.count("LS") != tags.count("LE"):
        yield "LS is not closed by LE"
    numbers = [element(each, 1) for each in member.segments if each[0] == "LX"]
    if numbers != [str(number) for number in range(1, len(numbers) + 1)]:
        yield "LX does not count on"


def _sum_faults(enrollment: Enrollment, names: Mapping[str, str]) -> Iterator[str]:
    """Yield what does not add up, for each period by itself: the standing amounts, and each month's."""
    own: dict[str, list[Decimal]] = {}
    of_subscriber: dict[tuple[str, str], Decimal] = {}
    for member in enrollment.members:
        for name, value, period in member.categories():
            try:
                amount = Decimal(value)
            except InvalidOperation:
                continue
            if name == names.get("PRE AMT 1", "PRE AMT 1"):
                own.setdefault(period, []).append(amount)
            elif member.is_subscriber:
                of_subscriber[name, period] = amount
    total, owed = (names.get(each, each) for each in ("PRE AMT TOT", "TOT RES AMT"))
    credit, subsidy = (names.get(each, each) for each in ("APTC AMT", "OTH PAY AMT 1"))
    for (name, period), amount in of_subscriber.items():
        if name == total and amount != sum(own.get(period, [])):
            yield "PRE AMT TOT is not the sum of every PRE AMT 1"
        if name == owed:
            paid = (of_subscriber.get((each, period), Decimal(0)) for each in (credit, subsidy))
            if amount != of_subscriber.get((total, period), Decimal(0)) - sum(paid):
                yield "TOT RES AMT is not PRE AMT TOT less what others pay"
