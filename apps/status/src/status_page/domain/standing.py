"""How a thing stands, by looks of which two in a row must agree: one alone may be anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

Seen: TypeAlias = Literal["works", "down", "maintenance", "not-open-yet"]
"""What a look sees. *not-open-yet*: a door that opens on a day to come (OPS-4)."""

IN_A_ROW: Final = 2
"""So many looks that see the same decide. What flaps stays what it was taken to be."""

NEAR_SECONDS: Final = 30.0
"""Looks further apart are not in a row: nobody looked between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a thing is taken to be, since which look, and what the last look saw where that was something else.

    ``state`` is None until two looks agree. Instants are the exchange's; ``seconds`` are those of a clock that nobody
    moves.
    """

    state: Seen | None = None
    since: datetime | None = None
    unlike: Seen | None = None
    unlike_since: datetime | None = None
    seconds: float | None = None


def judged(standing: Standing, seen: Seen, *, at: datetime, seconds: float) -> Standing:
    """Return how a thing stands after a look that began at an instant; it changed when it was first seen so."""
    near = standing.seconds is not None and seconds - standing.seconds <= NEAR_SECONDS
    if seen == standing.state:
        return replace(standing, unlike=None, unlike_since=None, seconds=seconds)
    if near and seen == standing.unlike:
        return Standing(state=seen, since=standing.unlike_since, seconds=seconds)
    return replace(standing, unlike=seen, unlike_since=at, seconds=seconds)
