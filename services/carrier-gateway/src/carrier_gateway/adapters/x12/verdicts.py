"""What a TA1 and a 999 have to say of the form of what a carrier sent, and what carriers' own say, in our words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from carrier_gateway.domain.acknowledgements import (
    HEADER_NOTES,
    NO_ERROR,
    REJECTS,
    AcknowledgedError,
    GroupAnswer,
    InterchangeAnswer,
    SetAnswer,
    Verdict,
)
from carrier_gateway.x12.acknowledgement999 import codes
from carrier_gateway.x12.acknowledgement999.model import Acknowledgement, SegmentError, SetResponse
from carrier_gateway.x12.enrollment834.structure import FUNCTIONAL_GROUP, IDENTIFIER, VERSION
from carrier_gateway.x12.envelope import GroupRead, InterchangeRead, SetRead
from carrier_gateway.x12.faults import Fault, Problem
from carrier_gateway.x12.interchange_acknowledgement import InterchangeAcknowledgement
from carrier_gateway.x12.segments import STANDARD, allowed

VERDICTS: Final[Mapping[str, Verdict]] = {
    "A": "accepted",
    "E": "accepted-with-errors",
    "P": "partially-accepted",
    **dict.fromkeys(codes.REFUSING, "rejected"),
}
"""TA104, AK901, IK501 → the verdict."""

MOST_SEGMENTS: Final = 100
"""How many segments in error a 999 of ours names of one set: who mends these hears the rest of the next one."""

_SEPARATORS: Final = (11, 16)
"""The elements of an ISA that can only be no separators: then the structure is wrong (022)."""

_HEADER: Final[Mapping[int, str]] = {
    element: note for element, note in HEADER_NOTES.items() if element not in _SEPARATORS
}
_TRAILER: Final[Mapping[int, str]] = {1: "021", 2: "001"}
_INTERCHANGE: Final[Mapping[Fault, str]] = {
    Fault.INTERCHANGE_NUMBER_REPEATED: "025",
    Fault.INTERCHANGE_NOT_CLOSED: "023",
    Fault.INTERCHANGE_COUNT_WRONG: "021",
    Fault.INTERCHANGE_NUMBER_DIFFERS: "001",
}
_STRUCTURE_WRONG: Final = "022"
_CONTENT_WRONG: Final = "024"
_ENDS_EARLY: Final = "023"

_GROUP: Final[Mapping[Fault, str]] = {
    Fault.GROUP_NOT_CLOSED: "3",
    Fault.GROUP_NUMBER_DIFFERS: "4",
    Fault.GROUP_COUNT_WRONG: "5",
    Fault.GROUP_NUMBER_REPEATED: "19",
}
_SET: Final[Mapping[Fault, str]] = {
    Fault.SET_NOT_CLOSED: "2",
    Fault.SET_NUMBER_DIFFERS: "3",
    Fault.SET_COUNT_WRONG: "4",
    Fault.SET_NUMBER_REPEATED: "23",
    Fault.SET_VERSION_DIFFERS: "I6",
}
_ST: Final[Mapping[int, str]] = {1: "6", 2: "7", 3: "I6"}
_SE: Final[Mapping[int, str]] = {1: "4", 2: "3"}
_SEGMENT: Final[Mapping[Fault, str]] = {
    Fault.SEGMENT_MISSING: "3",
    Fault.SEGMENT_UNEXPECTED: "2",
    Fault.SEGMENT_REPEATED: "5",
    Fault.REPORTING_LOOP_NOT_CLOSED: "3",
    Fault.COVERAGE_MISSING: "I6",
    Fault.COVERAGE_ON_AN_END: "I9",
    Fault.DEPENDENT_ON_AN_END: "I9",
}
_ELEMENT: Final[Mapping[Fault, str]] = {
    Fault.ELEMENT_MISSING: "1",
    Fault.ELEMENT_NOT_USED: "I10",
    Fault.ELEMENT_CODE_UNKNOWN: "7",
    Fault.ELEMENT_NOT_A_DATE: "8",
    Fault.ELEMENT_NOT_A_TIME: "9",
    Fault.ELEMENT_NOT_A_NUMBER: "6",
    Fault.ELEMENT_CHARACTERS: "6",
    Fault.ELEMENT_PAIR_BROKEN: "2",
}
_NOT_EXPECTED: Final = "2"
_HAS_ELEMENTS_IN_ERROR: Final = "8"
_OTHER_FORM: Final = "I12"
_SEGMENTS_IN_ERROR: Final = "5"
_GROUP_NOT_SUPPORTED: Final = "1"
_GROUP_VERSION_NOT_SUPPORTED: Final = "2"
_SET_NOT_SUPPORTED: Final = "1"
_ECHOED = re.compile(r"[A-Za-z0-9.-]+", re.ASCII)


def note_on(read: InterchangeRead, problems: Sequence[Problem]) -> str:
    """Return what a TA1 notes on an interchange's form (TA105), the first thing wrong with it; ``problems`` are those
    of its file that no interchange answers for.
    """
    for problem in read.problems:
        return _note(problem)
    if problems:
        ends = any(each.fault is Fault.SEGMENT_NOT_TERMINATED for each in problems)
        return _ENDS_EARLY if ends else _STRUCTURE_WRONG
    return NO_ERROR if read.groups or read.acknowledgements else _CONTENT_WRONG


def _note(problem: Problem) -> str:
    if problem.fault in _INTERCHANGE:
        return _INTERCHANGE[problem.fault]
    of_segment = {"ISA": _HEADER, "IEA": _TRAILER}.get(problem.segment, {})
    return of_segment.get(problem.element, _STRUCTURE_WRONG)


def group_answer(read: GroupRead, sets: Sequence[SetAnswer | None]) -> GroupAnswer | None:
    """Return what a 999 says of a group; ``sets`` are those of its sets, None for one that cannot be named.

    None for a group whose header says nothing, or names a kind that no 999 may answer.
    """
    header = read.header
    if header is None or header.functional not in codes.FUNCTIONAL_GROUPS:
        return None
    wrong = [_GROUP.get(problem.fault, "5" if problem.segment == "GE" else "") for problem in read.problems]
    if header.functional != FUNCTIONAL_GROUP:
        wrong.append(_GROUP_NOT_SUPPORTED)
    elif header.version != VERSION:
        wrong.append(_GROUP_VERSION_NOT_SUPPORTED)
    found = tuple(dict.fromkeys(each for each in wrong if each))[:5]
    refused = bool(wrong)
    accepted = 0 if refused else sum(each is not None and each.verdict not in REJECTS for each in sets)
    announced = "" if read.closing is None else read.closing.get(1)
    return GroupAnswer(
        functional=header.functional,
        control_number=header.control_number,
        version=_echo(header.version, most=12),
        verdict=_verdict(accepted=accepted, received=len(sets)),
        included=int(announced) if re.fullmatch(r"\d{1,6}", announced, re.ASCII) else len(sets),
        received=len(sets),
        accepted=accepted,
        errors=tuple(_error("group", each) for each in found),
        sets=() if refused else tuple(each for each in sets if each is not None),
    )


def _verdict(*, accepted: int, received: int) -> Verdict:
    if accepted == 0:
        return "rejected"
    return "accepted" if accepted == received else "partially-accepted"


def set_answer(read: SetRead, problems: Iterable[Problem]) -> SetAnswer | None:
    """Return what a 999 says of a set in which that is wrong, beside its envelope; None for one that it cannot name."""
    number = _echo(read.set.control_number, most=9)
    if read.set.identifier not in codes.SETS or len(number) < 4:
        return None
    of_set = [_of_envelope(problem) for problem in read.problems]
    if read.set.identifier != IDENTIFIER:
        of_set.append(_SET_NOT_SUPPORTED)
    in_segments = tuple(_in_segments(read, problems))
    if in_segments:
        of_set.append(_SEGMENTS_IN_ERROR)
    found = tuple(dict.fromkeys(of_set))[:5]
    return SetAnswer(
        identifier=read.set.identifier,
        control_number=number,
        version=_echo(read.set.version, most=35),
        verdict="rejected" if found else "accepted",
        errors=(*(_error("set", each) for each in found), *in_segments),
    )


def _of_envelope(problem: Problem) -> str:
    if problem.fault in _SET:
        return _SET[problem.fault]
    return (_ST if problem.segment == "ST" else _SE).get(problem.element, _SEGMENTS_IN_ERROR)


def _in_segments(read: SetRead, problems: Iterable[Problem]) -> Iterator[AcknowledgedError]:
    """Yield each segment in error, followed by its elements' errors."""
    ordered = sorted(problems, key=lambda each: (each.position, each.segment, each.element))
    places = groupby(ordered, key=lambda each: (each.position, each.segment))
    for number, ((position, segment), group) in enumerate(places):
        if number == MOST_SEGMENTS:
            return
        found = list(group)
        in_elements = [each for each in found if each.element]
        code = _HAS_ELEMENTS_IN_ERROR if in_elements else _SEGMENT.get(found[0].fault, _NOT_EXPECTED)
        place = max(position - read.set.position + 1, 1)
        yield _error("segment", code, segment=segment or "ST", position=place)
        for element in sorted({each.element for each in in_elements}):
            fault = next(each.fault for each in in_elements if each.element == element)
            yield _error(
                "element",
                _ELEMENT.get(fault, _OTHER_FORM),
                segment=segment,
                position=place,
                element=element,
            )


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "interchange": codes.INTERCHANGE_NOTES,
    "group": codes.GROUP_ERRORS,
    "set": codes.SET_ERRORS,
    "segment": codes.SEGMENT_ERRORS,
    "element": codes.ELEMENT_ERRORS,
}


