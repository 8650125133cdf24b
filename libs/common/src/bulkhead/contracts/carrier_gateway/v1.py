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
