"""What the gateway's use cases need besides a unit of work and files."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from bulkhead.kernel.errors import BulkheadError
from bulkhead.kernel.parameters import DatedParameters
from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.orders import EnrollmentOrder
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.said import FileSaid


class Uncomposable(BulkheadError):
    """A set cannot be written as things are. The text names the element or the rule, never a value."""


Parameters: TypeAlias = DatedParameters[GatewayParameters]
"""The policy pack's parameters."""


class Composer(Protocol):
    """Writes 834s."""

    def compose(self, order: EnrollmentOrder) -> Masked:
        """Return the whole file of one set: the same for the same order. Raises `Uncomposable`."""
        ...


class InboundReader(Protocol):
    """Reads what carriers drop."""

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        """Return what a file says and what is wrong with it; never raises."""
        ...
