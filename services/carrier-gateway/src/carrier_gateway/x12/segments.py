"""Segments: how bytes become elements and elements become bytes, and nothing of what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from carrier_gateway.x12.faults import Fault, Problem

ISA_LENGTH = 106
_ISA_SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_PRINTABLE = re.compile(r"[ -~]*")
_NOISE = re.compile(r"[ \t\r\n\x00\x1a]*")
_BYTE_ORDER_MARK = "\xef\xbb\xbf"  # as latin-1 reads it
NO_REPETITION = "U"
"""ISA11 as versions before 00501 had it: elements are not repeated, and no sign separates repetitions."""


COMPOSITES = frozenset({("IK4", 1), ("CTX", 1), ("CTX", 5)})
"""Elements that are written with components in them: nowhere else may their sign stand."""


class CannotWrite(ValueError):
    """A value cannot stand in a segment. Names the place and never the value."""

    def __init__(self, *, segment: str, element: int, problem: str) -> None:
        super().__init__(f"{segment}{element:02d} {problem}")
        self.segment = segment
        self.element = element
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimiters:
    """The characters an interchange is cut by; it names them itself, in its ISA.

    ``repetition`` is empty where there is none.
    """

    element: str = "*"
    repetition: str = "^"
    component: str = ":"
    segment: str = "~"

    @property
    def all(self) -> str:
        """All of them, as one text."""
        return self.element + self.repetition + self.component + self.segment

    @property
    def usable(self) -> bool:
        """Whether they differ from each other and none could be part of a value."""
        return len(set(self.all)) == len(self.all) and not any(
            each.isalnum() or each == " " for each in self.all
        )


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
    where it stands. A byte-order mark, and blanks, line ends and padding between segments, are passed over;
    inside of one they are part of the value. The time it takes grows with the file's length and no faster.
    """
    text = data.decode("latin-1")
    at = _past_noise(text, len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0)
    segments: list[Segment] = []
    problems: list[Problem] = []
    while at < len(text):
        opening = text[at : at + ISA_LENGTH]
        fault = _fault_of_isa(opening, position=len(segments) + 1)
        if fault is not None:
            problems.append(fault)
            break
        at = _cut_interchange(text, at, _delimiters_of(opening), segments, problems)
    if not segments and not problems:
        problems.append(_no_interchange(position=1))
    return Tokens(segments=tuple(segments), problems=tuple(problems))


def _past_noise(text: str, at: int) -> int:
    found = _NOISE.match(text, at)
    return at if found is None else found.end()


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
    always = frozenset(delimiters.element + delimiters.repetition + delimiters.segment)
    for number, value in enumerate(segment.elements, start=1):
        forbidden = always if (segment.tag, number) in COMPOSITES else always | {delimiters.component}
        if not allowed(value) or not forbidden.isdisjoint(value):
            raise CannotWrite(segment=segment.tag, element=number, problem="has a character X12 cannot carry")


def allowed(text: str) -> bool:
    """Whether every character is of X12's basic or extended set: printable ASCII."""
    return _PRINTABLE.fullmatch(text) is not None


def _delimiters_of(opening: str) -> Delimiters:
    repetition = "" if opening[82] == NO_REPETITION else opening[82]
    return Delimiters(element=opening[3], repetition=repetition, component=opening[104], segment=opening[105])


def _fault_of_isa(opening: str, *, position: int) -> Problem | None:
    """Return why no interchange can be cut by what begins here: an ISA's elements stand at fixed places."""
    if not opening.startswith("ISA") or len(opening) < ISA_LENGTH:
        return _no_interchange(position=position)
    for element, place in enumerate(_ISA_SEPARATORS[1:], start=1):
        if opening[place] != opening[3]:
            return _no_interchange(position=position, element=element)
    delimiters = _delimiters_of(opening)
    if delimiters.usable:
        return None
    others = delimiters.element + delimiters.component + delimiters.segment
    at_fault = 11 if replace(delimiters, repetition="").usable or delimiters.repetition in others else 16
    says = "the delimiters the ISA names are not different signs"
    return Problem(
        floor="file",
        fault=Fault.DELIMITERS_UNUSABLE,
        position=position,
        segment="ISA",
        element=at_fault,
        says=says,
    )


def _no_interchange(*, position: int, element: int = 0) -> Problem:
    says = "no interchange begins here: no ISA of 106 characters"
    return Problem(
        floor="file",
        fault=Fault.NOT_AN_INTERCHANGE,
        position=position,
        segment="ISA" if element else "",
        element=element,
        says=says,
    )


def _cut_interchange(
    text: str, at: int, delimiters: Delimiters, segments: list[Segment], problems: list[Problem]
) -> int:
    """Append the segments of the interchange that begins there; return where the text goes on after it."""
    while at < len(text):
        end = text.find(delimiters.segment, at)
        raw = text[at:] if end < 0 else text[at:end]
        at = len(text) if end < 0 else _past_noise(text, end + 1)
        position = len(segments) + 1
        if end < 0:
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
    return at


def _file_problem(fault: Fault, position: int, says: str) -> Problem:
    return Problem(floor="file", fault=fault, position=position, segment="", says=says)