def _error(
    level: str,
    code: str,
    *,
    segment: str = "",
    position: int = 0,
    loop: str = "",
    element: int = 0,
    component: int = 0,
) -> AcknowledgedError:
    return AcknowledgedError(
        level=level,  # pyright: ignore[reportArgumentType]
        code=code,
        says=_WORDS[level].get(code, "a code that is not known"),
        segment=segment,
        position=position,
        loop=loop,
        element=element,
        component=component,
    )


def _echo(text: str, *, most: int) -> str:
    """Return a value of the carrier's as it is said again; empty where it cannot be."""
    fits = len(text) <= most and allowed(text) and not any(each in text for each in STANDARD.all)
    return text if fits and _ECHOED.fullmatch(text) else ""


def interchange_answered(said: InterchangeAcknowledgement) -> InterchangeAnswer:
    """Return what a carrier's TA1 says."""
    return InterchangeAnswer(
        control_number=said.control_number,
        created_on=said.created_on,
        created_at=said.created_at,
        verdict=VERDICTS[said.verdict],
        note=said.note,
        says=codes.INTERCHANGE_NOTES[said.note],
    )


def group_answered(said: Acknowledgement) -> GroupAnswer:
    """Return what a carrier's 999 says, of one in which nothing is wrong."""
    return GroupAnswer(
        functional=said.functional,
        control_number=said.group_number,
        version=said.version,
        verdict=VERDICTS[said.verdict],
        included=said.included,
        received=said.received,
        accepted=said.accepted,
        errors=tuple(_error("group", each) for each in said.errors),
        sets=tuple(_set_answered(each) for each in said.sets),
    )


def _set_answered(said: SetResponse) -> SetAnswer:
    return SetAnswer(
        identifier=said.identifier,
        control_number=said.control_number,
        version=said.version,
        verdict=VERDICTS[said.verdict],
        errors=(
            *(_error("set", each) for each in said.errors),
            *(error for each in said.segments for error in _errors_of(each)),
        ),
    )


def _errors_of(said: SegmentError) -> Iterator[AcknowledgedError]:
    where = {"segment": said.segment, "position": said.position, "loop": said.loop}
    yield _error("segment", said.code, **where)
    for each in said.elements:
        place = each.place
        yield _error("element", each.code, **where, element=place.element, component=place.component)
