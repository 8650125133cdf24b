"""Reading envelopes: which segments belong to which set, group and interchange, and if the counts agree."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

from carrier_gateway.x12.elements import check
from carrier_gateway.x12.envelope import (
    GE,
    IEA,
    SE,
    ST,
    FileRead,
    GroupRead,
    InterchangeRead,
    SetRead,
    TransactionSet,
    group_header,
    interchange_header,
)
from carrier_gateway.x12.faults import Fault, Floor, Problem
from carrier_gateway.x12.segments import Cutter, Segment

T = TypeVar("T")
Walk: TypeAlias = "Generator[None, Segment | None, T]"
"""A walk through a file: it is sent each segment, None after the last, and returns what it has found."""


class Body(Protocol):
    """Takes the segments between ST and SE as they come."""

    def take(self, segment: Segment) -> None:
        """Take the next segment."""
        ...

    def close(self) -> tuple[Segment, ...]:
        """Return the segments that are kept, once there are no more."""
        ...


class Kept:
    """A set's body that is kept whole."""

    def __init__(self, _opening: Segment) -> None:
        self._segments: list[Segment] = []

    def take(self, segment: Segment) -> None:
        """Keep the next segment."""
        self._segments.append(segment)

    def close(self) -> tuple[Segment, ...]:
        """Return all segments."""
        return tuple(self._segments)


def read_file(*, data: bytes) -> FileRead:
    """Return everything a file holds, each unit with its own problems; never raises.

    A unit is sound only if it, and everything it stands in, has no problem: see `x12.faults` for the floors.
    """
    reader = FileReader()
    reader.feed(data)
    return reader.close()


