"""The gateway's parameters out of the policy pack."""

from __future__ import annotations

from datetime import date

from bulkhead.policy import PolicyPack
from carrier_gateway.domain.parameters import GatewayParameters


class PackParameters:
    """The parameters of a pack, as of any date."""

    def __init__(self, pack: PolicyPack) -> None:
        self._pack = pack

    def as_of(self, day: date) -> GatewayParameters:
        """Return the parameters in force on that date; raises `PolicyError` where the pack does not say."""
        return self._pack.load("carrier-gateway", GatewayParameters, day)
