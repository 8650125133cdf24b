"""The lifecycle of a policy: the first of its four facts (ENR-9).

*Canceled* is coverage that never took effect, *terminated* is coverage that has an end, past or to come,
*expired* is coverage that reached the end of its plan year. It follows from two things that move apart: whether
coverage has begun, which its binder decides, and which end counts. Payment, the carrier's word and eligibility
are facts of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from enrollment.domain import machine

Lifecycle: TypeAlias = Literal["selected", "active", "canceled", "terminated", "expired"]
Begun: TypeAlias = Literal["awaited", "begun", "over"]
"""Whether the binder is awaited, paid or not needed, or the plan year is over besides."""
Ending: TypeAlias = Literal["none", "called-off", "ends"]
"""What kind of end counts."""

TABLE: Final[Mapping[tuple[Begun, Ending], Lifecycle]] = {
    ("awaited", "none"): "selected",
    ("awaited", "called-off"): "canceled",
    # ("awaited", "ends") cannot be: what has not begun has no last covered day
    ("begun", "none"): "active",
    ("begun", "called-off"): "canceled",
    ("begun", "ends"): "terminated",
    ("over", "none"): "expired",
    ("over", "called-off"): "canceled",
    ("over", "ends"): "terminated",  # grace that reached past December 31 ran out (INV-11)
}


def of(*, begun: Begun, ending: Ending) -> Lifecycle:
    """Return the lifecycle that follows (ENR-9); raises `NoSuchTransition` for a pair that cannot be."""
    return machine.after(TABLE, machine="lifecycle", state=begun, event=ending)
