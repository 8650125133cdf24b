"""What a carrier must still be told of a policy: what it was told, against what is so (CAR-2, ENR-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.errors import Impossible
from carrier_gateway.domain import versions
from carrier_gateway.domain.records import (
    EndReason,
    Policy,
    Succeeded,
    ToldState,
    Transmission,
    TransmissionKind,
)
from carrier_gateway.domain.versions import (
    first_untold_day,
    next_subscriber_since,
    subscriber_on,
    version_on,
)

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
    if _is_misplaced(policy):
        return "initial" if policy.told == "canceled" else "cancel"
    last = _last_day_before_another(policy)
    if (following in CHANGES_BEFORE or last is not None) and _first_untold_day(policy) is not None:
        return "change"
    if last is not None and policy.told == "ended" and policy.told_through == last:
        return "initial"
    if last is not None and (policy.told == "covered" or _told_past(policy, last)):
        return "termination"
    return following


def told_since(policy: Policy) -> date:
    """Return the first day of coverage that the carrier knows of whom it knows as the subscriber."""
    return policy.told_versions[0].since if policy.told_versions else policy.effective


def _last_day(policy: Policy) -> date:
    return policy.through or policy.coverage_ends


def _is_misplaced(policy: Policy) -> bool:
    """Whether the carrier knows a subscriber who was not it on the first day that was told, or did not follow whom it
    was told (ENR-13): the last part is called off, and told anew.
    """
    if policy.lifecycle == "canceled" or not policy.told_versions:
        return False
    parts = [*(each.versions for each in policy.succeeded), policy.told_versions]
    began = [(part[0].since, part[0].members[0]) for part in parts]
    if told_since(policy) > _last_day(policy):
        return True
    if any(subscriber_on(policy.versions, since) != subscriber for since, subscriber in began):
        return True
    return any(
        subscriber_on(policy.versions, since - timedelta(days=1)) != before
        for (_, before), (since, _) in pairwise(began)
    )


def _last_day_before_another(policy: Policy) -> date | None:
    """Return the last day of the subscriber whom the carrier knows, where another follows on a covered day (ENR-13)."""
    if policy.lifecycle == "canceled" or policy.told not in ("covered", "ended"):
        return None
    following = next_subscriber_since(policy.versions, told_since(policy))
    if following is None or following > _last_day(policy):
        return None
    return following - timedelta(days=1)


def _told_past(policy: Policy, day: date) -> bool:
    return policy.told_through is not None and policy.told_through > day


def _first_untold_day(policy: Policy) -> date | None:
    """Return the first day that is covered, and known to the carrier as covered, of which it was told otherwise."""
    if policy.told not in ("covered", "ended"):
        return None
    if policy.succeeded and (earlier := _first_untold_day(_as_before(policy))) is not None:
        return earlier
    last = min(_last_day(policy), policy.told_through or policy.coverage_ends)
    last = min(last, _last_day_before_another(policy) or last)
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
    """Return the policy as one whose carrier was told this: of an end nothing besides, else what counts by then.

    Where a subscriber's part that followed another's is called off, the carrier knows the other's, which has ended.
    """
    if step.kind == "cancel" and policy.succeeded:
        return _as_before(policy)
    if _is_of_one_before(policy, step):
        return _taken_up(told(_as_before(policy), step), by=policy)
    known = _succeeded(policy) if step.kind == "initial" and policy.told != "nothing" else policy
    if step.kind != "change":
        through = step.effective if step.kind == "termination" else None
        known = replace(known, told=_AFTER[step.kind], told_through=through)
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
    said = replace(version_on(policy.versions, day), since=day)
    return replace(
        known,
        told_versions=(*before, said, *ahead),
        told_anew_after=day if ahead else None,
    )


def _succeeded(policy: Policy) -> Policy:
    """Return the policy as one whose part the next subscriber takes up: the carrier has yet to confirm it."""
    before = policy.succeeded
    if policy.told_through is not None:  # who was it on no day is followed by nobody
        before = _with_part_of(policy, through=policy.told_through)
    return replace(policy, succeeded=before, effectuated_on=None, confirmed=(), issuer_subscriber="")


def _with_part_of(policy: Policy, *, through: date) -> tuple[Succeeded, ...]:
    """Return the parts that others have taken up, this policy's subscriber's now among them."""
    part = Succeeded(
        through=through,
        versions=policy.told_versions,
        anew_after=policy.told_anew_after,
        effectuated_on=policy.effectuated_on,
        confirmed=policy.confirmed,
        issuer_subscriber=policy.issuer_subscriber,
    )
    return (*policy.succeeded, part)


def _is_of_one_before(policy: Policy, step: Step) -> bool:
    """Whether a step changes days of a subscriber whose part another has taken up (ENR-13)."""
    return step.kind == "change" and bool(policy.succeeded) and step.effective < told_since(policy)


def _taken_up(before: Policy, *, by: Policy) -> Policy:
    """Return the policy of the subscriber who took the part of the one before up, with what that one's is now."""
    return replace(by, succeeded=_with_part_of(before, through=by.succeeded[-1].through))


