"""The carrier gateway's command line."""

from __future__ import annotations

from bulkhead.runtime.cli import build_cli
from carrier_gateway.bootstrap import build
from carrier_gateway.config import CarrierGatewaySettings
from carrier_gateway.domain.parameters import GatewayParameters

cli = build_cli("carrier-gateway", CarrierGatewaySettings, build, parameters=GatewayParameters)