class FileReader:
    """Reads a file as its bytes come; never raises. ``body`` takes what stands in a set, whose ST it is made for.

    Where ``take`` is given, it gets each set at its end, and none is kept: a file of any length takes the memory of its
    longest set. What is wrong with a group or an interchange is known at its own end, after its sets.
    """

    def __init__(
        self, body: Callable[[Segment], Body] = Kept, *, take: Callable[[SetRead], None] | None = None
    ) -> None:
        self._cutter = Cutter()
        self._reader = _Reader(body=body, take_set=take, set_numbers=_Seen())
        self._walk = self._reader.interchanges()
        next(self._walk)

    def feed(self, data: bytes) -> None:
        """Read the next bytes."""
        for segment in self._cutter.feed(data):
            self._walk.send(segment)

    def close(self) -> FileRead:
        """Return everything the file held, as `read_file` does."""
        for segment in self._cutter.close():
            self._walk.send(segment)
        try:
            self._walk.send(None)
        except StopIteration as end:
            interchanges: list[InterchangeRead] = end.value
        else:
            raise AssertionError("a file goes on after its end")
        return FileRead(
            interchanges=tuple(interchanges), problems=(*self._cutter.problems, *self._reader.outside)
        )


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Walks the segments once. ``outside`` collects segments that stand in no envelope."""

    body: Callable[[Segment], Body]
    take_set: Callable[[SetRead], None] | None = None
    next: Segment | None = None
    outside: list[Problem] = field(default_factory=list[Problem])
    interchange_numbers: set[int] = field(default_factory=set[int])
    group_numbers: set[int] = field(default_factory=set[int])
    set_numbers: _Seen

    def tag(self) -> str:
        """Return the tag of the segment that is next; empty at the end."""
        return "" if self.next is None else self.next.tag

    def more(self) -> bool:
        """Whether a segment is left."""
        return self.next is not None

    def take(self) -> Walk[Segment]:
        """Return the next segment and go past it."""
        segment = self.next or Segment("")
        self.next = yield
        return segment

    def interchanges(self) -> Walk[list[InterchangeRead]]:
        """Return all interchanges up to the end of the file."""
        self.next = yield
        found: list[InterchangeRead] = []
        while self.more():
            if self.tag() == "ISA":
                found.append((yield from self._interchange()))
            else:
                yield from self._skip(self.outside, "file", "stands outside of any interchange")
        return found

    def _interchange(self) -> Walk[InterchangeRead]:
        opening = yield from self.take()
        header, problems = interchange_header(opening)
        if _used(opening.get(13), self.interchange_numbers):
            problems.append(
                _problem(
                    "file", Fault.INTERCHANGE_NUMBER_REPEATED, opening, 13, "was used before in this file"
                )
            )
        groups: list[GroupRead] = []
        acknowledgements: list[Segment] = []
        while self.more() and self.tag() not in ("ISA", "IEA"):
            if self.tag() == "GS":
                groups.append((yield from self._group()))
            elif self.tag() == "TA1" and not groups:
                acknowledgements.append((yield from self.take()))
            else:
                yield from self._skip(problems, "file", "stands outside of any group")
        if self.tag() == "IEA":
            closing = yield from self.take()
            problems += check(segment=closing, shape=IEA)
            problems += _count_differs(closing, len(groups), "file", Fault.INTERCHANGE_COUNT_WRONG, "groups")
            problems += _number_differs(
                opening.get(13), closing, "file", Fault.INTERCHANGE_NUMBER_DIFFERS, "ISA13"
            )
        else:
            problems.append(
                _problem("file", Fault.INTERCHANGE_NOT_CLOSED, opening, 0, "is not closed by an IEA")
            )
        return InterchangeRead(
            opening=opening,
            header=header,
            acknowledgements=tuple(acknowledgements),
            groups=tuple(groups),
            problems=tuple(problems),
        )

    def _group(self) -> Walk[GroupRead]:
        opening = yield from self.take()
        header, problems = group_header(opening)
        if _used(opening.get(6), self.group_numbers):
            problems.append(
                _problem("group", Fault.GROUP_NUMBER_REPEATED, opening, 6, "was used before in this file")
            )
        sets: list[SetRead] = []
        count = 0
        while self.more() and self.tag() not in ("ISA", "IEA", "GS", "GE"):
            if self.tag() == "ST":
                read = yield from self._set(version="" if header is None else header.version)
                count += 1
                if self.take_set is None:
                    sets.append(read)
                else:
                    self.take_set(read)
            else:
                yield from self._skip(problems, "group", "stands outside of any set")
        closing: Segment | None = None
        if self.tag() == "GE":
            closing = yield from self.take()
            problems += check(segment=closing, shape=GE)
            problems += _count_differs(closing, count, "group", Fault.GROUP_COUNT_WRONG, "sets")
            problems += _number_differs(opening.get(6), closing, "group", Fault.GROUP_NUMBER_DIFFERS, "GS06")
        else:
            problems.append(_problem("group", Fault.GROUP_NOT_CLOSED, opening, 0, "is not closed by a GE"))
        return GroupRead(
            opening=opening, header=header, closing=closing, sets=tuple(sets), problems=tuple(problems)
        )

    def _set(self, *, version: str) -> Walk[SetRead]:
        opening = yield from self.take()
        problems = check(segment=opening, shape=ST)
        number = opening.get(2)
        if number and number in self.set_numbers:
            problems.append(
                _problem("set", Fault.SET_NUMBER_REPEATED, opening, 2, "was used before in this file")
            )
        self.set_numbers.add(number)
        if version and opening.get(3) and opening.get(3) != version:
            problems.append(
                _problem("set", Fault.SET_VERSION_DIFFERS, opening, 3, "is not the version of its group")
            )
        inside, body = 0, self.body(opening)
        while self.more() and self.tag() not in ("ISA", "IEA", "GS", "GE", "ST", "SE"):
            body.take((yield from self.take()))
            inside += 1
        if self.tag() == "SE":
            closing = yield from self.take()
            problems += check(segment=closing, shape=SE)
            problems += _count_differs(closing, inside + 2, "set", Fault.SET_COUNT_WRONG, "segments")
            problems += _number_differs(number, closing, "set", Fault.SET_NUMBER_DIFFERS, "ST02")
        else:
            problems.append(_problem("set", Fault.SET_NOT_CLOSED, opening, 0, "is not closed by an SE"))
        return SetRead(
            set=TransactionSet(
                identifier=opening.get(1),
                control_number=number,
                version=opening.get(3),
                segments=body.close(),
                position=opening.position,
            ),
            problems=tuple(problems),
        )

    def _skip(self, problems: list[Problem], floor: Floor, says: str) -> Walk[None]:
        segment = yield from self.take()
        if segment.tag:  # one without a tag has its problem already
            problems.append(_problem(floor, Fault.SEGMENT_OUTSIDE, segment, 0, says))


class _Seen:
    """The numbers of sets that were there. Those that follow one another, as they do, take the room of two."""

    def __init__(self) -> None:
        self._width = self._first = self._last = -1
        self._others: set[str] = set()

    def add(self, text: str) -> None:
        """Note a number."""
        if text in self:
            return
        if self._width < 0 and _digits(text):
            self._width, self._first, self._last = len(text), int(text), int(text)
        elif len(text) == self._width and _digits(text) and int(text) == self._last + 1:
            self._last += 1
        else:
            self._others.add(text)

    def __contains__(self, text: str) -> bool:
        follows = len(text) == self._width and _digits(text) and self._first <= int(text) <= self._last
        return follows or text in self._others


def _count_differs(closing: Segment, count: int, floor: Floor, fault: Fault, what: str) -> list[Problem]:
    text = closing.get(1)
    if not _digits(text) or int(text) == count:
        return []  # a text that is no number has its problem already
    return [_problem(floor, fault, closing, 1, f"is not the number of {what} there are")]


def _used(number: str, before: set[int]) -> bool:
    """Return whether a number was used before, and note that it is used: by a header that says nothing else too."""
    if not _digits(number):
        return False
    used = int(number) in before
    before.add(int(number))
    return used


def _number_differs(opened: str, closing: Segment, floor: Floor, fault: Fault, named: str) -> list[Problem]:
    closed = closing.get(2)
    same = int(closed) == int(opened) if _digits(opened) and _digits(closed) else closed == opened
    return [] if same else [_problem(floor, fault, closing, 2, f"is not the control number in {named}")]


def _digits(text: str) -> bool:
    # Python refuses to make a number of thousands of digits; no control number has so many.
    return len(text) < 20 and text.isascii() and text.isdigit()


def _problem(floor: Floor, fault: Fault, segment: Segment, element: int, says: str) -> Problem:
    return Problem(
        floor=floor, fault=fault, position=segment.position, segment=segment.tag, element=element, says=says
    )
