"""From segments to the model: as much as is there, and of the rest where it is and what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.acknowledgement999.model import (
    Acknowledgement,
    Context,
    ElementError,
    ElementPlace,
    SegmentError,
    SetResponse,
)
from carrier_gateway.x12.acknowledgement999.structure import SET
from carrier_gateway.x12.envelope import TransactionSet
from carrier_gateway.x12.faults import Fault, Problem
from carrier_gateway.x12.grammar import Node, read_loop
from carrier_gateway.x12.segments import Segment

# The sign between components is the interchange's own, and is no digit.
_PLACE = re.compile(r"(\d{1,2})(?:[^\d](\d{0,2}))?(?:[^\d](\d{0,4}))?", re.ASCII)
_NAME = re.compile(r"([A-Z0-9 ]+)(?:[^A-Z0-9 ](.*))?", re.ASCII)
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A 999 as far as it could be read, and what is wrong with it."""

    acknowledgement: Acknowledgement
    problems: tuple[Problem, ...]


def parse(*, transaction_set: TransactionSet) -> Parsed:
    """Return what a set between ST and SE says, whatever is wrong with it; never raises."""
    opening = Segment(
        "ST",
        (transaction_set.identifier, transaction_set.control_number, transaction_set.version),
        transaction_set.position,
    )
    segments = [opening, *transaction_set.segments]
    root, _ = read_loop(loop=SET, segments=segments, at=0, floor=lambda _: "set", outer=lambda _: False)
    # What is wrong with the ST itself is the envelope's to say.
    problems = [problem for problem in root.all_problems() if problem.segment != "ST"]
    group, verdict = root.one("group") or Segment("AK1"), root.one("verdict") or Segment("AK9")
    acknowledgement = Acknowledgement(
        control_number=transaction_set.control_number,
        functional=group.get(1),
        group_number=_number(group.get(2)),
        version=group.get(3),
        verdict=verdict.get(1),
        included=_number(verdict.get(2)),
        received=_number(verdict.get(3)),
        accepted=_number(verdict.get(4)),
        errors=_codes(verdict, first=5),
        sets=tuple(_set(node, problems) for node in root.children("2000")),
        at=transaction_set.position,
    )
    return Parsed(acknowledgement=acknowledgement, problems=tuple(problems))


def _set(node: Node, problems: list[Problem]) -> SetResponse:
    opening, verdict = node.one("set") or Segment("AK2"), node.one("verdict") or Segment("IK5")
    return SetResponse(
        identifier=opening.get(1),
        control_number=opening.get(2),
        version=opening.get(3),
        verdict=verdict.get(1),
        errors=_codes(verdict, first=2),
        segments=tuple(_segment(each, problems) for each in node.children("2100")),
        at=opening.position,
    )


def _segment(node: Node, problems: list[Problem]) -> SegmentError:
    opening = node.one("segment") or Segment("IK3")
    return SegmentError(
        segment=opening.get(1),
        position=_number(opening.get(2)),
        loop=opening.get(3),
        code=opening.get(4),
        contexts=_contexts(node, problems),
        elements=tuple(_element(each, problems) for each in node.children("2110")),
    )


def _element(node: Node, problems: list[Problem]) -> ElementError:
    opening = node.one("element") or Segment("IK4")
    return ElementError(
        place=_place(opening, 1, problems) or ElementPlace(element=0),
        data_element=opening.get(2),
        code=opening.get(3),
        copy=_masked(opening.get(4)),
        contexts=_contexts(node, problems),
    )


def _contexts(node: Node, problems: list[Problem]) -> tuple[Context, ...]:
    return tuple(_context(each, problems) for each in node.all("contexts"))


def _context(segment: Segment, problems: list[Problem]) -> Context:
    named = _NAME.fullmatch(segment.get(1))
    return Context(
        name="" if named is None else named[1],
        reference=None if named is None else _masked(named[2] or ""),
        segment=segment.get(2),
        position=_number(segment.get(3)) if segment.get(3) else None,
        loop=segment.get(4),
        place=_place(segment, 5, problems) if segment.get(5) else None,
        data_element=segment.get(6),
    )


def _place(segment: Segment, element: int, problems: list[Problem]) -> ElementPlace | None:
    found = _PLACE.fullmatch(segment.get(element))
    if found is None:
        if segment.get(element):  # one that is missing has its problem already
            problems.append(
                Problem(
                    floor="element",
                    fault=Fault.ELEMENT_NOT_A_NUMBER,
                    position=segment.position,
                    segment=segment.tag,
                    element=element,
                    says="is no position of an element",
                )
            )
        return None
    return ElementPlace(element=int(found[1]), component=int(found[2] or 0), repetition=int(found[3] or 0))


def _codes(segment: Segment, *, first: int) -> tuple[str, ...]:
    return tuple(each for each in segment.elements[first - 1 :] if each)


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else 0


def _masked(text: str) -> Masked | None:
    return Masked(text) if text else None
