"""A carrier's book in the flat layout, written apart from the gateway's own reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from gateway_builders import CARRIER, Gateway

from carrier_gateway.domain.discrepancies import Discrepancy

HEADINGS = (
    "policy|subscriber|member|is_subscriber|plan|begin|end|premium|aptc|effectuated|last_name|first_name|born"
)
FEBRUARY = date(2016, 2, 15)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a book, as text."""

    policy: str = "june-medical"
    subscriber: str = "june-1"
    member: str = "june-1"
    is_subscriber: str = "Y"
    plan: str = "SILVER"
    begin: str = "20160101"
    end: str = ""
    premium: str = "500.00"
    aptc: str = "0.00"
    effectuated: str = "N"
    last_name: str = "Example"
    first_name: str = "June"
    born: str = "19800302"

    def text(self) -> str:
        """Return it as written."""
        return "|".join(getattr(self, each.name) for each in fields(self))


JUNE = Line()
ROBIN = replace(
    JUNE, member="june-2", is_subscriber="N", premium="", aptc="", effectuated="", first_name="Robin"
)
KIT = replace(ROBIN, member="june-3", first_name="Kit", born="20100714")


def book(*lines: Line, on: date = FEBRUARY, carrier: str = CARRIER, rows: int | None = None) -> str:
    """Return a whole book of a day; ``rows`` another count than that of its lines."""
    counted = len(lines) if rows is None else rows
    return "\n".join(
        [f"RCNI|{carrier}|{on:%Y%m%d}", HEADINGS, *(each.text() for each in lines), f"END|{counted}", ""]
    )


async def compared(gateway: Gateway, *lines: Line, on: date = FEBRUARY, **other: Any) -> str:
    """Have a carrier bring its book on the day it is of; return what it is answered."""
    gateway.at(on)
    await gateway.drop(f"RCNI_{on:%Y%m%d}.txt", book(*lines, on=on, **other))
    await gateway.work()
    answers = [text for name, text in gateway.outbound().items() if name.startswith(f"RCNO_{on:%Y%m%d}")]
    return answers[-1] if answers else ""


def found(gateway: Gateway) -> list[tuple[str, ...]]:
    """Return the differences that are open: of whom, what, ours and theirs, and who wins."""
    return [
        (each.member, each.kind, each.ours, each.theirs, each.wins)
        for each in sorted(gateway.rows(Discrepancy), key=lambda each: (each.policy, each.member, each.kind))
        if each.state == "open"
    ]


def dispositions(answer: str) -> Sequence[str]:
    """Return the lines of an answer about people."""
    return answer.splitlines()[2:-1]
