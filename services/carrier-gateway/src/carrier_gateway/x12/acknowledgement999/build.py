"""From the model to segments: the body of a 999, between ST and SE."""

from __future__ import annotations

from collections.abc import Iterator

from carrier_gateway.x12.acknowledgement999.model import (
    Acknowledgement,
    Context,
    ElementError,
    ElementPlace,
    SegmentError,
    SetResponse,
)
from carrier_gateway.x12.acknowledgement999.structure import IDENTIFIER, VERSION
from carrier_gateway.x12.envelope import TransactionSet
from carrier_gateway.x12.segments import STANDARD, Segment


def build(*, acknowledgement: Acknowledgement) -> TransactionSet:
    """Return the set's segments in the order the structure wants them; reading them gives the same model again."""
    return TransactionSet(
        identifier=IDENTIFIER,
        control_number=acknowledgement.control_number,
        version=VERSION,
        segments=tuple(_body(acknowledgement)),
        position=acknowledgement.at,
    )


def _body(said: Acknowledgement) -> Iterator[Segment]:
    yield Segment.of("AK1", said.functional, str(said.group_number), said.version)
    for each in said.sets:
        yield from _set(each)
    counts = (str(said.included), str(said.received), str(said.accepted))
    yield Segment.of("AK9", said.verdict, *counts, *said.errors)


def _set(said: SetResponse) -> Iterator[Segment]:
    yield Segment.of("AK2", said.identifier, said.control_number, said.version)
    for each in said.segments:
        yield from _segment(each)
    yield Segment.of("IK5", said.verdict, *said.errors)


def _segment(said: SegmentError) -> Iterator[Segment]:
    yield Segment.of("IK3", said.segment, str(said.position), said.loop, said.code)
    for context in said.contexts:
        yield _context(context)
    for each in said.elements:
        yield from _element(each)


def _element(said: ElementError) -> Iterator[Segment]:
    copy = "" if said.copy is None else said.copy.reveal()
    yield Segment.of("IK4", _place(said.place), said.data_element, said.code, copy)
    for context in said.contexts:
        yield _context(context)


def _context(said: Context) -> Segment:
    reference = "" if said.reference is None else said.reference.reveal()
    return Segment.of(
        "CTX",
        said.name + (STANDARD.component + reference if reference else ""),
        said.segment,
        "" if said.position is None else str(said.position),
        said.loop,
        "" if said.place is None else _place(said.place),
        said.data_element,
    )


def _place(place: ElementPlace) -> str:
    numbers = [str(each) if each else "" for each in (place.element, place.component, place.repetition)]
    return STANDARD.component.join(numbers).rstrip(STANDARD.component)
