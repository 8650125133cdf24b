"""The gateway's parameters out of the policy pack."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from bulkhead.policy import PolicyPack
from carrier_gateway.domain.parameters import GatewayParameters


class PackParameters:
    """The parameters of a pack, as of any date."""

    def __init__(self, pack: PolicyPack) -> None:
        def load(day: date) -> GatewayParameters:
            return pack.load("carrier-gateway", GatewayParameters, day)

        self._load = lru_cache(maxsize=512)(load)

    def as_of(self, day: date) -> GatewayParameters:
        """Return the parameters in force on that date; raises `PolicyError` where the pack does not say."""
        return self._load(day)
