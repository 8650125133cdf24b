"""How a policy stands with its premiums, as invoicing tells it: the third of its four facts (ENR-9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from enrollment.domain import machine

Standing: TypeAlias = Literal["binder-due", "current", "in-grace", "ended"]
StandingEvent: TypeAlias = Literal[
    "pay-binder", "enter-grace", "advance-grace", "leave-grace", "end", "restore"
]

TRANSITIONS: Final[Mapping[tuple[Standing, StandingEvent], Standing]] = {
    ("binder-due", "pay-binder"): "current",
    # The household's grace is about its other policies: this one has not begun.
    ("binder-due", "enter-grace"): "binder-due",
    ("binder-due", "advance-grace"): "binder-due",
    ("binder-due", "leave-grace"): "binder-due",
    ("binder-due", "end"): "ended",
    ("current", "pay-binder"): "current",
    ("current", "enter-grace"): "in-grace",
    ("current", "advance-grace"): "in-grace",  # a policy that began while the household was in grace
    ("current", "leave-grace"): "current",
    ("current", "end"): "ended",
    ("current", "restore"): "current",
    ("in-grace", "pay-binder"): "in-grace",
    ("in-grace", "enter-grace"): "in-grace",
    ("in-grace", "advance-grace"): "in-grace",
    ("in-grace", "leave-grace"): "current",
    ("in-grace", "end"): "ended",
    ("in-grace", "restore"): "in-grace",
    ("ended", "pay-binder"): "ended",
    ("ended", "enter-grace"): "ended",
    ("ended", "advance-grace"): "ended",
    ("ended", "leave-grace"): "ended",
    ("ended", "end"): "ended",
    ("ended", "restore"): "current",
}


def after(*, state: Standing, event: StandingEvent) -> Standing:
    """Return the payment standing after an event (ENR-9); raises `NoSuchTransition` for an unknown pair."""
    return machine.after(TRANSITIONS, machine="payment standing", state=state, event=event)
