"""What people were told of their coverage: one state per policy, so that each change is told once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.errors import Impossible

CoverageState: TypeAlias = Literal["selected", "active", "canceled", "terminated"]
ToldChange: TypeAlias = Literal["activated", "canceled", "terminated", "reinstated"]
CoverageChange: TypeAlias = Literal[ToldChange, "selected-again"]
"""What becomes of coverage. What is selected again is told once it begins, as what was selected first."""

ALREADY: Final = "already so"
IMPOSSIBLE: Final = "impossible"

TRANSITIONS: Mapping[
    tuple[CoverageState, CoverageChange], CoverageState | Literal["already so", "impossible"]
] = {
    ("selected", "activated"): "active",
    ("selected", "canceled"): "canceled",
    ("selected", "terminated"): IMPOSSIBLE,
    ("selected", "reinstated"): IMPOSSIBLE,
    ("selected", "selected-again"): ALREADY,
    ("active", "activated"): ALREADY,
    ("active", "canceled"): "canceled",
    ("active", "terminated"): "terminated",
    ("active", "reinstated"): ALREADY,
    ("active", "selected-again"): IMPOSSIBLE,
    ("canceled", "activated"): IMPOSSIBLE,
    ("canceled", "canceled"): ALREADY,
    ("canceled", "terminated"): IMPOSSIBLE,
    ("canceled", "reinstated"): "active",
    ("canceled", "selected-again"): "selected",
    ("terminated", "activated"): IMPOSSIBLE,
    ("terminated", "canceled"): "canceled",
    ("terminated", "terminated"): "terminated",
    ("terminated", "reinstated"): "active",
    ("terminated", "selected-again"): IMPOSSIBLE,
}
"""Every state and every change. Ending what has ended is a change only where the last day differs, and what
stands again with an end that was asked for before is terminated, through that end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledByCarrier:
    """The carrier to which a premium is paid in place of the exchange: its name, and where it is called (CAR-1)."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as notices name it.

    ``coverage_ends`` is its last day unless something ends it earlier, ``through`` the last covered day of a
    terminated one. ``selection`` is the act it was selected in, ``binder_cents`` its part of that one's binder, 0
    where none is required. ``turn`` counts the changes that were told; ``contact_version`` is the contact the newest
    of them needs. ``transferred_from`` is the carrier that the household comes from with it (ENR-12),
    ``billed_by_carrier`` whom its premium is paid to where that is not the exchange (CAR-1).
    """

    policy: str
    household: str
    selection: str
    plan: str
    carrier: str
    binder_cents: int
    effective: date
    coverage_ends: date
    state: CoverageState
    through: date | None
    turn: int
    contact_version: int
    transferred_from: str | None = None
    billed_by_carrier: BilledByCarrier | None = None

    def covers_some_of(self, month: CoverageMonth) -> bool:
        """Whether any day of a month is covered, as far as is known."""
        return self.state != "canceled" and (self.through is None or self.through >= month.first_day)


def changed(
    policy: Policy, change: CoverageChange, *, effective: date, through: date | None, contact_version: int
) -> Policy | None:
    """Return the policy after a change, its turn counted; None where that is already so.

    ``through`` is the last covered day, of a termination and of a reinstatement. Raises `Impossible` where the
    change contradicts what was told before.
    """
    state = TRANSITIONS[policy.state, change]
    if state == IMPOSSIBLE:
        raise Impossible(f"a {policy.state} policy cannot be {change}")
    if state == ALREADY:
        return None
    if change == "reinstated" and through is not None and through < policy.coverage_ends:
        state = "terminated"
    last_day = through if state == "terminated" else None
    if (state, last_day) == (policy.state, policy.through):
        return None
    return replace(
        policy,
        state=state,
        effective=effective,
        through=last_day,
        turn=policy.turn + 1,
        contact_version=max(policy.contact_version, contact_version),
    )
