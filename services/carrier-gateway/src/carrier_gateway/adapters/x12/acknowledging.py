"""TA1s and 999s for carriers, each in an interchange of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from carrier_gateway.adapters.x12.enveloping import enveloped, interchange_header
from carrier_gateway.application.ports import Envelope
from carrier_gateway.domain.acknowledgements import (
    AcknowledgedError,
    GroupAnswer,
    InterchangeAnswer,
    SetAnswer,
    Verdict,
)
from carrier_gateway.x12.acknowledgement999.build import build
from carrier_gateway.x12.acknowledgement999.codes import INTERCHANGE_NOTES
from carrier_gateway.x12.acknowledgement999.model import (
    Acknowledgement,
    ElementError,
    ElementPlace,
    SegmentError,
    SetResponse,
)
from carrier_gateway.x12.acknowledgement999.structure import FUNCTIONAL_GROUP, VERSION
from carrier_gateway.x12.envelope import Interchange, compose
from carrier_gateway.x12.interchange_acknowledgement import (
    InterchangeAcknowledgement,
    build_interchange_acknowledgement,
)
from carrier_gateway.x12.segments import write

_CODES: Final[Mapping[Verdict, str]] = {
    "accepted": "A",
    "accepted-with-errors": "E",
    "partially-accepted": "P",
    "rejected": "R",
}


class AcknowledgerX12:
    """Writes TA1s and 999s. No acknowledgement is asked for them: nobody acknowledges an acknowledgement."""

    def interchange(self, answer: InterchangeAnswer, *, envelope: Envelope) -> str:
        """Return a TA1 as a whole file: the same for the same answer."""
        said = InterchangeAcknowledgement(
            control_number=answer.control_number,
            created_on=answer.created_on,
            created_at=answer.created_at,
            verdict=_CODES[answer.verdict],
            note=answer.note,
        )
        segment = build_interchange_acknowledgement(said=said)
        header = interchange_header(envelope, asks=False)
        return _written(Interchange(header=header, groups=(), acknowledgements=(segment,)))

    def group(self, answer: GroupAnswer, *, envelope: Envelope) -> str:
        """Return a 999 as a whole file: the same for the same answer."""
        said = Acknowledgement(
            control_number=f"{envelope.control_number:09d}",
            functional=answer.functional,
            group_number=answer.control_number,
            version=answer.version,
            verdict=_CODES[answer.verdict],
            included=answer.included,
            received=answer.received,
            accepted=answer.accepted,
            errors=tuple(each.code for each in answer.errors),
            sets=tuple(_set(each) for each in answer.sets),
        )
        made = enveloped(
            (build(acknowledgement=said),),
            envelope,
            functional=FUNCTIONAL_GROUP,
            version=VERSION,
            sender=envelope.exchange.application_id,
            receiver=envelope.profile.qhp_id,
            asks=False,
        )
        return _written(made)

    def note(self, code: str) -> str:
        """Return what a note of a TA1 says (TA105)."""
        return INTERCHANGE_NOTES[code]


def _written(interchange: Interchange) -> str:
    return write(segments=compose(interchange=interchange)).decode("ascii")


def _set(answer: SetAnswer) -> SetResponse:
    return SetResponse(
        identifier=answer.identifier,
        control_number=answer.control_number,
        version=answer.version,
        verdict=_CODES[answer.verdict],
        errors=tuple(each.code for each in answer.errors if each.level == "set"),
        segments=tuple(_segments(answer.errors)),
    )


def _segments(errors: tuple[AcknowledgedError, ...]) -> Iterator[SegmentError]:
    """Yield each segment in error, with its elements' errors, which follow it."""
    inside = [each for each in errors if each.level in ("segment", "element")]
    for (segment, position, loop), group in groupby(
        inside, key=lambda each: (each.segment, each.position, each.loop)
    ):
        found = list(group)
        yield SegmentError(
            segment=segment,
            position=position,
            loop=loop,
            code=found[0].code,
            elements=tuple(
                ElementError(place=ElementPlace(element=each.element), code=each.code)
                for each in found
                if each.level == "element"
            ),
        )
