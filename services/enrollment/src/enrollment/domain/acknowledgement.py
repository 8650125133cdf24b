"""What the carrier was told of a policy and has answered: the second of its four facts (ENR-9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from enrollment.domain import machine

Acknowledgement: TypeAlias = Literal["unsent", "sent", "effectuated", "rejected"]
AcknowledgementEvent: TypeAlias = Literal["send", "effectuate", "reject"]

TRANSITIONS: Final[Mapping[tuple[Acknowledgement, AcknowledgementEvent], Acknowledgement]] = {
    ("unsent", "send"): "sent",
    ("sent", "send"): "sent",
    ("sent", "effectuate"): "effectuated",
    ("sent", "reject"): "rejected",
    ("effectuated", "send"): "effectuated",  # a retransmission takes nothing back
    ("effectuated", "effectuate"): "effectuated",
    ("rejected", "send"): "sent",
    ("rejected", "effectuate"): "effectuated",
    ("rejected", "reject"): "rejected",
}


def after(*, state: Acknowledgement, event: AcknowledgementEvent) -> Acknowledgement:
    """Return the acknowledgement after an event (ENR-9); raises `NoSuchTransition` for an unknown pair."""
    return machine.after(TRANSITIONS, machine="acknowledgement", state=state, event=event)
