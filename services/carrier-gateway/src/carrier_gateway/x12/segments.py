"""Segments: how bytes become elements and elements become bytes, and nothing of what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from carrier_gateway.x12.faults import Fault, Problem

ISA_LENGTH = 106
_ISA_SEPARATORS = (3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103)
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
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
    """Return the segments of a file that holds one or more interchanges; never raises. See `Cutter`."""
    cutter = Cutter()
    segments = (*cutter.feed(data), *cutter.close())
    return Tokens(segments=segments, problems=tuple(cutter.problems))


class Cutter:
    """Cuts a file into segments as its bytes come, of which it keeps those of one segment; never raises.

    Bytes are read one character each: X12's own characters are all below 128, and what is not will be found
    where it stands. A byte-order mark, and blanks, line ends and padding between segments, are passed over;
    inside of one they are part of the value. The time it takes grows with the file's length and no faster.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._text = ""
        self._at = 0
        self._searched = 0
        self._count = 0
        self._delimiters: Delimiters | None = None
        self._begun = False
        self._given_up = False

    def feed(self, data: bytes) -> Iterator[Segment]:
        """Yield the segments that end in the next bytes of the file."""
        self._searched = max(0, self._searched - self._at)
        self._text, self._at = self._text[self._at :] + data.decode("latin-1"), 0
        yield from self._cut(last=False)

    def close(self) -> Iterator[Segment]:
        """Yield what is left at the file's end."""
        yield from self._cut(last=True)
        if not self._count and not self.problems:
            self.problems.append(_no_interchange(position=1))

    def _cut(self, *, last: bool) -> Iterator[Segment]:
        while not self._given_up and self._has_more(last=last):
            if self._delimiters is None and not self._opens(last=last):
                return
            if (segment := self._next(last=last)) is None:
                return
            yield segment

    def _has_more(self, *, last: bool) -> bool:
        """Go past what stands between segments; return whether something comes after it."""
        if not self._begun:
            if len(self._text) < len(_BYTE_ORDER_MARK) and not last:
                return False
            self._begun = True
            self._at = len(_BYTE_ORDER_MARK) if self._text.startswith(_BYTE_ORDER_MARK) else 0
        self._at = _past_noise(self._text, self._at)
        return self._at < len(self._text)

    def _opens(self, *, last: bool) -> bool:
        """Learn by what the interchange that begins here is cut; return whether it is known now."""
        opening = self._text[self._at : self._at + ISA_LENGTH]
        if len(opening) < ISA_LENGTH and not last:
            return False
        fault = _fault_of_isa(opening, position=self._count + 1)
        if fault is not None:
            self.problems.append(fault)
            self._given_up = True
            return False
        self._delimiters = _delimiters_of(opening)
        return True

    def _next(self, *, last: bool) -> Segment | None:
        delimiters = self._delimiters or STANDARD
        end = self._text.find(delimiters.segment, max(self._at, self._searched))
        if end < 0 and not last:
            self._searched = len(self._text)
            return None
        self._count += 1
        raw = self._text[self._at :] if end < 0 else self._text[self._at : end]
        self._at = len(self._text) if end < 0 else end + 1
        if end < 0:
            self._note(Fault.SEGMENT_NOT_TERMINATED, "the last segment has no end")
        tag, *elements = raw.split(delimiters.element)
        if not raw:
            self._note(Fault.SEGMENT_EMPTY, "there is nothing between two terminators")
        elif _TAG.fullmatch(tag) is None:
            self._note(Fault.SEGMENT_TAG_MALFORMED, "a segment begins with no tag")
            tag = ""
        if tag == "IEA":
            self._delimiters = None
        return Segment(tag, tuple(elements), self._count)

    def _note(self, fault: Fault, says: str) -> None:
        self.problems.append(Problem(floor="file", fault=fault, position=self._count, segment="", says=says))


def _past_noise(text: str, at: int) -> int:
    # All noise sorts before a blank or is one, and most segments have nothing or one line end before them.
    if text[at : at + 1] == "\n":
        at += 1
    if text[at : at + 1] > " ":
        return at
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
    together = "".join(segment.elements)
    if allowed(together) and not any(each in together for each in delimiters.all):
        return
    always = frozenset(delimiters.element + delimiters.repetition + delimiters.segment)
    for number, value in enumerate(segment.elements, start=1):
        forbidden = always if (segment.tag, number) in COMPOSITES else always | {delimiters.component}
        if not allowed(value) or not forbidden.isdisjoint(value):
            raise CannotWrite(segment=segment.tag, element=number, problem="has a character X12 cannot carry")


def allowed(text: str) -> bool:
    """Whether every character is of X12's basic or extended set: printable ASCII."""
    return text.isascii() and text.isprintable()


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
