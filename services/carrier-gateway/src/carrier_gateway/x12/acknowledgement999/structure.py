"""The 999's loops and elements as one table (005010X231A1)."""

from __future__ import annotations

from typing import Final

from carrier_gateway.x12.acknowledgement999 import codes
from carrier_gateway.x12.elements import Element, Shape, may_be, one_of, required, situational
from carrier_gateway.x12.envelope import ST
from carrier_gateway.x12.grammar import UNBOUNDED, Loop, Slot

VERSION: Final = "005010X231A1"
FUNCTIONAL_GROUP: Final = "FA"
IDENTIFIER: Final = "999"

MOST_CONTEXTS: Final = 10
MOST_ERRORS: Final = 5
"""How many codes a set's or a group's verdict has room for."""

_COMPOSITE: Final = required("composite", 1, 8)

_CONTEXT = Slot(
    name="contexts",
    tag="CTX",
    shape=Shape(
        elements=(
            required("composite", 1, 71),
            situational("text", 2, 3),
            situational("number", 1, 10),
            situational("text", 1, 4),
            situational("composite", 1, 8),
            situational("composite", 1, 9),
        )
    ),
    most=MOST_CONTEXTS,
)


def _errors(*known: str) -> tuple[Element, ...]:
    return tuple(may_be(*known) for _ in range(MOST_ERRORS))


_ELEMENT = Loop(
    name="2110",
    first=Slot(
        name="element",
        tag="IK4",
        shape=Shape(
            elements=(
                _COMPOSITE,
                situational("number", 1, 4),
                one_of(*codes.ELEMENT_ERRORS),
                situational("text", 1, 99),
            )
        ),
    ),
    parts=(_CONTEXT,),
    most=UNBOUNDED,
)

_SEGMENT = Loop(
    name="2100",
    first=Slot(
        name="segment",
        tag="IK3",
        shape=Shape(
            elements=(
                required("text", 2, 3),
                required("number", 1, 10),
                situational("text", 1, 4),
                one_of(*codes.SEGMENT_ERRORS),
            )
        ),
    ),
    parts=(_CONTEXT, _ELEMENT),
    most=UNBOUNDED,
)

_SET = Loop(
    name="2000",
    first=Slot(
        name="set",
        tag="AK2",
        shape=Shape(elements=(one_of(*codes.SETS), required("text", 4, 9), situational("text", 1, 35))),
    ),
    parts=(
        _SEGMENT,
        Slot(
            name="verdict",
            tag="IK5",
            shape=Shape(elements=(one_of(*codes.SET_VERDICTS), *_errors(*codes.SET_ERRORS))),
            least=1,
        ),
    ),
    most=UNBOUNDED,
)

SET = Loop(
    name="ST",
    first=Slot(name="opening", tag="ST", shape=ST),
    parts=(
        Slot(
            name="group",
            tag="AK1",
            shape=Shape(
                elements=(
                    one_of(*codes.FUNCTIONAL_GROUPS),
                    required("number", 1, 9),
                    situational("text", 1, 12),
                )
            ),
            least=1,
        ),
        _SET,
        Slot(
            name="verdict",
            tag="AK9",
            shape=Shape(
                elements=(
                    one_of(*codes.GROUP_VERDICTS),
                    required("number", 1, 6),
                    required("number", 1, 6),
                    required("number", 1, 6),
                    *_errors(*codes.GROUP_ERRORS),
                )
            ),
            least=1,
        ),
    ),
)
