"""The 820's loops as two tables (005010X306): the payment, and one loop for each of whom it is for."""

from __future__ import annotations

from typing import Final

from carrier_gateway.x12.elements import NOT_USED, Element, Shape, may_be, one_of, required, situational
from carrier_gateway.x12.faults import Floor
from carrier_gateway.x12.grammar import UNBOUNDED, Loop, Slot

VERSION: Final = "005010X306"
FUNCTIONAL_GROUP: Final = "RA"
IDENTIFIER: Final = "820"

_AMOUNT = required("decimal", 1, 18)
_NAME = required("text", 1, 60)


def _slot(name: str, tag: str, *elements: Element, least: int = 0) -> Slot:
    return Slot(name=name, tag=tag, shape=Shape(elements=elements), least=least)


def _qualified(name: str, tag: str, *elements: Element, least: int = 0) -> Slot:
    return Slot(name=name, tag=tag, shape=Shape(elements=elements), qualifiers=elements[0].codes, least=least)


def _reference(name: str, qualifier: str) -> Slot:
    return _qualified(name, "REF", one_of(qualifier), required("text", 1, 50), NOT_USED, NOT_USED)


def _organization(name: str, entity: str, *qualifiers: str) -> Slot:
    return _qualified(
        name, "N1", one_of(entity), _NAME, one_of(*qualifiers), required("text", 2, 80), least=1
    )


PAYMENT: Final = Loop(
    name="ST",
    first=_slot("set", "ST", one_of(IDENTIFIER), required("text", 4, 9), situational("text", 1, 35)),
    parts=(
        _slot(
            "payment",
            "BPR",
            *(one_of("I"), _AMOUNT, one_of("C"), one_of("ACH", "BOP", "CHK", "FWT", "NON"), may_be("CCP")),
            *(NOT_USED,) * 6,
            *(may_be("01", "04"), situational("text", 3, 12), may_be("DA", "SG"), situational("text", 1, 35)),
            required("date", 8, 8),
            least=1,
        ),
        _slot("trace", "TRN", one_of("3"), required("text", 1, 50), least=1),
        _reference("plan", "38"),
        _reference("issuer plan", "TV"),
        Loop(name="1000A", first=_organization("payee", "PE", "FI", "94"), least=1),
        Loop(
            name="1000B",
            first=_organization("payer", "RM", "58", "FI"),
            parts=(
                _slot(
                    "contact",
                    "PER",
                    one_of("IC"),
                    situational("text", 1, 60),
                    one_of("TE"),
                    required("text", 1, 256),
                ),
            ),
            least=1,
        ),
    ),
)

ENTITY: Final = Loop(
    name="2000",
    first=_slot("entity", "ENT", required("number", 1, 6)),
    parts=(
        Loop(
            name="2100",
            first=_qualified(
                "subscriber",
                "NM1",
                *(one_of("IL"), one_of("1"), situational("text", 1, 60), situational("text", 1, 35)),
                *(NOT_USED,) * 3,
                *(one_of("C1"), required("text", 2, 80)),
            ),
            parts=(
                _reference("plan", "38"),
                _reference("policy", "POL"),
                _reference("issuer policy", "AZ"),
                _reference("issuer subscriber", "0F"),
            ),
        ),
        Loop(
            name="2300",
            first=_slot("amount", "RMR", one_of("ZZ"), required("text", 1, 30), NOT_USED, _AMOUNT),
            parts=(
                _slot("report", "REF", required("text", 2, 3), required("text", 1, 50), NOT_USED, NOT_USED),
                _qualified(
                    "coverage",
                    "DTM",
                    *(one_of("582"), NOT_USED, NOT_USED, NOT_USED, one_of("RD8"), required("period", 17, 17)),
                ),
            ),
            least=1,
            most=UNBOUNDED,
        ),
    ),
)


def floor_of(loop: Loop) -> Floor:
    """Return the floor a loop's problems stand on: the set's for the payment, the member's for whom it is."""
    return "set" if loop.name in {"ST", "1000A", "1000B"} else "member"
