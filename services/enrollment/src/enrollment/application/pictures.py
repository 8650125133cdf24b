"""What enrollment keeps of others that follows from what they said alone: what a carrier has and says (ADR 0024)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from bulkhead.service import Picture, Received
from enrollment.application import facts
from enrollment.domain.acknowledgement import AcknowledgementEvent
from enrollment.domain.policies import Policy, acknowledge


def _acknowledged(heard: Sequence[Received], stored: Sequence[Any], _now: datetime) -> list[Policy]:
    policies: dict[str, Policy] = {each.policy: replace(each, acknowledgement="unsent") for each in stored}
    for each in heard:
        event = _event_of(each.fact)
        if event is not None and each.fact.policy in policies:
            policies[each.fact.policy] = acknowledge(policies[each.fact.policy], event=event)
    return list(policies.values())


def _event_of(fact: facts.TransmissionSent | facts.CoverageEffectuated) -> AcknowledgementEvent | None:
    if isinstance(fact, facts.CoverageEffectuated):
        return "effectuate"
    return "send" if fact.kind in ("initial", "renewal") else None


PICTURES: Final = (
    Picture(
        kind=Policy,
        facts=(facts.TransmissionSent, facts.CoverageEffectuated),
        paint=_acknowledged,
        kept=frozenset(each.name for each in fields(Policy)) - {"acknowledgement"},
    ),
)
"""Binders and grace are none: what was heard of them was answered with a decision about the policy."""
