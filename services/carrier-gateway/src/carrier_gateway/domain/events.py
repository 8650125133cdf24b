"""What the carrier gateway says happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from carrier_gateway.domain.records import CarrierReason, TransmissionKind


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageEndedByCarrier:
    """The carrier says that it ended coverage by itself with a last covered day, or called it off (None): ``record``
    names the record of its file.
    """

    household: str
    policy: str
    carrier: str
    record: str
    kind: Literal["cancellation", "termination"]
    through: date | None
    reason: CarrierReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReinstatedByCarrier:
    """The carrier says that what it had ended by itself is covered again."""

    household: str
    policy: str
    carrier: str
    record: str
    effective: date
