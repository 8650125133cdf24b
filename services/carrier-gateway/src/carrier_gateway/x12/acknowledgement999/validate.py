"""What must be true of a 999 beyond its syntax: its counts, and verdicts that go together."""

from __future__ import annotations

from collections.abc import Iterator

from carrier_gateway.x12.acknowledgement999.codes import REFUSING
from carrier_gateway.x12.acknowledgement999.model import Acknowledgement
from carrier_gateway.x12.faults import Fault, Problem


def validate(*, acknowledgement: Acknowledgement) -> tuple[Problem, ...]:
    """Return everything that is wrong with what a 999 says; nothing is changed and nothing is raised.

    Sets that it does not name are counted alone: whoever writes it need not name what was accepted.
    """
    return (*_count_problems(acknowledgement), *_verdict_problems(acknowledgement))


def _count_problems(said: Acknowledgement) -> Iterator[Problem]:
    refused = sum(each.verdict in REFUSING for each in said.sets)
    if said.accepted > said.received or said.accepted + refused > said.received:
        yield _problem(said.at, Fault.ACKNOWLEDGED_COUNT_WRONG, "AK9", 4, "counts more sets than there are")
    elif len(said.sets) - refused > said.accepted:
        yield _problem(
            said.at, Fault.ACKNOWLEDGED_COUNT_WRONG, "AK9", 4, "counts fewer sets than are named as accepted"
        )


def _verdict_problems(said: Acknowledgement) -> Iterator[Problem]:
    holds = {
        "A": said.accepted == said.received,
        "E": said.accepted == said.received,
        "P": 0 < said.accepted < said.received,
        **dict.fromkeys(REFUSING, said.accepted == 0),
    }
    if not holds.get(said.verdict, True):
        yield _problem(
            said.at,
            Fault.ACKNOWLEDGEMENT_CONTRADICTS,
            "AK9",
            1,
            "is not the verdict that goes with its counts",
        )
    for each in said.sets:
        if each.verdict == "A" and (each.segments or each.errors):
            yield _problem(
                each.at,
                Fault.ACKNOWLEDGEMENT_CONTRADICTS,
                "IK5",
                1,
                "accepts a set without errors, and names some",
            )


def _problem(position: int, fault: Fault, segment: str, element: int, says: str) -> Problem:
    return Problem(floor="set", fault=fault, position=position, segment=segment, element=element, says=says)
