"""The table of what must come of each act while each thing is away: the matrix, as it is promised.

Where nothing is said, the act goes on: it is done at once, and whoever asks is answered 201.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matrix.acts import ACTS
from matrix.outages import CLOCK, DATABASE, DROP_BOX
from matrix.run import CALM, Cell, Effect

ASKS = frozenset({"register", "select", "pay", "notice", "refund"})
"""The acts that are asked for and answered; the others are files, or due by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The status an act is answered with, and when its effect is seen."""

    status: int = 201
    effect: Effect = "at once"


GOES_ON = Expected()
NOBODY_ANSWERS = Expected(status=0, effect="when back")
"""Its own service is away: asked again with the same key it is done."""
CANNOT_NOW = Expected(status=503, effect="when back")
"""Its service says that it cannot, and that the same request may come again."""
IS_CAUGHT_UP = Expected(effect="when back")
"""It is taken, or due; what it needs is away, and it is done when that is back."""
COMES_LATER = Expected(status=0, effect="later")
"""It has to come again when the thing is back, and what was away is looked at again within half an hour."""

WAITS: Mapping[str, Mapping[str, Expected]] = {
    "enrollment": {
        "register": NOBODY_ANSWERS,
        "select": NOBODY_ANSWERS,
        "notice": NOBODY_ANSWERS,  # it is of an end that enrollment is asked for
    },
    "invoicing": {
        "invoice run": IS_CAUGHT_UP,
        "list of the 1st": IS_CAUGHT_UP,
        "refund": NOBODY_ANSWERS,
    },
    "payments": {
        "pay": NOBODY_ANSWERS,
        "lockbox file": IS_CAUGHT_UP,
        "list of the 1st": IS_CAUGHT_UP,  # nobody is listed on books that are not closed (INV-17)
        "remittance": IS_CAUGHT_UP,
        "refund": IS_CAUGHT_UP,
    },
    "carrier-gateway": {"inbound 834": IS_CAUGHT_UP},
    "notifications": {"notice": IS_CAUGHT_UP},
    "kafka": {
        "list of the 1st": IS_CAUGHT_UP,  # whether the books are closed is not heard (INV-17)
        "notice": IS_CAUGHT_UP,
        "refund": IS_CAUGHT_UP,
    },
    "smtp": {"notice": IS_CAUGHT_UP},
    "processor": {"pay": CANNOT_NOW, "refund": IS_CAUGHT_UP},
    "hub": {},  # nobody waits for it (ENR-10)
    DATABASE: {
        "pay": CANNOT_NOW,
        "lockbox file": IS_CAUGHT_UP,
        "list of the 1st": IS_CAUGHT_UP,
        "remittance": IS_CAUGHT_UP,
        "refund": IS_CAUGHT_UP,
    },
    DROP_BOX: {"inbound 834": COMES_LATER},
    CLOCK: {},  # an hour later is at once
    CALM: {},
}


def expected(outage: str, act: str) -> Expected:
    """Return what must come of an act."""
    return WAITS[outage].get(act, GOES_ON)


def wrong(cell: Cell) -> list[str]:
    """Return what is not as the table says, in words."""
    promised = expected(cell.outage, cell.act)
    found: list[str] = []
    if cell.act in ASKS:
        status = None if cell.answer is None else cell.answer.status
        if status != promised.status:
            found.append(f"answered {status}, promised {promised.status}")
        if (
            cell.answer is not None
            and cell.answer.again
            and not (cell.asked_again and cell.asked_again.status == 201)
        ):
            found.append("asked again it was not done")
    if cell.effect != promised.effect:
        found.append(f"its effect is there {cell.effect}, promised {promised.effect}")
    return [f"{cell.act}, {cell.outage} away: {each}" for each in found]


def unknown_names() -> list[str]:
    """Return the acts that the table names and there are not."""
    return [act for row in WAITS.values() for act in row if act not in ACTS]
