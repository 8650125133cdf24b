"""Loops: which segments may follow which, read from a table, with each fault where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from carrier_gateway.x12.elements import Shape, check
from carrier_gateway.x12.faults import Fault, Floor, Problem
from carrier_gateway.x12.segments import Segment

UNBOUNDED = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place for one kind of segment in a loop, at least and at most so often.

    ``qualifiers`` are the values of the first element that tell it from other slots of the same tag; none
    where the tag alone does.
    """

    name: str
    tag: str
    shape: Shape
    qualifiers: frozenset[str] = frozenset()
    least: int = 0
    most: int = 1

    def takes(self, segment: Segment) -> bool:
        """Whether the segment, by its tag and qualifier, belongs here."""
        return segment.tag == self.tag and (not self.qualifiers or segment.get(1) in self.qualifiers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A loop: it begins with its first slot's segment, then come its parts in order."""

    name: str
    first: Slot
    parts: tuple[Slot | Loop, ...] = ()
    least: int = 0
    most: int = 1
    slots: Mapping[str, Slot] = field(init=False, compare=False, repr=False)
    """Its own slots by name, the first one too."""
    by_tag: Mapping[str, tuple[tuple[int, frozenset[str]], ...]] = field(
        init=False, compare=False, repr=False
    )
    """By a segment's tag, the numbers of the parts that may take it, with the qualifiers that each takes: none any."""

    def __post_init__(self) -> None:
        slots = {part.name: part for part in (self.first, *self.parts) if isinstance(part, Slot)}
        by_tag: dict[str, tuple[tuple[int, frozenset[str]], ...]] = {}
        for index, part in enumerate(self.parts):
            qualifiers = part.qualifiers if isinstance(part, Slot) else part.first.qualifiers
            by_tag[part.tag] = (*by_tag.get(part.tag, ()), (index, qualifiers))
        object.__setattr__(self, "slots", slots)
        object.__setattr__(self, "by_tag", by_tag)

    def part_for(self, segment: Segment, reached: int) -> int | None:
        """Return the number of the first part from one on that takes a segment, None where none does."""
        for index, qualifiers in self.by_tag.get(segment.tag, ()):
            if index >= reached and (not qualifiers or segment.get(1) in qualifiers):
                return index
        return None

    def takes(self, segment: Segment) -> bool:
        """Whether the segment begins this loop."""
        return self.first.takes(segment)

    @property
    def tag(self) -> str:
        """The tag of the segment that begins the loop."""
        return self.first.tag


@dataclass(slots=True, kw_only=True)
class Node:
    """A loop as it was found: its segments by slot, its inner loops by name, what is wrong with it itself."""

    loop: Loop
    position: int
    slots: dict[str, list[Segment]] = field(default_factory=dict[str, list[Segment]])
    loops: dict[str, list[Node]] = field(default_factory=dict[str, "list[Node]"])
    problems: list[Problem] = field(default_factory=list[Problem])

    def one(self, slot: str) -> Segment | None:
        """Return the first segment of a slot, if there is any."""
        found = self.slots.get(slot)
        return found[0] if found else None

    def all(self, slot: str) -> list[Segment]:
        """Return every segment of a slot."""
        return self.slots.get(slot, [])

    def child(self, name: str) -> Node | None:
        """Return the first inner loop of that name, if there is any."""
        found = self.loops.get(name)
        return found[0] if found else None

    def children(self, name: str) -> list[Node]:
        """Return every inner loop of that name."""
        return self.loops.get(name, [])

    def all_problems(self) -> list[Problem]:
        """Return the problems of this loop and of all loops in it, by position."""
        inner = [
            problem for nodes in self.loops.values() for node in nodes for problem in node.all_problems()
        ]
        if not inner and not self.problems:
            return []
        return sorted([*self.problems, *inner], key=lambda problem: (problem.position, problem.element))


Accepts = Callable[[Segment], bool]


def read_loop(
    *, loop: Loop, segments: Sequence[Segment], at: int, floor: Callable[[Loop], Floor], outer: Accepts
) -> tuple[Node, int]:
    """Return the loop that begins at a segment, and the number of the first segment after it.

    ``outer`` says whether a loop around this one would take a segment: then this one ends before it. A
    segment nobody takes is a problem and passed over. ``floor`` names the floor a loop's problems stand on.
    """
    node = Node(loop=loop, position=segments[at].position)
    _record(node, loop.first, segments[at])
    reached = 0
    at += 1
    while at < len(segments):
        segment = segments[at]
        if not segment.tag:  # malformed: it has its problem already
            at += 1
            continue
        index = loop.part_for(segment, reached)
        if index is None:
            if outer(segment):
                break
            _take_loosely(node, reached, segment, floor(loop))
            at += 1
            continue
        part, reached = loop.parts[index], _begin_of_run(loop, index)
        if isinstance(part, Slot):
            _record(node, part, segment)
            at += 1
            if len(node.slots[part.name]) > part.most:
                node.problems.append(_repeated(segment, floor(loop)))
        else:
            outside = _outside(loop, reached, outer)
            child, at = read_loop(loop=part, segments=segments, at=at, floor=floor, outer=outside)
            found = node.loops.setdefault(part.name, [])
            found.append(child)
            if len(found) > part.most:
                child.problems.append(_repeated(segment, floor(part)))
    node.problems.extend(_missing(node, floor(loop)))
    return node, at


def _begin_of_run(loop: Loop, index: int) -> int:
    """Return the first of the neighbouring parts of the same tag: they share a place in the standard, so that
    their order among themselves is free."""
    while index and loop.parts[index - 1].tag == loop.parts[index].tag:
        index -= 1
    return index


def _outside(loop: Loop, reached: int, outer: Accepts) -> Accepts:
    return lambda segment: loop.part_for(segment, reached) is not None or outer(segment)


def _take_loosely(node: Node, reached: int, segment: Segment, floor: Floor) -> None:
    """Judge a segment with an unknown qualifier by its tag; one whose tag has no place here is misplaced."""
    alike = [part for part in node.loop.parts[reached:] if isinstance(part, Slot) and part.tag == segment.tag]
    if alike:
        node.problems.extend(check(segment=segment, shape=max(alike, key=lambda slot: slot.most).shape))
    else:
        node.problems.append(_misplaced(node.loop, reached, segment, floor))


def _record(node: Node, slot: Slot, segment: Segment) -> None:
    node.slots.setdefault(slot.name, []).append(segment)
    node.problems.extend(check(segment=segment, shape=slot.shape))


def _misplaced(loop: Loop, reached: int, segment: Segment, floor: Floor) -> Problem:
    before = any(part.takes(segment) for part in loop.parts[:reached]) or loop.first.takes(segment)
    says = "comes too late in its loop" if before else f"does not belong in loop {loop.name}"
    return Problem(
        floor=floor, fault=Fault.SEGMENT_UNEXPECTED, position=segment.position, segment=segment.tag, says=says
    )


def _repeated(segment: Segment, floor: Floor) -> Problem:
    return Problem(
        floor=floor,
        fault=Fault.SEGMENT_REPEATED,
        position=segment.position,
        segment=segment.tag,
        says="comes more often than it may",
    )


def _missing(node: Node, floor: Floor) -> list[Problem]:
    problems: list[Problem] = []
    for part in node.loop.parts:
        present = node.slots.get(part.name) if isinstance(part, Slot) else node.loops.get(part.name)
        if part.least and not present:
            closing = part.tag == "LE"
            problems.append(
                Problem(
                    floor=floor,
                    fault=Fault.REPORTING_LOOP_NOT_CLOSED if closing else Fault.SEGMENT_MISSING,
                    position=node.position,
                    segment=part.tag,
                    says=f"is missing from loop {node.loop.name}, which begins here",
                )
            )
    return problems
