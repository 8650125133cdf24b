"""Whether a household's eligibility is confirmed: the fourth of a policy's four facts (ENR-9, ENR-10).

An application is accepted on what the household attests. Until the federal hub confirms it, the fact is
*pending*, with the last day of the inconsistency period beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from enrollment.domain import machine

Verification: TypeAlias = Literal["pending", "verified", "failed"]
VerificationEvent: TypeAlias = Literal["confirm", "reopen", "run-out"]

TRANSITIONS: Final[Mapping[tuple[Verification, VerificationEvent], Verification]] = {
    ("pending", "confirm"): "verified",
    ("pending", "reopen"): "pending",
    ("pending", "run-out"): "failed",
    ("verified", "confirm"): "verified",
    ("verified", "reopen"): "pending",
    ("verified", "run-out"): "verified",
    ("failed", "confirm"): "verified",
    ("failed", "reopen"): "pending",
    ("failed", "run-out"): "failed",
}


def after(*, state: Verification, event: VerificationEvent) -> Verification:
    """Return the verification after an event (ENR-9); raises `NoSuchTransition` for an unknown pair."""
    return machine.after(TRANSITIONS, machine="verification", state=state, event=event)


def pending_until(*, applied_on: date, inconsistency_days: int) -> date:
    """Return the last day of the inconsistency period of an application taken on attestation (ENR-10)."""
    return applied_on + timedelta(days=inconsistency_days)
