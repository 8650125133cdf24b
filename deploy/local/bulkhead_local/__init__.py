"""The whole exchange on one machine: real PostgreSQL, real Kafka, five plain processes."""

from __future__ import annotations

from bulkhead_local.backing import Backing
from bulkhead_local.errors import DidNotStart, LocalError, Missing, UnknownExchange
from bulkhead_local.exchange import Exchange

__all__ = ["Backing", "DidNotStart", "Exchange", "LocalError", "Missing", "UnknownExchange"]
