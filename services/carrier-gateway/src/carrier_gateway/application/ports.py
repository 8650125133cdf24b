"""What the gateway's use cases need besides a unit of work and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from bulkhead.kernel.errors import BulkheadError
from bulkhead.kernel.parameters import DatedParameters
from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.acknowledgements import GroupAnswer, InterchangeAnswer
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.orders import EnrollmentOrder
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import TransmissionContent
from carrier_gateway.domain.remittances import RemittanceOrder, Share
from carrier_gateway.domain.said import FileSaid


class Uncomposable(BulkheadError):
    """A set cannot be written as things are. The text names the element or the rule, never a value."""


Parameters: TypeAlias = DatedParameters[GatewayParameters]
"""The policy pack's parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is sent goes out in it: to whom, from whom, under which number, and when it was made."""

    profile: CarrierProfile
    exchange: GatewayParameters
    control_number: int
    made_at: datetime


class Composer(Protocol):
    """Writes 834s."""

    def compose(self, order: EnrollmentOrder) -> Masked:
        """Return the whole file of one set: the same for the same order. Raises `Uncomposable`."""
        ...

    def compose_again(self, sent: TransmissionContent, *, envelope: Envelope) -> Masked:
        """Return the file of a set that was sent before under a new number (CAR-4): its body as it was, but for names
        of reporting categories that its carrier spells otherwise by now.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A piece of an 820, of so many segments."""

    content: Masked
    segments: int


class RemittanceCheck(Protocol):
    """Reads an 820 again before it goes out, a piece at a time."""

    def feed(self, data: bytes) -> None:
        """Read the next bytes."""
        ...

    def close(self) -> str:
        """Return what is wrong with the whole, by element or rule and without a value; empty where nothing is."""
        ...


class RemittanceComposer(Protocol):
    """Writes 820s, a piece at a time. Each call returns the same for the same, and raises `Uncomposable`."""

    def compose_shares(self, shares: Sequence[Share], *, profile: CarrierProfile) -> Composed:
        """Return what an 820 says of some policies."""
        ...

    def compose_ends(self, order: RemittanceOrder) -> tuple[Composed, Composed]:
        """Return what stands before all policies, and what after them."""
        ...

    def check(self, profile: CarrierProfile) -> RemittanceCheck:
        """Return who reads one again that was written for this carrier."""
        ...


class AuditComposer(Protocol):
    """Writes full-book audits, a set at a time."""

    def compose_set(self, order: EnrollmentOrder, *, number: int) -> Masked:
        """Return the set of one policy, the one of that number in the file, read again. Raises `Uncomposable`."""
        ...

    def compose_ends(self, envelope: Envelope, *, sets: int) -> tuple[str, str]:
        """Return what stands before so many sets, and after them."""
        ...


class InboundReader(Protocol):
    """Reads what carriers drop."""

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        """Return what a file says and what is wrong with it; never raises."""
        ...


class Acknowledger(Protocol):
    """Writes what carriers are told became of what they sent."""

    def interchange(self, answer: InterchangeAnswer, *, envelope: Envelope) -> str:
        """Return a TA1 as a whole file: the same for the same answer."""
        ...

    def group(self, answer: GroupAnswer, *, envelope: Envelope) -> str:
        """Return a 999 as a whole file: the same for the same answer."""
        ...

    def note(self, code: str) -> str:
        """Return what a note of a TA1 says (TA105)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What use cases need that somebody asks for, as the routes and commands reach it."""

    composer: Composer
    parameters: Parameters
