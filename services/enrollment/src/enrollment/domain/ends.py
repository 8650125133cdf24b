"""Who ended a policy, and which of several ends counts.

A thing is decided once: an end that somebody asked for is enrollment's, an end for non-payment invoicing's. A
policy keeps every end that stands, each with the decision it came of, and the earliest counts. So it does not
matter in which order the two owners' decisions are heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

EndReason: TypeAlias = Literal[
    "non-payment",
    "requested",
    "death",
    "age",
    "medicaid",
    "ineligible",
    "error",
    "prior-year-ended",
    "carrier",
]
CancelReason: TypeAlias = Literal[
    "non-payment", "requested", "age", "medicaid", "ineligible", "error", "prior-year-ended", "carrier"
]
ReinstatementReason: TypeAlias = Literal["postmark", "error", "asked"]
DecidedBy: TypeAlias = Literal["enrollment", "invoicing"]

EndCause: TypeAlias = Literal["decided", "nobody-left", "other-plan", "carrier"]
"""What an end of enrollment's comes of: somebody asked for it, or it was decided; nobody is left whom the policy would
cover, which follows from its people; another plan takes the policy's place; or its carrier ended it by itself.
"""

CANCEL_REASONS: Final[Mapping[EndReason, CancelReason]] = {
    "non-payment": "non-payment",
    "requested": "requested",
    "death": "requested",
    "age": "age",
    "medicaid": "medicaid",
    "ineligible": "ineligible",
    "error": "error",
    "prior-year-ended": "prior-year-ended",
    "carrier": "carrier",
}
"""Why coverage is called off, where its end reaches back before its first day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One decision that coverage ends. ``through`` is the last covered day, None where it never began.

    ``follows`` is the prior year's policy whose end this one follows, for as long as that ends (ENR-14). ``lacks`` are
    those whose departure, as it was told by then, left a selection that waited for its binder with nobody (ENR-13).
    """

    decided_by: DecidedBy
    decision: str
    through: date | None
    reason: EndReason
    follows: str | None = None
    cause: EndCause = "decided"
    lacks: tuple[str, ...] = ()

    @property
    def order(self) -> date:
        """What ends are compared by: coverage that never began ended before any day."""
        return self.through or date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """A decision that coverage stands again: whose, which end it undoes, and on what ground."""

    decided_by: DecidedBy
    decision: str
    undoes: str
    ground: ReinstatementReason


def counting(ends: tuple[End, ...]) -> End | None:
    """Return the end that counts: the earliest, of equals the one that was there first. None without any."""
    return min(ends, key=lambda end: end.order, default=None)


def of_owner(ends: tuple[End, ...], owner: DecidedBy) -> tuple[End, ...]:
    """Return those ends that this owner decided."""
    return tuple(end for end in ends if end.decided_by == owner)


def with_asked(ends: tuple[End, ...], asked: End) -> tuple[End, ...]:
    """Return the ends with one that enrollment decided: of those for the same cause and reason the earliest. What else
    was decided stays, earlier or later, and counts where it is the earliest of what is left; of one day what somebody
    asked for counts before what follows from whom the policy covers. So it does not matter which was there first.
    """
    alike = [end for end in of_owner(ends, "enrollment") if _of_one_kind(end, asked)]
    if any(end.order <= asked.order for end in alike):
        return ends
    others = [end for end in ends if end not in alike]
    before = next(
        (
            place
            for place, end in enumerate(others)
            if end.cause == "nobody-left" and asked.cause != "nobody-left" and end.order == asked.order
        ),
        len(others),
    )
    return (*others[:before], asked, *others[before:])


def _of_one_kind(one: End, other: End) -> bool:
    return (one.cause, one.reason, one.follows) == (other.cause, other.reason, other.follows)


def with_unpaid(ends: tuple[End, ...], unpaid: End, *, undone: tuple[str, ...]) -> tuple[End, ...]:
    """Return the ends with one that invoicing decided, unless it is known or was undone before it was heard."""
    known = unpaid.decision in undone or any(end.decision == unpaid.decision for end in ends)
    return ends if known else (*ends, unpaid)
