"""A sound file of one set, changed in one place each: every element, every segment, and all the standard knows.

Deterministic: the same file has the same mutants in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from carrier_gateway.x12.elements import Element, Shape, parse_date
from carrier_gateway.x12.enrollment834.structure import SET, floor_of
from carrier_gateway.x12.envelope import GE, GS, IEA, ISA, SE, ST
from carrier_gateway.x12.grammar import Loop, Node, Slot, read_loop
from carrier_gateway.x12.segments import Segment, tokenize

ENVELOPE = {"ISA": ISA, "GS": GS, "ST": ST, "SE": SE, "GE": GE, "IEA": IEA}
Lines = list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A changed file: what was done to which segment, and to which element of it (0: to the segment).

    ``tells_apart``: the element says which of its kind a segment is, or what another element of it means.
    """

    what: str
    segment: str
    position: int
    element: int
    tells_apart: bool = False
    data: bytes

    def __str__(self) -> str:
        return f"{self.what} {self.segment}{self.element:02d}"


def lines_of(data: bytes) -> Lines:
    """Return a file's segments as lists of tag and elements."""
    return [[each.tag, *each.elements] for each in tokenize(data=data).segments]


def file_of(lines: Sequence[Sequence[str]]) -> bytes:
    """Return segments as a file, empty elements at their ends left out."""
    made: list[str] = []
    for line in lines:
        kept = list(line)
        while kept and not kept[-1]:
            kept.pop()
        made.append("*".join(kept) + "~\n")
    return "".join(made).encode("latin-1")


def recounted(lines: Lines) -> Lines:
    """Return the lines with SE01 made to fit: the count is not what is tried."""
    made = [list(line) for line in lines]
    begin = next(at for at, line in enumerate(made) if line[0] == "ST")
    end = next(at for at, line in enumerate(made) if line[0] == "SE")
    made[end][1] = str(end - begin + 1)
    return made


def element_mutants(data: bytes) -> Iterator[Mutant]:
    """Yield the file with one element changed, left out, or said where it was not."""
    lines = lines_of(data)
    shapes = _shapes(data)
    for at, line in enumerate(lines):
        shape = shapes[at]
        for number, element in enumerate((*shape.elements, Element(usage="not-used")), start=1):
            before = line[number] if number < len(line) else ""
            for value in _others(element, before):
                changed = [list(each) for each in lines]
                changed[at] += [""] * (number + 1 - len(changed[at]))
                changed[at][number] = value
                what = "leave out" if not value else "change" if before else "add"
                yield Mutant(
                    what=what,
                    segment=line[0],
                    position=at + 1,
                    element=number,
                    tells_apart=_tells_apart(line[0], shape, number),
                    data=file_of(changed),
                )


def _tells_apart(tag: str, shape: Shape, number: int) -> bool:
    paired = any(number in numbers for numbers in shape.together)
    delimits = tag == "ISA" and number >= 16  # after the last one all stands at another place
    qualifies = number == 1 and tag in ("REF", "DTP", "QTY", "N1", "NM1")
    return paired or delimits or qualifies or (tag, number) == ("DTP", 2)


def segment_mutants(data: bytes) -> Iterator[Mutant]:
    """Yield the file with one segment left out, or there twice."""
    lines = lines_of(data)
    for at, line in enumerate(lines):
        if line[0] in ENVELOPE:
            continue
        without = recounted([*lines[:at], *lines[at + 1 :]])
        yield Mutant(what="leave out", segment=line[0], position=at + 1, element=0, data=file_of(without))
        twice = recounted([*lines[: at + 1], line, *lines[at + 1 :]])
        yield Mutant(what="repeat", segment=line[0], position=at + 1, element=0, data=file_of(twice))


def known_segments() -> Iterator[Lines]:
    """Yield the least of every segment and loop that the standard knows in a set, by every qualifier."""
    yield from _known(SET)


def insertions(data: bytes, added: Lines) -> Iterator[Mutant]:
    """Yield the file with these segments put in after each of its own between ST and SE."""
    lines = lines_of(data)
    begin = next(at for at, line in enumerate(lines) if line[0] == "ST")
    end = next(at for at, line in enumerate(lines) if line[0] == "SE")
    for at in range(begin + 1, end + 1):
        made = recounted([*lines[:at], *added, *lines[at:]])
        yield Mutant(what="put in", segment=added[0][0], position=at + 1, element=0, data=file_of(made))


def _known(loop: Loop) -> Iterator[Lines]:
    for part in loop.parts:
        if isinstance(part, Slot):
            for segment in _least_segments(part):
                yield [segment]
        else:
            for first in _least_segments(part.first):
                yield [first, *_rest(part)]
            yield from _known(part)


def _rest(loop: Loop) -> Lines:
    rest: Lines = []
    for part in loop.parts:
        if not part.least:
            continue
        if isinstance(part, Slot):
            rest.append(next(_least_segments(part)))
        else:
            rest += [next(_least_segments(part.first)), *_rest(part)]
    return rest


def _least_segments(slot: Slot) -> Iterator[list[str]]:
    """Yield the shortest segment of a slot, one for each qualifier that tells it from others."""
    for qualifier in sorted(slot.qualifiers) or [""]:
        filled = [_least(each) if each.usage == "required" else "" for each in slot.shape.elements]
        if qualifier:
            filled[0] = qualifier
        if slot.tag == "LUI":
            filled[:2] = ["LD", "FR"]
        if slot.tag == "DTP":
            filled[1:3] = ["D8", "20160101"]
        yield [slot.tag, *filled]


def _least(element: Element) -> str:
    if element.codes:
        return min(element.codes)
    match element.kind:
        case "date" | "period":
            return "20160101"
        case "time":
            return "1000"
        case "number" | "decimal":
            return "7".zfill(element.least)
        case _:
            return "X" * max(element.least, 1)


def _others(element: Element, before: str) -> Iterator[str]:
    """Yield values that an element could hold instead: each of its codes, or another of its kind."""
    if before and before.strip():
        yield ""
    if element.codes:
        yield from sorted(element.codes - {before})
        return
    if not before.strip():
        yield _least(element)
        return
    day = parse_date(before)
    if day is not None:
        yield f"{day + timedelta(days=1):%Y%m%d}"
        yield f"{date(day.year, 12, 31):%Y%m%d}"
    elif before.isdigit():
        yield str(int(before) + 1).zfill(len(before))
    else:
        yield before[:-1] + ("Y" if before[-1] == "X" else "X") if before[-1] != " " else before[:-1] + "X"
        yield "OTHER".ljust(element.least)[: max(element.most, 5)]


def _shapes(data: bytes) -> list[Shape]:
    segments = tokenize(data=data).segments
    begin = next(at for at, each in enumerate(segments) if each.tag == "ST")
    end = next(at for at, each in enumerate(segments) if each.tag == "SE")
    root, _ = read_loop(
        loop=SET, segments=segments[begin:end], at=0, floor=floor_of, outer=lambda _segment: False
    )
    inside = dict(_shapes_of(root))
    return [ENVELOPE.get(each.tag) or inside[each.position] for each in segments]


def _shapes_of(node: Node) -> Iterator[tuple[int, Shape]]:
    slots = {slot.name: slot for slot in (node.loop.first, *node.loop.parts) if isinstance(slot, Slot)}
    for name, segments in node.slots.items():
        for segment in segments:
            yield _position(segment), slots[name].shape
    for inner in node.loops.values():
        for each in inner:
            yield from _shapes_of(each)


def _position(segment: Segment) -> int:
    return segment.position
