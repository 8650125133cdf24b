"""Every element of a set by its meaning: in which loop, which segment of it, which element.

The model in `model` holds what we have use for. This holds all there is, so that whoever must not pass anything
over can go through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from carrier_gateway.x12.enrollment834.categories import CATEGORIES, amount_cents
from carrier_gateway.x12.grammar import Node, Slot
from carrier_gateway.x12.segments import Segment


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """One element that is not empty.

    ``place`` is its loop and segment, with what tells them from others alike: ``2300 DTP*348``,
    ``2750:APTC AMT REF``. A loop that comes again has its number: ``2300#2 HD``. It prints without the value.
    """

    place: str
    position: int
    segment: str
    element: int
    value: str

    def __repr__(self) -> str:
        return f"Part({self.place!r}, element={self.element}, position={self.position})"


def parts_of(node: Node) -> Iterator[Part]:
    """Yield every element of a loop and of all loops in it, except those of a member inside of a set."""
    yield from _loop_parts(node, node.loop.name)


def segment_parts(place: str, segment: Segment) -> Iterator[Part]:
    """Yield the elements of one segment."""
    for number, value in enumerate(segment.elements, start=1):
        if value:
            yield Part(place, segment.position, segment.tag, number, value)


def _loop_parts(node: Node, name: str) -> Iterator[Part]:
    slots = node.loop.slots
    for slot_name, segments in node.slots.items():
        for segment in segments:
            place = _place(name, slots[slot_name], segment)
            for part in segment_parts(place, segment):
                yield _as_amount(part, node) if part.element == 2 else part
    for inner_name, inner in node.loops.items():
        if inner_name == "2000":
            continue
        for count, each in enumerate(inner, start=1):
            yield from _loop_parts(each, _name_of(each, count))


def _place(loop: str, slot: Slot, segment: Segment) -> str:
    qualifier = f"*{segment.get(1)}" if slot.qualifiers and slot.name != "value" else ""
    return f"{loop} {segment.tag}{qualifier}"


def _name_of(node: Node, count: int) -> str:
    if node.loop.name == "2750":
        category, effective = node.one("category"), node.one("effective")
        name = "" if category is None else category.get(2)
        period = effective.get(3) if effective is not None and effective.get(2) == "RD8" else ""
        return f"2750:{name}" + (f"@{period}" if period else "")
    numbered = count > 1 and node.loop.name != "2700"
    return f"{node.loop.name}#{count}" if numbered else node.loop.name


def _as_amount(part: Part, node: Node) -> Part:
    """Return an amount in cents: 500, 500.0 and 500.00 are one."""
    category = node.one("category") if node.loop.name == "2750" else None
    rule = None if category is None else CATEGORIES.get(category.get(2))
    cents = amount_cents(part.value) if rule is not None and rule.value == "amount" else None
    if part.segment != "REF" or cents is None:
        return part
    return Part(part.place, part.position, part.segment, part.element, str(cents))
