"""A policy's history, as it was decided: each decision with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from bulkhead.kernel.decisions import Reason
from enrollment.domain.decisions import Decided, PolicyDecision
from enrollment.domain.policies import Policy

_ENDING: Final = ("canceled", "terminated", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One decision on a policy; ``number`` counts those of the policy from 1."""

    policy: Policy
    number: int
    at: datetime
    on: date
    decided: Decided
    reasons: tuple[Reason, ...]


def with_decision(
    before: Policy | None, after: Policy, *, at: datetime, on: date, decided: Decided | None = None
) -> Policy:
    """Return a policy with what became of it noted as a decision; just so where no reason was added.

    ``before`` is the policy as it was, None where it is new. ``decided`` says what came of it, where the two do not.
    """
    added = len(after.reasons) - (0 if before is None else len(before.reasons))
    if not added:
        return after
    made = PolicyDecision(at=at, on=on, decided=decided or _decided(before, after), reasons=added)
    return replace(after, decisions=(*after.decisions, made))


def _decided(before: Policy | None, after: Policy) -> Decided:
    if before is None:
        return "selected" if after.renews is None else "renewed"
    if after.lifecycle == "expired" and before.lifecycle != "expired":
        return "expired"
    was, now = before.end, after.end
    if now == was:
        return "activated" if before.activated_on != after.activated_on else "noted"
    if now is None or (was is not None and was.order < now.order):
        return "reinstated"
    return "canceled" if now.through is None else "terminated"


def entries_of(policy: Policy) -> Iterator[Entry]:
    """Yield the decisions on a policy with their reasons, the oldest first."""
    first = 0
    for number, made in enumerate(policy.decisions, start=1):
        reasons = policy.reasons[first : first + made.reasons]
        first += made.reasons
        yield Entry(
            policy=policy, number=number, at=made.at, on=made.on, decided=made.decided, reasons=reasons
        )


def end_of(policy: Policy) -> Entry | None:
    """Return the decision by which a policy ended as it has now; None where nothing has ended it.

    Invoicing's is named by the reason that has it, for it may have been noted behind an earlier end first (INV-7).
    """
    if policy.lifecycle not in _ENDING:
        return None
    entries = list(entries_of(policy))
    decision = None if policy.end is None else policy.end.decision
    named = [each for each in entries if any(why.facts.get("decision") == decision for why in each.reasons)]
    ending = named or [each for each in entries if each.decided in _ENDING]
    return ending[-1] if ending else None
