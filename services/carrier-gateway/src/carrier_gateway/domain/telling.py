"""What a carrier must still be told of a policy: what it was told, against what is so (CAR-2, ENR-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.errors import Impossible
from carrier_gateway.domain import versions
from carrier_gateway.domain.records import EndReason, Policy, ToldState, Transmission, TransmissionKind
from carrier_gateway.domain.versions import first_untold_day

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

CHANGES_BEFORE: Final[frozenset[TransmissionKind | None]] = frozenset({None, "termination", "reinstatement"})
"""What a change of days that the carrier knows as covered is told before: of what is called off it need not know."""

BEGINS: Final[tuple[TransmissionKind, ...]] = ("initial", "renewal", "reinstatement")
"""The kinds that tell that coverage begins, or stands again."""

TELLS_COVERAGE: Final[tuple[TransmissionKind, ...]] = (*BEGINS, "change")
"""The kinds that tell who is covered and what it costs: a carrier's confirmation says again what one of them said."""

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
    if following in CHANGES_BEFORE and _first_untold_day(policy) is not None:
        return "change"
    return following


def _first_untold_day(policy: Policy) -> date | None:
    """Return the first day that is covered, and known to the carrier as covered, of which it was told otherwise."""
    if policy.told not in ("covered", "ended"):
        return None
    last = min(policy.through or policy.coverage_ends, policy.told_through or policy.coverage_ends)
    return first_untold_day(
        policy.told_versions, policy.versions, last=last, anew_after=policy.told_anew_after
    )


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


def told(policy: Policy, step: Step) -> Policy:
    """Return the policy as one whose carrier was told this: of an end nothing besides, else what counts by then."""
    known = policy
    if step.kind != "change":
        through = policy.through if step.kind == "termination" else None
        known = replace(policy, told=_AFTER[step.kind], told_through=through)
    if step.kind not in TELLS_COVERAGE:
        return known
    day = speaks_of(policy, step)
    # One carrier takes a change to count for good, another until the next it was told of: for both to know what is so,
    # whatever was told ahead of it is told again.
    ahead = versions.after(policy.told_versions, day) if step.kind == "change" else ()
    # Each day it was told of stays known, also where nothing changes on it any more: the carrier may go by it.
    before = tuple(
        each for each in policy.told_versions if each.since < day and step.kind in ("reinstatement", "change")
    )
    said = replace(versions.version_on(policy.versions, day), since=day)
    return replace(
        known,
        told_versions=(*before, said, *ahead),
        told_anew_after=day if ahead else None,
    )


def speaks_of(policy: Policy, step: Step) -> date:
    """Return the day whose people and amounts a set tells: what counts from a later day on, a change tells.

    An initial set has those of the first day. A reinstatement has those of the first day that stands again: days before
    it are as the carrier knows them.
    """
    if step.kind == "change":
        return step.effective
    if step.kind == "reinstatement" and policy.told_through is not None:
        return min(policy.told_through + timedelta(days=1), policy.through or policy.coverage_ends)
    return policy.effective


def steps(policy: Policy) -> tuple[Step, ...]:
    """Return everything the carrier must still be told of a policy, in order; nothing where it knows all."""
    found: list[Step] = []
    while (kind := next_transmission(policy)) is not None:
        found.append(step_of(policy, kind))
        policy = told(policy, found[-1])
    return tuple(found)


def step_of(policy: Policy, kind: TransmissionKind) -> Step:
    """Return the step of that kind: it speaks of the last covered day in a termination, of the first that is not as
    the carrier knows it in a change, else of the first.
    """
    if kind == "termination":
        if policy.through is None:
            raise Impossible("a policy was terminated without a last covered day")
        return Step(kind=kind, effective=policy.through, end_reason=policy.end_reason)
    if kind == "change":
        untold = _first_untold_day(policy)
        if untold is None:
            raise Impossible("a carrier is to be told of a change, and nothing changed")
        return Step(kind=kind, effective=untold, end_reason=None)
    return Step(
        kind=kind, effective=policy.effective, end_reason=policy.end_reason if kind == "cancel" else None
    )


def says(transmission: Transmission) -> Step:
    """Return the step a transmission is."""
    return Step(kind=transmission.kind, effective=transmission.effective, end_reason=transmission.end_reason)
