"""Segments: how bytes become elements and elements become bytes, and nothing of what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from carrier_gateway.x12.faults import Fault, Problem

ISA_LENGTH = 106
_ISA_SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_PRINTABLE = re.compile(r"[ -~]*")
_BETWEEN_SEGMENTS = "\r\n"


class CannotWrite(ValueError):
    """A value cannot stand in a segment. Names the place and never the value."""

    def __init__(self, *, segment: str, element: int, problem: str) -> None:
        super().__init__(f"{segment}{element:02d} {problem}")
        self.segment = segment
        self.element = element
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimiters:
    """The four characters an interchange is cut by; it names them itself, in its ISA."""

    element: str = "*"
    repetition: str = "^"
    component: str = ":"
    segment: str = "~"

    @property
    def all(self) -> str:
        """All four, as one text."""
        return self.element + self.repetition + self.component + self.segment

    @property
    def usable(self) -> bool:
        """Whether the four differ from each other and none could be part of a value."""
        return len(set(self.all)) == 4 and not any(each.isalnum() or each == " " for each in self.all)


STANDARD = Delimiters()


@dataclass(frozen=True, slots=True, repr=False)
class Segment:
    """A tag and its elements, as text. Two are equal whatever their position in a file.

    It prints as its tag and place, for elements may hold what is known of a person.
    """

    tag: str
    elements: tuple[str, ...] = ()
    position: int = field(default=0, compare=False)

    @classmethod
    def of(cls, tag: str, *elements: str) -> Segment:
        """Return the segment without the empty elements at its end, which X12 leaves out."""
        kept = list(elements)
        while kept and not kept[-1]:
            kept.pop()
        return cls(tag, tuple(kept))

    def get(self, number: int) -> str:
        """Return the element of that number, from 1; empty where the segment does not reach so far."""
        return self.elements[number - 1] if number <= len(self.elements) else ""

    def __repr__(self) -> str:
        return f"Segment({self.tag!r}, {len(self.elements)} elements, position={self.position})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A file cut into segments, with what went wrong while cutting."""

    segments: tuple[Segment, ...]
    problems: tuple[Problem, ...]


def tokenize(*, data: bytes) -> Tokens:
    """Return the segments of a file that holds one or more interchanges; never raises.

    Bytes are read one character each: X12's own characters are all below 128, and what is not will be found
    where it stands. Line ends after a terminator are passed over, elsewhere they are part of the value.
    """
    text = data.decode("latin-1").lstrip(_BETWEEN_SEGMENTS)
    segments: list[Segment] = []
    problems: list[Problem] = []
    while text:
        delimiters = _delimiters_of(text)
        if delimiters is None or not delimiters.usable:
            problems.append(_bad_start(position=len(segments) + 1, begins=delimiters is not None))
            break
        text = _cut_interchange(text, delimiters, segments, problems)
    if not segments and not problems:
        problems.append(_bad_start(position=1, begins=False))
    return Tokens(segments=tuple(segments), problems=tuple(problems))


def write(*, segments: Iterable[Segment], delimiters: Delimiters = STANDARD) -> bytes:
    """Return the segments as bytes, a line each; raises `CannotWrite` where a value would not come back."""
    lines: list[str] = []
    for segment in segments:
        if _TAG.fullmatch(segment.tag) is None:
            raise CannotWrite(segment="segment", element=0, problem="has a tag that is none")
        if segment.tag != "ISA":
            _require_writable(segment, delimiters)
        lines.append(delimiters.element.join((segment.tag, *segment.elements)) + delimiters.segment + "\n")
    return "".join(lines).encode("ascii")


def _require_writable(segment: Segment, delimiters: Delimiters) -> None:
    if segment.elements and not segment.elements[-1]:
        raise CannotWrite(segment=segment.tag, element=len(segment.elements), problem="is empty at the end")
    forbidden = frozenset(delimiters.all)
    for number, value in enumerate(segment.elements, start=1):
        if not allowed(value) or not forbidden.isdisjoint(value):
            raise CannotWrite(segment=segment.tag, element=number, problem="has a character X12 cannot carry")


def allowed(text: str) -> bool:
    """Whether every character is of X12's basic or extended set: printable ASCII."""
    return _PRINTABLE.fullmatch(text) is not None


def _delimiters_of(text: str) -> Delimiters | None:
    if len(text) < ISA_LENGTH or not text.startswith("ISA"):
        return None
    if any(text[place] != text[3] for place in _ISA_SEPARATORS):
        return None
    return Delimiters(element=text[3], repetition=text[82], component=text[104], segment=text[105])


def _bad_start(*, position: int, begins: bool) -> Problem:
    if begins:
        fault, says = Fault.DELIMITERS_UNUSABLE, "the delimiters the ISA names are not four different signs"
    else:
        fault, says = Fault.NOT_AN_INTERCHANGE, "no interchange begins here: no ISA of 106 characters"
    return Problem(floor="file", fault=fault, position=position, segment="", says=says)


def _cut_interchange(
    text: str, delimiters: Delimiters, segments: list[Segment], problems: list[Problem]
) -> str:
    """Append one interchange's segments; return the text after it."""
    while text:
        raw, terminator, text = text.partition(delimiters.segment)
        text = text.lstrip(_BETWEEN_SEGMENTS)
        position = len(segments) + 1
        if not terminator:
            if not raw.strip(_BETWEEN_SEGMENTS + " "):
                break
            problems.append(
                _file_problem(Fault.SEGMENT_NOT_TERMINATED, position, "the last segment has no end")
            )
        tag, *elements = raw.split(delimiters.element)
        if not raw:
            problems.append(
                _file_problem(Fault.SEGMENT_EMPTY, position, "there is nothing between two terminators")
            )
        elif _TAG.fullmatch(tag) is None:
            problems.append(
                _file_problem(Fault.SEGMENT_TAG_MALFORMED, position, "a segment begins with no tag")
            )
            tag = ""
        segments.append(Segment(tag, tuple(elements), position))
        if tag == "IEA":
            break
    return text


def _file_problem(fault: Fault, position: int, says: str) -> Problem:
    return Problem(floor="file", fault=fault, position=position, segment="", says=says)
