"""The order in which a batch's facts are heard: that of what happened, whatever topics they came on (NOT-1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bulkhead.service import Received
from notifications.application import facts

CAUSES_FIRST: Final[Mapping[type, tuple[str, int]]] = {
    facts.ContactRecorded: ("contacts", 0),  # who is written to; it makes no notice
    facts.HouseholdMerged: ("policies", 1),
    facts.MergeReversed: ("policies", 1),
    facts.PlansSelected: ("policies", 1),  # what all else is about
    facts.PlansRenewed: ("policies", 1),
    facts.CoverageNotRenewed: ("policies", 1),
    facts.ChildrenAgeOut: ("policies", 1),
    facts.MedicaidBegun: ("policies", 1),
    facts.MedicaidEnded: ("policies", 1),
    facts.VerificationWanted: ("policies", 1),
    facts.VerificationDecided: ("policies", 1),
    facts.PaymentReceived: ("payments", 2),  # money comes before what it brings about
    facts.PaymentReturned: ("payments", 2),
    facts.PaymentMoved: ("payments", 2),
    facts.AutopayBegan: ("payments", 2),  # what is agreed to comes before what is drawn by it
    facts.AutopayEnded: ("payments", 2),
    facts.DrawDeclined: ("payments", 2),
    facts.MaintenanceConcerns: ("payments", 2),
    facts.PolicyActivated: ("policies", 3),  # ... such as coverage that begins
    facts.PolicyReinstated: ("policies", 3),  # ... or stands again
    facts.PremiumsSettled: ("receivables", 4),  # what money paid
    facts.PremiumUnsettled: ("receivables", 4),
    facts.BinderLapsed: ("receivables", 4),
    facts.InvoiceIssued: ("receivables", 4),  # what is asked counts what came before it
    facts.InvoiceVoided: ("receivables", 4),
    facts.InvoiceRestored: ("receivables", 4),
    facts.DeadlineMoved: ("receivables", 4),
    facts.DeadlineMovedBack: ("receivables", 4),
    facts.PolicyTerminated: ("policies", 5),  # what ends has been asked for, or was invoiced
    facts.PolicyCanceled: ("policies", 5),
}
"""Each fact's topic, and its place among those of one instant: causes before effects."""


def as_it_happened(batch: Sequence[Received]) -> list[Received]:
    """Return a batch in the order in which things happened, household by household.

    What came on one topic keeps its order. Between topics the earlier instant goes first, then the cause: the
    exchange's clock may stand still while one thing leads to the next.
    """
    streams: dict[str | None, dict[str, deque[Received]]] = {}
    for received in batch:
        topic, _ = CAUSES_FIRST[type(received.fact)]
        streams.setdefault(received.household, {}).setdefault(topic, deque()).append(received)
    return [received for topics in streams.values() for received in _merged(list(topics.values()))]


def _merged(topics: list[deque[Received]]) -> Iterator[Received]:
    while topics:
        first = min(topics, key=lambda each: (each[0].occurred_at, CAUSES_FIRST[type(each[0].fact)][1]))
        yield first.popleft()
        if not first:
            topics.remove(first)
