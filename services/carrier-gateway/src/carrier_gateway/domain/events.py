"""What the carrier gateway says happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from carrier_gateway.domain.records import TransmissionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmissionSent:
    """A carrier's drop-box holds a whole 834 about a policy. ``effective`` as in `Transmission`."""

    household: str
    policy: str
    carrier: str
    transmission: str
    kind: TransmissionKind
    effective: date
    sent_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageEffectuated:
    """The carrier has put the coverage into force and says under which ids."""

    household: str
    policy: str
    carrier: str
    effective: date
    issuer_subscriber: str
    issuer_policy: str