def as_told_of(policy: Policy, step: Step) -> Policy:
    """Return the policy as the carrier knows it of the subscriber a step is about: mostly the last one, and who was it
    on the days that a change is about (ENR-13).
    """
    return as_told_of(_as_before(policy), step) if _is_of_one_before(policy, step) else policy


def _as_before(policy: Policy) -> Policy:
    *before, part = policy.succeeded
    return replace(
        policy,
        succeeded=tuple(before),
        told="ended",
        told_through=part.through,
        told_versions=part.versions,
        told_anew_after=part.anew_after,
        effectuated_on=part.effectuated_on,
        confirmed=part.confirmed,
        issuer_subscriber=part.issuer_subscriber,
    )


def speaks_of(policy: Policy, step: Step) -> date:
    """Return the day whose people and amounts a set tells: what counts from a later day on, a change tells.

    An initial set has those of the first day of its subscriber. A reinstatement has those of the first day that stands
    again: days before it are as the carrier knows them. A group is reinstated whole, though: where somebody is not
    covered again it has those of the last day before, and a change follows.
    """
    if step.kind != "reinstatement" or policy.told_through is None:
        return step.effective
    again = min(policy.told_through + timedelta(days=1), _last_day(policy))
    known = version_on(policy.told_versions, policy.told_through).members
    stays = set(known) <= set(version_on(policy.versions, again).members)
    return again if stays else policy.told_through


def steps(policy: Policy) -> tuple[Step, ...]:
    """Return everything the carrier must still be told of a policy, in order; nothing where it knows all."""
    found: list[Step] = []
    while (kind := next_transmission(policy)) is not None:
        found.append(step_of(policy, kind))
        policy = told(policy, found[-1])
    return tuple(found)


def is_to_be_told(policy: Policy, *, today: date) -> bool:
    """Whether its carrier is to be told something of a policy, or will be: its last day is not over, as far as is
    known, or enrollment has yet to decide about what its carrier said.
    """
    goes_on = policy.lifecycle != "canceled" and _last_day(policy) >= today
    return goes_on or policy.carrier_word is not None or next_transmission(policy) is not None


def step_of(policy: Policy, kind: TransmissionKind) -> Step:
    """Return the step of that kind: it speaks of the last covered day in a termination, of the first that is not as
    the carrier knows it in a change, else of the first.

    Where one subscriber follows another, that is the one's last day, or the other's first: such an end has no reason.
    """
    match kind:
        case "change":
            untold = _first_untold_day(policy)
            if untold is None:
                raise Impossible("a carrier is to be told of a change, and nothing changed")
            return Step(kind=kind, effective=untold, end_reason=None)
        case "termination":
            return _termination(policy)
        case "cancel":
            since = told_since(policy)
            succeeded = policy.lifecycle != "canceled" and since <= _last_day(policy)
            return Step(kind=kind, effective=since, end_reason=None if succeeded else policy.end_reason)
        case "initial" if policy.told == "ended" and policy.told_through is not None:
            return Step(kind=kind, effective=policy.told_through + timedelta(days=1), end_reason=None)
        case "reinstatement":
            return Step(kind=kind, effective=told_since(policy), end_reason=None)
        case "initial" | "renewal":
            return Step(kind=kind, effective=policy.effective, end_reason=None)


def _termination(policy: Policy) -> Step:
    last = _last_day_before_another(policy)
    if last is not None:
        return Step(kind="termination", effective=last, end_reason=None)
    if policy.through is None:
        raise Impossible("a policy was terminated without a last covered day")
    return Step(kind="termination", effective=policy.through, end_reason=policy.end_reason)


def says(transmission: Transmission) -> Step:
    """Return the step a transmission is."""
    return Step(kind=transmission.kind, effective=transmission.effective, end_reason=transmission.end_reason)
