"""The TA1: what became of one interchange. It stands between ISA and the first GS, or alone in an interchange."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from typing import Final

from carrier_gateway.x12.acknowledgement999 import codes
from carrier_gateway.x12.elements import Shape, check, one_of, parse_short_date, parse_time, required
from carrier_gateway.x12.faults import Fault, Problem
from carrier_gateway.x12.segments import Segment

NO_ERROR: Final = "000"

_SHAPE = Shape(
    elements=(
        required("number", 9, 9),
        required("short-date", 6, 6),
        required("time", 4, 4),
        one_of(*codes.INTERCHANGE_VERDICTS),
        one_of(*codes.INTERCHANGE_NOTES),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeAcknowledgement:
    """A TA1: number, date and time of the interchange it answers, its verdict (TA104) and the note on it (TA105)."""

    control_number: int
    created_on: date
    created_at: time
    verdict: str
    note: str
    at: int = field(default=0, compare=False)


def build_interchange_acknowledgement(*, said: InterchangeAcknowledgement) -> Segment:
    """Return the TA1 segment; reading it gives the same again."""
    return Segment.of(
        "TA1",
        f"{said.control_number:09d}",
        f"{said.created_on:%y%m%d}",
        f"{said.created_at:%H%M}",
        said.verdict,
        said.note,
    )


def parse_interchange_acknowledgement(
    *, segment: Segment
) -> tuple[InterchangeAcknowledgement | None, tuple[Problem, ...]]:
    """Return what a TA1 says, or None and why it says nothing; never raises."""
    problems = check(segment=segment, shape=_SHAPE)
    created_on, created_at = parse_short_date(segment.get(2)), parse_time(segment.get(3))
    if problems or created_on is None or created_at is None:
        return None, tuple(problems)
    said = InterchangeAcknowledgement(
        control_number=int(segment.get(1)),
        created_on=created_on,
        created_at=created_at,
        verdict=segment.get(4),
        note=segment.get(5),
        at=segment.position,
    )
    return said, validate_interchange_acknowledgement(said=said)


def validate_interchange_acknowledgement(*, said: InterchangeAcknowledgement) -> tuple[Problem, ...]:
    """Return what is wrong with what a TA1 says: an interchange is accepted without an error, or has one."""
    if (said.verdict == "A") == (said.note == NO_ERROR):
        return ()
    return (
        Problem(
            floor="element",
            fault=Fault.NOTE_CONTRADICTS,
            position=said.at,
            segment="TA1",
            element=5,
            says="does not go with the verdict beside it (TA104)",
        ),
    )
