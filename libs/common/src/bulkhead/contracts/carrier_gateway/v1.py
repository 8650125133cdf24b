"""What the carrier gateway says, version 1."""

from __future__ import annotations

from datetime import date
from typing import Literal

from bulkhead.contracts.wire import Wire


class TransmissionSent(Wire, frozen=True):
    """A carrier's drop-box holds a whole 834 about a policy."""

    household: str
    policy: str
    carrier: str
    transmission: str
    kind: Literal["initial", "change", "cancel", "termination", "reinstatement", "renewal"]
    effective: date
    sent_on: date


class CoverageEffectuated(Wire, frozen=True):
    """The carrier has put the coverage into force and says under which ids."""

    household: str
    policy: str
    carrier: str
    effective: date
    issuer_subscriber: str
    issuer_policy: str


CarrierReason = Literal[
    "non-payment",
    "free-look",
    "fraud",
    "rescission",
    "casework",
    "other-coverage",
    "out-of-area",
    "other",
]
"""Why a carrier ends coverage by itself, from the maintenance reason and additional reason of its 834."""


class CoverageEndedByCarrier(Wire, frozen=True):
    """A carrier says that it has ended coverage by itself, and its word can be taken in: enrollment decides about it.

    ``through`` is the last day left covered, None where all is called off (``cancellation``). ``record`` names the
    record of the carrier's file, by which the decision is told (`CarrierRecordDecided`).
    """

    household: str
    policy: str
    carrier: str
    record: str
    kind: Literal["cancellation", "termination"]
    through: date | None
    reason: CarrierReason


class CoverageReinstatedByCarrier(Wire, frozen=True):
    """A carrier says that what it had ended by itself is covered again: enrollment decides about it. ``record`` as in
    `CoverageEndedByCarrier`.
    """

    household: str
    policy: str
    carrier: str
    record: str
    effective: date
