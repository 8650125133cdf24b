"""The lifecycle of a policy: the first of its four facts (ENR-9).

*Canceled* is coverage that never took effect, *terminated* is coverage that ended, *expired* is coverage that
reached the end of its plan year. Payment, the carrier's word and eligibility are facts of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from enrollment.domain import machine

Lifecycle: TypeAlias = Literal["selected", "active", "canceled", "terminated", "expired"]
LifecycleEvent: TypeAlias = Literal["activate", "cancel", "terminate", "expire", "reinstate"]

TRANSITIONS: Final[Mapping[tuple[Lifecycle, LifecycleEvent], Lifecycle]] = {
    ("selected", "activate"): "active",
    ("selected", "cancel"): "canceled",
    ("active", "activate"): "active",
    ("active", "cancel"): "canceled",  # called off before its first day
    ("active", "terminate"): "terminated",
    ("active", "expire"): "expired",
    ("active", "reinstate"): "active",
    ("canceled", "cancel"): "canceled",
    ("canceled", "terminate"): "canceled",  # grace ran out on what was called off meanwhile
    ("canceled", "reinstate"): "active",
    ("terminated", "activate"): "terminated",  # the binder is told of again, after the end
    ("terminated", "cancel"): "canceled",  # an end that reaches back before its first day (INV-11)
    ("terminated", "terminate"): "terminated",
    ("terminated", "reinstate"): "active",
    ("expired", "activate"): "expired",
    ("expired", "cancel"): "canceled",
    ("expired", "terminate"): "terminated",  # grace that reached past December 31 ran out (INV-11)
    ("expired", "expire"): "expired",
    ("expired", "reinstate"): "expired",
}


def after(*, state: Lifecycle, event: LifecycleEvent) -> Lifecycle:
    """Return the lifecycle after an event (ENR-9); raises `NoSuchTransition` for an unknown pair."""
    return machine.after(TRANSITIONS, machine="lifecycle", state=state, event=event)
