"""What a carrier must still be told of a policy: what it was told, against what is so (CAR-2, ENR-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.errors import Impossible
from carrier_gateway.domain.records import EndReason, Policy, ToldState, Transmission, TransmissionKind

Truth: TypeAlias = Literal["held", "covered", "ended", "ended-earlier", "ended-later", "canceled"]

NEXT: Final[Mapping[tuple[ToldState, Truth], TransmissionKind | None]] = {
    ("nothing", "held"): None,  # the binder is not paid: nothing leaves (ENR-5)
    ("nothing", "covered"): "initial",
    ("nothing", "ended"): "initial",  # there was coverage: it is told whole, its beginning first
    ("nothing", "canceled"): None,  # what never began and was never told of is never told of
    ("covered", "covered"): None,
    ("covered", "ended"): "termination",
    ("covered", "canceled"): "cancel",
    ("ended", "covered"): "reinstatement",
    ("ended", "ended"): None,
    ("ended", "ended-earlier"): "termination",
    ("ended", "ended-later"): "reinstatement",  # an end moves back only; forward it is undone and made anew
    ("ended", "canceled"): "cancel",
    ("canceled", "covered"): "reinstatement",
    ("canceled", "ended"): "reinstatement",
    ("canceled", "canceled"): None,
}
"""What was told last × what is so → what to tell next, or nothing."""

CHANGES_BEFORE: Final[frozenset[TransmissionKind | None]] = frozenset({None, "termination"})
"""What a change is told before, where the carrier knows of the coverage: all else tells of it whole, or of its end."""

BEGINS: Final[tuple[TransmissionKind, ...]] = ("initial", "renewal", "reinstatement")
"""The kinds that tell of the coverage whole: a carrier's confirmation says again what they said."""

_AFTER: Final[Mapping[TransmissionKind, ToldState]] = {
    "initial": "covered",
    "renewal": "covered",
    "reinstatement": "covered",
    "termination": "ended",
    "cancel": "canceled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One set to be sent: its kind, the day it speaks of, and the ground of an end."""

    kind: TransmissionKind
    effective: date
    end_reason: EndReason | None


def next_transmission(policy: Policy) -> TransmissionKind | None:
    """Return what the carrier must be told next of a policy, or None where it knows what is so.

    Raises `Impossible` for what was told of a policy that is held back.
    """
    pair = (policy.told, _truth(policy))
    if pair not in NEXT:
        raise Impossible(f"a policy that is {pair[1]} was told as {pair[0]}")
    following = NEXT[pair]
    if following == "initial" and policy.renewed_from is not None:
        return "renewal"
    if following in CHANGES_BEFORE and _has_untold_change(policy):
        return "change"
    return following


def _has_untold_change(policy: Policy) -> bool:
    """Whether something counts on a covered day that the carrier was told otherwise."""
    if policy.changed_since is None or policy.told not in ("covered", "ended"):
        return False
    return policy.through is None or policy.changed_since <= policy.through


def _truth(policy: Policy) -> Truth:
    match policy.lifecycle:
        case "selected" | "active":
            return "covered" if policy.released_on is not None else "held"
        case "canceled":
            return "canceled"
        case "terminated" if policy.released_on is None:
            return "held"
        case "terminated":
            return _end(policy)


def _end(policy: Policy) -> Truth:
    if policy.told != "ended" or policy.told_through is None or policy.through is None:
        return "ended"
    if policy.through == policy.told_through:
        return "ended"
    return "ended-earlier" if policy.through < policy.told_through else "ended-later"


def told(policy: Policy, kind: TransmissionKind) -> Policy:
    """Return the policy as one whose carrier was told this: in an end nothing besides, else all that is so."""
    if kind == "change":
        return replace(policy, told_members=policy.members, changed_since=None)
    through = policy.through if kind == "termination" else None
    after = replace(policy, told=_AFTER[kind], told_through=through)
    return replace(after, told_members=policy.members, changed_since=None) if kind in BEGINS else after


def steps(policy: Policy) -> tuple[Step, ...]:
    """Return everything the carrier must still be told of a policy, in order; nothing where it knows all."""
    found: list[Step] = []
    while (kind := next_transmission(policy)) is not None:
        found.append(step_of(policy, kind))
        policy = told(policy, kind)
    return tuple(found)


def step_of(policy: Policy, kind: TransmissionKind) -> Step:
    """Return the step of that kind: it speaks of the last covered day in a termination, of the first that is not as
    before in a change, else of the first.
    """
    if kind == "termination":
        if policy.through is None:
            raise Impossible("a policy was terminated without a last covered day")
        return Step(kind=kind, effective=policy.through, end_reason=policy.end_reason)
    if kind == "change":
        if policy.changed_since is None:
            raise Impossible("a carrier is to be told of a change, and nothing changed")
        return Step(kind=kind, effective=policy.changed_since, end_reason=None)
    return Step(
        kind=kind, effective=policy.effective, end_reason=policy.end_reason if kind == "cancel" else None
    )


def says(transmission: Transmission) -> Step:
    """Return the step a transmission is."""
    return Step(kind=transmission.kind, effective=transmission.effective, end_reason=transmission.end_reason)
