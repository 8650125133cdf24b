"""What a file says, read a second time and apart from the gateway's own codec: by cutting alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_NOISE = " \t\r\n\x00\x1a"
_BYTE_ORDER_MARK = "\xef\xbb\xbf"
_LEAST = 106


class CannotBeCut(Exception):
    """A file that was accepted cannot be cut into what was accepted."""


@dataclass(frozen=True, slots=True)
class Line:
    """A segment: its number in the file, its tag, its elements."""

    position: int
    tag: str
    elements: tuple[str, ...]

    def get(self, number: int) -> str:
        """Return an element, empty where there is none."""
        return self.elements[number - 1] if number <= len(self.elements) else ""


def cut(data: bytes) -> list[Line]:
    """Return the segments of a file, each interchange by the separators it names; raises `CannotBeCut`."""
    text = data.decode("latin-1").removeprefix(_BYTE_ORDER_MARK).lstrip(_NOISE)
    lines: list[Line] = []
    while text:
        if not text.startswith("ISA") or len(text) < _LEAST:
            raise CannotBeCut("no ISA")
        separator, terminator = text[3], text[105]
        while text:
            segment, found, text = text.partition(terminator)
            if not found:
                raise CannotBeCut("the last segment has no end")
            tag, *elements = segment.split(separator)
            lines.append(Line(len(lines) + 1, tag, tuple(elements)))
            text = text.lstrip(_NOISE)
            if tag == "IEA":
                break
    return lines


def between(lines: Sequence[Line], position: int, closing: str) -> list[Line]:
    """Return the segments after the one at a position, up to the one that closes it."""
    found: list[Line] = []
    for line in lines[position:]:
        if line.tag == closing:
            break
        found.append(line)
    return found


@dataclass(slots=True)
class Record:
    """What a member's record says of itself, by where it stands."""

    position: int
    subscriber: bool
    maintenance: str
    reason: str
    additional: str = ""
    member: str = ""
    policy: str = ""
    issuer_subscriber: str = ""
    issuer_member: str = ""
    issuer_policy: str = ""
    begin: str = ""
    paid_through: str = ""
    end: str = ""


_SAID: dict[tuple[str, str, str], tuple[str, int]] = {
    ("2000", "REF", "17"): ("member", 2),
    ("2000", "REF", "ZZ"): ("issuer_subscriber", 2),
    ("2000", "REF", "23"): ("issuer_member", 2),
    ("2000", "REF", "1L"): ("policy", 2),
    ("2000", "DTP", "357"): ("end", 3),
    ("HD", "REF", "1L"): ("policy", 2),
    ("HD", "REF", "X9"): ("issuer_policy", 2),
    ("HD", "DTP", "348"): ("begin", 3),
    ("HD", "DTP", "543"): ("paid_through", 3),
    ("HD", "DTP", "349"): ("end", 3),
}
"""By loop, segment and qualifier, what an element says of a record."""

_GOES_BEFORE = ("357", "348", "543", "349")
"""Dates that stay what they are where another one comes after them: an end (349) after the eligibility's (357)."""

_ADDITIONAL = ("ADDL MAINT REASON", "AMRC")


def records(lines: Sequence[Line]) -> Iterator[Record]:
    """Yield the members' records of a set of an 834."""
    found: Record | None = None
    loop = category = ""
    for line in lines:
        if line.tag == "INS":
            if found is not None:
                yield found
            found = Record(line.position, line.get(1) == "Y", line.get(3), line.get(4))
        if found is None:
            continue
        loop = _loop_after(loop, line)
        if (said := _SAID.get((loop, line.tag, line.get(1)))) is not None:
            name, number = said
            kept = getattr(found, name) if line.get(1) in _GOES_BEFORE else ""
            setattr(found, name, kept or line.get(number))
        elif loop == "LS" and line.tag == "N1":
            category = line.get(2)
        elif loop == "LS" and line.tag == "REF" and category in _ADDITIONAL:
            found.additional = line.get(2)
    if found is not None:
        yield found


def _loop_after(loop: str, line: Line) -> str:
    if line.tag == "INS":
        return "2000"
    if line.tag in ("NM1", "HD", "LS", "COB"):
        return line.tag if loop != "HD" or line.tag == "LS" else "inside of HD"
    return loop
